// SPDX-License-Identifier: Apache-2.0
#include "cli/resolv_conf.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "cli/state_file.h"

namespace hawser {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNote = "# hawser: ";
constexpr std::string_view kLink = "link ";
constexpr std::string_view kText = "text\n";
constexpr std::string_view kAbsent = "absent\n";

// Where it is a mount of its own, as in containers, the file cannot be replaced, only written.
Result<void, std::string> replace(const std::string& file, const std::string& text) {
  if (write_state_file(file, text)) {
    std::error_code error;
    fs::permissions(file, fs::perms(0644), error);  // for everybody to read
    return {};
  }
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.flush();
  if (!stream) return failure("cannot write " + file + ": " + std::strerror(errno));
  return {};
}

}  // namespace

std::unique_ptr<ResolvConf> ResolvConf::open(const std::string& runtime_dir,
                                             const std::string& name, std::string file) {
  std::unique_ptr<ResolvConf> conf(
      new ResolvConf(std::move(file), runtime_dir + "/" + name + ".resolv"));
  if (auto back = conf->put_back(); !back) spdlog::error("{}", back.error());
  return conf;
}

ResolvConf::~ResolvConf() {
  if (auto back = put_back(); !back) spdlog::error("{}", back.error());
}

Result<void, std::string> ResolvConf::set(const std::vector<IpAddress>& servers) {
  if (servers == servers_) return {};
  servers_ = servers;
  if (servers.empty()) return put_back();
  if (auto kept = keep_old(); !kept) return kept;
  std::string text = std::string(kNote) + backup_ + "\n";
  for (const IpAddress& server : servers) text += "nameserver " + server.to_string() + "\n";
  std::error_code error;
  if (fs::is_symlink(file_, error)) fs::remove(file_, error);
  return replace(file_, text);
}

Result<void, std::string> ResolvConf::keep_old() {
  if (read_state_file(backup_)) return {};
  std::error_code error;
  std::string old(kAbsent);
  if (fs::is_symlink(file_, error)) {
    old = std::string(kLink) + fs::read_symlink(file_, error).string();
  } else if (const auto text = read_state_file(file_)) {
    old = std::string(kText) + *text;
  }
  return write_state_file(backup_, old);
}

Result<void, std::string> ResolvConf::put_back() {
  const auto old = read_state_file(backup_);
  if (!old) return {};
  std::error_code error;
  if (old->starts_with(kText)) {
    if (auto done = replace(file_, old->substr(kText.size())); !done) return done;
  } else if (old->starts_with(kLink)) {
    fs::remove(file_, error);
    if (!error) fs::create_symlink(old->substr(kLink.size()), file_, error);
  } else {
    fs::remove(file_, error);
  }
  if (error) return failure("cannot put back " + file_ + ": " + error.message());
  fs::remove(backup_, error);
  return {};
}

}  // namespace hawser
