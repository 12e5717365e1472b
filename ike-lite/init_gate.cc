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

InitGate::Verdict InitGate::judge(const IkeMessage& request, const AddressPair& from,
                                  const Now& now, IkeCounters& counters) {
  const IpAddress& source = from.remote.address;
  if (quiet_ && !quiet_->admits(request, source, now.unix_seconds)) {
    ++counters.quiet;
    return Verdict::kDrop;
  }
  if (now.half_open >= options_.cookie_threshold &&
      !cookies(now.time).is_valid(shown_cookie(request), subject_of(request, from), now.time)) {
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
