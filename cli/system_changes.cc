// SPDX-License-Identifier: Apache-2.0
#include "cli/system_changes.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/file_write.h"
#include "cli/sysctl.h"
#include "tun/unique_fd.h"

namespace hawser {
namespace {

using Json = nlohmann::json;

// Tunnels of one directory look into each other's files.
UniqueFd lock_directory(const std::string& directory) {
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.is_open()) flock(fd.get(), LOCK_EX);
  return fd;
}

std::string read_text(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Json to_json(const PolicyRule& rule) {
  Json json{{"family", rule.family == IpFamily::kV4 ? 4 : 6},
            {"priority", rule.priority},
            {"table", rule.table}};
  if (rule.except_mark) json["except_mark"] = *rule.except_mark;
  if (rule.suppress_prefix_length) json["suppress_prefix_length"] = *rule.suppress_prefix_length;
  if (!rule.out_interface.empty()) json["out_interface"] = rule.out_interface;
  return json;
}

PolicyRule rule_of(const Json& json) {
  const auto number = [&](const char* key) -> std::optional<std::uint32_t> {
    if (!json.contains(key)) return std::nullopt;
    return json.at(key).get<std::uint32_t>();
  };
  return {json.at("family") == 4 ? IpFamily::kV4 : IpFamily::kV6,
          json.at("priority").get<std::uint32_t>(),
          json.at("table").get<std::uint32_t>(),
          number("except_mark"),
          number("suppress_prefix_length"),
          json.value("out_interface", std::string())};
}

Json to_json(const DeviceRoute& route) {
  Json json{{"destination", route.destination.to_string()},
            {"device", route.device},
            {"table", route.table}};
  if (route.gateway) json["gateway"] = route.gateway->to_string();
  return json;
}

// Nothing if it is none.
std::optional<DeviceRoute> route_of(const Json& json) {
  const auto destination = IpPrefix::parse(json.at("destination").get<std::string>());
  const auto gateway = IpAddress::parse(json.value("gateway", std::string()));
  if (!destination || (json.contains("gateway") && !gateway)) return std::nullopt;
  return DeviceRoute{.destination = *destination,
                     .device = json.at("device").get<std::string>(),
                     .table = json.at("table").get<std::uint32_t>(),
                     .metric = std::nullopt,
                     .gateway = gateway};
}

const SysctlBefore* find_setting(const std::vector<SysctlBefore>& settings,
                                 const std::string& name) {
  const auto found = std::ranges::find(settings, name, &SysctlBefore::name);
  return found == settings.end() ? nullptr : &*found;
}

Result<void, std::string> write_file(const std::string& file, const std::string& text) {
  const std::string temporary = file + ".new";
  const auto failed = [&] {
    const std::string why = std::strerror(errno);
    unlink(temporary.c_str());
    return failure("cannot write " + file + ": " + why);
  };
  const UniqueFd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.is_open()) return failed();
  if (!write_all(fd.get(), text)) return failed();
  // No fsync: what it tells of does not outlive the kernel either.
  if (rename(temporary.c_str(), file.c_str()) != 0) return failed();
  return {};
}

}  // namespace

std::string SystemChangesMade::to_text() const {
  Json ways = Json::array();
  for (const DeviceRoute& route : routes) ways.push_back(to_json(route));
  Json list = Json::array();
  for (const PolicyRule& rule : rules) list.push_back(to_json(rule));
  Json settings = Json::array();
  for (const SysctlBefore& before : sysctls) {
    settings.push_back(Json{{"name", before.name}, {"before", before.value}});
  }
  return Json{{"routes", ways}, {"rules", list}, {"sysctls", settings}, {"firewall", firewall}}
             .dump(2) +
         "\n";
}

