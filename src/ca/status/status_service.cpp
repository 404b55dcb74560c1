#include "ca/status/status_service.hpp"

#include <algorithm>
#include <charconv>

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "http/retry_after.hpp"

namespace crest::ca::status {
namespace {

constexpr std::string_view list_suffix = ".crl", certificate_suffix = ".crt", ocsp_path = "/ocsp/";
constexpr std::size_t id_chars_max = 128, part_digits_max = 4, etag_octets = 12;
// How long a cache on the way may keep what is fresh: after a revocation nobody can call it back.
constexpr Duration cached_elsewhere_max{60'000};
constexpr Duration retry_delay{10'000};

// "<name><suffix>" without its suffix; "" for any other text.
std::string_view stem(std::string_view file, std::string_view suffix) {
  if (!file.ends_with(suffix) || file.size() > id_chars_max) return {};
  return file.substr(0, file.size() - suffix.size());
}

std::uint32_t part_from(std::string_view digits) {
  std::uint32_t part = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), part);
  const bool is_whole = problem == std::errc() && end == digits.data() + digits.size();
  return is_whole && digits.size() <= part_digits_max ? part : full_list;
}

std::string etag_of(ByteView body) {
  return '"' + encoding::hex(ByteView(crypto::sha256(body)).first(etag_octets)) + '"';
}

struct Fresh {
  Time since, until;
};

// RFC 5019 section 6.2 and RFC 9111; not modified when the client has it already.
http::Response cacheable(const http::Request& request, std::string type, ByteView body, const Fresh& fresh, Time now) {
  const auto keep = std::clamp(fresh.until - now, Duration{0}, cached_elsewhere_max);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(keep).count();
  const std::string etag = etag_of(body);
  http::Response response{
      .status = 200,
      .headers = {{"Content-Type", std::move(type)},
                  {"Last-Modified", http::to_http_date(fresh.since)},
                  {"Expires", http::to_http_date(fresh.until)},
                  {"ETag", etag},
                  {"Cache-Control", "max-age=" + std::to_string(seconds) + ", public, no-transform, must-revalidate"}}};
  const auto known = request.headers.get("If-None-Match");
  if (known && (*known == "*" || known->find(etag) != std::string_view::npos)) {
    response.status = 304;
  } else {
    response.body = as_text(body);
  }
  return response;
}

http::Response plain(int status, std::string text) {
  return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(text)};
}

http::Response not_found() { return plain(404, "There is nothing here.\n"); }

http::Response later(std::string text) {
  auto response = plain(503, std::move(text));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(retry_delay).count();
  response.headers.add("Retry-After", std::to_string(seconds));
  return response;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto octet = encoding::from_hex(text.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    out += static_cast<char>(octet->front());
    i += 2;
  }
  return out;
}

}  // namespace

StatusService::StatusService(Deps deps) : deps_(std::move(deps)) {
  using http::PathValues;
  using http::Request;
  router_.add("GET", "/crl/{list}", [this](const Request& request, const PathValues& values) {
    return crl(request, std::string(stem(values.get("list"), list_suffix)), full_list);
  });
  router_.add("GET", "/crl/{issuer}/{part}", [this](const Request& request, const PathValues& values) {
    const std::uint32_t part = part_from(stem(values.get("part"), list_suffix));
    return part == full_list ? not_found() : crl(request, std::string(values.get("issuer")), part);
  });
  router_.add("POST", "/ocsp",
              [this](const Request& request, const PathValues&) { return ocsp(request, as_bytes(request.body)); });
  router_.add("GET", "/issuer/{file}",
              [this](const Request& request, const PathValues& values) { return issuer(request, values.get("file")); });
  router_.add("GET", "/roots.pem", [this](const Request&, const PathValues&) {
    return http::Response{
        .status = 200, .headers = {{"Content-Type", "application/x-pem-file"}}, .body = deps_.roots_pem};
  });
}

// The base64 of a GET may hold slashes, which no pattern of a Router takes.
http::Response StatusService::handle(const http::Request& request) {
  const std::string_view target = request.url;
  if (!target.starts_with(ocsp_path)) return router_.handle(request);
  if (request.method == "POST" && target == ocsp_path) return ocsp(request, as_bytes(request.body));
  if (request.method == "GET" || request.method == "HEAD") {
    return ocsp_by_get(request, target.substr(ocsp_path.size()));
  }
  return {.status = 405, .headers = {{"Allow", "GET, HEAD"}}};
}

http::Response StatusService::crl(const http::Request& request, const std::string& issuer, std::uint32_t part) const {
  const auto list = deps_.shelf.find(issuer, part);
  if (list) {
    return cacheable(request, "application/pkix-crl", list->der, {list->this_update, list->next_update},
                     deps_.clock.now());
  }
  const bool is_ours = std::ranges::find(deps_.signers, issuer, &StatusSigner::issuer_id) != deps_.signers.end();
  if (is_ours && part == full_list) return later("The list has not been signed yet.\n");
  return not_found();
}

http::Response StatusService::ocsp(const http::Request& request, ByteView question) const {
  const Time now = deps_.clock.now();
  const auto answer = deps_.desk.answer(question, now);
  constexpr const char* type = "application/ocsp-response";
  if (answer->for_all && request.method != "POST") {
    return cacheable(request, type, answer->der, {answer->this_update, answer->next_update}, now);
  }
  return {
      .status = 200, .headers = {{"Content-Type", type}, {"Cache-Control", "no-store"}}, .body = to_text(answer->der)};
}

http::Response StatusService::ocsp_by_get(const http::Request& request, std::string_view path) const {
  const auto text = percent_decoded(path);
  const auto question = text ? encoding::from_base64_lenient(*text) : Result<Bytes>(Bytes{});
  return ocsp(request, question ? *question : Bytes{});  // of nothing it says malformedRequest
}

http::Response StatusService::issuer(const http::Request& request, std::string_view file) const {
  const std::string id(stem(file, certificate_suffix));
  if (id.empty()) return not_found();
  const auto found = issuer_with(id);
  if (!found) return later("The certificate cannot be read at the moment.\n");
  if (!*found) return not_found();
  const auto& certificate = **found;
  return cacheable(request, "application/pkix-cert", certificate.der(),
                   {certificate.not_before(), certificate.not_after()}, deps_.clock.now());
}

Result<std::optional<x509::Certificate>> StatusService::issuer_with(const std::string& id) const {
  const auto signer = std::ranges::find(deps_.signers, id, &StatusSigner::issuer_id);
  if (signer != deps_.signers.end()) return std::optional(signer->certificate);
  std::optional<store::IssuerRow> row;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(tx.issuers.by_id(id));
    return {};
  };
  TRY(deps_.store.read(work));
  if (!row) return std::optional<x509::Certificate>();
  const auto chain = TRY(x509::Chain::from_pem(row->chain_pem));
  return std::optional(chain.leaf());
}

}  // namespace crest::ca::status
