// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ike-lite/ike_payloads.h"
#include "tests/support/inner_packets.h"

namespace hawser::test {

// "01 02ff": spaces are for the reader.
inline Bytes hex(std::string_view digits) {
  Bytes octets;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      octets.push_back(static_cast<std::uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return octets;
}

// One payload with its generic header.
inline Bytes as_payload(ByteSpan body, PayloadType next = PayloadType::kNone,
                        std::uint8_t flags = 0) {
  const std::size_t size = body.size() + 4;
  Bytes octets = {static_cast<std::uint8_t>(next), flags, static_cast<std::uint8_t>(size >> 8),
                  static_cast<std::uint8_t>(size)};
  octets.insert(octets.end(), body.begin(), body.end());
  return octets;
}

inline Result<IkePayloads, WireFailure> parse_body(PayloadType type, ByteSpan body) {
  return parse_payloads(static_cast<std::uint8_t>(type), as_payload(body));
}

// The body of the only payload there is.
inline Bytes body_of(const IkePayloads& payloads) {
  const Bytes chain = serialize_payloads(payloads).bytes;
  return chain.size() < 4 ? Bytes() : Bytes(chain.begin() + 4, chain.end());
}

// Bodies of payloads that strongSwan 5.9.8 sent (tests/vectors/ike), and by hand those that it did
// not.
struct PayloadSample {
  const char* name;
  PayloadType type;
  const char* body;
};
inline constexpr PayloadSample kPayloadSamples[] = {
    {"SaInit", PayloadType::kSa,
     "00000024010100030300000c01000014800e01000300000802000005000000080400001f"},
    {"SaEsp", PayloadType::kSa, "000000200103040219d07c910300000c01000014800e01000000000805000000"},
    {"SaChaCha", PayloadType::kSa, "0000001c01030402880829f7030000080100001c0000000805000000"},
    {"KeyExchange", PayloadType::kKeyExchange,
     "001f0000ddca13c59f13a2722cef8d26ad7e4a0d45eda0e8d51c37a198b76cea4e91c771"},
    {"IdInitiator", PayloadType::kIdInitiator, "02000000636c2e6c6162"},
    {"IdResponder", PayloadType::kIdResponder, "0200000067772e6c6162"},
    {"Certificate", PayloadType::kCertificate, "04 3082"},
    {"CertificateRequest", PayloadType::kCertificateRequest, "04"},
    {"AuthSharedKey", PayloadType::kAuthentication,
     "02000000c577a9cba15ab06a082482102a9afbb8069b2670223b44620a3fb4c238b17dbe"},
    {"Nonce", PayloadType::kNonce,
     "1ee67915dabb4fe5db419426766aeda669ca4b3d51981722bd9f5092657971c3"},
    {"NotifyNatDetection", PayloadType::kNotify,
     "00004004d808f65c03d2f70a08c2b85bd88f0ce1067c1e08"},
    {"NotifyHashes", PayloadType::kNotify, "0000402f0002000300040005"},
    {"NotifyEmpty", PayloadType::kNotify, "0000402e"},
    {"NotifyRekey", PayloadType::kNotify, "03044009c1d2e3f4"},
    {"DeleteChild", PayloadType::kDelete, "03040002c1d2e3f4c1d2e3f5"},
    {"DeleteIke", PayloadType::kDelete, "01000000"},
    {"VendorId", PayloadType::kVendorId, "882fe56d6fd20dbc2251613b2ebe5beb"},
    {"TsInitiator", PayloadType::kTsInitiator, "01000000070000100000ffff00000000ffffffff"},
    {"TsResponder", PayloadType::kTsResponder,
     "02000000070000100000ffff0a6200000a6200ff080000280000ffff20010db80000000000000000000000002001"
     "0db800000000000000000000ffff"},
    {"ConfigurationRequest", PayloadType::kConfiguration, "0100000000010000"},
    {"ConfigurationReply", PayloadType::kConfiguration, "02000000000100040a630001000300040a620035"},
};

}  // namespace hawser::test
