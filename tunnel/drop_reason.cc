// SPDX-License-Identifier: Apache-2.0
#include "tunnel/drop_reason.h"

namespace hawser {

std::string_view drop_reason_name(DropReason reason) {
  switch (reason) {
    case DropReason::kRunt:
      return "runt";
    case DropReason::kControlPacket:
      return "control-packet";
    case DropReason::kControlFull:
      return "control-full";
    case DropReason::kKeepalive:
      return "keepalive";
    case DropReason::kUnknownSpi:
      return "unknown-spi";
    case DropReason::kZeroSequence:
      return "zero-sequence";
    case DropReason::kReplayed:
      return "replayed";
    case DropReason::kTooOld:
      return "too-old";
    case DropReason::kIcvFailed:
      return "icv-failed";
    case DropReason::kBadPadding:
      return "bad-padding";
    case DropReason::kBadNextHeader:
      return "bad-next-header";
    case DropReason::kDummy:
      return "dummy";
    case DropReason::kMalformedInner:
      return "malformed-inner";
    case DropReason::kSelectorMismatch:
      return "selector-mismatch";
    case DropReason::kInnerScope:
      return "inner-scope";
    case DropReason::kMalformedFrame:
      return "malformed-frame";
    case DropReason::kDuplicateFrame:
      return "duplicate-frame";
    case DropReason::kIcmpRefused:
      return "icmp-refused";
    case DropReason::kMalformedOutbound:
      return "malformed-outbound";
    case DropReason::kNoPeer:
      return "no-peer";
    case DropReason::kNoEndpoint:
      return "no-endpoint";
    case DropReason::kNoOutboundSa:
      return "no-outbound-sa";
    case DropReason::kOutboundScope:
      return "outbound-scope";
    case DropReason::kOutboundSelector:
      return "outbound-selector";
    case DropReason::kSequenceExhausted:
      return "sequence-exhausted";
    case DropReason::kOutboundFull:
      return "outbound-full";
    case DropReason::kTooBig:
      return "too-big";
    case DropReason::kNoPath:
      return "no-path";
    case DropReason::kSequenceNotReserved:
      return "sequence-not-reserved";
    case DropReason::kLifetimeOver:
      return "lifetime-over";
    case DropReason::kHandoverFull:
      return "handover-full";
    case DropReason::kSendFailed:
      return "send-failed";
    case DropReason::kTunWriteFailed:
      return "tun-write-failed";
    case DropReason::kCount:
      break;
  }
  return "unknown";
}

bool drop_reason_is_quiet(DropReason reason) {
  return reason == DropReason::kKeepalive || reason == DropReason::kDummy ||
         reason == DropReason::kInnerScope || reason == DropReason::kOutboundScope ||
         reason == DropReason::kDuplicateFrame;
}

}  // namespace hawser
