#include "client/order_flow.hpp"

#include <algorithm>

#include "acme/problem.hpp"
#include "client/backoff.hpp"
#include "client/certificate_meta.hpp"
#include "client/kept_key.hpp"

namespace crest::client {
namespace {

constexpr int key_draws_max = 3;
constexpr Duration slow_min = 1min;  // a CA that asks for more than this has its reasons

// Errors after which the order itself can serve no more.
bool ends_order(const Error& error) {
  switch (error.kind) {
    case ErrorKind::authz_failed:
    case ErrorKind::order_failed:
    case ErrorKind::no_challenge:
    case ErrorKind::bad_token:
    case ErrorKind::cert_rejected:
    case ErrorKind::account: return true;
    default: return false;
  }
}

bool is_refusal(const Error& error) {  // the CA understood, and said no
  return error.problem && error.problem->status >= 400 && error.problem->status < 500 &&
         error.kind != ErrorKind::rate_limited && error.kind != ErrorKind::bad_nonce;
}

// RFC 9773 section 5, and what CAs say that do not know the field. Any other refusal is one of the order itself.
bool is_about_replaces(const Error& error) {
  if (!is_refusal(error)) return false;
  const auto type = acme::problem_type(*error.problem);
  return error.problem->status == 404 || type == acme::ProblemType::alreadyReplaced ||
         type == acme::ProblemType::malformed;
}

std::vector<acme::Identifier> sorted(std::vector<acme::Identifier> identifiers) {
  std::sort(identifiers.begin(), identifiers.end());
  identifiers.erase(std::unique(identifiers.begin(), identifiers.end()), identifiers.end());
  return identifiers;
}

Result<acme::Order> order_of(const Reply& reply, std::string_view what) {
  const encoding::Json json = TRY(json_of(reply.response, what));
  auto order = acme::order_from_json(json);
  if (!order) return misshapen(std::move(order.error()), what);
  return order;
}

// The order has to stay what it was (ORD-09).
Result<void> adopt_authorizations(OrderRecord& record, const acme::Order& order) {
  if (order.authorizations.size() > OrderFlow::authorizations_max)
    return make_error(ErrorKind::order_failed,
                      "the CA wants " + std::to_string(order.authorizations.size()) +
                          " authorizations in one order, more than " + std::to_string(OrderFlow::authorizations_max) +
                          ": ask for fewer names at once",
                      record.order_url);
  if (record.authorizations.empty()) {
    for (const std::string& url : order.authorizations) record.authorizations.push_back({.url = url});
    return {};
  }
  std::vector<std::string> before, after = order.authorizations;
  for (const AuthorizationRecord& authorization : record.authorizations) before.push_back(authorization.url);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  if (before == after || after.empty()) return {};
  return make_error(ErrorKind::order_failed, "the CA has changed the authorizations of an order; a new order is needed",
                    record.order_url);
}

void forget_order(OrderRecord& record) {
  record.order_url.clear();
  record.finalize_url.clear();
  record.certificate_url.clear();
  record.key_pem = Secret();
  record.finalize_sent = false;
  record.order_expires.reset();
  record.attempt_started.reset();
  record.phase = Phase::new_order;
  std::erase_if(record.authorizations,
                [](const AuthorizationRecord& authorization) { return !authorization.presented; });
}

}  // namespace

Step OrderFlow::advance(OrderRecord& record, Time now, std::stop_token stop) {
  if (!run_started_) run_started_ = now;
  if (!phase_started_ || *phase_started_ > now) phase_started_ = now;  // a clock set back must not stretch a phase
  auto next = step(record, now, stop);
  if (next) return *std::move(next);
  return recover(record, std::move(next.error()), now);
}

OrderFlow::Next OrderFlow::step(OrderRecord& record, Time now, const std::stop_token& stop) {
  if (++steps_ > steps_max || now > saturating_add(*run_started_, run_time_max))
    return fail(record,
                make_error(ErrorKind::timeout, "too many exchanges for one certificate; the next run goes on",
                           record.order_url),
                Hope::little, now);
  if (record.order_url.empty()) return new_order(record, now, stop);
  if (examined_) return examine(record, stop);
  if (must_read_) return read_order(record, now, stop);
  switch (record.phase) {
    case Phase::authorize: return authorize(record, now, stop);
    case Phase::present: return present(record, now);
    case Phase::propagate:
    case Phase::respond: return respond(record, now, stop);
    case Phase::validate: return validate(record, now, stop);
    case Phase::finalize: return finalize(record, now, stop);
    case Phase::download: return download(record, now, stop);
    case Phase::new_order:
    case Phase::issue:
    case Phase::clean_up: break;
  }
  return read_order(record, now, stop);
}

Result<Reply> OrderFlow::ask(const OrderRecord& record, const std::string& url, const std::string& payload,
                             const std::stop_token& stop, std::size_t body_bytes_max) {
  return deps_.session.post({.key = &deps_.account_key, .account_url = record.account_url}, url, payload,
                            body_bytes_max, stop);
}

Result<void> OrderFlow::check_profile(const CertificateRequest& request) const {  // PRO-05
  if (!request.profile || directory_->meta.profiles.contains(*request.profile)) return {};
  std::string offered;
  for (const auto& [name, description] : directory_->meta.profiles)
    offered += (offered.empty() ? "" : ", ") + Untrusted(name).printable(60);
  return make_error(
      ErrorKind::config,
      "the CA has no profile \"" + *request.profile + "\"; it offers " + (offered.empty() ? "none" : offered),
      deps_.session.endpoint().directory_url);
}

// Durable before the CA is asked: the attempt, its key, and when a crash loop may try again (CF65).
Result<void> OrderFlow::begin(OrderRecord& record, Time now) {
  if (!take_proofs_away(record))
    return make_error(ErrorKind::storage,
                      "proofs of a former attempt cannot be taken away; see the log, then try again",
                      record.request.name);
  forget_order(record);
  ++record.attempts;
  if (record.attempts == 0) --record.attempts;  // saturates
  record.directory = deps_.session.endpoint().directory_url;
  record.attempt_started = now;
  record.not_before =
      saturating_add(now, backoff(record.attempts, serving(deps_.vault, record.request.name, now), deps_.random));
  for (int draw = 0; record.key_pem.empty(); ++draw) {
    if (draw == key_draws_max)
      return make_error(ErrorKind::internal, "the key source gives the account's key for a certificate",
                        record.request.name);
    const crypto::PrivateKey key = TRY(deps_.keys.next(record.request.key_type));
    if (!(key.public_key() == deps_.account_key.public_key())) record.key_pem = key.to_pem();  // ORD-20
  }
  TRY(save_order(deps_.vault, record));
  begun_ = true;
  return {};
}

OrderFlow::Next OrderFlow::new_order(OrderRecord& record, Time now, const std::stop_token& stop) {
  if (!directory_) {
    directory_ = TRY(deps_.session.directory(stop));
    TRY(check_profile(record.request));
    return Step(Continue{});
  }
  enter(record, Phase::new_order, now);
  if (!begun_) TRY(begin(record, now));
  acme::NewOrder request{.identifiers = record.request.identifiers, .profile = record.request.profile};
  if (directory_->renewal_info) request.replaces = record.request.replaces;  // ARI-11
  if (record.request.lifetime)
    request.not_after = saturating_add(std::chrono::floor<std::chrono::seconds>(now), *record.request.lifetime - 1s);
  auto reply = ask(record, directory_->new_order, acme::to_json(request).dump(), stop);
  if (!reply && request.replaces && is_about_replaces(reply.error())) {  // ARI-16
    deps_.log.warn("replaces_refused", {{"name", record.request.name}, {"why", reply.error().describe()}});
    record.request.replaces.reset();
    return Step(Continue{});
  }
  if (!reply && is_refusal(reply.error()) && reply.error().kind == ErrorKind::ca_protocol)
    return std::move(reply.error()).as(ErrorKind::order_failed);
  if (!reply) return std::move(reply.error());
  const acme::Order order = TRY(order_of(*reply, "newOrder " + reply->url));
  if (reply->location.empty())
    return make_error(ErrorKind::ca_protocol, "the CA did not say where the order is (no Location); tell its operator",
                      reply->url);
  if (sorted(order.identifiers) != sorted(record.request.identifiers))
    return make_error(ErrorKind::ca_protocol, "the CA made an order for other names than asked for; tell its operator",
                      reply->location);
  const auto before = live_meta(deps_.vault, record.request.name);
  if (before && *before && (*before)->order_url == reply->location)  // CF30
    return make_error(ErrorKind::order_failed,
                      "the CA answered with the order of the live certificate instead of a new one", reply->location);
  record.order_url = reply->location;
  record.not_before.reset();  // an order is there to be resumed: a crash needs no pause
  deps_.log.info("order_created", {{"name", record.request.name}, {"order", record.order_url}});
  auto next = adopt(record, order, reply->retry_after, now);
  if (next && !record.order_url.empty()) TRY(save_order(deps_.vault, record));
  return next;
}

OrderFlow::Next OrderFlow::read_order(OrderRecord& record, Time now, const std::stop_token& stop) {
  const auto reply = ask(record, record.order_url, "", stop);
  if (!reply) {
    Error error = reply.error();
    // The CA's own word, not a page of some proxy's while the CA is away: the key goes with the order.
    const bool gone = error.problem && !error.problem->acme_word().empty() &&
                      (error.problem->status == 404 || error.problem->status == 410);
    return gone ? std::move(error).as(ErrorKind::order_failed) : error;
  }
  const acme::Order order = TRY(order_of(*reply, "order " + record.order_url));
  return adopt(record, order, reply->retry_after, now);
}

OrderFlow::Next OrderFlow::adopt(OrderRecord& record, const acme::Order& order, std::optional<Time> retry_after,
                                 Time now) {
  must_read_ = false;
  heard_ = true;
  record.finalize_url = order.finalize;
  record.certificate_url = order.certificate.value_or("");
  if (order.expires) record.order_expires = order.expires;
  TRY(adopt_authorizations(record, order));
  const bool open = order.status == acme::OrderStatus::pending || order.status == acme::OrderStatus::ready;
  if (open || order.status == acme::OrderStatus::invalid) record.finalize_sent = false;  // the CA's word: not issued
  if (open && record.order_expires && *record.order_expires <= now)
    return make_error(ErrorKind::order_failed,
                      "the order expired at " + to_rfc3339(*record.order_expires) +
                          " before it was finished; the next run makes a new one",
                      record.order_url);
  switch (order.status) {
    case acme::OrderStatus::pending: return prove_or_poll(record, retry_after, now);
    case acme::OrderStatus::ready:
      take_proofs_away(record);
      enter(record, Phase::finalize, now);
      if (finalize_error_ || finalized_ > 0) return after_refused_finalize(record, retry_after, now);
      return Step(Continue{});
    case acme::OrderStatus::processing:
      take_proofs_away(record);
      enter(record, Phase::issue, now);
      return poll_again(record, retry_after, "the CA is issuing the certificate for " + shown_names(record.request),
                        now);
    case acme::OrderStatus::valid:
      enter(record, Phase::download, now);
      if (!record.certificate_url.empty()) return Step(Continue{});
      return make_error(ErrorKind::ca_protocol,
                        "the order is valid, but the CA does not say where its certificate is; tell its operator",
                        record.order_url);
    case acme::OrderStatus::invalid: break;
  }
  if (order.error) last_problem_ = std::make_shared<const Problem>(*order.error);
  examined_ = 0;
  return Step(Continue{});
}

void OrderFlow::enter(OrderRecord& record, Phase phase, Time now) {
  if (record.phase == phase) return;
  record.phase = phase;
  phase_started_ = now;
  polls_ = failures_ = 0;
  asked_to_wait_.reset();
}

Time OrderFlow::phase_end(const OrderRecord& record, Time now) const {
  const Time end = saturating_add(phase_started_.value_or(now), phase_time_max);
  const bool may_expire = record.order_expires && record.phase < Phase::issue && !record.order_url.empty();
  return may_expire ? std::min(end, *record.order_expires) : end;
}

Step OrderFlow::poll_again(OrderRecord& record, std::optional<Time> retry_after, std::string why, Time now) {
  const Time end = phase_end(record, now);
  if (retry_after) asked_to_wait_ = retry_after;
  if (now >= end) {
    const bool needs_time = asked_to_wait_ && *asked_to_wait_ > saturating_add(now, slow_min);
    const Hope hope = needs_time ? Hope::good : Hope::little;
    const std::string_view then = is_worn_out(record, hope, now)
                                      ? "; it is given up, and the next run makes a new order"
                                      : "; the order is kept, and the next run resumes it";
    Error error =
        make_error(ErrorKind::timeout,
                   why + ", and has not finished in " + to_human(phase_time_max) + std::string(then), record.order_url);
    error.problem = last_problem_;
    error.not_before = asked_to_wait_;
    return fail(record, std::move(error), hope, now);
  }
  Time next = saturating_add(now, std::min(poll_first * (1 << std::min(polls_, 8u)), poll_max));
  if (retry_after) next = std::max(*retry_after, saturating_add(now, 1s));  // CF12
  ++polls_;
  return WaitUntil{std::min(next, end), std::move(why)};
}

Step OrderFlow::recover(OrderRecord& record, Error error, Time now) {
  if (passes_by_itself(error)) {
    const Time next = next_try(error, failures_, now);
    ++failures_;
    const bool enough = record.order_url.empty() && failures_ >= contact_tries_max;
    if (!enough && next < phase_end(record, now)) return WaitUntil{next, error.describe(), error};
  }
  return fail(record, error, hope_after(error), now);
}

Hope OrderFlow::hope_after(const Error& error) const {
  if (ends_order(error)) return Hope::none;
  switch (error.kind) {
    case ErrorKind::timeout: return heard_ ? Hope::little : Hope::good;
    case ErrorKind::ca_protocol:
    case ErrorKind::response_too_large:
    case ErrorKind::malformed: return heard_ ? Hope::little : Hope::some;
    default: return Hope::good;
  }
}

// It may have been issued, so its key is not thrown away with the order's date: whether that has passed is for the CA's
// own answer to say.
bool OrderFlow::is_worn_out(const OrderRecord& record, Hope hope, Time now) const {
  const Duration most = resume_max(hope, serving(deps_.vault, record.request.name, now));
  return saturating_add(record.attempt_started.value_or(now), most) <= now;
}

Step OrderFlow::fail(OrderRecord& record, Error error, Hope hope, Time now) {
  take_proofs_away(record);
  if (record.order_url.empty() || is_worn_out(record, hope, now)) drop_order(record, error);
  if (!begun_ && record.attempts + 1 > record.attempts)
    ++record.attempts;  // a resumed order, or a CA out of reach, is an attempt too, or the pauses would not grow
  note_failure(record, error, serving(deps_.vault, record.request.name, now), deps_.random, now);
  const auto saved = save_order(deps_.vault, record);
  if (!saved)  // a disk that fails is said once
    deps_.log.write(error.kind == ErrorKind::storage ? LogLevel::info : LogLevel::error, "record_not_saved",
                    {{"name", record.request.name}, {"why", saved.error().describe()}});
  deps_.log.info("attempt_failed", {{"name", record.request.name},
                                    {"class", std::string(to_string(error.kind))},
                                    {"why", error.describe()},
                                    {"next", to_rfc3339(*record.not_before)}});
  forget_progress();
  return Failed{std::move(error)};
}

// Nothing is lost: where the CA may have issued, the order goes only when its key is in another place.
void OrderFlow::drop_order(OrderRecord& record, Error& error) {
  const auto kept = keep_key_of(deps_.vault, record, error.describe());
  if (!kept) {
    deps_.log.error("key_not_kept", {{"name", record.request.name}, {"why", kept.error().describe()}});
    return;
  }
  if (*kept) error.message += "; its key was put aside, and crest show " + record.request.name + " says where";
  forget_order(record);
}

void OrderFlow::forget_progress() {
  directory_.reset();
  begun_ = heard_ = false;
  must_read_ = true;
  shown_ = 0;
  finalized_ = steps_ = 0;
  polls_ = failures_ = 0;
  run_started_.reset();
  phase_started_.reset();
  asked_to_wait_.reset();
  finalize_error_.reset();
  respond_errors_.clear();
  last_problem_.reset();
  examined_.reset();
  reasons_.clear();
  alternates_.clear();
  alternates_known_ = false;
}

Result<void> OrderFlow::pause(OrderRecord& record) {
  const bool shown = std::any_of(record.authorizations.begin(), record.authorizations.end(),
                                 [](const AuthorizationRecord& authorization) { return authorization.presented; });
  take_proofs_away(record);
  forget_progress();
  if (!shown) return {};
  return save_order(deps_.vault, record);
}

}  // namespace crest::client
