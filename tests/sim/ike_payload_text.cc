// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ike_payload_text.h"

#include <cstdio>

#include "ike-lite/ike_types.h"

namespace hawser {
namespace {

std::string hex(std::uint32_t value) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

std::string name_of(std::uint16_t notify) {
  switch (static_cast<NotifyType>(notify)) {
    case NotifyType::kNoProposalChosen:
      return "NO_PROPOSAL_CHOSEN";
    case NotifyType::kInvalidKePayload:
      return "INVALID_KE_PAYLOAD";
    case NotifyType::kAuthenticationFailed:
      return "AUTHENTICATION_FAILED";
    case NotifyType::kNoAdditionalSas:
      return "NO_ADDITIONAL_SAS";
    case NotifyType::kTsUnacceptable:
      return "TS_UNACCEPTABLE";
    case NotifyType::kTemporaryFailure:
      return "TEMPORARY_FAILURE";
    case NotifyType::kChildSaNotFound:
      return "CHILD_SA_NOT_FOUND";
    case NotifyType::kInitialContact:
      return "INITIAL_CONTACT";
    case NotifyType::kNatDetectionSourceIp:
      return "NATD_S";
    case NotifyType::kNatDetectionDestinationIp:
      return "NATD_D";
    case NotifyType::kCookie:
      return "COOKIE";
    case NotifyType::kRekeySa:
      return "REKEY_SA";
    case NotifyType::kMobikeSupported:
      return "MOBIKE";
    case NotifyType::kUpdateSaAddresses:
      return "UPDATE_SA_ADDRESSES";
    case NotifyType::kCookie2:
      return "COOKIE2";
    case NotifyType::kFragmentationSupported:
      return "FRAGMENTATION";
    case NotifyType::kSignatureHashAlgorithms:
      return "HASHES";
    case NotifyType::kUsePpk:
      return "USE_PPK";
    case NotifyType::kQuietMac:
      return "QUIET_MAC";
    case NotifyType::kChildSaSet:
      return "SET";
    default:
      return std::to_string(notify);
  }
}

std::string text_of_sa(const SaPayload& sa) {
  std::string text = "SA(";
  for (const Proposal& proposal : sa.proposals) {
    if (proposal.spi.size() == 4) text += "esp " + hex(load_be32(proposal.spi.data()));
    if (proposal.spi.size() == 8) text += "ike " + hex(load_be32(proposal.spi.data()));
  }
  return text + ") ";
}

}  // namespace

std::string text_of_header(const IkeHeader& header) {
  static constexpr const char* kNames[] = {"IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA",
                                           "INFORMATIONAL"};
  const unsigned index = header.exchange - 34u;
  return std::string(index < 4 ? kNames[index] : "another exchange") +
         (header.is_response ? " response " : " request ") +
         std::to_string(header.message_id.value()) + " of " +
         hex(static_cast<std::uint32_t>(header.spi_initiator.value() >> 32));
}

std::string text_of_payloads(const IkePayloads& payloads) {
  std::string text;
  for (const NotifyPayload& notify : payloads.notifies) {
    text += "N(" + name_of(notify.type);
    if (notify.spi.size() == 4) text += " " + hex(load_be32(notify.spi.data()));
    text += ") ";
  }
  for (const DeletePayload& deleted : payloads.deletes) {
    text += deleted.protocol == SecurityProtocol::kIke ? "D(ike" : "D(esp";
    for (const Spi spi : deleted.spis) text += " " + hex(spi.value());
    text += ") ";
  }
  if (payloads.sa) text += text_of_sa(*payloads.sa);
  if (payloads.key_exchange) text += "KE ";
  if (payloads.nonce) text += "Nonce(" + hex(load_be32(payloads.nonce->data())) + ") ";
  if (payloads.id_initiator) text += "IDi ";
  if (payloads.id_responder) text += "IDr ";
  if (payloads.auth) text += "AUTH ";
  if (payloads.configuration) text += "CP ";
  if (payloads.ts_initiator) text += "TSi ";
  if (payloads.ts_responder) text += "TSr ";
  if (!text.empty()) text.pop_back();
  return text.empty() ? "(empty)" : text;
}

}  // namespace hawser
