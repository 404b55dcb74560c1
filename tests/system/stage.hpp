// A stage is what a run of `crest` stands on: a certificate it got before, a CA that is about to misbehave, and the
// questions that every bad end has to answer.
#pragma once

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <malloc.h>

#include <gtest/gtest.h>

#include "adapters/temporary_folder.hpp"
#include "child.hpp"
#include "encoding/base64.hpp"
#include "hostile_ca.hpp"
#include "sandbox.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CREST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CREST_SANITIZED 1
#endif
#endif

namespace crest::testing {

namespace fs = std::filesystem;

constexpr long peak_kib_max = 64 << 10;  // faults.md, promise 5
constexpr std::size_t line_chars_max = 1'000;
constexpr std::chrono::milliseconds slack{5'000};  // over --timeout, on a machine that does much else

inline std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

// Every file below `folder` with its mode and the digest of what is in it, and where links lead.
inline std::map<std::string, std::string> contents_of(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::string& what = out[entry.path().lexically_relative(folder)];
    if (entry.is_symlink()) {
      what = "-> " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      what = encoding::hex(crypto::sha256(text_of(entry.path()))) + " " +
             std::to_string(static_cast<unsigned>(entry.status().permissions()));
    }
  }
  return out;
}

// Who runs `crest`: a name of its own and an address that this name leads to, so that two can run at a time.
struct Host {
  std::string name, address;
  std::string listen() const { return address + ":80"; }
};
inline const std::string own_name = ".test";  // both hosts' names end so
inline const Host json_host{"host2.test", "127.0.0.2"}, text_host{"host3.test", "127.0.0.3"};

class Stage {
 public:
  static Stage& get() {
    static Stage stage;
    return stage;
  }

  HostileCa ca;
  adapters::TemporaryFolder folder;

  std::string trust() const { return folder / "root.pem"; }
  static std::string program() {
    const char* bin = std::getenv("CREST_BIN");
    return std::string(bin ? bin : ".") + "/crest";
  }

  // A state folder with a live certificate for `host`, like one that has been in use.
  void copy_state(const Host& host, const fs::path& to) const {
    fs::copy(folder / host.name, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }

  // The words of `crest obtain` for what is not live yet: the same name with a key of another type.
  std::vector<std::string> obtain(const Host& host, const std::string& state, const std::string& timeout) const {
    return {program(),   "obtain", "--directory",   ca.directory(), "--trust",    trust(),   "--state", state,
            "--timeout", timeout,  "--http-listen", host.listen(),  "--key-type", "ec-p384", host.name};
  }

 private:
  Stage() {
    put(trust(), ca.root_pem());
    for (const Host* host : {&json_host, &text_host}) {
      std::vector<std::string> words = obtain(*host, folder / host->name, "30s");
      words.erase(words.end() - 3, words.end() - 1);  // the usual type of key
      const Ended ended = run({.words = words});
      if (ended.code != 0) throw std::runtime_error("the first certificate could not be had: " + ended.err);
    }
    ca.behave();
  }
};

inline long& worst_peak_kib() {
  static long worst = 0;
  return worst;
}

inline const std::string at_directory = "https://localhost:9000/acme/corp/directory";
constexpr const char* soon = "3s";  // for what would go on for ever

inline HostileCa& ca() { return Stage::get().ca; }

struct BadInput : ::testing::Test {
  BadInput() { ca().behave(); }
};

inline std::string private_key_block() {
  return std::string(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value().to_pem().reveal());
}

// How a run has to end.
struct Wanted {
  std::string kind;  // the class word
  int code = 2;
  std::string where;        // a URL, a path or a name that both forms of the message have in them
  std::string advice = "";  // a piece of what it says to do
};

inline void check_cost(const Ended& ended, std::chrono::milliseconds at_most) {
  EXPECT_FALSE(ended.killed) << "it had to be killed after " << ended.took.count() << " ms";
  EXPECT_LE(ended.took, at_most);
  worst_peak_kib() = std::max(worst_peak_kib(), ended.peak_kib);
#ifndef CREST_SANITIZED
  EXPECT_LT(ended.peak_kib, peak_kib_max);
#endif
}

// Nothing in it reaches a terminal but what can be seen.
inline void check_visible(std::string text, const char* what) {
  std::erase(text, '\n');
  while (text.find("  ") != text.npos) text.erase(text.find("  "), 1);  // pretty JSON is indented
  if (text.starts_with(' ')) text.erase(0, 1);
  EXPECT_EQ(text, Untrusted(text).printable(text.size() + 1)) << what;
}

inline void check_json(const Ended& ended, const Wanted& wanted) {
  EXPECT_EQ(ended.code, wanted.code) << ended.out << ended.err;
  EXPECT_EQ(ended.err, "");
  check_visible(ended.out, "--json");
  const auto json = encoding::Json::parse(ended.out);
  ASSERT_TRUE(json) << json.error().describe() << ": " << ended.out;
  const auto* kind = json->find("class");
  ASSERT_TRUE(kind && kind->as_string()) << ended.out;
  EXPECT_EQ(*kind->as_string(), wanted.kind) << ended.out;
  EXPECT_NE(ended.out.find(wanted.where), std::string::npos) << wanted.where << " is not in " << ended.out;
}

inline void check_text(const Ended& ended, const Wanted& wanted) {
  EXPECT_EQ(ended.code, wanted.code) << ended.out << ended.err;
  EXPECT_EQ(ended.out, "");
  ASSERT_TRUE(ended.err.ends_with('\n')) << ended.err;
  const std::string line = ended.err.substr(0, ended.err.size() - 1);
  EXPECT_EQ(line.find('\n'), std::string::npos) << "one line, not " << line;
  EXPECT_TRUE(line.starts_with("crest: ")) << line;
  EXPECT_LE(line.size(), line_chars_max) << line;
  check_visible(line, "text");
  EXPECT_NE(line.find(wanted.where), std::string::npos) << wanted.where << " is not in " << line;
  const bool says = wanted.kind == "usage" || line.find("; ") != line.npos;  // there the rule that was broken says it
  EXPECT_TRUE(says) << "it does not say what to do: " << line;
  EXPECT_NE(line.find(wanted.advice), std::string::npos) << wanted.advice << " is not in " << line;
  if (std::getenv("CREST_SHOW_LINES")) std::puts(line.c_str());
}

// One run that ends badly, in both forms at a time; each in a state folder of its own that had a live certificate.
class Attempt {
 public:
  using Prepare = std::function<void(const Host&, const fs::path& state)>;

