// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/init_gate.h"

namespace hawser {
namespace {

// The cookie, as the first notify of all (RFC 7296 section 2.6) or anywhere.
ByteSpan shown_cookie(const IkeMessage& request) {
  const NotifyPayload* notify = request.payloads.find(NotifyType::kCookie);
  return notify == nullptr ? ByteSpan() : ByteSpan(notify->data);
}

CookieJar::Subject subject_of(const IkeMessage& request, const AddressPair& from) {
  return {.spi_initiator = request.header.spi_initiator,
          .nonce = request.payloads.nonce ? ByteSpan(*request.payloads.nonce) : ByteSpan(),
          .address = from.remote.address};
}

// RFC 7296 section 2.6: who asks with the address of somebody else must not make us send that one
// more than was sent to us. What refuses, beside the octets that say more about it:
constexpr std::size_t kRefusalSize = IkeHeader::kSize + 8;

bool is_complete(const IkePayloads& payloads) {
  return payloads.sa && payloads.key_exchange && payloads.nonce;
}

// Whether our answer would be longer: SA and key exchange are at most as long as those of the
// request; the rest is a nonce, two hashes of addresses, and what we can do. PPK and the like are
// only in an answer to a request that has them.
bool is_shorter_than_answer(const IkeMessage& request) {
  constexpr std::size_t kRest = (4 + 32) + 2 * (8 + 20) + 8 + (8 + 8);
  constexpr std::size_t kPayloadHeader = 4;
  std::size_t common = IkeHeader::kSize + kPayloadHeader;
  for (const Proposal& proposal : request.payloads.sa->proposals) {
    common += 8 + proposal.spi.size();
    for (const Transform& transform : proposal.transforms) common += transform.key_bits ? 12 : 8;
  }
  common += kPayloadHeader + 4 + request.payloads.key_exchange->data.size();
  return request.header.length < common + kRest;
}

}  // namespace

InitGate::InitGate(const Options& options) : options_(options), rate_(options.rate) {}

void InitGate::set_quiet(const std::optional<IdentityPublicKey>& our_key) {
  if (our_key == quiet_key_) return;
  quiet_key_ = our_key;
  quiet_.reset();
  if (our_key) quiet_.emplace(*our_key);
}

CookieJar& InitGate::cookies(TimePoint now) {
  if (!cookies_) cookies_.emplace(*options_.random, now);
  return *cookies_;
}

bool InitGate::allows_error(const IkeHeader& request, const IpAddress& source, TimePoint now) {
  // One octet at most says more than the notify itself (UNSUPPORTED_CRITICAL_PAYLOAD).
  return !quiet_ && request.length > kRefusalSize && rate_.allow(source, now);
}

InitGate::Verdict InitGate::judge(const IkeMessage& request, const AddressPair& from,
                                  const Now& now, IkeCounters& counters) {
  const IpAddress& source = from.remote.address;
  if (quiet_ && !quiet_->admits(request, source, now.unix_seconds)) {
    ++counters.quiet;
    return Verdict::kDrop;
  }
  const bool is_whole = is_complete(request.payloads);
  // INVALID_SYNTAX.
  if (!is_whole && request.header.length < kRefusalSize) {
    ++counters.malformed;
    return Verdict::kDrop;
  }
  // Who shows a cookie receives at this address, and may have the longer answer.
  if ((now.half_open >= options_.cookie_threshold ||
       (is_whole && is_shorter_than_answer(request))) &&
      !cookies(now.time).is_valid(shown_cookie(request), subject_of(request, from), now.time)) {
    if (request.header.length < kRefusalSize + CookieJar::kCookieSize) {
      ++counters.malformed;
      return Verdict::kDrop;
    }
    ++counters.cookies_demanded;
    return Verdict::kDemandCookie;
  }
  // Behind the cookie, so that nobody uses up the share of an address that is not its own while we
  // are attacked.
  if (!rate_.allow(source, now.time)) {
    ++counters.rate_limited;
    return Verdict::kDrop;
  }
  if (now.half_open >= options_.max_half_open) {
    ++counters.half_open_full;
    return Verdict::kDrop;
  }
  return Verdict::kAdmit;
}

std::vector<std::uint8_t> InitGate::make_cookie(const IkeMessage& request, const AddressPair& from,
                                                TimePoint now) {
  return cookies(now).make(subject_of(request, from), now);
}

}  // namespace hawser
