// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/ip_address.h"

namespace hawser {

inline constexpr std::uint32_t kMainTable = 254;

// A rule of the kernel's routing policy: `ip rule`. Lower priorities are asked first.
struct PolicyRule {
  IpFamily family{};
  std::uint32_t priority = 0;
  std::uint32_t table = kMainTable;
  // Holds for packets without this mark; unset: for all.
  std::optional<std::uint32_t> except_mark;
  // Routes with prefixes of at most this length do not count; unset: all do.
  std::optional<std::uint32_t> suppress_prefix_length;
  // Holds for packets that must leave by this interface; empty: for all.
  std::string out_interface = {};

  // As `ip rule` writes it: "32765: not fwmark 4500 lookup 4500"
  std::string to_string() const;
  friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

// What is taken of the numbers that a policy may use, by rules and routes of both families.
struct PolicyNumbers {
  std::set<std::uint32_t> tables;
  std::set<std::uint32_t> marks;
  std::set<std::uint32_t> priorities;
};

}  // namespace hawser