  std::string timeout = "20s";
  std::chrono::milliseconds at_most = 20'000ms + slack;
  Prepare prepare;                         // changes the folder before the run
  std::vector<std::string> replaced = {};  // not empty: these words instead of obtain's ("STATE", "NAME", "LISTEN")
  std::optional<rlim_t> file_bytes_max = {};
  bool keeps_damage = false;  // the live set was damaged on purpose: it is only compared

  void ends_with(const Wanted& wanted) const {
    auto json = std::async(std::launch::async, [&] { return one(json_host, true); });
    const Run text = one(text_host, false);
    const Run other = json.get();
    check_json(other.ended, wanted);
    check_text(text.ended, wanted);
    for (const Run* each : {&text, &other}) {
      check_cost(each->ended, at_most);
      EXPECT_EQ(each->before, each->after) << "the live set was touched";
      EXPECT_FALSE(each->before.empty());
    }
  }

  struct Run {
    Ended ended;
    std::map<std::string, std::string> before, after;
  };
  Run one(const Host& host, bool json) const {
    const adapters::TemporaryFolder scratch;
    const fs::path state = scratch / "state", live = state / "certificates";
    Stage::get().copy_state(host, state);
    if (prepare) prepare(host, state);
    Command command{.words = words(host, state), .at_most = at_most + slack};
    if (json) command.words.insert(command.words.begin() + 2, "--json");
    command.file_bytes_max = file_bytes_max;
    Run out;
    out.before = contents_of(live);
    out.ended = run(command);
    out.after = contents_of(live);
    return out;
  }

 private:
  std::vector<std::string> words(const Host& host, const fs::path& state) const {
    if (replaced.empty()) return Stage::get().obtain(host, state, timeout);
    std::vector<std::string> out = {Stage::program()};
    for (const std::string& word : replaced) {
      out.push_back(word == "STATE"    ? state.string()
                    : word == "NAME"   ? host.name
                    : word == "LISTEN" ? host.listen()
                    : word == "TRUST"  ? Stage::get().trust()
                                       : word);
    }
    return out;
  }
};

// The main function of a test program that needs ports and mounts of its own.
inline int run_in_sandbox(int count, char** words) {
  // What the server's large answers took goes back at once: children begin as copies of us.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  if (const std::string problem = enter_sandbox(); !problem.empty()) {
    std::fprintf(stderr, "no sandbox: %s\n", problem.c_str());
    return 1;
  }
  ::testing::InitGoogleTest(&count, words);
  const int code = RUN_ALL_TESTS();
  std::printf("peak memory of a run: %ld KiB at most\n", worst_peak_kib());
  return code;
}

}  // namespace crest::testing
