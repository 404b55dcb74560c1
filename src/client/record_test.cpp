// The small pure parts: records and their codecs, backoff, when a certificate is due.
#include <gtest/gtest.h>

#include "acme/problem.hpp"
#include "client/backoff.hpp"
#include "client/certificate_meta.hpp"
#include "client/record_file.hpp"
#include "client/testing/manual_clock.hpp"

namespace crest::client {
namespace {

using encoding::Json;
using testing::RepeatingRandom;

constexpr Time start{std::chrono::sys_days(std::chrono::year(2026) / 3 / 1)};

CertificateRequest request() {
  CertificateRequest request{.name = "app", .key_type = crypto::KeyType::rsa_2048, .profile = "server", .lifetime = 8h};
  request.identifiers = {{acme::IdentifierType::dns, "*.app.example"}, {acme::IdentifierType::ip, "10.0.0.7"}};
  request.replaces = "aaaa.bbbb";
  return request;
}

OrderRecord full_record() {
  OrderRecord record{.request = request(), .directory = "https://ca/d", .account_url = "https://ca/a"};
  record.phase = Phase::validate;
  record.order_url = "https://ca/o";
  record.finalize_url = "https://ca/f";
  record.certificate_url = "https://ca/c";
  record.key_pem = Secret("a key");
  record.order_expires = start + 24h;
  record.attempt_started = start;
  record.attempts = 4;
  record.not_before = start + 1h;
  record.failed_methods = {"http-01"};
  record.last_error = "authz_failed";
  record.last_problem = "urn:ietf:params:acme:error:caa";
  record.authorizations = {{.url = "https://ca/z/1"},
                           {.url = "https://ca/z/2",
                            .identifier = {acme::IdentifierType::dns, "app.example"},
                            .method = "http-01",
                            .challenge_url = "https://ca/h",
                            .token = "tok",
                            .key_authorization = "tok.print",
                            .presented = true,
                            .responded = true,
                            .valid = true}};
  return record;
}

TEST(OrderRecord, ORD_26_ComesBackAsItWas) {
  for (const OrderRecord& record : {full_record(), OrderRecord{.request = request()}}) {
    const Json json = to_json(record);
    const auto again = order_record_from_json(Json::parse(json.dump()).value());
    ASSERT_TRUE(again) << again.error().describe();
    EXPECT_EQ(to_json(*again), json);
    EXPECT_TRUE(asks_the_same(again->request, record.request));
  }
}

TEST(OrderRecord, WhatMayBeWrittenCanBeRead) {
  OrderRecord record{.request = request()};
  const acme::Identifier one = record.request.identifiers.front();
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, CertificateRequest::identifiers_max, CertificateRequest::identifiers_max + 1}) {
    record.request.identifiers.assign(count, one);
    EXPECT_EQ(check_limits(record.request).has_value(), order_record_from_json(to_json(record)).has_value()) << count;
    EXPECT_EQ(check_limits(record.request).has_value(), count > 0 && count <= 1000) << count;
  }
  record.request = request();
  constexpr Duration most = CertificateRequest::lifetime_max;
  for (const auto& [lifetime, good] : {std::pair{Duration(-1s), false},
                                       {Duration(0s), false},
                                       {Duration(1ms), false},
                                       {Duration(999ms), false},
                                       {Duration(1s), true},
                                       {Duration(1500ms), false},
                                       {most, true},
                                       {most + 1ms, false},
                                       {most + 1s, false},
                                       {Duration::max(), false},
                                       {Duration::min(), false}}) {
    record.request.lifetime = lifetime;
    EXPECT_EQ(check_limits(record.request).has_value(), good) << lifetime.count();
    if (!good) {
      EXPECT_EQ(check_limits(record.request).error().kind, ErrorKind::usage);
      continue;
    }
    const auto again = order_record_from_json(to_json(record));
    ASSERT_TRUE(again) << lifetime.count() << again.error().describe();
    EXPECT_TRUE(asks_the_same(again->request, record.request)) << lifetime.count();
  }
}

