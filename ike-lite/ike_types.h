// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/strong.h"

namespace hawser {

// Numbers of IKEv2 (RFC 7296 and its IANA registry) that the profile knows. Wire values outside
// these are kept as plain integers until somebody decides about them.

// Security Parameters Index of an IKE SA, one from each end; 0 only for a responder not yet known.
using IkeSpi = Strong<struct IkeSpiTag, std::uint64_t>;
using MessageId = Strong<struct MessageIdTag, std::uint32_t>;

enum class ExchangeType : std::uint8_t {
  kIkeSaInit = 34,
  kIkeAuth = 35,
  kCreateChildSa = 36,
  kInformational = 37,
  kIkeIntermediate = 43,  // RFC 9242
};

enum class PayloadType : std::uint8_t {
  kNone = 0,
  kSa = 33,
  kKeyExchange = 34,
  kIdInitiator = 35,
  kIdResponder = 36,
  kCertificate = 37,
  kCertificateRequest = 38,
  kAuthentication = 39,
  kNonce = 40,
  kNotify = 41,
  kDelete = 42,
  kVendorId = 43,
  kTsInitiator = 44,
  kTsResponder = 45,
  kEncrypted = 46,
  kConfiguration = 47,
  kEap = 48,
  kEncryptedFragment = 53,  // RFC 7383
};

enum class SecurityProtocol : std::uint8_t { kNone = 0, kIke = 1, kAh = 2, kEsp = 3 };

// RFC 7296 section 3.3.2.
enum class TransformType : std::uint8_t {
  kEncryption = 1,
  kPrf = 2,
  kIntegrity = 3,
  kKeyExchange = 4,
  kSequenceNumbers = 5,
  kAdditionalKeyExchange1 = 6,  // RFC 9370
};
inline constexpr std::uint16_t kEncryptionAesGcm16 = 20;
inline constexpr std::uint16_t kEncryptionChaCha20Poly1305 = 28;
inline constexpr std::uint16_t kPrfHmacSha256 = 5;
inline constexpr std::uint16_t kPrfHmacSha384 = 6;
inline constexpr std::uint16_t kPrfHmacSha512 = 7;
inline constexpr std::uint16_t kIntegrityNone = 0;
inline constexpr std::uint16_t kGroupNone = 0;
inline constexpr std::uint16_t kGroupP256 = 19;
inline constexpr std::uint16_t kGroupX25519 = 31;
inline constexpr std::uint16_t kGroupMlKem768 = 36;
inline constexpr std::uint16_t kSequenceNumbers32 = 0;
inline constexpr std::uint16_t kSequenceNumbersEsn = 1;

// RFC 7296 section 3.10.1; below 16384 an error.
enum class NotifyType : std::uint16_t {
  kUnsupportedCriticalPayload = 1,
  kInvalidIkeSpi = 4,
  kInvalidMajorVersion = 5,
  kInvalidSyntax = 7,
  kInvalidMessageId = 9,
  kInvalidSpi = 11,
  kNoProposalChosen = 14,
  kInvalidKePayload = 17,
  kAuthenticationFailed = 24,
  kSinglePairRequired = 34,
  kNoAdditionalSas = 35,
  kInternalAddressFailure = 36,
  kFailedCpRequired = 37,
  kTsUnacceptable = 38,
  kInvalidSelectors = 39,
  kUnacceptableAddresses = 40,
  kUnexpectedNatDetected = 41,
  kTemporaryFailure = 43,
  kChildSaNotFound = 44,
  kInitialContact = 16384,
  kAdditionalTsPossible = 16386,
  kNatDetectionSourceIp = 16388,
  kNatDetectionDestinationIp = 16389,
  kCookie = 16390,
  kRekeySa = 16393,
  kEspTfcPaddingNotSupported = 16394,
  kMobikeSupported = 16396,
  kAdditionalIp4Address = 16397,
  kAdditionalIp6Address = 16398,
  kNoAdditionalAddresses = 16399,
  kUpdateSaAddresses = 16400,
  kCookie2 = 16401,
  kNoNatsAllowed = 16402,
  kChildlessIkev2Supported = 16418,
  kFragmentationSupported = 16430,
  kSignatureHashAlgorithms = 16431,
  kUsePpk = 16435,
  kPpkIdentity = 16436,
  kNoPpkAuth = 16437,
  kIntermediateExchangeSupported = 16438,
  // Private use; of meaning only after the peer showed our vendor ID (docs/wire-format.md).
  kQuietMac = 62367,
  kChildSaSet = 62371,
};
constexpr bool is_error(NotifyType type) { return static_cast<std::uint16_t>(type) < 16384; }

enum class IdType : std::uint8_t {
  kIpv4 = 1,
  kFqdn = 2,
  kRfc822 = 3,
  kIpv6 = 5,
  kDerDn = 9,
  kKeyId = 11,
};

enum class AuthMethod : std::uint8_t { kSharedKey = 2, kDigitalSignature = 14 };

enum class ConfigurationType : std::uint8_t { kRequest = 1, kReply = 2, kSet = 3, kAck = 4 };
enum class ConfigurationAttribute : std::uint16_t {
  kIp4Address = 1,
  kIp4Netmask = 2,
  kIp4Dns = 3,
  kIp6Address = 8,
  kIp6Dns = 10,
};

inline constexpr std::uint16_t kIkePort = 500;
inline constexpr std::uint16_t kIkeNatPort = 4500;  // IKE behind the non-ESP marker (RFC 3948)

}  // namespace hawser
