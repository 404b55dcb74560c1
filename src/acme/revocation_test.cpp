#include "acme/revocation.hpp"

#include <gtest/gtest.h>

#include "acme/problem.hpp"
#include "encoding/base64.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

Json parse(const std::string& text) { return Json::parse(text).value(); }

template <typename T>
ProblemType problem_of(const Result<T>& result) {
  return problem_type(*result.error().problem).value();
}

TEST(Revocation, REV_01_JsonBothWays) {
  Revocation request{.certificate_der = {0x30, 0x00}, .reason = std::nullopt};
  EXPECT_EQ(to_json(request).dump(), R"({"certificate":"MAA"})");
  request.reason = RevocationReason::superseded;
  EXPECT_EQ(to_json(request).dump(), R"({"certificate":"MAA","reason":4})");
  const auto read = revocation_from_json(to_json(request));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->certificate_der, request.certificate_der);
  EXPECT_EQ(read->reason, RevocationReason::superseded);
  EXPECT_EQ(revocation_from_json(parse(R"({"certificate":"MAA","reason":null,"x":[]})"))->reason, std::nullopt);
}

TEST(Revocation, REV_07_Reasons) {
  for (std::int64_t code = -1; code <= 11; ++code) {
    const auto read = revocation_from_json(parse(R"({"certificate":"MAA","reason":)" + std::to_string(code) + "}"));
    const bool exists = code >= 0 && code <= 10 && code != 7;
    ASSERT_EQ(read.has_value(), exists) << code;
    EXPECT_EQ(revocation_reason(code).has_value(), exists);
    if (exists) {
      EXPECT_EQ(static_cast<std::int64_t>(*read->reason), code);
      EXPECT_EQ(revocation_reason(to_string(*read->reason)), read->reason);
    } else {
      EXPECT_EQ(problem_of(read), ProblemType::badRevocationReason);
      EXPECT_NE(read.error().problem->detail.raw().find("0 to 6 and 8 to 10"), std::string::npos);
    }
  }
  EXPECT_EQ(revocation_reason("keyCompromise"), RevocationReason::keyCompromise);
  EXPECT_EQ(revocation_reason("KeyCompromise"), std::nullopt);
}

TEST(Revocation, UnreadableOnesAreMalformed) {
  const std::string huge = encoding::base64url(Bytes(70'000));
  for (const std::string& bad :
       {std::string("[]"), std::string("{}"), std::string(R"({"certificate":7})"), std::string(R"({"certificate":""})"),
        std::string(R"({"certificate":"MAA="})"), std::string(R"({"certificate":"-----BEGIN"})"),
        R"({"certificate":")" + huge + "\"}", std::string(R"({"certificate":"MAA","reason":"4"})"),
        std::string(R"({"certificate":"MAA","reason":1.5})")}) {
    const auto read = revocation_from_json(parse(bad));
    ASSERT_FALSE(read) << bad.substr(0, 80);
    EXPECT_EQ(problem_of(read), ProblemType::malformed) << bad.substr(0, 80);
  }
}

TEST(Finalize, ORD_17_CsrIsBase64urlDer) {
  EXPECT_EQ(to_json(Finalize{.csr_der = {0x30, 0x00}}).dump(), R"({"csr":"MAA"})");
  EXPECT_EQ(finalize_from_json(parse(R"({"csr":"MAA","x":1})"))->csr_der, (Bytes{0x30, 0x00}));
  const std::string huge = encoding::base64url(Bytes(70'000));
  for (const std::string& bad :
       {std::string("7"), std::string("{}"), std::string(R"({"csr":null})"), std::string(R"({"csr":""})"),
        std::string(R"({"csr":"MA=="})"), R"({"csr":")" + huge + "\"}"}) {
    const auto read = finalize_from_json(parse(bad));
    ASSERT_FALSE(read) << bad.substr(0, 80);
    EXPECT_EQ(problem_of(read), ProblemType::malformed);
  }
}

}  // namespace
}  // namespace crest::acme
