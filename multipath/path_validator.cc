// SPDX-License-Identifier: Apache-2.0
#include "multipath/path_validator.h"

#include <algorithm>

namespace hawser {
namespace {

constexpr std::uint64_t kCost = PathChallenge::kSize + PathValidator::kOverhead;

}  // namespace

bool is_same_way(const AddressPair& one, const AddressPair& other) {
  return one.remote == other.remote &&
         (one.local.address.is_unspecified() || other.local.address.is_unspecified() ||
          one.local == other.local);
}

PathValidator::Attempt* PathValidator::find(const AddressPair& address) {
  for (auto& attempt : attempts_) {
    if (attempt && is_same_way(attempt->address, address)) return &*attempt;
  }
  return nullptr;
}

void PathValidator::challenge(const AddressPair& address, AddressOrigin origin, TimePoint now) {
  drop_expired(now);
  if (Attempt* known = find(address)) {
    // What we chose ourselves is not bounded by what came from there.
    if (origin == AddressOrigin::kGiven) known->origin = origin;
    return;
  }
  // The address that the path is to be on is not put out of the way by strangers.
  const auto is_older = [](const auto& one, const auto& other) {
    if (!one || !other) return !one && other;
    const bool is_heard = one->origin == AddressOrigin::kHeard;
    if (is_heard != (other->origin == AddressOrigin::kHeard)) return is_heard;
    return one->begun < other->begun;
  };
  auto& place = *std::ranges::min_element(attempts_, is_older);
  place = Attempt{.address = address,
                  .origin = origin,
                  .begun = now,
                  .due = now,
                  .interval = std::max(kFirstInterval, rtt_ + rtt_ / 2)};
  random_.fill(place->token);
}

void PathValidator::forget(const AddressPair& address) {
  for (auto& attempt : attempts_) {
    if (attempt && attempt->address == address) attempt.reset();
  }
}

void PathValidator::clear() { attempts_.fill(std::nullopt); }

bool PathValidator::is_trying(const AddressPair& address) const {
  return std::ranges::any_of(attempts_, [&](const auto& attempt) {
    return attempt && is_same_way(attempt->address, address);
  });
}

bool PathValidator::is_idle() const {
  return std::ranges::none_of(attempts_, [](const auto& attempt) { return attempt.has_value(); });
}

void PathValidator::note_heard(const AddressPair& address, std::size_t octets) {
  if (Attempt* attempt = find(address)) attempt->octets_in += octets;
}

std::optional<AddressPair> PathValidator::handle_answer(const ChallengeToken& token,
                                                        const AddressPair& from, TimePoint now) {
  for (auto& attempt : attempts_) {
    if (!attempt || attempt->token != token || attempt->sent == 0) continue;
    // RFC 9000 section 8.2.3 would take the answer from anywhere. Ours goes where the challenge
    // came from, so one from elsewhere says that the address is another host's or a relay's.
    if (!is_same_way(attempt->address, from)) return std::nullopt;
    // Karn's algorithm: which of several challenges this answers is not known.
    round_trip_.reset();
    if (attempt->sent == 1) round_trip_ = now - attempt->first_sent;
    const AddressPair proven = attempt->address;
    attempt.reset();
    return proven;
  }
  return std::nullopt;
}

void PathValidator::drop_expired(TimePoint now) {
  for (auto& attempt : attempts_) {
    if (attempt && attempt->origin == AddressOrigin::kHeard &&
        now - attempt->begun >= kHeardLifetime) {
      attempt.reset();
    }
  }
}

std::optional<PathValidator::Due> PathValidator::poll(TimePoint now) {
  drop_expired(now);
  for (auto& attempt : attempts_) {
    if (!attempt || now < attempt->due || !attempt->may_send()) continue;
    if (attempt->sent++ == 0) attempt->first_sent = now;
    attempt->octets_out += kCost;
    attempt->due = now + std::min(attempt->interval, slowest_);
    attempt->interval = std::min(attempt->interval * 2, slowest_);
    return Due{.to = attempt->address, .token = attempt->token};
  }
  return std::nullopt;
}

std::optional<TimePoint> PathValidator::next_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& attempt : attempts_) {
    if (attempt && attempt->may_send()) next = std::min(next.value_or(attempt->due), attempt->due);
  }
  return next;
}

bool PathValidator::Attempt::may_send() const {
  return origin != AddressOrigin::kHeard || octets_out + kCost <= kAmplification * octets_in;
}

}  // namespace hawser
