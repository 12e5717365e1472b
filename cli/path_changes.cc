// SPDX-License-Identifier: Apache-2.0
#include "cli/path_changes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/config_value.h"

namespace hawser {
namespace {

constexpr std::array<std::pair<std::string_view, PathAction>, 5> kActions = {{
    {"add", PathAction::kAdd},
    {"remove", PathAction::kRemove},
    {"enable", PathAction::kEnable},
    {"disable", PathAction::kDisable},
    {"prefer", PathAction::kPrefer},
}};

std::string known_text(const std::vector<PathConfig>& paths, const std::vector<LocalLink>& links) {
  std::string text;
  const auto add = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
  for (const PathConfig& path : paths) add(path.name);
  for (const LocalLink& link : links) {
    if (std::ranges::find(paths, link.name, &PathConfig::interface) == paths.end()) add(link.name);
  }
  return text.empty() ? "there are none" : "there are " + text;
}

// The entry of that name, or one made for the interface of that name; null if there is neither.
PathConfig* find_or_make(const PathRequest& request, std::vector<PathConfig>& paths,
                         const std::vector<LocalLink>& links) {
  auto found = std::ranges::find(paths, request.path, &PathConfig::name);
  if (found == paths.end()) {
    found = std::ranges::find(paths, request.path, &PathConfig::interface);
  }
  if (found != paths.end()) return &*found;
  const bool is_there = std::ranges::find(links, request.path, &LocalLink::name) != links.end();
  // One that is added may come later.
  if (!is_there && request.action != PathAction::kAdd) return nullptr;
  return &paths.emplace_back(PathConfig{.name = request.path, .interface = request.path});
}

int highest_priority(const std::vector<PathConfig>& paths, const PathConfig& but) {
  int highest = 0;  // of interfaces of which nothing is said
  for (const PathConfig& path : paths) {
    if (&path != &but) highest = std::max(highest, path.preference.priority);
  }
  return highest;
}

}  // namespace

std::optional<PathAction> parse_path_action(std::string_view text) {
  for (const auto& [name, action] : kActions) {
    if (name == text) return action;
  }
  return std::nullopt;
}

Result<std::vector<PathConfig>, std::string> change_paths(const PathRequest& request,
                                                          std::vector<PathConfig> paths,
                                                          const std::vector<LocalLink>& links) {
  if (!is_interface_name(request.path) &&
      std::ranges::find(paths, request.path, &PathConfig::name) == paths.end()) {
    return failure("`" + request.path + "` can't name an interface");
  }
  PathConfig* path = find_or_make(request, paths, links);
  if (path == nullptr) {
    return failure("`" + request.path + "` is no path and no interface; " +
                   known_text(paths, links));
  }
  switch (request.action) {
    case PathAction::kAdd:
      path->enabled = true;
      if (!request.gateways.empty()) path->gateways = request.gateways;
      break;
    case PathAction::kRemove:
      *path = {.name = path->name, .interface = path->interface, .enabled = false};
      break;
    case PathAction::kEnable:
      path->enabled = true;
      break;
    case PathAction::kDisable:
      path->enabled = false;
      break;
    case PathAction::kPrefer:
      path->enabled = true;
      path->preference.priority =
          std::max(path->preference.priority, highest_priority(paths, *path) + 1);
      break;
  }
  return paths;
}

}  // namespace hawser