std::optional<SystemChangesMade> SystemChangesMade::parse(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    SystemChangesMade made;
    for (const Json& way : json.value("routes", Json::array())) {
      const auto route = route_of(way);
      if (!route) return std::nullopt;
      made.routes.push_back(*route);
    }
    for (const Json& rule : json.at("rules")) made.rules.push_back(rule_of(rule));
    for (const Json& setting : json.at("sysctls")) {
      const auto name = setting.at("name").get<std::string>();
      if (!name.starts_with("net/") || name.find("..") != name.npos) return std::nullopt;
      made.sysctls.push_back({name, setting.at("before").get<std::string>()});
    }
    made.firewall = json.at("firewall").get<bool>();
    return made;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

SystemChanges::SystemChanges(std::string directory, std::string name, Netlink netlink)
    : directory_(std::move(directory)), name_(std::move(name)), netlink_(std::move(netlink)) {}

SystemChanges::~SystemChanges() { undo(); }

Result<std::unique_ptr<SystemChanges>, std::string> SystemChanges::open(
    const std::string& directory, const std::string& name) {
  auto netlink = Netlink::open();
  if (!netlink) return failure(netlink.error().what);
  std::unique_ptr<SystemChanges> changes(new SystemChanges(directory, name, std::move(*netlink)));
  changes->recover();
  return changes;
}

void SystemChanges::recover() {
  const std::string text = read_text(file());
  if (text.empty()) return;
  auto left = SystemChangesMade::parse(text);
  if (!left) {
    spdlog::warn("{} is damaged; nothing of what an earlier run may have left is removed", file());
    return;
  }
  made_ = std::move(*left);
  const std::size_t routes = made_.routes.size();
  const std::size_t rules = made_.rules.size();
  const std::size_t settings = made_.sysctls.size();
  const bool table = made_.firewall;
  undo();
  spdlog::info(
      "removed what an earlier run left: {} rules, {} routes, {} settings, {} nftables table",
      rules, routes, settings, table ? "1" : "no");
}

Result<void, std::string> SystemChanges::write_down() {
  if (!made_.is_empty()) return write_file(file(), made_.to_text());
  unlink(file().c_str());
  return {};
}

Result<void, std::string> SystemChanges::add_route(const DeviceRoute& route) {
  const bool is_new = std::ranges::find(made_.routes, route) == made_.routes.end();
  if (is_new) {
    made_.routes.push_back(route);
    if (auto done = write_down(); !done) {
      made_.routes.pop_back();
      return done;
    }
  }
  const auto added = netlink_.add_route(route);
  if (added || (!is_new && added.error().code == EEXIST)) return {};
  std::erase(made_.routes, route);
  (void)write_down();
  return failure(added.error().what);
}

Result<void, std::string> SystemChanges::remove_route(const DeviceRoute& route) {
  const auto removed = netlink_.delete_route(route);
  // It went with its device, or with the device's address.
  const bool is_gone = removed || removed.error().code == ESRCH || removed.error().code == ENODEV;
  if (!is_gone) return failure(removed.error().what);
  std::erase(made_.routes, route);
  return write_down();
}

Result<void, std::string> SystemChanges::add_rule(const PolicyRule& rule) {
  if (std::ranges::find(made_.rules, rule) != made_.rules.end()) return {};
  made_.rules.push_back(rule);
  auto done = write_down();
  if (done) {
    const auto added = netlink_.add_rule(rule);
    if (added) return {};
    done = failure(added.error().what);
  }
  std::erase(made_.rules, rule);
  (void)write_down();
  return done;
}

Result<void, std::string> SystemChanges::remove_rule(const PolicyRule& rule) {
  const auto removed = netlink_.delete_rule(rule);
  if (!removed && removed.error().code != ENOENT) return failure(removed.error().what);
  std::erase(made_.rules, rule);
  return write_down();
}

Result<void, std::string> SystemChanges::change_sysctls(const std::vector<SysctlChange>& changes) {
  if (changes.empty() || find_setting(made_.sysctls, changes.front().name) != nullptr) return {};
  const UniqueFd lock = lock_directory(directory_);
  const std::vector<SysctlBefore> others = sysctls_of_others();
  const auto current = read_sysctl(changes.front().name);
  if (!current) return failure(current.error());
  const bool is_ours = find_setting(others, changes.front().name) != nullptr;
  if (*current == changes.front().value && !is_ours) return {};
  for (const SysctlChange& change : changes) {
    const SysctlBefore* theirs = find_setting(others, change.name);
    const auto now = read_sysctl(change.name);
    if (now) made_.sysctls.push_back({change.name, theirs != nullptr ? theirs->value : *now});
  }
  if (auto written = write_down(); !written) return written;
  for (std::size_t i = changes.size(); i-- > 0;) {
    if (!changes[i].value) continue;
    if (auto written = write_sysctl(changes[i].name, *changes[i].value); !written) return written;
  }
  return {};
}

Result<void, std::string> SystemChanges::set_firewall(const FirewallPlan& plan) {
  const bool wanted = !plan.is_empty();
  if (!wanted && !made_.firewall) return {};
  made_.firewall = true;
  if (auto written = write_down(); !written) return written;
  if (auto done = wanted ? install_firewall(plan) : remove_firewall(name_); !done) return done;
  made_.firewall = wanted;
  return write_down();
}

void SystemChanges::undo() {
  if (made_.is_empty()) return;
  for (const PolicyRule& rule : std::vector<PolicyRule>(made_.rules)) {
    if (auto removed = remove_rule(rule); !removed) spdlog::error("{}", removed.error());
  }
  for (const DeviceRoute& route : std::vector<DeviceRoute>(made_.routes)) {
    if (auto removed = remove_route(route); !removed) spdlog::error("{}", removed.error());
  }
  if (made_.firewall) {
    if (auto removed = remove_firewall(name_); !removed) spdlog::error("{}", removed.error());
  }
  const UniqueFd lock = lock_directory(directory_);
  put_back_sysctls();
  made_ = {};
  (void)write_down();
}

void SystemChanges::put_back_sysctls() {
  const std::vector<SysctlBefore> others = sysctls_of_others();
  for (const SysctlBefore& before : made_.sysctls) {
    if (find_setting(others, before.name) != nullptr) continue;  // the other one puts it back
    const auto current = read_sysctl(before.name);
    if (!current || *current == before.value) continue;  // its interface may be gone
    if (auto written = write_sysctl(before.name, before.value); !written) {
      spdlog::error("{}", written.error());
    }
  }
}

std::vector<SysctlBefore> SystemChanges::sysctls_of_others() const {
  std::vector<SysctlBefore> settings;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const auto& path = entry.path();
    if (path.extension() != ".routes" || path.stem() == name_) continue;
    const auto other = SystemChangesMade::parse(read_text(path.string()));
    if (!other) continue;
    settings.insert(settings.end(), other->sysctls.begin(), other->sysctls.end());
  }
  return settings;
}

}  // namespace hawser
