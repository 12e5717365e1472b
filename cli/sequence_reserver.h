// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "cli/sequence_saver.h"
#include "cli/sequence_store.h"
#include "tunnel/endpoint_event.h"

namespace hawser {

// Has the marks that SAs ask for put on disk, and tells when they are there, never before. While a
// write runs, what is asked for waits for the next: one request for each SA and direction, however
// slow the disk is and however often they ask again. One thread; what it is given must outlive it.
class SequenceReserver {
 public:
  // Called by the loop.
  using Reserved = std::function<void(const std::vector<ReserveRequested>& requests)>;

  SequenceReserver(SequenceStore& store, SequenceSaver& saver, Reserved reserved)
      : store_(store), saver_(saver), reserved_(std::move(reserved)) {}
  SequenceReserver(const SequenceReserver&) = delete;
  SequenceReserver& operator=(const SequenceReserver&) = delete;

  void request(const std::vector<ReserveRequested>& requests);

 private:
  void add(const ReserveRequested& request);
  void begin_save();
  void finish_save(const SequenceSaver::Saved& saved);

  SequenceStore& store_;
  SequenceSaver& saver_;
  Reserved reserved_;
  std::vector<ReserveRequested> saving_;
  std::vector<ReserveRequested> waiting_;
};

}  // namespace hawser
