// The part of an OrderFlow that turns an order into files: finalize, download, publish (RFC 8555 section 7.4).
#include <algorithm>

#include "acme/problem.hpp"
#include "acme/revocation.hpp"
#include "client/certificate_meta.hpp"
#include "client/order_flow.hpp"
#include "client/verify.hpp"
#include "http/link.hpp"
#include "x509/csr.hpp"

namespace crest::client {
namespace {

Result<crypto::PrivateKey> leaf_key(std::string_view pem, const std::string& name) {
  auto key = crypto::PrivateKey::from_pem(pem);
  if (!key) return std::move(key.error()).as(ErrorKind::storage).at("key of orders/" + name);
  return key;
}

bool says_not_ready(const Error& error) {
  return error.problem && acme::problem_type(*error.problem) == acme::ProblemType::orderNotReady;
}

}  // namespace

OrderFlow::Next OrderFlow::finalize(OrderRecord& record, Time now, const std::stop_token& stop) {
  const crypto::PrivateKey key = TRY(leaf_key(record.key_pem.reveal(), record.request.name));
  acme::Finalize request;
  request.csr_der = TRY(x509::make_csr(key, acme::subject_names(record.request.identifiers)));
  if (!record.finalize_sent) {
    record.finalize_sent = true;
    TRY(save_order(deps_.vault, record));
  }
  must_read_ = true;  // whatever comes back, or does not: the order tells (CF29)
  const auto reply = ask(record, record.finalize_url, acme::to_json(request).dump(), stop);
  if (!reply) {
    const Error& error = reply.error();
    const bool refusal = error.problem && error.problem->status >= 400 && error.problem->status < 500;
    const bool about_us = error.kind == ErrorKind::rate_limited || error.kind == ErrorKind::account ||
                          error.kind == ErrorKind::user_action || error.kind == ErrorKind::bad_nonce;
    if (!refusal || about_us) return error;
    ++finalized_;
    finalize_error_ = error;
    return Step(Continue{});
  }
  ++finalized_;
  const encoding::Json json = TRY(json_of(reply->response, "finalize " + record.finalize_url));
  auto order = acme::order_from_json(json);
  if (!order) return misshapen(std::move(order.error()), "finalize " + record.finalize_url);
  return adopt(record, *order, reply->retry_after, now);
}

// The order is ready although finalize was sent: it was refused, or its request was lost.
OrderFlow::Next OrderFlow::after_refused_finalize(OrderRecord& record, std::optional<Time> retry_after, Time now) {
  if (finalize_error_ && !says_not_ready(*finalize_error_))
    return std::move(*finalize_error_).as(ErrorKind::order_failed);
  if (finalized_ < finalize_max) {
    finalize_error_.reset();
    return poll_again(record, retry_after, "the CA is not ready to issue for " + shown_names(record.request), now);
  }
  if (finalize_error_) return std::move(*finalize_error_).as(ErrorKind::order_failed);
  return make_error(ErrorKind::order_failed, "the CA leaves the order ready whatever is sent to finalize it",
                    record.order_url);
}

OrderFlow::Next OrderFlow::download(OrderRecord& record, Time now, const std::stop_token& stop) {
  const auto published = live_meta(deps_.vault, record.request.name);
  if (published && *published && (*published)->order_url == record.order_url) {
    TRY(deps_.vault.settle(record.request.name));  // a crash, or a disk that failed, came after the swap
    return finish(record, (*published)->generation);
  }
  const bool first = !alternates_known_;
  const std::string url = first ? record.certificate_url : alternates_.back();
  if (!first) alternates_.pop_back();
  const Reply reply = TRY(ask(record, url, "", stop, Session::chain_bytes_max));
  const std::string text = TRY(chain_text_of(reply.response, "certificate " + url));
  const auto chain = x509::Chain::from_pem(text);
  if (!chain) {  // perhaps cut off on the way: the order, and with it the key, is kept
    Error error = chain.error();
    error.message = "the CA's chain was refused, nothing was changed: " + error.message + "; tell the CA's operator";
    return fail(record, std::move(error).as(ErrorKind::cert_rejected).at("certificate " + url), Hope::little, now);
  }
  if (first) {
    alternates_ = http::link_targets(reply.response.headers, "alternate", url);
    if (alternates_.size() > alternates_max) alternates_.resize(alternates_max);  // CF10
    std::reverse(alternates_.begin(), alternates_.end());                         // taken from the back
  }
  alternates_known_ = true;
  return judge(record, *chain, now);
}

OrderFlow::Next OrderFlow::judge(OrderRecord& record, const x509::Chain& chain, Time now) {
  const crypto::PrivateKey key = TRY(leaf_key(record.key_pem.reveal(), record.request.name));
  const auto* pinned = deps_.pinned_roots ? &*deps_.pinned_roots : nullptr;
  const auto good = verify_issued(chain, key.public_key(), record.request.identifiers, pinned, now);
  if (good) return publish(record, key, chain, now);
  if (!alternates_.empty() && verify_leaf(chain.leaf(), key.public_key(), record.request.identifiers, now)) {
    deps_.log.info("chain_passed_over", {{"name", record.request.name}, {"why", good.error().describe()}});
    return Step(Continue{});  // the right leaf; another chain may end in a pinned root, or be in date (CF24, CF25)
  }
  Error error = good.error();
  return std::move(error).at("certificate " + record.certificate_url);
}

OrderFlow::Next OrderFlow::publish(OrderRecord& record, const crypto::PrivateKey& key, const x509::Chain& chain,
                                   Time now) {
  const CertificateMeta meta = make_meta(record, chain.leaf(), now);
  const Pair pair{.key_pem = record.key_pem, .chain_pem = chain.pem(), .meta = to_json(meta)};
  const auto* pinned = deps_.pinned_roots ? &*deps_.pinned_roots : nullptr;
  const auto verify = [&](const Pair& written) -> Result<void> {
    const x509::Chain again = TRY(x509::Chain::from_pem(written.chain_pem));
    return verify_issued(again, key.public_key(), record.request.identifiers, pinned, now);
  };
  const std::uint64_t generation = TRY(deps_.vault.publish(record.request.name, pair, verify));
  deps_.log.info("certificate_issued", {{"name", record.request.name},
                                        {"serial", meta.serial},
                                        {"not_after", to_rfc3339(meta.not_after)},
                                        {"generation", std::to_string(generation)}});
  return finish(record, generation);
}

// The order is done with. A proof that could not be taken away stays on the record as a thing to do.
Step OrderFlow::finish(OrderRecord& record, std::uint64_t generation) {
  const bool clean = take_proofs_away(record);
  OrderRecord rest{.request = record.request, .directory = record.directory, .account_url = record.account_url};
  rest.phase = Phase::clean_up;
  for (AuthorizationRecord& one : record.authorizations)
    if (one.presented) rest.authorizations.push_back(std::move(one));
  record = std::move(rest);
  const auto done = clean ? deps_.vault.remove("orders", record.request.name) : save_order(deps_.vault, record);
  if (!done) deps_.log.warn("record_left_behind", {{"name", record.request.name}, {"why", done.error().describe()}});
  forget_progress();
  return Issued{generation};
}

}  // namespace crest::client
