// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/group_negotiation.h"

#include <algorithm>

#include "base/bytes.h"
#include "ike-lite/ike_suite.h"

namespace hawser {

std::optional<KeyExchangeGroup> demanded_group(const IkePayloads& response,
                                               const std::vector<KeyExchangeGroup>& offered) {
  const NotifyPayload* notify = response.find(NotifyType::kInvalidKePayload);
  if (notify == nullptr || notify->data.size() != 2) return std::nullopt;
  const std::optional<KeyExchangeGroup> group = group_from_wire(load_be16(notify->data.data()));
  if (!group || std::ranges::find(offered, *group) == offered.end()) return std::nullopt;
  return group;
}

void put_guess_first(std::vector<KeyExchangeGroup>& groups, const IkePayloads& request) {
  if (!request.key_exchange) return;
  const std::optional<KeyExchangeGroup> guess = group_from_wire(request.key_exchange->group);
  if (!guess) return;
  const auto place = std::ranges::find(groups, *guess);
  if (place != groups.end()) std::rotate(groups.begin(), place, place + 1);
}

bool is_guess_right(const IkePayloads& request, KeyExchangeGroup chosen) {
  return request.key_exchange && request.key_exchange->group == wire_id(chosen);
}

IkePayloads demand_group(KeyExchangeGroup group) {
  std::vector<std::uint8_t> octets(2);
  store_be16(octets.data(), wire_id(group));
  IkePayloads answer;
  answer.add_notify(NotifyType::kInvalidKePayload, std::move(octets));
  return answer;
}

KeyExchangePayload key_exchange_payload(const KeyExchange& key_exchange) {
  const ByteSpan value = key_exchange.public_value();
  return {.group = wire_id(key_exchange.group()), .data = {value.begin(), value.end()}};
}

}  // namespace hawser
