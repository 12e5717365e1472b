// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "cli/start_error.h"
#include "tun/unique_fd.h"
#include "tunnel/endpoint.h"

namespace hawser {

// The marks of sequence numbers that outlive the daemon: STATE_DIR/NAME/sequence, mode 0600, in a
// directory of mode 0700 that stays locked as long as this object lives. As text, a line for each
// key and direction and a fingerprint of all before it at the end:
//
//   hawser-sequence 1
//   in FINGERPRINT-OF-THE-KEY MARK
//   out FINGERPRINT-OF-THE-KEY MARK
//   end FINGERPRINT
//
// Marks only grow, and nothing is ever removed: a key may come back.
class SequenceStore {
 public:
  // Reads the file; there may be none. The error is a sentence.
  static Result<SequenceStore, StartError> open(const std::string& directory);

  // Nothing if the key was never used in this direction.
  std::optional<SequenceNumber> find(SaDirection direction, const Fingerprint& key) const;
  // Never lowers a mark.
  void raise(SaDirection direction, const Fingerprint& key, SequenceNumber mark);
  Result<void, std::string> save() { return write(as_text()); }

  // The file with the marks as they are now.
  std::string as_text() const;
  // Returns when the text is on disk: temporary file, fsync, rename, fsync of the directory. On an
  // error the disk has the old text or the new one. Any thread, one at a time: touches no mark.
  Result<void, std::string> write(const std::string& text) const;

  const std::string& file() const { return file_; }

 private:
  using Marks = std::map<std::pair<SaDirection, Fingerprint>, SequenceNumber>;

  SequenceStore(std::string file, UniqueFd directory)
      : file_(std::move(file)), directory_(std::move(directory)) {}
  Result<void, StartError> load();
  bool parse(std::string_view text);

  std::string file_;
  UniqueFd directory_;
  Marks marks_;
};

// Prepares the SAs of a config to go on where an earlier life may have stopped, with a first block
// of numbers, which is reserved when the store has been saved: not before then may they be used. A
// key that the store does not know is accepted only on its first use. The error is a sentence;
// nothing has changed then.
Result<void, std::string> reserve_sequences(EndpointConfig& config, SequenceStore& store,
                                            bool first_use);

}  // namespace hawser
