// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/inner_packet.h"
#include "tests/fuzz/fuzz_input.h"
#include "tunnel/ip_header.h"

namespace hawser::fuzz {

// One inner packet as the input asks for it: a TCP or UDP packet of one of a few flows with lengths
// and checksums mostly right (a checksum found by chance is beyond any fuzzer), or octets as they
// come.
std::vector<std::uint8_t> make_packet(FuzzInput& input);

// Octets behind the TCP or UDP header; of anything else, the whole packet.
std::size_t payload_size(ByteSpan packet, const IpHeader& header);

// The payload octets that one write to the TUN device stands for, and that the write is sound: an
// IP packet whose length is that of its parts, and a super-packet that can be cut again.
std::size_t payload_of_write(const InnerBatch& batch);

}  // namespace hawser::fuzz