TEST(OrderRecord, EveryMissingOrWrongMemberIsAnErrorOrADefault) {
  const Json good = to_json(full_record());
  for (const auto& [name, value] : *good.as_object()) {
    Json spoilt = good;
    spoilt.set(name, value.as_string() != nullptr ? Json(7) : Json("text"));
    EXPECT_FALSE(order_record_from_json(spoilt)) << name;
  }
  for (const char* const name : {"request", "phase", "attempts"}) {
    Json::Object members;
    for (const auto& member : *good.as_object())
      if (member.first != name) members.push_back(member);
    EXPECT_FALSE(order_record_from_json(Json(members))) << name;
  }
  Json spoilt = good;
  EXPECT_FALSE(order_record_from_json(spoilt.set("phase", "lunch")));
  spoilt = good;
  EXPECT_FALSE(order_record_from_json(spoilt.set("attempts", -1)));
}

TEST(OrderRecord, AsksTheSame) {
  CertificateRequest other = request();
  std::swap(other.identifiers[0], other.identifiers[1]);
  other.replaces.reset();
  EXPECT_TRUE(asks_the_same(request(), other));
  other.lifetime = 9h;
  EXPECT_FALSE(asks_the_same(request(), other));
  other = request();
  other.identifiers.pop_back();
  EXPECT_FALSE(asks_the_same(request(), other));
  other = request();
  other.key_type = crypto::KeyType::ec_p256;
  EXPECT_FALSE(asks_the_same(request(), other));
}

TEST(RecordFile, DetectsAnyChangedOctet) {
  const Json record = Json::object().set("a", 1).set("b", "text");
  const std::string text = record_text(record);
  ASSERT_EQ(record_from_text(text).value(), record);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string spoilt = text;
    spoilt[i] ^= 1;
    const auto read = record_from_text(spoilt);
    EXPECT_TRUE(!read || *read == record) << i;  // white space may change: it says nothing
  }
}

TEST(CertificateMeta, ComesBackAsItWas) {
  CertificateMeta meta{.request = request(),
                       .directory = "https://ca/d",
                       .account_url = "https://ca/a",
                       .order_url = "https://ca/o",
                       .serial = "0a",
                       .issuer = "CN=x",
                       .ari_id = "a.b",
                       .not_before = start,
                       .not_after = start + 24h - 1s,
                       .issued_at = start + 1min,
                       .generation = 7};
  const auto again = certificate_meta_from_json(to_json(meta)).value();
  EXPECT_EQ(to_json(again), to_json(meta));
  EXPECT_FALSE(again.request.replaces) << "that was for one order";
  EXPECT_FALSE(certificate_meta_from_json(Json::object()));
}

TEST(Renewal, ENT_03_AtTwoThirdsOfTheInclusiveLife) {
  for (const Duration life : {Duration(5min), Duration(24h), Duration(90 * 24h)}) {
    CertificateMeta meta{.not_before = start, .not_after = start + life - 1s};
    const Time due = start + life * 2 / 3;
    EXPECT_EQ(renewal(meta, start).renew_at, due);
    EXPECT_EQ(renewal(meta, due - 1ms).due, Due::not_due);
    EXPECT_EQ(renewal(meta, due).due, Due::due);
    EXPECT_EQ(renewal(meta, meta.not_after).due, Due::due);
    EXPECT_EQ(renewal(meta, meta.not_after + 1ms).due, Due::expired);
  }
}

TEST(Renewal, CF62_AClockThatIsFarBackIsNotBelieved) {
  const CertificateMeta meta{.issued_at = start};
  EXPECT_TRUE(check_clock(start - 23h, &meta));
  EXPECT_EQ(check_clock(start - 25h, &meta).error().kind, ErrorKind::clock_suspect);
  EXPECT_TRUE(check_clock(start, nullptr));
  EXPECT_EQ(check_clock(Time(), nullptr).error().kind, ErrorKind::clock_suspect);
}

