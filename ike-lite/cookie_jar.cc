// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/cookie_jar.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"

namespace hawser {
namespace {

constexpr std::size_t kKeySize = 32;

}  // namespace

CookieJar::CookieJar(Random& random, TimePoint now) : random_(&random) {
  // Twice, so that both secrets are random and none is empty.
  renew();
  renew();
  renew_at_ = now + kSecretLifetime;
}

std::vector<std::uint8_t> CookieJar::make(const Subject& subject, TimePoint now) {
  rotate(now);
  return bake(present_, subject);
}

bool CookieJar::is_valid(ByteSpan cookie, const Subject& subject, TimePoint now) {
  rotate(now);
  if (cookie.empty()) return false;
  const bool is_present = cookie.front() == present_.version;
  return equal_in_constant_time(cookie, bake(is_present ? present_ : previous_, subject));
}

// version 1 | MAC 16 of SPIi | address | Ni. The nonce comes last: it alone has no fixed size for
// a family, and each family's address has its own.
std::vector<std::uint8_t> CookieJar::bake(const VersionedSecret& secret, const Subject& subject) {
  std::uint8_t head[9];
  store_be64(head, subject.spi_initiator.value());
  head[8] = static_cast<std::uint8_t>(subject.address.family());
  const Sha256Digest mac =
      hmac_sha256(secret.key.bytes(), {head, subject.address.octets(), subject.nonce});
  std::vector<std::uint8_t> cookie(kCookieSize, secret.version);
  std::copy_n(mac.begin(), kCookieSize - 1, cookie.begin() + 1);
  return cookie;
}

void CookieJar::rotate(TimePoint now) {
  if (now < renew_at_) return;
  // After a long rest the one before is too old as well.
  if (now >= renew_at_ + kSecretLifetime) renew();
  renew();
  renew_at_ = now + kSecretLifetime;
}

void CookieJar::renew() {
  VersionedSecret next{.version = static_cast<std::uint8_t>(present_.version + 1),
                       .key = Secret(kKeySize)};
  random_->fill(next.key.bytes());
  previous_ = std::exchange(present_, std::move(next));
}

}  // namespace hawser
