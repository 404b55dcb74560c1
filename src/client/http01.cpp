#include "client/http01.hpp"

#include "acme/challenge.hpp"

namespace crest::client {
namespace {

constexpr std::string_view challenge_folder = ".well-known/acme-challenge";
constexpr std::string_view check_file = ".well-known/acme-challenge/crest-check";
constexpr unsigned public_file_mode = 0644, public_folder_mode = 0755;
constexpr std::size_t answer_bytes_max = 1024;

http::Response plain(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = std::move(body);
  return response;
}

// What stands in the file: nothing, our answer (whole, or torn by a crash), or something of somebody else.
enum class Found { nothing, ours, torn, foreign };

Result<Found> look(Disk& webroot, const std::string& path, const std::string& answer) {
  const bool there = TRY(webroot.exists(path));
  if (!there) return Found::nothing;
  const auto content = webroot.read(path, answer_bytes_max);
  if (!content) return Found::foreign;  // a folder, a link, or too long to be ours
  if (as_text(*content) == answer) return Found::ours;
  return answer.starts_with(as_text(*content)) ? Found::torn : Found::foreign;
}

Result<std::string> path_of(const Proof& proof) {
  TRY(acme::check_token(proof.token));  // CF18: before it comes near a path
  return joined(challenge_folder, proof.token);
}

}  // namespace

Result<void> Http01Answers::present(const Proof& proof) {
  TRY(acme::check_token(proof.token));
  const std::scoped_lock lock(mutex_);
  if (answers_.size() >= answers_max)
    return make_error(ErrorKind::internal, "too many proofs are shown at once", proof.identifier.value);
  answers_.insert_or_assign(acme::http01_path(proof.token), proof.key_authorization);
  return {};
}

Result<void> Http01Answers::clean_up(const Proof& proof) {
  if (!acme::check_token(proof.token)) return {};  // it was never shown
  const std::scoped_lock lock(mutex_);
  answers_.erase(acme::http01_path(proof.token));
  return {};
}

http::Response Http01Answers::handle(const http::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return plain(404, "");
  const std::string_view path = std::string_view(request.url).substr(0, request.url.find('?'));
  const std::scoped_lock lock(mutex_);
  const auto answer = answers_.find(path);
  if (answer == answers_.end()) return plain(404, "");
  return plain(200, answer->second);
}

Result<void> Webroot::check() {
  TRY(make_folders(webroot_, challenge_folder, public_folder_mode));
  TRY(webroot_.remove(check_file));
  if (auto made = webroot_.create(check_file, {}, public_file_mode); !made) {
    const auto there = webroot_.exists(check_file);
    if (there && *there) return {};  // another process is checking right now
    return made;
  }
  return webroot_.remove(check_file);
}

Result<void> Webroot::present(const Proof& proof) {
  const std::string path = TRY(path_of(proof));
  TRY(make_folders(webroot_, challenge_folder, public_folder_mode));
  const Found found = TRY(look(webroot_, path, proof.key_authorization));
  if (found == Found::ours) return {};
  if (found == Found::foreign)
    return make_error(ErrorKind::storage, "a file of somebody else is in the place of the proof; move it away", path);
  if (found == Found::torn) TRY(webroot_.remove(path));
  return webroot_.create(path, as_bytes(proof.key_authorization), public_file_mode);
}

Result<void> Webroot::clean_up(const Proof& proof) {
  const auto path = path_of(proof);
  if (!path) return {};  // it was never written
  const Found found = TRY(look(webroot_, *path, proof.key_authorization));
  if (found == Found::nothing || found == Found::foreign) return {};
  return webroot_.remove(*path);
}

}  // namespace crest::client
