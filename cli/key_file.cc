// SPDX-License-Identifier: Apache-2.0
#include "cli/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/hex.h"
#include "cli/config_scanner.h"
#include "cli/file_write.h"
#include "tun/unique_fd.h"

namespace hawser {
namespace {

constexpr std::size_t kSecretFileMax = 4096;
constexpr std::size_t kSharedKeyMin = 8;

Result<Secret, std::string> parse_secret(std::string_view hex) {
  if (hex.size() % 2 != 0) {
    return failure(std::string("has an odd number of hex digits; two make an octet"));
  }
  Secret secret(hex.size() / 2);
  if (!read_hex(hex, secret.bytes())) {
    return failure(std::string("has a character that is no hex digit; write 0-9 and a-f only"));
  }
  return secret;
}

std::string os_reason(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

std::string mode_text(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

}  // namespace

Result<ManualKeys, KeyFileError> parse_key_file(std::string_view text) {
  ManualKeys keys;
  unsigned number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string_view name = equals == line.npos ? "" : trim(line.substr(0, equals));
    if (name != "in" && name != "out") {
      return failure(KeyFileError{number, "line",
                                  "is neither `in = HEX` nor `out = HEX`; write "
                                  "one line of each"});
    }
    Secret& secret = name == "in" ? keys.in : keys.out;
    if (!secret.empty()) {
      return failure(KeyFileError{number, std::string(name), "is repeated; write it once"});
    }
    auto value = parse_secret(trim(line.substr(equals + 1)));
    if (!value) return failure(KeyFileError{number, std::string(name), value.error()});
    if (value->empty()) {
      return failure(KeyFileError{number, std::string(name), "has no value; write HEX behind `=`"});
    }
    secret = std::move(*value);
    (name == "in" ? keys.in_line : keys.out_line) = number;
  }
  const unsigned last = number == 0 ? 1 : number;
  if (keys.in.empty()) return failure(KeyFileError{last, "in", "is missing; write `in = HEX`"});
  if (keys.out.empty()) return failure(KeyFileError{last, "out", "is missing; write `out = HEX`"});
  return keys;
}

Secret key_file_text(const ManualKeys& keys) {
  constexpr std::string_view kIn = "in = ";
  constexpr std::string_view kOut = "out = ";
  Secret text(kIn.size() + kOut.size() + 2 * (keys.in.size() + keys.out.size()) + 2);
  std::uint8_t* at = text.bytes().data();
  const auto put = [&at](std::string_view label, const Secret& key) {
    for (const char c : label) *at++ = static_cast<std::uint8_t>(c);
    write_hex(key.bytes(), at);
    at += 2 * key.size();
    *at++ = '\n';
  };
  put(kIn, keys.in);
  put(kOut, keys.out);
  return text;
}

Result<Secret, std::string> read_secret_file(const std::string& file) {
  const UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.is_open())
    return failure(os_reason(("cannot open `" + file + "`").c_str()) +
                   "; write the name of a file of mode 0600");
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return failure(os_reason("cannot look at the file"));
  if (!S_ISREG(info.st_mode)) {
    return failure("`" + file + "` is not a regular file; write the name of one of mode 0600");
  }
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return failure("`" + file + "` belongs to user " + std::to_string(info.st_uid) +
                   "; it must belong to root or to the user who runs this");
  }
  if ((info.st_mode & 077) != 0) {
    return failure("`" + file + "` has mode " + mode_text(info.st_mode) +
                   ", so others can get at the keys; run chmod 0600, and make new keys");
  }
  if (info.st_size > static_cast<off_t>(kSecretFileMax)) {
    return failure("`" + file + "` has more than " + std::to_string(kSecretFileMax) +
                   " octets; is it a key file?");
  }
  Secret buffer(kSecretFileMax);
  std::size_t used = 0;
  while (used < buffer.size()) {
    const ssize_t got = read(fd.get(), buffer.bytes().data() + used, buffer.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(os_reason(("cannot read `" + file + "`").c_str()));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  return Secret::copy_of(buffer.bytes().first(used));
}

Result<Secret, std::string> read_shared_key_file(const std::string& file) {
  auto content = read_secret_file(file);
  if (!content) return content;
  const std::string_view text = trim_text(as_text(*content));
  if (text.find('\n') != text.npos) {
    return failure("`" + file + "` has more than one line; write the key alone into it");
  }
  auto key =
      text.starts_with("0x")
          ? parse_secret(text.substr(2))
          : Secret::copy_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  if (!key) return failure("`" + file + "` " + key.error());
  if (key->size() < kSharedKeyMin) {
    return failure("`" + file + "` holds " + std::to_string(key->size()) +
                   " octets, which can be guessed; make a key with `hawser genpsk`");
  }
  return key;
}

Secret make_shared_key_text(Random& random) {
  constexpr std::size_t kOctets = 32;
  Secret key(kOctets);
  random.fill(key.bytes());
  Secret text(2 + 2 * kOctets + 1);
  std::uint8_t* at = text.bytes().data();
  *at++ = '0';
  *at++ = 'x';
  write_hex(key.bytes(), at);
  text.bytes().back() = '\n';
  return text;
}

Result<void, std::string> write_secret_file(const std::string& file, ByteSpan text) {
  UniqueFd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open() && errno == EEXIST) {
    return failure("`" + file + "` exists; remove it first, keys are not overwritten");
  }
  if (!fd.is_open()) return failure(os_reason(("cannot make `" + file + "`").c_str()));
  if (!write_all(fd.get(), text) || (fsync(fd.get()) != 0 && errno != EINVAL)) {
    const std::string reason = os_reason(("cannot write `" + file + "`").c_str());
    unlink(file.c_str());
    return failure(reason);
  }
  return {};
}

MirroredKeys make_mirrored_keys(AeadAlgorithm algorithm, Random& random) {
  const std::size_t size = aead_key_size(algorithm) + kAeadSaltSize;
  MirroredKeys keys;
  keys.a.in = Secret(size);
  keys.a.out = Secret(size);
  random.fill(keys.a.in.bytes());
  random.fill(keys.a.out.bytes());
  keys.b.in = keys.a.out.clone();
  keys.b.out = keys.a.in.clone();
  return keys;
}

}  // namespace hawser
