// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/spi.h"
#include "ike-lite/ike_identity.h"
#include "ike-lite/ike_types.h"
#include "ike-lite/traffic_selector.h"

namespace hawser {

// The payloads of the profile as values. Each one's octets, parse and serialize, with the RFC's
// drawing, are in a file of its own (NAME_payload.h); parse gets the body without the generic
// header and must consume it to its end.

// RFC 7296 section 3.3: one transform; of attributes only Key Length is known.
struct Transform {
  std::uint8_t type = 0;  // TransformType, or one that we do not know
  std::uint16_t id = 0;
  std::optional<std::uint16_t> key_bits;
  bool has_unknown_attribute = false;  // makes this transform unacceptable, not the proposal
  friend bool operator==(const Transform&, const Transform&) = default;
};
struct Proposal {
  std::uint8_t number = 1;
  SecurityProtocol protocol = SecurityProtocol::kIke;
  std::vector<std::uint8_t> spi;  // 0, 4 (ESP) or 8 (IKE) octets
  std::vector<Transform> transforms;
  friend bool operator==(const Proposal&, const Proposal&) = default;
};
struct SaPayload {
  std::vector<Proposal> proposals;
  friend bool operator==(const SaPayload&, const SaPayload&) = default;
};
struct KeyExchangePayload {
  std::uint16_t group = 0;
  std::vector<std::uint8_t> data;
  friend bool operator==(const KeyExchangePayload&, const KeyExchangePayload&) = default;
};
struct CertificatePayload {
  std::uint8_t encoding = 4;  // 4: X.509 signature, DER
  std::vector<std::uint8_t> data;
  friend bool operator==(const CertificatePayload&, const CertificatePayload&) = default;
};
struct AuthPayload {
  std::uint8_t method = 0;  // AuthMethod, or one that we do not know
  std::vector<std::uint8_t> data;
  friend bool operator==(const AuthPayload&, const AuthPayload&) = default;
};
struct NotifyPayload {
  std::uint16_t type = 0;  // NotifyType, or one that we do not know
  SecurityProtocol protocol = SecurityProtocol::kNone;
  std::vector<std::uint8_t> spi;  // 0, 4 or 8 octets
  std::vector<std::uint8_t> data;
  bool is(NotifyType of) const { return type == static_cast<std::uint16_t>(of); }
  friend bool operator==(const NotifyPayload&, const NotifyPayload&) = default;
};
struct DeletePayload {
  SecurityProtocol protocol = SecurityProtocol::kIke;
  std::vector<Spi> spis;  // the sender's inbound SPIs; empty for the IKE SA
  friend bool operator==(const DeletePayload&, const DeletePayload&) = default;
};
struct ConfigurationValue {
  std::uint16_t type = 0;  // ConfigurationAttribute, or one that we do not know
  std::vector<std::uint8_t> data;
  friend bool operator==(const ConfigurationValue&, const ConfigurationValue&) = default;
};
struct ConfigurationPayload {
  std::uint8_t type = 1;  // ConfigurationType, or one that we do not know
  std::vector<ConfigurationValue> values;
  friend bool operator==(const ConfigurationPayload&, const ConfigurationPayload&) = default;
};
// Selectors of other kinds than whole addresses (a port, a protocol, another type) are counted,
// not kept: Hawser refuses narrower selectors, and strongSwan's are whole by default.
struct TrafficSelectorPayload {
  TrafficSelectors selectors;
  std::size_t unusable = 0;
  friend bool operator==(const TrafficSelectorPayload&, const TrafficSelectorPayload&) = default;
};

// All payloads of one message, or of the inside of its SK payload. What may occur once is optional:
// a second one makes the message malformed; the order on the wire does not matter.
struct IkePayloads {
  std::optional<SaPayload> sa;
  std::optional<KeyExchangePayload> key_exchange;
  std::optional<IkeIdentity> id_initiator;
  std::optional<IkeIdentity> id_responder;
  std::vector<CertificatePayload> certificates;
  std::vector<CertificatePayload> certificate_requests;
  std::optional<AuthPayload> auth;
  std::optional<std::vector<std::uint8_t>> nonce;
  std::vector<NotifyPayload> notifies;
  std::vector<DeletePayload> deletes;
  std::vector<std::vector<std::uint8_t>> vendor_ids;
  std::optional<TrafficSelectorPayload> ts_initiator;
  std::optional<TrafficSelectorPayload> ts_responder;
  std::optional<ConfigurationPayload> configuration;

  // The first notify of this type, or null.
  const NotifyPayload* find(NotifyType type) const;
  // The first notify that says an error, or null.
  const NotifyPayload* find_error() const;
  void add_notify(NotifyType type, std::vector<std::uint8_t> data = {});
};

// Why a message or payload was not understood.
enum class WireError : std::uint8_t {
  kMalformed,        // RFC 7296: INVALID_SYNTAX where an answer is due
  kCriticalPayload,  // an unknown payload with the critical bit
};
struct WireFailure {
  WireError error = WireError::kMalformed;
  std::uint8_t payload_type = 0;  // of kCriticalPayload
  friend bool operator==(const WireFailure&, const WireFailure&) = default;
};
inline Failure<WireFailure> malformed() { return failure(WireFailure{}); }

// A chain of payloads that begins with one of type `first`, to the end of `bytes`.
Result<IkePayloads, WireFailure> parse_payloads(std::uint8_t first, ByteSpan bytes);

// A chain as octets, and the type of its first payload. In the order of RFC 7296 section 1 and
// appendix C; a COOKIE notify goes first of all.
struct SerializedPayloads {
  std::uint8_t first = 0;
  std::vector<std::uint8_t> bytes;
};
SerializedPayloads serialize_payloads(const IkePayloads& payloads);

}  // namespace hawser
