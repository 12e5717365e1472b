// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "ike-lite/auth_payload.h"
#include "ike-lite/certificate_payload.h"
#include "ike-lite/configuration_payload.h"
#include "ike-lite/delete_payload.h"
#include "ike-lite/generic_header.h"
#include "ike-lite/identity_payload.h"
#include "ike-lite/ike_payloads.h"
#include "ike-lite/key_exchange_payload.h"
#include "ike-lite/nonce_payload.h"
#include "ike-lite/notify_payload.h"
#include "ike-lite/sa_payload.h"
#include "ike-lite/traffic_selector_payload.h"
#include "ike-lite/wire_limits.h"

namespace hawser {
namespace {

template <typename T>
bool store(Result<T, WireFailure> parsed, std::optional<T>& place) {
  if (!parsed || place) return false;
  place = std::move(*parsed);
  return true;
}

template <typename T>
bool store(Result<T, WireFailure> parsed, std::vector<T>& list) {
  if (!parsed) return false;
  list.push_back(std::move(*parsed));
  return true;
}

enum class Taken : std::uint8_t { kYes, kNo, kUnknown };

Taken when(bool stored) { return stored ? Taken::kYes : Taken::kNo; }

Taken take(PayloadType type, ByteReader& body, IkePayloads& to) {
  switch (type) {
    case PayloadType::kSa:
      return when(store(parse_sa(body), to.sa));
    case PayloadType::kKeyExchange:
      return when(store(parse_key_exchange(body), to.key_exchange));
    case PayloadType::kIdInitiator:
      return when(store(parse_identity(body), to.id_initiator));
    case PayloadType::kIdResponder:
      return when(store(parse_identity(body), to.id_responder));
    case PayloadType::kCertificate:
      return when(store(parse_certificate(body), to.certificates));
    case PayloadType::kCertificateRequest:
      return when(store(parse_certificate_request(body), to.certificate_requests));
    case PayloadType::kAuthentication:
      return when(store(parse_auth(body), to.auth));
    case PayloadType::kNonce:
      return when(store(parse_nonce(body), to.nonce));
    case PayloadType::kNotify:
      return when(to.notifies.size() < kMaxNotifies && store(parse_notify(body), to.notifies));
    case PayloadType::kDelete:
      return when(store(parse_delete(body), to.deletes));
    case PayloadType::kVendorId:
      to.vendor_ids.emplace_back(body.rest().begin(), body.rest().end());
      return Taken::kYes;
    case PayloadType::kTsInitiator:
      return when(store(parse_traffic_selectors(body), to.ts_initiator));
    case PayloadType::kTsResponder:
      return when(store(parse_traffic_selectors(body), to.ts_responder));
    case PayloadType::kConfiguration:
      return when(store(parse_configuration(body), to.configuration));
    case PayloadType::kEap:
      return Taken::kYes;  // known, and never of use to us
    case PayloadType::kNone:
    case PayloadType::kEncrypted:
    case PayloadType::kEncryptedFragment:
      return Taken::kNo;  // stand for themselves: EncryptedPart
  }
  return Taken::kUnknown;
}

// Writes payloads one behind the other; each tells the one before its type.
class ChainWriter {
 public:
  template <typename WriteBody>
  void add(PayloadType type, WriteBody write_body) {
    OctetWriter writer(chain_.bytes);
    const auto number = static_cast<std::uint8_t>(type);
    if (writer.size() == 0) {
      chain_.first = number;
    } else {
      writer.patch_u8(last_, number);
    }
    last_ = writer.size();
    writer.write_zeros(GenericHeader::kSize);
    write_body(writer);
    writer.patch_length_u16(last_ + 2, last_);
  }
  template <typename Payload>
  void add_payload(PayloadType type, const Payload& payload) {
    add(type, [&](OctetWriter& writer) { serialize(payload, writer); });
  }
  template <typename Payload>
  void add_payload(PayloadType type, const std::optional<Payload>& payload) {
    if (payload) add_payload(type, *payload);
  }
  void add_bytes(PayloadType type, ByteSpan bytes) {
    add(type, [&](OctetWriter& writer) { writer.write_bytes(bytes); });
  }
  SerializedPayloads finish() { return std::move(chain_); }

