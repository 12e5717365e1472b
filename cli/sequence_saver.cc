// SPDX-License-Identifier: Apache-2.0
#include "cli/sequence_saver.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace hawser {

Result<std::unique_ptr<SequenceSaver>, std::string> SequenceSaver::open(EventLoop& loop,
                                                                        Write write) {
  UniqueFd ready(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!ready.is_open()) {
    return failure(std::string("cannot make an eventfd: ") + std::strerror(errno));
  }
  const int fd = ready.get();
  std::unique_ptr<SequenceSaver> saver(new SequenceSaver(loop, std::move(write), std::move(ready)));
  if (auto added = loop.add(fd, {}, *saver); !added) return failure(added.error().what);
  return saver;
}

SequenceSaver::~SequenceSaver() {
  loop_.remove(ready_.get());
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SequenceSaver::save(std::string text, Done done) {
  next_text_ = std::move(text);
  next_.push_back(std::move(done));
  if (writing_.empty()) begin_write();
}

void SequenceSaver::begin_write() {
  writing_ = std::exchange(next_, {});
  try {
    // Not earlier: a thread keeps the rights that the daemon had when it was started.
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return finish(failure(std::string("cannot start a thread: ") + error.what()));
  }
  {
    const std::lock_guard lock(mutex_);
    job_ = std::move(next_text_);
  }
  changed_.notify_one();
}

void SequenceSaver::finish(Saved saved) {
  {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(saved);
  }
  eventfd_write(ready_.get(), 1);
}

void SequenceSaver::run() {
  for (;;) {
    std::string text;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || job_; });
      if (stopped_) return;
      text = *std::exchange(job_, std::nullopt);
    }
    finish(write_(text));
  }
}

void SequenceSaver::handle_event(int fd, Readiness /*ready*/) {
  eventfd_t count = 0;
  if (eventfd_read(fd, &count) != 0) return;
  std::optional<Saved> outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = std::exchange(outcome_, std::nullopt);
  }
  if (!outcome) return;
  const std::vector<Done> done = std::exchange(writing_, {});
  if (!next_.empty()) begin_write();
  for (const Done& call : done) call(*outcome);
}

}  // namespace hawser
