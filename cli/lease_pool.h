// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ike-lite/ike_engine.h"

namespace hawser {

// Virtual addresses and whom they belong to. A lease outlives its use: the same identity gets the
// same address again, also after a restart, unless the pool ran dry meanwhile and it was the one
// that had been out of use for longest. As text, a line for each:
//
//   hawser-leases 1
//   10.99.0.2 2 726f61642e6c6162            address, type of identity, its octets in hex
class LeasePool final : public AddressPool {
 public:
  // `ours` are not given away.
  void set_networks(const std::vector<IpPrefix>& networks, const std::vector<IpPrefix>& ours);
  // False, and nothing taken, if the text is not of our making.
  bool load(std::string_view text);
  std::string to_text() const;
  // True if leases changed since it was last asked: they should be put on disk.
  bool poll_changed() { return std::exchange(changed_, false); }

  std::optional<IpAddress> lease(const IkeIdentity& identity, IpFamily family) override;
  void release(const IkeIdentity& identity) override;

 private:
  // Type and octets.
  using Name = std::pair<std::uint8_t, std::vector<std::uint8_t>>;
  struct Lease {
    IpAddress address;
    bool in_use = false;
    std::uint64_t last_used = 0;  // counts uses
  };
  using Leases = std::map<std::pair<Name, IpFamily>, Lease>;

  static Name name_of(const IkeIdentity& identity);
  bool is_ours_to_give(const IpAddress& address) const;
  std::optional<IpAddress> find_free(IpFamily family) const;
  std::optional<IpAddress> take_unused(IpFamily family);

  std::vector<IpPrefix> networks_;
  std::set<IpAddress> reserved_;
  Leases leases_;
  std::set<IpAddress> taken_;
  std::uint64_t uses_ = 0;
  bool changed_ = false;
};

}  // namespace hawser
