// SPDX-License-Identifier: Apache-2.0
#include "cli/sequence_reserver.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace hawser {

void SequenceReserver::request(const std::vector<ReserveRequested>& requests) {
  for (const ReserveRequested& request : requests) add(request);
  if (saving_.empty() && !waiting_.empty()) begin_save();
}

void SequenceReserver::add(const ReserveRequested& request) {
  const auto same = std::ranges::find_if(waiting_, [&](const ReserveRequested& other) {
    return other.peer == request.peer && other.spi == request.spi &&
           other.direction == request.direction && other.key == request.key;
  });
  if (same == waiting_.end()) {
    waiting_.push_back(request);
  } else {
    same->mark = std::max(same->mark, request.mark);
  }
}

void SequenceReserver::begin_save() {
  saving_ = std::exchange(waiting_, {});
  for (const ReserveRequested& request : saving_) {
    store_.raise(request.direction, request.key, request.mark);
  }
  saver_.save(store_.as_text(), [this](const SequenceSaver::Saved& saved) { finish_save(saved); });
}

void SequenceReserver::finish_save(const SequenceSaver::Saved& saved) {
  const std::vector<ReserveRequested> requests = std::exchange(saving_, {});
  if (!waiting_.empty()) begin_save();
  if (saved) return reserved_(requests);
  // Packets wait, and the SAs ask again.
  spdlog::error("{}", saved.error());
}

}  // namespace hawser
