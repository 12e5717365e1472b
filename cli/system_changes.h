// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/firewall.h"
#include "tun/netlink.h"
#include "tun/policy_rule.h"

namespace hawser {

// A setting to change; without a value it is one that another change changes as well, and is only
// put back.
struct SysctlChange {
  std::string name;
  std::optional<std::string> value;
};

struct SysctlBefore {
  std::string name;
  std::string value;
};

// What has been made, as it stands in the file.
struct SystemChangesMade {
  std::vector<DeviceRoute> routes = {};  // by devices that are not ours
  std::vector<PolicyRule> rules;
  std::vector<SysctlBefore> sysctls;
  bool firewall = false;

  bool is_empty() const { return routes.empty() && rules.empty() && sysctls.empty() && !firewall; }
  std::string to_text() const;
  // Nothing if it is not of our making.
  static std::optional<SystemChangesMade> parse(const std::string& text);
};

// All that a tunnel changes in the system and that does not go with its device: routes by other
// devices, routing rules, kernel settings, an nftables table. Each is written to
// RUNTIME_DIR/NAME.routes before it is made; so the next start undoes what a killed daemon left.
// Undone with this object. One thread.
class SystemChanges {
 public:
  // Undoes first what an earlier run left. No other daemon of this name runs.
  static Result<std::unique_ptr<SystemChanges>, std::string> open(const std::string& directory,
                                                                  const std::string& name);
  SystemChanges(const SystemChanges&) = delete;
  SystemChanges& operator=(const SystemChanges&) = delete;
  ~SystemChanges();

  // One that is there already is made once more if it went with its device.
  Result<void, std::string> add_route(const DeviceRoute& route);
  Result<void, std::string> remove_route(const DeviceRoute& route);
  Result<void, std::string> add_rule(const PolicyRule& rule);
  Result<void, std::string> remove_rule(const PolicyRule& rule);
  // The first is the one that matters: if the system has it already, and not from another tunnel of
  // ours, nothing is done; it is made last and put back first. What several tunnels changed is put
  // back by the last of them.
  Result<void, std::string> change_sysctls(const std::vector<SysctlChange>& changes);
  Result<void, std::string> set_firewall(const FirewallPlan& plan);

  const SystemChangesMade& made() const { return made_; }
  // What is taken already, by whomever.
  Result<PolicyNumbers, OsError> policy_numbers() { return netlink_.policy_numbers(); }

 private:
  SystemChanges(std::string directory, std::string name, Netlink netlink);

  std::string file() const { return directory_ + "/" + name_ + ".routes"; }
  Result<void, std::string> write_down();
  void recover();
  void undo();
  void put_back_sysctls();
  std::vector<SysctlBefore> sysctls_of_others() const;

  std::string directory_;
  std::string name_;
  Netlink netlink_;
  SystemChangesMade made_;
};

}  // namespace hawser
