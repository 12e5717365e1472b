// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "ike-lite/ike_engine.h"

namespace hawser {

// SPIs of ours for a child that is being negotiated; they go back unless the child is made.
class ReservedSpis {
 public:
  // `per_slot` for each path. Nothing if the source has no room for all of them.
  static std::optional<ReservedSpis> take(ChildSpiSource& source, unsigned count,
                                          unsigned per_slot) {
    ReservedSpis reserved(source);
    for (unsigned i = 0; i < count; ++i) {
      const std::optional<Spi> spi = source.allocate(i % per_slot);
      if (!spi) return std::nullopt;
      reserved.spis_.push_back(*spi);
    }
    return reserved;
  }
  ReservedSpis(ReservedSpis&& other) noexcept
      : source_(other.source_), spis_(std::exchange(other.spis_, {})) {}
  ReservedSpis& operator=(ReservedSpis&& other) noexcept {
    std::swap(source_, other.source_);
    std::swap(spis_, other.spis_);
    return *this;
  }
  ~ReservedSpis() { release_from(0); }

  const std::vector<Spi>& get() const { return spis_; }
  // Those that are too many go back, the rest is the caller's.
  std::vector<Spi> keep(std::size_t count) {
    release_from(count);
    return std::exchange(spis_, {});
  }

 private:
  explicit ReservedSpis(ChildSpiSource& source) : source_(&source) {}
  void release_from(std::size_t count) {
    for (std::size_t i = count; i < spis_.size(); ++i) source_->release(spis_[i]);
    if (spis_.size() > count) spis_.resize(count);
  }

  ChildSpiSource* source_;
  std::vector<Spi> spis_;
};

}  // namespace hawser
