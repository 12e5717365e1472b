// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_mtu.h"

#include <algorithm>
#include <array>

namespace hawser {
namespace {

// RFC 1191 section 7.1: what to try where a router does not say which MTU its next hop has.
constexpr std::array<std::uint16_t, 8> kPlateaus = {32000, 17914, 8166, 4352,
                                                    2002,  1492,  1006, 576};
constexpr std::uint16_t kUsualMtu = 1500;

std::uint16_t plateau_below(std::uint16_t mtu) {
  for (const std::uint16_t plateau : kPlateaus) {
    if (plateau < mtu) return plateau;
  }
  return PathMtu::kMinV4;
}

}  // namespace

void PathMtu::set_link(std::uint32_t mtu) {
  link_ =
      mtu == 0 ? kUnlimited : static_cast<std::uint16_t>(std::min<std::uint32_t>(mtu, kUnlimited));
}

bool PathMtu::handle_told(std::uint32_t mtu, bool is_v4, TimePoint now) {
  const std::uint16_t before = value(now);
  // RFC 8201 section 4: less than the least MTU of IPv6 is no answer. IPv4 has no such limit, but
  // nobody's links are so small, and many a forger's are.
  if (!is_v4 && mtu < kMinV6) return false;
  if (mtu == 0) mtu = plateau_below(before == kUnlimited ? kUsualMtu : before);
  const auto told = static_cast<std::uint16_t>(
      std::clamp<std::uint32_t>(mtu, is_v4 ? kMinV4 : kMinV6, kUnlimited));
  // Said again, it is still so. More than was known is no news: a path grows by waiting only.
  if (told > before || told == kUnlimited) return false;
  told_ = Told{.mtu = told, .when = now};
  return told < before;
}

std::uint16_t PathMtu::value(TimePoint now) const {
  if (!told_ || now >= told_->when + kLifetime) return link_;
  return std::min(link_, told_->mtu);
}

}  // namespace hawser
