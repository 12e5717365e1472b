// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "cli/config_error.h"
#include "crypto/aead.h"
#include "crypto/identity_key.h"
#include "crypto/secret.h"

namespace hawser {

// The keys of a pair of manual SAs. As text: two lines `in = HEX` and `out = HEX`, each the AEAD's
// key and 4 octets of salt; blank lines and lines that begin with `#` are skipped.
struct ManualKeys {
  Secret in;
  Secret out;
  unsigned in_line = 0;
  unsigned out_line = 0;
};

// What is wrong in which line; never holds what the file holds.
struct KeyFileError {
  unsigned line = 0;
  std::string key;
  std::string what;
};

Result<ManualKeys, KeyFileError> parse_key_file(std::string_view text);
// The form that parse_key_file reads.
Secret key_file_text(const ManualKeys& keys);

// Reads a file of secrets: a regular file that belongs to root or to us and that nobody else can
// read. The error is "what is wrong; what would be right".
Result<Secret, std::string> read_secret_file(const std::string& file);
// Makes a new file of mode 0600; an existing one is an error. The error is a sentence.
Result<void, std::string> write_secret_file(const std::string& file, ByteSpan text);

// A key that two ends share, of one line: `0x` and hex digits, or text that is the key as it is,
// without white space at its ends. The error is "what is wrong; what would be right".
Result<Secret, std::string> read_shared_key_file(const std::string& file);
// "0x" and the hex digits of a new one, with a line feed.
Secret make_shared_key_text(Random& random);

struct MirroredKeys {
  ManualKeys a;
  ManualKeys b;  // a's `in` is its `out`
};
MirroredKeys make_mirrored_keys(AeadAlgorithm algorithm, Random& random);

inline std::string_view as_text(const Secret& secret) {
  return {reinterpret_cast<const char*>(secret.bytes().data()), secret.size()};
}

}  // namespace hawser
