// SPDX-License-Identifier: Apache-2.0
#include "cli/manual_sa_loader.h"

#include <algorithm>
#include <filesystem>

#include "cli/config_value.h"
#include "cli/key_file.h"

namespace hawser {
namespace {

std::string value_or(const ConfigSection& section, std::string_view key) {
  const ConfigEntry* entry = section.find(key);
  return entry != nullptr ? entry->value
                          : std::string(find_config_key(section.name, key)->default_text);
}

SaLifetime load_lifetime(const ConfigSection& section) {
  const auto number = [&](std::string_view key) {
    return *parse_number(*find_config_key("sa", key), value_or(section, key));
  };
  return {.packets = number("lifetime-packets"),
          .bytes = number("lifetime-bytes"),
          .time = Seconds(number("lifetime"))};
}

}  // namespace

std::string ManualSaLoader::resolve_path(const std::string& config_file, const std::string& name) {
  return (std::filesystem::path(config_file).parent_path() / name).string();
}

const ConfigEntry* ManualSaLoader::required(const ConfigSection& section, std::string_view key,
                                            std::string_view hint) {
  const ConfigEntry* entry = section.find(key);
  if (entry == nullptr) {
    fail(section.line, std::string(key),
         "is missing in " + section.title() + "; write " + std::string(hint));
  }
  return entry;
}

std::optional<ManualSa> ManualSaLoader::load(const ConfigSection& section) {
  file_ = section.file;
  const ConfigEntry* in = required(section, "spi-in", "the peer's spi-out, such as 0x01000001");
  const ConfigEntry* out = required(section, "spi-out", "the peer's spi-in, such as 0x01000001");
  const ConfigEntry* file =
      required(section, "key-file", "a file that `hawser keygen --manual` made");
  if (in == nullptr || out == nullptr || file == nullptr) return std::nullopt;

  ManualSa sa;
  sa.spi_in = Spi(*parse_spi(*find_config_key("sa", "spi-in"), in->value));
  sa.spi_out = Spi(*parse_spi(*find_config_key("sa", "spi-out"), out->value));
  sa.esn = value_or(section, "esn") == "yes";
  sa.replay_window =
      *parse_window(*find_config_key("sa", "replay-window"), value_or(section, "replay-window"));
  sa.lifetime = load_lifetime(section);
  const auto cipher = aead_from_name(value_or(section, "cipher"));
  if (!cipher) {
    fail(section.line, "cipher", "is not built into this binary; write aes-256-gcm");
    return std::nullopt;
  }
  sa.key_in.algorithm = *cipher;
  sa.key_out.algorithm = *cipher;
  const bool slot_is_free = claim_slot(section, *in, sa.spi_in);
  if (!load_keys(section, *file, sa) || !slot_is_free) return std::nullopt;
  return sa;
}

bool ManualSaLoader::claim_slot(const ConfigSection& section, const ConfigEntry& entry, Spi spi) {
  const std::uint16_t slot = spi_slot(spi);
  const auto used = std::ranges::find(slots_, slot, &UsedSlot::slot);
  if (used != slots_.end()) {
    fail(entry.line, entry.key,
         "`" + entry.value + "` has the slot (the middle two octets) of " + used->where +
             "; give each SA another one");
    return false;
  }
  slots_.push_back({slot, section.title()});
  return true;
}

bool ManualSaLoader::load_keys(const ConfigSection& section, const ConfigEntry& file,
                               ManualSa& sa) {
  const std::string name = resolve_path(file_, file.value);
  auto text = read_secret_file(name);
  if (!text) {
    fail(file.line, file.key, text.error());
    return false;
  }
  auto keys = parse_key_file(as_text(*text));
  if (!keys) {
    KeyFileError& error = keys.error();
    errors_.push_back({name, error.line, std::move(error.key), std::move(error.what)});
    return false;
  }
  sa.key_in.key_and_salt = std::move(keys->in);
  sa.key_out.key_and_salt = std::move(keys->out);
  bool ok = true;
  const auto check_size = [&](const SaKey& key, unsigned line, const char* direction) {
    if (key.is_complete() || !ok) return;  // one line says enough
    ok = false;
    const std::size_t size = aead_key_size(key.algorithm) + kAeadSaltSize;
    errors_.push_back({name, line, direction,
                       "has " + std::to_string(key.key_and_salt.size()) + " octets; " +
                           std::string(aead_name(key.algorithm)) + " needs " +
                           std::to_string(size) + ", key and 4 of salt, so " +
                           std::to_string(2 * size) + " hex digits"});
  };
  check_size(sa.key_in, keys->in_line, "in");
  check_size(sa.key_out, keys->out_line, "out");
  if (!ok) return false;
  return claim_key(file, sa.key_in, "`in` of " + section.title()) &&
         claim_key(file, sa.key_out, "`out` of " + section.title());
}

bool ManualSaLoader::claim_key(const ConfigEntry& file, const SaKey& key,
                               const std::string& where) {
  for (const UsedKey& used : keys_) {
    if (!equal_in_constant_time(used.key.bytes(), key.key())) continue;
    fail(file.line, file.key,
         "the key " + where + " is also " + used.where +
             "; make new ones with `hawser keygen --manual`, a key is for one direction of one SA");
    return false;
  }
  keys_.push_back({Secret::copy_of(key.key()), where});
  return true;
}

}  // namespace hawser