 private:
  SerializedPayloads chain_;
  std::size_t last_ = 0;  // where the last payload begins
};

// Where a notify stands in RFC 7296 appendix C; those that are not named there go last.
enum class NotifyPlace : std::uint8_t { kFirst, kBehindCertificates, kBeforeSa, kLast };

NotifyPlace place_of(const NotifyPayload& notify) {
  switch (static_cast<NotifyType>(notify.type)) {
    case NotifyType::kCookie:
    case NotifyType::kRekeySa:
      return NotifyPlace::kFirst;
    case NotifyType::kInitialContact:
      return NotifyPlace::kBehindCertificates;
    case NotifyType::kEspTfcPaddingNotSupported:
      return NotifyPlace::kBeforeSa;
    default:
      return NotifyPlace::kLast;
  }
}

void add_notifies(const IkePayloads& payloads, NotifyPlace place, ChainWriter& chain) {
  for (const NotifyPayload& notify : payloads.notifies) {
    if (place_of(notify) == place) chain.add_payload(PayloadType::kNotify, notify);
  }
}

// RFC 7296 appendix C: SA, KE, Ni in IKE_SA_INIT, whose proposals have no SPI yet; SA, Ni, KEi in
// CREATE_CHILD_SA.
void add_key_exchange(const IkePayloads& payloads, ChainWriter& chain) {
  const bool is_init =
      payloads.sa && !payloads.sa->proposals.empty() && payloads.sa->proposals.front().spi.empty();
  if (is_init) chain.add_payload(PayloadType::kKeyExchange, payloads.key_exchange);
  if (payloads.nonce) chain.add_bytes(PayloadType::kNonce, *payloads.nonce);
  if (!is_init) chain.add_payload(PayloadType::kKeyExchange, payloads.key_exchange);
}

}  // namespace

const NotifyPayload* IkePayloads::find(NotifyType type) const {
  for (const NotifyPayload& notify : notifies) {
    if (notify.is(type)) return &notify;
  }
  return nullptr;
}

const NotifyPayload* IkePayloads::find_error() const {
  for (const NotifyPayload& notify : notifies) {
    if (is_error(static_cast<NotifyType>(notify.type))) return &notify;
  }
  return nullptr;
}

void IkePayloads::add_notify(NotifyType type, std::vector<std::uint8_t> data) {
  notifies.push_back({.type = static_cast<std::uint16_t>(type), .data = std::move(data)});
}

Result<IkePayloads, WireFailure> parse_payloads(std::uint8_t first, ByteSpan bytes) {
  IkePayloads payloads;
  ByteReader reader(bytes);
  GenericHeader header;
  std::size_t count = 0;
  for (std::uint8_t type = first; type != 0; type = header.next_payload) {
    ByteReader body{ByteSpan()};
    if (++count > kMaxPayloads || !GenericHeader::read(reader, header, body)) return malformed();
    switch (take(static_cast<PayloadType>(type), body, payloads)) {
      case Taken::kYes:
        break;
      case Taken::kNo:
        return malformed();
      case Taken::kUnknown:
        // RFC 7296 section 2.5: the critical bit counts only on a payload that is not known.
        if (header.is_critical) return failure(WireFailure{WireError::kCriticalPayload, type});
        break;
    }
  }
  if (!reader.at_end()) return malformed();
  return payloads;
}

SerializedPayloads serialize_payloads(const IkePayloads& payloads) {
  ChainWriter chain;
  add_notifies(payloads, NotifyPlace::kFirst, chain);
  chain.add_payload(PayloadType::kIdInitiator, payloads.id_initiator);
  // A responder has one identity only; in a request the expected one follows the certificates.
  if (!payloads.id_initiator) {
    chain.add_payload(PayloadType::kIdResponder, payloads.id_responder);
  }
  for (const auto& certificate : payloads.certificates) {
    chain.add_payload(PayloadType::kCertificate, certificate);
  }
  add_notifies(payloads, NotifyPlace::kBehindCertificates, chain);
  for (const auto& request : payloads.certificate_requests) {
    chain.add_payload(PayloadType::kCertificateRequest, request);
  }
  if (payloads.id_initiator) chain.add_payload(PayloadType::kIdResponder, payloads.id_responder);
  chain.add_payload(PayloadType::kAuthentication, payloads.auth);
  chain.add_payload(PayloadType::kConfiguration, payloads.configuration);
  add_notifies(payloads, NotifyPlace::kBeforeSa, chain);
  chain.add_payload(PayloadType::kSa, payloads.sa);
  add_key_exchange(payloads, chain);
  chain.add_payload(PayloadType::kTsInitiator, payloads.ts_initiator);
  chain.add_payload(PayloadType::kTsResponder, payloads.ts_responder);
  for (const auto& vendor_id : payloads.vendor_ids) {
    chain.add_bytes(PayloadType::kVendorId, vendor_id);
  }
  add_notifies(payloads, NotifyPlace::kLast, chain);
  for (const auto& deleted : payloads.deletes) chain.add_payload(PayloadType::kDelete, deleted);
  return chain.finish();
}

}  // namespace hawser
