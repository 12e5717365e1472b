// SPDX-License-Identifier: Apache-2.0
#include "cli/config_reloader.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace hawser {
namespace {

Result<Config, ConfigErrors> load(const std::string& file) {
  try {
    return load_config(file);
  } catch (const std::exception& error) {
    ConfigErrors errors;
    errors.push_back({file, 1, "file", std::string("cannot be loaded: ") + error.what()});
    return failure(std::move(errors));
  }
}

}  // namespace

struct ConfigReloader::Shared {
  UniqueFd ready;
  std::mutex mutex;
  std::optional<Result<Config, ConfigErrors>> result;
};

Result<std::unique_ptr<ConfigReloader>, std::string> ConfigReloader::open(EventLoop& loop) {
  auto shared = std::make_shared<Shared>();
  shared->ready.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared->ready.is_open()) {
    return failure(std::string("cannot make an eventfd: ") + std::strerror(errno));
  }
  const int fd = shared->ready.get();
  std::unique_ptr<ConfigReloader> reloader(new ConfigReloader(loop, std::move(shared)));
  if (auto added = loop.add(fd, {}, *reloader); !added) return failure(added.error().what);
  return reloader;
}

ConfigReloader::~ConfigReloader() { loop_.remove(shared_->ready.get()); }

void ConfigReloader::start(const std::string& file, Done done) {
  done_ = std::move(done);
  std::thread([shared = shared_, file] {
    auto result = load(file);
    {
      const std::lock_guard lock(shared->mutex);
      shared->result = std::move(result);
    }
    eventfd_write(shared->ready.get(), 1);
  }).detach();
}

void ConfigReloader::handle_event(int fd, Readiness /*ready*/) {
  eventfd_t count = 0;
  if (eventfd_read(fd, &count) != 0) return;
  std::optional<Result<Config, ConfigErrors>> result;
  {
    const std::lock_guard lock(shared_->mutex);
    result = std::exchange(shared_->result, std::nullopt);
  }
  // Moved out first: it may start the next one.
  if (result && done_) std::exchange(done_, nullptr)(std::move(*result));
}

}  // namespace hawser
