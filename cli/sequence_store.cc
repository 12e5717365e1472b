// SPDX-License-Identifier: Apache-2.0
#include "cli/sequence_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/hex.h"
#include "cli/file_write.h"

namespace hawser {
namespace {

constexpr const char* kName = "sequence";
constexpr const char* kTemporaryName = "sequence.new";
constexpr std::string_view kHeader = "hawser-sequence 1\n";
constexpr std::string_view kEnd = "end ";
constexpr off_t kSizeMax = off_t{16} * 1024 * 1024;

Failure<std::string> os_failure(const std::string& what) {
  return failure(what + ": " + std::strerror(errno));
}

std::string end_line(std::string_view before) {
  const ByteSpan bytes(reinterpret_cast<const std::uint8_t*>(before.data()), before.size());
  return std::string(kEnd) + to_hex(fingerprint_of(bytes)) + "\n";
}

Result<std::string, std::string> read_all(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return os_failure("cannot read it");
  if (info.st_size > kSizeMax) return failure(std::string("it is too large"));
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_failure("cannot read it");
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<SequenceStore, StartError> SequenceStore::open(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), error);
  if (error) return failure("cannot make the directory of " + directory + ": " + error.message());
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return os_failure("cannot make the directory " + directory);
  }
  UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return os_failure("cannot open the directory " + directory);
  // Two daemons with the same keys would send the same numbers.
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return failure("another daemon uses " + directory + "; stop it, or use another --state-dir");
  }
  SequenceStore store((std::filesystem::path(directory) / kName).string(), std::move(fd));
  if (auto loaded = store.load(); !loaded) return failure(loaded.error());
  return store;
}

Result<void, StartError> SequenceStore::load() {
  const UniqueFd fd(openat(directory_.get(), kName, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open() && errno == ENOENT) return {};
  if (!fd.is_open()) return os_failure("cannot open " + file_);
  const auto text = read_all(fd.get());
  if (text && parse(*text)) return {};
  return failure(StartError::lasting(
      file_ + " is damaged" + (text ? "" : ", " + text.error()) +
      ": which sequence numbers were used is not known, so no key may be used again; "
      "make new keys at both ends with hawser keygen --manual, move that file away and "
      "start with --first-use"));
}

bool SequenceStore::parse(std::string_view text) {
  const std::size_t body = text.rfind(kEnd);
  if (body == text.npos || text.substr(body) != end_line(text.substr(0, body))) return false;
  text = text.substr(0, body);
  if (!text.starts_with(kHeader)) return false;
  text.remove_prefix(kHeader.size());
  while (!text.empty()) {
    const std::size_t size = text.find('\n');
    if (size == text.npos) return false;
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size + 1);
    const bool inbound = line.starts_with("in ");
    if (!inbound && !line.starts_with("out ")) return false;
    const std::string_view rest = line.substr(inbound ? 3 : 4);
    Fingerprint key{};
    if (rest.size() < 2 * key.size() + 2) return false;
    if (!read_hex(rest.substr(0, 2 * key.size()), key)) return false;
    std::uint64_t mark = 0;
    const char* end = rest.data() + rest.size();
    const auto parsed = std::from_chars(rest.data() + 2 * key.size() + 1, end, mark);
    if (parsed.ec != std::errc() || parsed.ptr != end) return false;
    raise(inbound ? SaDirection::kInbound : SaDirection::kOutbound, key, SequenceNumber(mark));
  }
  return true;
}

std::optional<SequenceNumber> SequenceStore::find(SaDirection direction,
                                                  const Fingerprint& key) const {
  const auto it = marks_.find({direction, key});
  if (it == marks_.end()) return std::nullopt;
  return it->second;
}

void SequenceStore::raise(SaDirection direction, const Fingerprint& key, SequenceNumber mark) {
  SequenceNumber& known = marks_[{direction, key}];
  known = std::max(known, mark);
}

std::string SequenceStore::as_text() const {
  std::string text(kHeader);
  for (const auto& [key, mark] : marks_) {
    text += (key.first == SaDirection::kInbound ? "in " : "out ") + to_hex(key.second) + " " +
            std::to_string(mark.value()) + "\n";
  }
  return text + end_line(text);
}

Result<void, std::string> SequenceStore::write(const std::string& text) const {
  const auto fail = [this](const std::string& what) {
    return os_failure("cannot write the sequence numbers to " + file_ + ", " + what);
  };
  const UniqueFd fd(openat(directory_.get(), kTemporaryName,
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return fail("making a file");
  if (!write_all(fd.get(), text)) return fail("writing");
  if (fsync(fd.get()) != 0) return fail("fsync");
  if (renameat(directory_.get(), kTemporaryName, directory_.get(), kName) != 0) {
    return fail("renaming");
  }
  if (fsync(directory_.get()) != 0) return fail("fsync of the directory");
  return {};
}

namespace {

SequenceNumber plus(SequenceNumber number, std::uint64_t amount) {
  return SequenceNumber(number.value() > UINT64_MAX - amount ? UINT64_MAX
                                                             : number.value() + amount);
}

struct Direction {
  SaDirection direction;
  SaKey ManualSa::*key;
};
constexpr Direction kDirections[] = {{SaDirection::kInbound, &ManualSa::key_in},
                                     {SaDirection::kOutbound, &ManualSa::key_out}};

// What the store knows, before a block is added to it.
void reserve_sa(ManualSa& sa, SequenceStore& store) {
  for (const auto& [direction, key] : kDirections) {
    const Fingerprint name = key_fingerprint(sa.*key);
    const SequenceNumber used = store.find(direction, name).value_or(SequenceNumber(0));
    const SequenceNumber mark = plus(used, SequenceReserve::min_block(direction));
    store.raise(direction, name, mark);
    if (direction == SaDirection::kInbound) {
      sa.floor_in = used;
      sa.reserved_in = mark;
    } else {
      sa.first_out = plus(used, 1);
      sa.reserved_out = mark;
    }
  }
}

}  // namespace

Result<void, std::string> reserve_sequences(EndpointConfig& config, SequenceStore& store,
                                            bool first_use) {
  for (const PeerConfig& peer : config.peers) {
    for (const ManualSa& sa : peer.sas) {
      for (const auto& [direction, key] : kDirections) {
        if (first_use || store.find(direction, key_fingerprint(sa.*key))) continue;
        return failure("the keys of [sa." + peer.name + "] are not in " + store.file() +
                       ", which says how far sequence numbers were used; if these keys were never "
                       "used, add --first-use, else make new ones with hawser keygen --manual");
      }
    }
  }
  for (PeerConfig& peer : config.peers) {
    for (ManualSa& sa : peer.sas) reserve_sa(sa, store);
  }
  return {};
}

}  // namespace hawser