TEST(Backoff, CF37_CF38_GrowsToADayAndNeverWrapsToNothing) {
  RepeatingRandom random;
  const std::vector<Duration> steps = {1min, 1min, 10min, 100min, 24h};
  const Serving long_lived{398 * 24h, 120 * 24h};
  for (std::uint32_t attempts : {0u, 1u, 2u, 3u, 4u, 5u, 1000u, 0x7fffffffu, 0xffffffffu}) {
    const Duration most = steps.at(std::min(attempts, 4u));
    for (int i = 0; i < 50; ++i) {
      const Duration wait = backoff(attempts, long_lived, random);
      EXPECT_LE(wait, most);
      EXPECT_GE(wait, most * 8 / 10);
      for (const std::optional<Serving>& none : {std::optional<Serving>(), std::optional(Serving{398 * 24h, -1h})}) {
        const Duration alone = backoff(attempts, none, random);  // somebody waits for the first one
        EXPECT_LE(alone, std::min(most, Duration(1h)));
        EXPECT_GE(alone, std::min(most, Duration(1h)) * 8 / 10);
      }
    }
  }
}

TEST(Backoff, CF37_IsAtMostATenthOfTheLife) {
  RepeatingRandom random;
  for (int i = 0; i < 50; ++i) {
    EXPECT_LE(backoff(1000, Serving{24h, 24h}, random), 144min);
    EXPECT_LE(backoff(1000, Serving{5min, 5min}, random), 30s);
    EXPECT_GE(backoff(1000, Serving{1ms, 1ms}, random), 800ms);
    EXPECT_LE(backoff(1, Serving{24h, 24h}, random), 1min);
    EXPECT_LE(backoff(1000, Serving{24h, 2h}, random), 30min);   // closer together towards the end
    EXPECT_GE(backoff(1000, Serving{24h, 1s}, random), 48s);     // but no storm
    EXPECT_GE(backoff(1000, Serving{24h, -1h}, random), 48min);  // what has expired sets no pace
  }
}

TEST(ResumeMax, CF11_CF36_FitsWhatIsAtStake) {
  constexpr Duration day = 24h, week = 7 * day;
  struct Row {
    std::optional<Serving> serving;
    Duration little, some;
  };
  for (const Row& row :
       {Row{Serving{day, 8h}, 144min, 8h}, Row{Serving{day, 1h}, 144min, 144min},
        Row{Serving{90 * day, 30 * day}, week, week}, Row{Serving{30 * day, 10 * day}, 3 * day, week},
        Row{Serving{30 * day, 4 * day}, 3 * day, 4 * day}, Row{Serving{5min, 1min}, 10min, 10min},
        Row{Serving{day, Duration(0)}, 1h, 6h}, Row{Serving{day, -5h}, 1h, 6h}, Row{std::nullopt, 1h, 6h}}) {
    EXPECT_EQ(resume_max(Hope::none, row.serving), Duration(0));
    EXPECT_EQ(resume_max(Hope::little, row.serving), row.little);
    EXPECT_EQ(resume_max(Hope::some, row.serving), row.some);
    EXPECT_EQ(resume_max(Hope::good, row.serving), week);
  }
}

Time after_failure(ErrorKind kind, std::optional<Time> said, std::optional<Duration> life, std::uint32_t attempts = 1) {
  RepeatingRandom random;
  OrderRecord record{.request = request()};
  record.attempts = attempts;
  Error error = make_error(kind, "x");
  error.not_before = said;
  std::optional<Serving> serving;
  if (life) serving = Serving{*life, *life};
  note_failure(record, error, serving, random, start);
  EXPECT_EQ(error.not_before, record.not_before);
  EXPECT_EQ(record.last_error, to_string(kind));
  return *record.not_before;
}

