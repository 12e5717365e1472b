// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/quiet_mac.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "crypto/secret.h"

namespace hawser {
namespace {

constexpr std::size_t kMacSize = 16;
constexpr std::size_t kStampSize = 4;
constexpr std::int64_t kSecondsPerMinute = 60;

Sha256Digest mac_key_of(const IdentityPublicKey& responder) {
  static constexpr std::string_view kLabel = "Hawser quiet mode";
  std::array<std::uint8_t, kLabel.size()> label;
  std::ranges::copy(kLabel, label.begin());
  return sha256({label, responder.octets});
}

// MAC of SPIi 8 | minute 4 | group 2 | size of KEi 2 | KEi | Ni.
std::array<std::uint8_t, kMacSize> mac_of(const Sha256Digest& key, IkeSpi spi, std::uint32_t minute,
                                          const IkePayloads& request) {
  std::uint8_t head[16];
  ByteWriter writer(head);
  writer.write_u64(spi.value());
  writer.write_u32(minute);
  writer.write_u16(request.key_exchange->group);
  writer.write_u16(static_cast<std::uint16_t>(request.key_exchange->data.size()));
  const Sha256Digest whole = hmac_sha256(key, {head, request.key_exchange->data, *request.nonce});
  std::array<std::uint8_t, kMacSize> mac;
  std::copy_n(whole.begin(), kMacSize, mac.begin());
  return mac;
}

std::int64_t minute_of(std::int64_t unix_seconds) { return unix_seconds / kSecondsPerMinute; }

}  // namespace

void add_quiet_mac(IkePayloads& request, IkeSpi spi_initiator, const IdentityPublicKey& responder,
                   std::int64_t unix_seconds) {
  std::erase_if(request.notifies,
                [](const NotifyPayload& notify) { return notify.is(NotifyType::kQuietMac); });
  const auto minute = static_cast<std::uint32_t>(minute_of(unix_seconds));
  const auto mac = mac_of(mac_key_of(responder), spi_initiator, minute, request);
  std::vector<std::uint8_t> data(kStampSize);
  store_be32(data.data(), minute);
  data.insert(data.end(), mac.begin(), mac.end());
  request.add_notify(NotifyType::kQuietMac, std::move(data));
}

QuietGate::QuietGate(const IdentityPublicKey& our_key) : mac_key_(mac_key_of(our_key)) {}

bool QuietGate::admits(const IkeMessage& request, const IpAddress& from,
                       std::int64_t unix_seconds) {
  const NotifyPayload* const notify = request.payloads.find(NotifyType::kQuietMac);
  if (notify == nullptr || notify->data.size() != kStampSize + kMacSize ||
      !request.payloads.key_exchange || !request.payloads.nonce) {
    return false;
  }
  const std::uint32_t minute = load_be32(notify->data.data());
  const std::int64_t now_minute = minute_of(unix_seconds);
  if (minute < now_minute - kTolerance || minute > now_minute + kTolerance) return false;
  const IkeSpi spi = request.header.spi_initiator;
  if (!equal_in_constant_time(ByteSpan(notify->data).subspan(kStampSize),
                              mac_of(mac_key_, spi, minute, request.payloads))) {
    return false;
  }
  forget(now_minute);
  const auto [entry, is_new] = seen_.try_emplace(spi, from);
  if (!is_new) return entry->second == from;
  order_.push_back({.spi = spi, .minute = now_minute});
  if (seen_.size() > kMaxSeen) {
    seen_.erase(order_.front().spi);
    order_.pop_front();
  }
  return true;
}

// A stamp may lie ahead of our clock by the tolerance and is good for as much again.
void QuietGate::forget(std::int64_t now_minute) {
  while (!order_.empty() && order_.front().minute < now_minute - 2 * kTolerance) {
    seen_.erase(order_.front().spi);
    order_.pop_front();
  }
}

}  // namespace hawser
