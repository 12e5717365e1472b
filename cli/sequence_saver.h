// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "tun/unique_fd.h"
#include "tunnel/io/event_loop.h"

namespace hawser {

// Puts texts on disk in their order, on a thread of its own: an fsync may take seconds, and packets
// must not wait for it. One write at a time; what is asked for meanwhile is written next, only the
// last text of it, so each text must hold all that those before it held.
class SequenceSaver final : public EventHandler {
 public:
  using Saved = Result<void, std::string>;
  // Returns when the text is on disk. Called by the thread.
  using Write = std::function<Saved(const std::string& text)>;
  // Called by the loop when the text or a later one is on disk, or when the write failed.
  using Done = std::function<void(const Saved& saved)>;

  // Starts no thread yet.
  static Result<std::unique_ptr<SequenceSaver>, std::string> open(EventLoop& loop, Write write);
  SequenceSaver(const SequenceSaver&) = delete;
  SequenceSaver& operator=(const SequenceSaver&) = delete;
  // Waits for the write that runs; drops the others, and calls nobody.
  ~SequenceSaver() override;

  void save(std::string text, Done done);

  void handle_event(int fd, Readiness ready) override;

 private:
  SequenceSaver(EventLoop& loop, Write write, UniqueFd ready)
      : loop_(loop), write_(std::move(write)), ready_(std::move(ready)) {}

  void begin_write();
  void run();
  void finish(Saved saved);

  EventLoop& loop_;
  Write write_;
  UniqueFd ready_;
  // Of the loop's thread.
  std::vector<Done> writing_;
  std::string next_text_;
  std::vector<Done> next_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> job_;
  std::optional<Saved> outcome_;
  bool stopped_ = false;
};

}  // namespace hawser
