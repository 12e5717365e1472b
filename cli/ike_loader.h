// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config_error.h"
#include "cli/config_scanner.h"
#include "tunnel/endpoint_config.h"

namespace hawser {

// Makes what IKE is configured with of [interface] and [peer.NAME] sections and the files that
// these name. Values have the right form already.
class IkeLoader {
 public:
  explicit IkeLoader(ConfigErrors& errors) : errors_(errors) {}

  // The key by which a peer is to be authenticated, or null if the section has none.
  static const ConfigEntry* find_auth(const ConfigSection& section);

  // Of [interface]; `local` has what there is.
  void load_local(const ConfigSection& section);
  // What the interface says of the pool.
  const std::vector<IpPrefix>& pool() const { return pool_; }
  // Of a peer that has find_auth(). `remote` are its networks. Nothing if there was an error.
  std::optional<IkePeerSettings> load_peer(const ConfigSection& section,
                                           const std::vector<IpPrefix>& remote);
  // When all peers are loaded: decides what `auto` leaves open.
  IkeLocalConfig take_local();

 private:
  void load_private_key(const ConfigSection& section, const ConfigEntry& entry);
  void load_certificates(const ConfigEntry& entry);
  void check_local(const ConfigSection& interface);
  bool load_auth(const ConfigSection& section, const ConfigEntry& entry, IkePeerConfig& peer);
  bool load_public_key(const ConfigEntry& entry, IkePeerConfig& peer);
  bool load_authorities(const ConfigSection& section, const ConfigEntry& entry,
                        IkePeerConfig& peer);
  bool load_identity(const ConfigSection& section, IkePeerConfig& peer);
  bool load_post_quantum_key(const ConfigSection& section, IkePeerConfig& peer);
  bool check_ours(const ConfigSection& section, const ConfigEntry& auth);
  std::string path_of(const ConfigEntry& entry) const;
  // Nothing, and said why, if it cannot be read.
  std::optional<std::string> read(const ConfigEntry& entry);
  bool fail(unsigned line, std::string key, std::string what) {
    errors_.push_back({file_, line, std::move(key), std::move(what)});
    return false;
  }

  ConfigErrors& errors_;
  std::string file_;  // of the section that is loaded
  IkeLocalConfig local_;
  bool has_identity_ = false;
  std::string quiet_ = "auto";
  bool all_may_be_quiet_ = true;
  std::vector<IpPrefix> pool_;
  std::map<std::vector<std::uint8_t>, std::string> identities_;  // of the peers before
};

}  // namespace hawser
