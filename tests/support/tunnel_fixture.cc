// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tunnel_fixture.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "tunnel/inner_segmenter.h"

namespace hawser {

SaKey test_key(AeadAlgorithm algorithm, std::uint32_t seed) {
  const Bytes octets = pattern(aead_key_size(algorithm) + kAeadSaltSize, seed);
  return {algorithm, Secret::copy_of(octets)};
}

SaPair test_sa_pair(std::uint16_t index, unsigned left_workers, unsigned right_workers,
                    AeadAlgorithm algorithm, bool esn, std::uint32_t key_seed) {
  const auto owner = [index](unsigned workers) {
    return WorkerIndex(static_cast<std::uint8_t>(index % workers));
  };
  const Spi left_in = make_spi(owner(left_workers), index, 0x11);
  const Spi right_in = make_spi(owner(right_workers), index, 0x22);
  const std::uint32_t seed = key_seed * 1000u + index * 2u;
  return {.left = {.spi_in = left_in,
                   .spi_out = right_in,
                   .key_in = test_key(algorithm, seed),
                   .key_out = test_key(algorithm, seed + 1),
                   .esn = esn},
          .right = {.spi_in = right_in,
                    .spi_out = left_in,
                    .key_in = test_key(algorithm, seed + 1),
                    .key_out = test_key(algorithm, seed),
                    .esn = esn}};
}

std::vector<IpPrefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<IpPrefix> result;
  for (const std::string_view text : texts) {
    const auto prefix = IpPrefix::parse(text);
    if (!prefix) throw std::invalid_argument("bad prefix " + std::string(text));
    result.push_back(*prefix);
  }
  return result;
}

TransportAddress transport(std::string_view text) {
  const auto parsed = TransportAddress::parse(text);
  if (!parsed) throw std::invalid_argument("bad address " + std::string(text));
  return *parsed;
}

std::vector<Bytes> drain_datagrams(DataPlane& plane) {
  std::vector<Bytes> datagrams;
  while (const auto transmit = plane.poll_transmit()) {
    for (std::size_t at = 0; at < transmit->bytes.size(); at += transmit->segment_size) {
      const std::size_t size =
          std::min<std::size_t>(transmit->segment_size, transmit->bytes.size() - at);
      const ByteSpan datagram = transmit->bytes.subspan(at, size);
      datagrams.emplace_back(datagram.begin(), datagram.end());
    }
  }
  return datagrams;
}

std::vector<Bytes> drain_inner(DataPlane& plane) {
  std::vector<Bytes> packets;
  while (const auto batch = plane.poll_inner_packets()) {
    Bytes whole;
    for (const ByteSpan part : batch->parts) whole.insert(whole.end(), part.begin(), part.end());
    if (batch->gso.kind == GsoKind::kNone) {
      packets.push_back(whole);
      continue;
    }
    const auto header = IpHeader::parse(whole);
    if (!header) throw std::logic_error("an unsound super-packet came out");
    const auto segmenter = InnerSegmenter::make({whole, batch->gso}, *header);
    if (!segmenter) throw std::logic_error("a super-packet that cannot be cut came out");
    for (std::size_t i = 0; i < segmenter->count(); ++i) {
      Bytes& packet = packets.emplace_back(segmenter->size_of(i));
      segmenter->write(i, packet.data());
    }
  }
  return packets;
}

}  // namespace hawser
