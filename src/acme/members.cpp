#include "acme/members.hpp"

#include "acme/problem.hpp"
#include "encoding/url.hpp"

namespace crest::acme {
namespace {

constexpr std::size_t word_chars_max = 40;

Result<std::string> checked_url(std::string url, std::string path) {
  auto parsed = encoding::Url::parse(url);
  if (!parsed) return std::move(parsed).error().as(ErrorKind::malformed).at(path);
  return url;
}

}  // namespace

Result<std::string> url_member(const encoding::JsonReader& reader, std::string_view name) {
  std::string url = TRY(reader.string(name));
  return checked_url(std::move(url), reader.path_of(name));
}

Result<std::optional<std::string>> optional_url_member(const encoding::JsonReader& reader, std::string_view name) {
  std::optional<std::string> url = TRY(reader.optional_string(name));
  if (!url) return url;
  url = TRY(checked_url(*std::move(url), reader.path_of(name)));
  return url;
}

Result<std::vector<std::string>> url_members(const encoding::JsonReader& reader, std::string_view name) {
  std::vector<std::string> urls = TRY(reader.strings(name));
  for (std::size_t i = 0; i < urls.size(); ++i) {
    TRY(checked_url(urls[i], reader.path_of(name) + "[" + std::to_string(i) + "]"));
  }
  return urls;
}

std::optional<Problem> problem_member(const encoding::JsonReader& reader, std::string_view name) {
  const encoding::Json* member = reader.json().find(name);
  if (!member) return std::nullopt;
  auto problem = problem_from_json(*member);
  if (!problem) return std::nullopt;
  return *std::move(problem);
}

Error unknown_word(const encoding::JsonReader& reader, std::string_view name, const std::string& word) {
  return make_error(ErrorKind::malformed,
                    "\"" + Untrusted(word).printable(word_chars_max) + "\" is no word that ACME has for this member",
                    reader.path_of(name));
}

Error as_rejection(const Error& error) { return rejection(ProblemType::malformed, error.describe()); }

}  // namespace crest::acme
