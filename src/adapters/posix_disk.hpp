// A PosixDisk is a Disk on a real folder, reached by directory descriptors: no name can lead out of it, and nobody else
// can have planted what it reads.
#pragma once

#include <memory>
#include <string>

#include "disk/disk.hpp"

namespace crest::adapters {

struct PosixDiskOptions {
  bool create = true;  // the folder, and missing parents of it (mode 0755)
  unsigned create_mode = private_folder_mode;
  // Folders must be ours or root's and writable by nobody else, files ours or root's (CF56, CF57). False only for
  // folders that belong to other programs, such as a webroot.
  bool exclusive = true;
};

// Symbolic links on the way to `folder` are followed, below it none but those that Disk::read names. Blocks on the
// disk; thread-safe. Error: storage, saying what to do.
Result<std::unique_ptr<Disk>> open_posix_disk(const std::string& folder, const PosixDiskOptions& options = {});

}  // namespace crest::adapters
