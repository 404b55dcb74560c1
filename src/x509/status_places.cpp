#include "x509/status_places.hpp"

#include "x509/asn1.hpp"
#include "x509/fields.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::uint8_t tag_url = implicit_tag(6);

void keep_first(std::string& place, const Element& location) {
  if (place.empty() && location.tag == tag_url) place = as_text(location.content);
}

Result<void> read_access(ByteView value, StatusPlaces& places) {
  Reader outer(value);
  Reader list = TRY(outer.enter(der::tag_sequence, "authorityInfoAccess"));
  while (!list.empty()) {
    Reader one = TRY(list.enter(der::tag_sequence, "AccessDescription"));
    const Element method = TRY(one.take(der::tag_oid, "accessMethod"));
    const Element location = TRY(one.take("accessLocation"));
    TRY(one.end("AccessDescription"));
    if (as_text(method.content) == oid::access_ocsp) keep_first(places.ocsp, location);
    if (as_text(method.content) == oid::access_ca_issuers) keep_first(places.ca_issuers, location);
  }
  return outer.end("authorityInfoAccess");
}

// The full names of a point; names relative to the issuer are passed over.
Result<void> read_point(Reader point, StatusPlaces& places) {
  if (!point.next_is(constructed_tag(0))) return {};
  Reader name = TRY(point.enter(constructed_tag(0), "distributionPoint"));
  if (!name.next_is(constructed_tag(0))) return {};
  Reader full = TRY(name.enter(constructed_tag(0), "fullName"));
  while (!full.empty()) {
    const Element location = TRY(full.take("GeneralName"));
    keep_first(places.crl, location);
  }
  return {};
}

Result<void> read_points(ByteView value, StatusPlaces& places) {
  Reader outer(value);
  Reader list = TRY(outer.enter(der::tag_sequence, "cRLDistributionPoints"));
  while (!list.empty()) {
    const Reader point = TRY(list.enter(der::tag_sequence, "DistributionPoint"));
    TRY(read_point(point, places));
  }
  return outer.end("cRLDistributionPoints");
}

}  // namespace

Result<StatusPlaces> status_places(const Certificate& certificate) {
  const Fields fields = TRY(read_fields(certificate.der()));
  return status_places(fields);
}

Result<StatusPlaces> status_places(const Fields& fields) {
  StatusPlaces places;
  if (const Extension* found = fields.find(oid::authority_info_access)) TRY(read_access(found->value, places));
  if (const Extension* found = fields.find(oid::crl_distribution_points)) TRY(read_points(found->value, places));
  return places;
}

Result<Certificate> unsigned_certificate(ByteView tbs) {
  Reader outer(tbs);
  Reader fields = TRY(outer.enter(der::tag_sequence, "TBSCertificate"));
  TRY(outer.end("TBSCertificate"));
  TRY(fields.take("version"));
  TRY(fields.take(der::tag_integer, "serialNumber"));
  const Element algorithm = TRY(fields.take(der::tag_sequence, "signature"));
  const std::uint8_t nothing = 0;
  const Bytes bits = bit_string(ByteView(&nothing, 1));
  return Certificate::from_der(der::sequence({tbs, algorithm.whole, bits}));
}

}  // namespace crest::x509
