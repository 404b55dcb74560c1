#include "acme/order.hpp"

#include <gtest/gtest.h>

#include "acme/problem.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

Json parse(const std::string& text) { return Json::parse(text).value(); }
Identifier dns(std::string value) { return {.type = IdentifierType::dns, .value = std::move(value)}; }

Order sample() {
  Order order;
  order.status = OrderStatus::valid;
  order.expires = from_unix_seconds(1'767'225'600);
  order.identifiers = {dns("*.example.org"), {.type = IdentifierType::ip, .value = "10.0.0.7"}};
  order.not_before = from_unix_seconds(1'767'225'600);
  order.not_after = from_unix_seconds(1'767'312'000);
  order.profile = "short";
  order.replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
  order.error = make_problem(ProblemType::caa, "no");
  order.authorizations = {"https://ca.example/z/1"};
  order.finalize = "https://ca.example/o/1/f";
  order.certificate = "https://ca.example/c/1";
  return order;
}

TEST(Order, JsonBothWays) {
  EXPECT_EQ(to_json(sample()).dump(),
            R"({"status":"valid","expires":"2026-01-01T00:00:00Z",)"
            R"("identifiers":[{"type":"dns","value":"*.example.org"},{"type":"ip","value":"10.0.0.7"}],)"
            R"("notBefore":"2026-01-01T00:00:00Z","notAfter":"2026-01-02T00:00:00Z","profile":"short",)"
            R"("replaces":"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",)"
            R"("error":{"type":"urn:ietf:params:acme:error:caa","detail":"no","status":403},)"
            R"("authorizations":["https://ca.example/z/1"],"finalize":"https://ca.example/o/1/f",)"
            R"("certificate":"https://ca.example/c/1"})");
  const auto read = order_from_json(to_json(sample()));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(to_json(*read), to_json(sample()));
}

TEST(Order, CF27_StatusAloneIsEnough) {
  for (const char* word : {"pending", "ready", "processing", "valid", "invalid"}) {
    const auto order = order_from_json(parse(R"({"status":")" + std::string(word) + R"(","authorizations":null})"));
    ASSERT_TRUE(order) << word;
    EXPECT_EQ(to_string(order->status), word);
    EXPECT_TRUE(order->authorizations.empty());
    EXPECT_EQ(order->finalize, "");
    EXPECT_TRUE(order_from_json(to_json(*order)));
  }
}

TEST(Order, UnreadableOnesAreMalformed) {
  for (const char* bad :
       {"[]", "{}", R"({"status":"canceled"})", R"({"status":7})", R"({"status":"READY"})",
        R"({"status":"ready","finalize":"ftp://ca.example/"})", R"({"status":"ready","authorizations":"x"})",
        R"({"status":"ready","authorizations":["/z/1"]})", R"({"status":"ready","authorizations":[7]})",
        R"({"status":"valid","certificate":7})", R"({"status":"pending","expires":"tomorrow"})",
        R"({"status":"pending","identifiers":[7]})",
        R"({"status":"pending","identifiers":[{"type":"dns","value":"a b"}]})"}) {
    const auto order = order_from_json(parse(bad));
    ASSERT_FALSE(order) << bad;
    EXPECT_EQ(order.error().kind, ErrorKind::malformed) << bad;
    EXPECT_FALSE(order.error().describe().empty());
  }
}

TEST(Order, CF19_UrlsAreBounded) {
  EXPECT_FALSE(
      order_from_json(parse(R"({"status":"ready","finalize":"https://ca.example/)" + std::string(3000, 'a') + "\"}")));
}

TEST(Order, ABrokenErrorDoesNotSpoilIt) {
  for (const char* error : {"7", "\"x\"", "null", "[]"}) {
    const auto order = order_from_json(parse(R"({"status":"invalid","error":)" + std::string(error) + "}"));
    ASSERT_TRUE(order) << error;
    EXPECT_FALSE(order->error);
  }
}

TEST(NewOrder, JsonBothWays) {
  NewOrder request;
  request.identifiers = {dns("a.example")};
  EXPECT_EQ(to_json(request).dump(), R"({"identifiers":[{"type":"dns","value":"a.example"}]})");
  request.not_before = from_unix_seconds(1'767'225'600);
  request.not_after = from_unix_seconds(1'767'225'601);
  request.profile = "short";
  request.replaces = "AAECAwQFBgcICQoLDA0ODxAREhM.AQ";
  const auto read = new_order_from_json(to_json(request));
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(to_json(*read), to_json(request));
}

TEST(NewOrder, ORD_05_LowerCaseWithoutDoubles) {
  const auto read = new_order_from_json(parse(R"({"identifiers":[
    {"type":"dns","value":"B.example"},{"type":"dns","value":"a.example"},{"type":"dns","value":"b.EXAMPLE"},
    {"type":"ip","value":"::1"},{"type":"ip","value":"::1"},{"type":"dns","value":"*.a.example"}],"unknown":[1]})"));
  ASSERT_TRUE(read);
  const std::vector<Identifier> wanted = {
      dns("b.example"), dns("a.example"), {.type = IdentifierType::ip, .value = "::1"}, dns("*.a.example")};
  EXPECT_EQ(read->identifiers, wanted);
}

TEST(NewOrder, ORD_02_ORD_06_FormIsMalformed) {
  const std::string one = R"("identifiers":[{"type":"dns","value":"a.example"}])";
  const std::pair<std::string, const char*> table[] = {
      {"[]", "object"},
      {"{}", "identifiers"},
      {R"({"identifiers":null})", "identifiers"},
      {R"({"identifiers":[]})", "identifiers"},
      {R"({"identifiers":"a.example"})", "identifiers"},
      {R"({"identifiers":["a.example"]})", "identifiers[0]"},
      {R"({"identifiers":[{"type":"dns","value":"a.example"},{"type":"dns"}]})", "identifiers[1].value"},
      {R"({"identifiers":[{"type":7,"value":"a.example"}]})", "identifiers[0].type"},
      {"{" + one + R"(,"notBefore":"tomorrow"})", "notBefore"},
      {"{" + one + R"(,"notAfter":7})", "notAfter"},
      {"{" + one + R"(,"notBefore":"2026-01-02T00:00:00Z","notAfter":"2026-01-02T00:00:00Z"})", "notAfter"},
      {"{" + one + R"(,"profile":7})", "profile"},
      {"{" + one + R"(,"profile":")" + std::string(65, 'p') + "\"}", "profile"},
      {"{" + one + R"(,"replaces":"x"})", "replaces"},
  };
  for (const auto& [body, member] : table) {
    const auto read = new_order_from_json(parse(body));
    ASSERT_FALSE(read) << body;
    ASSERT_TRUE(read.error().problem) << body;
    EXPECT_EQ(problem_type(*read.error().problem), ProblemType::malformed) << body;
    EXPECT_NE(read.error().problem->detail.raw().find(member), std::string::npos) << read.error().describe();
  }
}

std::string names(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    list += (i == 0 ? "" : ",") + std::string(R"({"type":"dns","value":"n)") + std::to_string(i) + ".example\"}";
  }
  return R"({"identifiers":[)" + list + "]}";
}

TEST(NewOrder, AtMostAHundredIdentifiers) {
  EXPECT_EQ(new_order_from_json(parse(names(identifiers_max)))->identifiers.size(), identifiers_max);
  const auto read = new_order_from_json(parse(names(identifiers_max + 1)));
  ASSERT_FALSE(read);
  EXPECT_EQ(problem_type(*read.error().problem), ProblemType::malformed);
}

struct Subject {
  const char *type, *value;
  ProblemType fault;
};

void expect_refused(const std::vector<Subject>& bad, ProblemType whole) {
  Json list = Json::array();
  list.push(parse(R"({"type":"dns","value":"good.example"})"));
  for (const Subject& subject : bad) {
    Json entry = Json::object();
    entry.set("type", subject.type).set("value", subject.value);
    list.push(std::move(entry));
  }
  Json body = Json::object();
  body.set("identifiers", std::move(list));
  const auto read = new_order_from_json(body);
  ASSERT_FALSE(read);
  const Problem& problem = *read.error().problem;
  EXPECT_EQ(problem_type(problem), whole);
  EXPECT_FALSE(problem.identifier);
  ASSERT_EQ(problem.subproblems.size(), bad.size());
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(problem_type(problem.subproblems[i]), bad[i].fault) << bad[i].value;
    EXPECT_EQ(problem.subproblems[i].identifier->value, bad[i].value);
    EXPECT_FALSE(problem.subproblems[i].detail.empty());
  }
}

TEST(NewOrder, ORD_02_ORD_03_ORD_04_ASubproblemPerBadName) {
  using enum ProblemType;
  expect_refused({{"dns", "a_b.example", rejectedIdentifier}}, rejectedIdentifier);
  expect_refused({{"dns", "xn--99999999.example", rejectedIdentifier}, {"dns", "10.0.0.1", rejectedIdentifier}},
                 rejectedIdentifier);
  expect_refused({{"dns", "a.*.example", rejectedIdentifier}, {"dns", "example.org.", rejectedIdentifier}},
                 rejectedIdentifier);
  expect_refused({{"ip", "010.0.0.1", ProblemType::malformed}}, ProblemType::malformed);
  expect_refused({{"email", "a@b.example", unsupportedIdentifier}, {"DNS", "a.example", unsupportedIdentifier}},
                 unsupportedIdentifier);
  expect_refused(
      {{"dns", "", rejectedIdentifier}, {"ip", "::01", ProblemType::malformed}, {"x", "y", unsupportedIdentifier}},
      compound);
}

}  // namespace
}  // namespace crest::acme
