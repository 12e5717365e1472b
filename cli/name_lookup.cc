// SPDX-License-Identifier: Apache-2.0
#include "cli/name_lookup.h"

#include <netdb.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "tun/unique_fd.h"

namespace hawser {
namespace {

std::optional<IpAddress> address_of(const addrinfo& entry) {
  const auto* octets = reinterpret_cast<const std::uint8_t*>(entry.ai_addr);
  if (entry.ai_family == AF_INET) return IpAddress::v4(octets + 4);
  if (entry.ai_family == AF_INET6) return IpAddress::v6(octets + 8);
  return std::nullopt;
}

}  // namespace

Addresses look_up_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return failure(std::string(error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error)));
  }
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (const auto address = address_of(*entry)) addresses.push_back(*address);
  }
  freeaddrinfo(found);
  if (addresses.empty()) return failure(std::string("no IPv4 or IPv6 address"));
  return addresses;
}

struct NameLookup::Shared {
  UniqueFd ready;
  std::mutex mutex;
  std::vector<std::pair<std::string, Addresses>> results;

  void add(const std::string& key, Addresses addresses) {
    {
      const std::lock_guard lock(mutex);
      results.emplace_back(key, std::move(addresses));
    }
    eventfd_write(ready.get(), 1);
  }
};

Result<std::unique_ptr<NameLookup>, std::string> NameLookup::open(EventLoop& loop, Done done) {
  auto shared = std::make_shared<Shared>();
  shared->ready.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared->ready.is_open()) {
    return failure(std::string("cannot make an eventfd: ") + std::strerror(errno));
  }
  const int fd = shared->ready.get();
  std::unique_ptr<NameLookup> lookup(new NameLookup(loop, std::move(shared), std::move(done)));
  if (auto added = loop.add(fd, {}, *lookup); !added) return failure(added.error().what);
  return lookup;
}

NameLookup::~NameLookup() { loop_.remove(shared_->ready.get()); }

void NameLookup::start(const std::string& key, const std::string& host) {
  try {
    std::thread([shared = shared_, key, host] { shared->add(key, look_up_host(host)); }).detach();
  } catch (const std::system_error& error) {
    shared_->add(key, failure(std::string("cannot start a thread: ") + error.what()));
  }
}

void NameLookup::handle_event(int fd, Readiness /*ready*/) {
  eventfd_t count = 0;
  if (eventfd_read(fd, &count) != 0) return;
  std::vector<std::pair<std::string, Addresses>> results;
  {
    const std::lock_guard lock(shared_->mutex);
    results = std::exchange(shared_->results, {});
  }
  for (auto& [key, addresses] : results) done_(key, std::move(addresses));
}

}  // namespace hawser
