// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/address_offer.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ike-lite/ike_exchange.h"
#include "ike-lite/ike_sa.h"

namespace hawser {
namespace {

// More than that nobody has use for; the rest is not looked at.
constexpr std::size_t kAddressesMax = 16;

bool may_offer(const IkeSa& sa) {
  const IkeSaFacts& facts = sa.facts();
  return facts.mobike && !facts.may_update_addresses && facts.offer_due &&
         sa.state() == IkeSa::State::kEstablished;
}

class OfferAddresses final : public IkeExchange {
 public:
  ExchangeType type() const override { return ExchangeType::kInformational; }
  ExchangeKind kind() const override { return ExchangeKind::kAddressOffer; }

  std::optional<IkePayloads> begin(IkeSa& sa, TimePoint /*now*/) override {
    if (!may_offer(sa)) return std::nullopt;
    sa.facts().offer_due = false;
    IkePayloads request;
    for (const IpAddress& address : sa.facts().offered) {
      const ByteSpan octets = address.octets();
      request.add_notify(
          address.is_v4() ? NotifyType::kAdditionalIp4Address : NotifyType::kAdditionalIp6Address,
          {octets.begin(), octets.end()});
    }
    if (sa.facts().offered.empty()) request.add_notify(NotifyType::kNoAdditionalAddresses);
    return request;
  }

  void handle_response(IkeSa& sa, const IkePayloads& /*response*/, TimePoint now) override {
    // They changed again meanwhile.
    request_address_offer(sa, now);
  }
};

bool is_of_a_host(const IpAddress& address) {
  return !address.is_unspecified() && !address.is_multicast_or_broadcast() &&
         !address.is_link_local() && !address.is_loopback();
}

std::optional<IpAddress> parse_address(const NotifyPayload& notify) {
  if (notify.is(NotifyType::kAdditionalIp4Address) && notify.data.size() == 4) {
    return IpAddress::v4(notify.data.data());
  }
  if (notify.is(NotifyType::kAdditionalIp6Address) && notify.data.size() == 16) {
    return IpAddress::v6(notify.data.data());
  }
  return std::nullopt;
}

bool is_about_addresses(const NotifyPayload& notify) {
  return notify.is(NotifyType::kAdditionalIp4Address) ||
         notify.is(NotifyType::kAdditionalIp6Address) ||
         notify.is(NotifyType::kNoAdditionalAddresses);
}

}  // namespace

void request_address_offer(IkeSa& sa, TimePoint now) {
  if (!may_offer(sa) || sa.has_exchange(ExchangeKind::kAddressOffer)) return;
  sa.enqueue(std::make_unique<OfferAddresses>(), now);
}

void take_address_offer(IkeSa& sa, const IkePayloads& payloads) {
  if (!sa.facts().mobike || !sa.facts().may_update_addresses) return;
  if (std::ranges::none_of(payloads.notifies, is_about_addresses)) return;
  std::vector<IpAddress> addresses;
  for (const NotifyPayload& notify : payloads.notifies) {
    const auto address = parse_address(notify);
    if (!address || !is_of_a_host(*address) || addresses.size() == kAddressesMax) continue;
    if (std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
  }
  sa.emit(PeerAddressesOffered{.peer = sa.peer_id(), .addresses = std::move(addresses)});
}

}  // namespace hawser
