// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/data_plane_driver.h"

#include <array>
#include <utility>

#include "tests/fuzz/packet_maker.h"
#include "tunnel/esp_packet.h"

namespace hawser::fuzz {
namespace {

constexpr PeerId kPeer{1};
const Spi kSpi = make_spi(WorkerIndex(0), 3, 0x5a);
constexpr std::array<std::uint8_t, kAeadSaltSize> kSalt = {9, 8, 7, 6};

AeadAlgorithm algorithm_of(std::uint8_t state) {
  switch ((state >> 1) & 3) {
    case 0:
      return AeadAlgorithm::kAes128Gcm;
    case 1:
      return AeadAlgorithm::kChaCha20Poly1305;
    default:
      return AeadAlgorithm::kAes256Gcm;
  }
}

SaKey make_key(AeadAlgorithm algorithm, std::uint8_t fill) {
  std::vector<std::uint8_t> octets(aead_key_size(algorithm), fill);
  octets.insert(octets.end(), kSalt.begin(), kSalt.end());
  return {algorithm, Secret::copy_of(octets)};
}

AddressPair addresses(std::uint8_t last) {
  const std::array<std::uint8_t, 4> local = {192, 0, 2, 1};
  const std::array<std::uint8_t, 4> remote = {192, 0, 2, last};
  return {{IpAddress::v4(local.data()), 4500}, {IpAddress::v4(remote.data()), 4500}};
}

DataPlane::Options options_of(std::uint8_t state) {
  DataPlane::Options options;
  options.workers = (state & 0x80) != 0 ? 2 : 1;
  options.coalesce = {.tcp = (state & 0x20) == 0, .udp = (state & 0x40) == 0};
  return options;
}

}  // namespace

DataPlaneDriver::DataPlaneDriver(std::uint8_t state)
    : state_(state), algorithm_(algorithm_of(state)), plane_(options_of(state)) {
  peer_aead_ = std::move(*make_aead(algorithm_, make_key(algorithm_, 1).key()));
  install();
}

void DataPlaneDriver::install() {
  InstallPeer peer{.peer = kPeer, .roaming = (state_ & 0x10) != 0, .effective_mtu = 1280};
  peer.allowed_ips = {*IpPrefix::parse("10.8.0.0/16"), *IpPrefix::parse("2001:db8::/32")};
  peer.keepalive = Seconds(20);
  if ((state_ & 8) != 0) peer.path = addresses(2);
  plane_.handle_command(std::move(peer), now_);
  const bool esn = (state_ & 1) != 0;
  InstallInboundSa inbound{.peer = kPeer, .spi = kSpi, .key = make_key(algorithm_, 1), .esn = esn};
  // Either of a size that is soon left behind, or one that sizes itself.
  if ((state_ & 0x40) == 0) inbound.replay_window = 64;
  plane_.handle_command(std::move(inbound), now_);
  plane_.handle_command(
      InstallOutboundSa{
          .peer = kPeer, .spi = Spi(0x01000300), .key = make_key(algorithm_, 2), .esn = esn},
      now_);
}

void DataPlaneDriver::step(FuzzInput& input) {
  const std::uint8_t what = input.u8();
  now_ += Milliseconds(what >> 3);
  switch (what & 7) {
    case 0:
      return receive(input.bytes(input.u8()));
    case 1: {  // an inner packet of the peer, sealed as it should be
      auto inner = make_packet(input);
      const std::size_t size = inner.size();
      inner.resize(size + esp_pad_size(size) + kEspTrailerSize);
      const bool v6 = size > 0 && inner[0] >> 4 == 6;
      write_esp_trailer(inner.data(), size, v6 ? kNextHeaderIpv6 : kNextHeaderIpv4);
      return receive_sealed(next_sequence_++, std::move(inner));
    }
    case 2:  // anything as the decrypted part
      return receive_sealed(next_sequence_++, input.bytes(input.u8()));
    case 3:  // an earlier or later number, a replay among them
      next_sequence_ += input.u8();
      return receive_sealed(next_sequence_ - std::min<std::uint64_t>(input.u16(), next_sequence_),
                            {1, 2, 2, kNextHeaderDummy});
    case 4:
    case 5:
      return send(input);
    case 6:
      now_ += Seconds(input.u8());
      plane_.handle_timeout(now_);
      return drain();
    default:
      plane_.handle_command(RemovePeer{kPeer}, now_);
      // Its window is gone with the SA: what was seen before may come again.
      authentic_numbers_.clear();
      delivered_ = 0;
      return install();
  }
}

void DataPlaneDriver::receive(std::vector<std::uint8_t> packet) {
  const int from = packet.empty() ? 2 : 2 + packet.back() % 2;
  OuterPacket outer{addresses(static_cast<std::uint8_t>(from)), packet, Ecn::kEct0};
  plane_.handle_outer_packets({&outer, 1}, now_);
  drain();
}

void DataPlaneDriver::receive_sealed(std::uint64_t sequence, std::vector<std::uint8_t> clear) {
  clear.resize((clear.size() + 3) / 4 * 4);
  std::vector<std::uint8_t> packet(kEspHeadroom + clear.size() + kAeadIcvSize);
  const EspHeader header{kSpi, static_cast<std::uint32_t>(sequence), sequence};
  header.serialize(packet.data());
  std::copy(clear.begin(), clear.end(), packet.begin() + kEspHeadroom);
  AeadPacket job;
  job.data = packet.data() + kEspHeadroom;
  job.size = clear.size();
  job.icv = job.data + job.size;
  fill_aead_inputs(job, kSalt, header, SequenceNumber(sequence), (state_ & 1) != 0);
  peer_aead_->seal({&job, 1});
  authentic_numbers_.insert(sequence);
  receive(std::move(packet));
}

void DataPlaneDriver::send(FuzzInput& input) {
  const std::uint8_t kind = input.u8() % 4;
  Gso gso{.segment_size = input.u8(), .header_size = input.u8()};
  gso.kind = kind == 1 ? GsoKind::kTcp : kind == 2 ? GsoKind::kUdp : GsoKind::kNone;
  gso.needs_checksum = kind != 0;
  gso.checksum_start = input.u8();
  gso.checksum_offset = input.u8();
  auto bytes = make_packet(input);
  InnerPacket packet{bytes, gso};
  plane_.handle_inner_packets({&packet, 1}, now_);
  drain();
}

void DataPlaneDriver::drain() {
  while (const auto transmit = plane_.poll_transmit()) {
    require(!transmit->bytes.empty() && transmit->bytes.size() <= Transmit::kMaxBytes);
    require(transmit->segment_size > 0);
    const std::size_t size = transmit->segment_size;
    require((transmit->bytes.size() + size - 1) / size <= Transmit::kMaxSegments);
  }
  while (const auto batch = plane_.poll_inner_packets()) {
    (void)payload_of_write(*batch);
    ++delivered_;
  }
  while (plane_.poll_handover()) {
  }
  while (plane_.poll_event()) {
  }
  (void)plane_.next_timeout();
}

void DataPlaneDriver::require_no_number_was_delivered_twice() const {
  require(delivered_ <= authentic_numbers_.size());
  for (const auto& sa : plane_.snapshot().inbound) {
    require(sa.traffic.packets <= authentic_numbers_.size());
  }
}

}  // namespace hawser::fuzz
