#include "x509/name_constraints.hpp"

#include <gtest/gtest.h>

#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;
namespace der = asn1::der;

Bytes subtree(std::uint8_t tag, ByteView base) { return der::sequence({der::element(tag, base)}); }
Bytes dns_subtree(std::string_view base) { return subtree(asn1::implicit_tag(2), as_bytes(base)); }
Bytes ip_subtree(ByteView base) { return subtree(asn1::implicit_tag(7), base); }

struct Lists {
  std::vector<Bytes> permitted = {}, excluded = {};
};

Bytes constraints(const Lists& lists) {
  const auto list = [](unsigned tag, const std::vector<Bytes>& of) {
    return of.empty() ? Bytes{} : der::element(asn1::constructed_tag(tag), joined(of));
  };
  return der::sequence({list(0, lists.permitted), list(1, lists.excluded)});
}

struct Row {
  Lists lists;
  SubjectName name;
  bool permitted;
};

const Bytes net_10 = {10, 0, 0, 0, 255, 0, 0, 0};

const Row rows[] = {
    {{}, dns("a.example"), true},
    {{.permitted = {dns_subtree("corp.example")}}, dns("corp.example"), true},
    {{.permitted = {dns_subtree("CORP.Example")}}, dns("a.b.corp.example"), true},
    {{.permitted = {dns_subtree("corp.example")}}, dns("*.corp.example"), true},
    {{.permitted = {dns_subtree("corp.example")}}, dns("xcorp.example"), false},
    {{.permitted = {dns_subtree("corp.example")}}, dns("*.example"), false},
    {{.permitted = {dns_subtree("corp.example")}}, ip("10.0.0.1"), true},  // another type: unconstrained
    {{.permitted = {dns_subtree(".corp.example")}}, dns("a.corp.example"), true},
    {{.permitted = {dns_subtree(".corp.example")}}, dns("corp.example"), false},
    {{.permitted = {dns_subtree("a.example"), dns_subtree("b.example")}}, dns("x.b.example"), true},
    {{.permitted = {dns_subtree("")}}, dns("a.example"), true},
    {{.excluded = {dns_subtree("")}}, dns("a.example"), false},
    {{.excluded = {dns_subtree("secret.example")}}, dns("a.secret.example"), false},
    {{.excluded = {dns_subtree("secret.example")}}, dns("public.example"), true},
    {{.excluded = {dns_subtree("secret.example")}}, dns("*.example"), false},  // speaks for secret.example
    {{.permitted = {dns_subtree("example")}, .excluded = {dns_subtree("secret.example")}}, dns("a.example"), true},
    {{.permitted = {dns_subtree("example")}, .excluded = {dns_subtree("secret.example")}},
     dns("secret.example"),
     false},
    {{.permitted = {ip_subtree(net_10)}}, ip("10.1.2.3"), true},
    {{.permitted = {ip_subtree(net_10)}}, ip("11.1.2.3"), false},
    {{.permitted = {ip_subtree(net_10)}}, ip("2001:db8::1"), false},
    {{.permitted = {ip_subtree(net_10)}}, dns("a.example"), true},
    {{.excluded = {ip_subtree(net_10)}}, ip("10.1.2.3"), false},
    {{.excluded = {ip_subtree(Bytes(32))}}, ip("2001:db8::1"), false},
    {{.excluded = {ip_subtree(Bytes(32))}}, ip("10.1.2.3"), true},
};

TEST(NameConstraints, X509_11_Table) {
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const auto answer = permits_name(constraints(rows[i].lists), rows[i].name);
    ASSERT_TRUE(answer) << "row " << i;
    EXPECT_EQ(*answer, rows[i].permitted) << "row " << i << " " << rows[i].name.value;
  }
}

TEST(NameConstraints, WhatCannotBeReadPermitsNothing) {
  const Bytes good = constraints({.permitted = {dns_subtree("corp.example")}});
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(permits_name(ByteView(good).first(size), dns("corp.example"))) << size;
  }
  Bytes with_minimum = der::sequence({der::element(asn1::implicit_tag(2), as_bytes("a")), Bytes{0x80, 1, 1}});
  EXPECT_FALSE(permits_name(constraints({.permitted = {with_minimum}}), dns("a")));
}

}  // namespace
}  // namespace crest::x509
