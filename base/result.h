// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tl/expected.hpp>

namespace hawser {

// What a peer, a file or the system can cause is a value, not an exception. E is a small enum of
// the layer (DropReason, AeadError, ...) or a struct that carries a sentence for a person.
template <typename T, typename E>
using Result = tl::expected<T, E>;

template <typename E>
using Failure = tl::unexpected<E>;

template <typename E>
Failure<E> failure(E error) {
  return Failure<E>(static_cast<E&&>(error));
}

}  // namespace hawser
