// SPDX-License-Identifier: Apache-2.0
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "tun/netlink.h"
#include "tun/netlink_message.h"
#include "tun/netlink_reply.h"

namespace hawser {

std::string PolicyRule::to_string() const {
  std::string text = std::to_string(priority) + ":";
  if (except_mark) text += " not fwmark " + std::to_string(*except_mark);
  if (!out_interface.empty()) text += " oif " + out_interface;
  text += " lookup " + (table == kMainTable ? "main" : std::to_string(table));
  if (suppress_prefix_length) {
    text += " suppress_prefixlength " + std::to_string(*suppress_prefix_length);
  }
  return text;
}

Result<void, OsError> Netlink::add_rule(const PolicyRule& rule) { return change_rule(true, rule); }

Result<void, OsError> Netlink::delete_rule(const PolicyRule& rule) {
  return change_rule(false, rule);
}

Result<void, OsError> Netlink::change_rule(bool add, const PolicyRule& rule) {
  const std::string what = std::string(add ? "cannot add" : "cannot delete") + " rule " +
                           (rule.family == IpFamily::kV4 ? "" : "-6 ") + rule.to_string();
  NetlinkMessage message(add ? RTM_NEWRULE : RTM_DELRULE, add ? NLM_F_CREATE | NLM_F_EXCL : 0);
  auto* header = message.extra_header<fib_rule_hdr>();
  header->family = address_family_of(rule.family);
  header->table = static_cast<std::uint8_t>(rule.table < 256 ? rule.table : RT_TABLE_UNSPEC);
  header->action = FR_ACT_TO_TBL;
  if (rule.except_mark) header->flags = FIB_RULE_INVERT;
  message.put(FRA_PRIORITY, rule.priority);
  message.put(FRA_TABLE, rule.table);
  if (rule.except_mark) {
    message.put(FRA_FWMARK, *rule.except_mark);
    message.put(FRA_FWMASK, 0xffffffff);
  }
  if (!rule.out_interface.empty()) message.put_text(FRA_OIFNAME, rule.out_interface);
  if (rule.suppress_prefix_length) {
    message.put(FRA_SUPPRESS_PREFIXLEN, *rule.suppress_prefix_length);
  }
  return request(message.header(), what, nullptr);
}

Result<PolicyNumbers, OsError> Netlink::policy_numbers() {
  Reply reply;
  for (const IpFamily family : {IpFamily::kV4, IpFamily::kV6}) {
    NetlinkMessage rules(RTM_GETRULE, NLM_F_DUMP);
    rules.extra_header<fib_rule_hdr>()->family = address_family_of(family);
    auto listed = request(rules.header(), "cannot list the routing rules", &reply);
    if (!listed) return failure(listed.error());
    NetlinkMessage routes(RTM_GETROUTE, NLM_F_DUMP);
    routes.extra_header<rtmsg>()->rtm_family = address_family_of(family);
    listed = request(routes.header(), "cannot list the routes", &reply);
    if (!listed) return failure(listed.error());
  }
  return std::move(reply.numbers);
}

void Netlink::Reply::read_rule(const nlmsghdr* message) {
  const ByteSpan payload = netlink_payload(message);
  for_each_attribute(payload, sizeof(fib_rule_hdr), [this](unsigned type, ByteSpan value) {
    if (type == FRA_TABLE) numbers.tables.insert(load_native32(value));
    if (type == FRA_FWMARK) numbers.marks.insert(load_native32(value));
    if (type == FRA_PRIORITY) numbers.priorities.insert(load_native32(value));
  });
}

}  // namespace hawser
