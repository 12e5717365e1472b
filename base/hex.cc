// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"

namespace hawser {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

void write_hex(ByteSpan octets, std::uint8_t* to) {
  for (const std::uint8_t octet : octets) {
    *to++ = static_cast<std::uint8_t>(kDigits[octet >> 4]);
    *to++ = static_cast<std::uint8_t>(kDigits[octet & 0xf]);
  }
}

std::string to_hex(ByteSpan octets) {
  std::string text(2 * octets.size(), '\0');
  write_hex(octets, reinterpret_cast<std::uint8_t*>(text.data()));
  return text;
}

bool read_hex(std::string_view text, MutableByteSpan octets) {
  if (text.size() != 2 * octets.size()) return false;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const int high = value_of(text[2 * i]);
    const int low = value_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    octets[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text) {
  std::vector<std::uint8_t> octets(text.size() / 2);
  if (!read_hex(text, octets)) return std::nullopt;
  return octets;
}

}  // namespace hawser