TEST(NoteFailure, CF12_ARateLimitAsSaidAtMostAWeekAMaintenanceAtMostATenth) {
  EXPECT_EQ(after_failure(ErrorKind::rate_limited, start + 3h, 24h), start + 3h);
  EXPECT_EQ(after_failure(ErrorKind::rate_limited, start + 30 * 24h, 24h), start + 7 * 24h);
  EXPECT_LE(after_failure(ErrorKind::rate_limited, start - 3h, 24h), start + 1min);
  EXPECT_EQ(after_failure(ErrorKind::ca_protocol, start + 30 * 24h, 24h), start + 144min);
  EXPECT_EQ(after_failure(ErrorKind::ca_protocol, start + 5min, 24h), start + 5min);
  EXPECT_GE(after_failure(ErrorKind::connect, std::nullopt, std::nullopt, 3), start + 48min);
}

TEST(NoteFailure, AttemptsInTheCasAbsenceDoNotLengthenThePauseAfterALocalFault) {
  for (const ErrorKind kind : {ErrorKind::storage, ErrorKind::port_in_use, ErrorKind::locked})
    EXPECT_LE(after_failure(kind, std::nullopt, 398 * 24h, 1000), start + 10min);
  EXPECT_GE(after_failure(ErrorKind::order_failed, std::nullopt, 398 * 24h, 1000), start + 19h);
}

TEST(NoteFailure, ENT_07_WhetherItPassesIsKept) {
  RepeatingRandom random;
  Problem caa{.type = "urn:ietf:params:acme:error:caa"};
  Problem other{.type = "urn:ietf:params:acme:error:compound", .status = 403};
  const auto kept = [&](ErrorKind kind, const std::optional<Problem>& problem) {
    OrderRecord record{.request = request()};
    Error error = make_error(kind, "x");
    if (problem) error.problem = std::make_shared<const Problem>(*problem);
    note_failure(record, error, std::nullopt, random, start);
    const Error later = last_failure(order_record_from_json(to_json(record)).value(), "still waiting");
    EXPECT_EQ(later.kind, kind);
    EXPECT_EQ(later.needs_operator(), error.needs_operator()) << to_string(kind);
    EXPECT_EQ(later.not_before, record.not_before);
    return later.needs_operator();
  };
  EXPECT_FALSE(kept(ErrorKind::connect, {}));
  EXPECT_FALSE(kept(ErrorKind::order_failed, {}));
  EXPECT_FALSE(kept(ErrorKind::order_failed, other));
  EXPECT_TRUE(kept(ErrorKind::order_failed, caa));
  EXPECT_TRUE(kept(ErrorKind::cert_rejected, {}));
  EXPECT_TRUE(kept(ErrorKind::ca_protocol, other));
  other.subproblems = {{.type = "urn:ietf:params:acme:error:dns"}, caa};
  EXPECT_TRUE(kept(ErrorKind::order_failed, other));
}

TEST(NextTry, DoublesAndKeepsToWhatTheCaSaid) {
  Error error = make_error(ErrorKind::connect, "x");
  EXPECT_EQ(next_try(error, 0, start), start + 1s);
  EXPECT_EQ(next_try(error, 3, start), start + 8s);
  EXPECT_EQ(next_try(error, 4'000'000'000u, start), start + 30s);
  error.not_before = start + 20s;
  EXPECT_EQ(next_try(error, 0, start), start + 20s);
}

TEST(PassesByItself, ERR_14_TransportAndServerErrorsOnly) {
  for (const ErrorKind kind : {ErrorKind::connect, ErrorKind::dns, ErrorKind::timeout, ErrorKind::bad_nonce})
    EXPECT_TRUE(passes_by_itself(make_error(kind, "x")));
  for (const ErrorKind kind : {ErrorKind::tls, ErrorKind::storage, ErrorKind::rate_limited, ErrorKind::account,
                               ErrorKind::response_too_large, ErrorKind::ca_protocol, ErrorKind::internal})
    EXPECT_FALSE(passes_by_itself(make_error(kind, "x")));
  for (const auto& [status, passes] : {std::pair{500, true}, {503, true}, {404, false}, {200, false}}) {
    Error error = make_error(ErrorKind::ca_protocol, "x");
    Problem problem;
    problem.status = status;
    error.problem = std::make_shared<const Problem>(problem);
    EXPECT_EQ(passes_by_itself(error), passes) << status;
  }
}

}  // namespace
}  // namespace crest::client
