// SPDX-License-Identifier: Apache-2.0
#include "cli/status_text.h"

#include <gmock/gmock.h>

#include "cli/status_report.h"

namespace hawser {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

StatusSource some_source() {
  StatusSource source;
  source.name = "hw0";
  source.addresses = {*IpPrefix::parse("10.8.0.1/24")};
  source.mtu = 1438;
  source.peers = {
      {"hq", std::nullopt, {}, {}, {*IpPrefix::parse("10.8.0.0/24")}, 1438, Seconds(20)}};
  source.asked.tun.uso = false;
  source.io_setting = "auto";
  source.io.event_loop = "epoll";
  source.io.udp_v4 = IoStatus::Udp{.port = 4500, .granted = {.gro = false}};
  source.peer_name = [](PeerId peer) { return peer == PeerId(1) ? "hq" : ""; };
  source.now = TimePoint(Seconds(100));
  source.data_plane.drops.add(DropReason::kReplayed, 3);
  source.data_plane.peers.push_back({PeerId(1),
                                     AddressPair{{}, *TransportAddress::parse("192.0.2.7:4500")},
                                     TimePoint(Milliseconds(98'500))});
  source.data_plane.inbound.push_back({.peer = PeerId(1),
                                       .spi = Spi(0x01000001),
                                       .traffic = {5, 2048},
                                       .highest = SequenceNumber(9)});
  source.data_plane.outbound.push_back(
      {.peer = PeerId(1), .spi = Spi(0xabcdef01), .traffic = {7, 700}});
  return source;
}

TEST(StatusText, ShowsWhatThereIsAndNoZeros) {
  const std::string text = status_text(make_status(some_source()));
  EXPECT_THAT(text, HasSubstr("interface: hw0\n"));
  EXPECT_THAT(text, HasSubstr("10.8.0.1/24"));
  EXPECT_THAT(text, HasSubstr("192.0.2.7:4500"));
  EXPECT_THAT(text, HasSubstr("1.5 s ago"));
  EXPECT_THAT(text, HasSubstr("2.00 KiB received in 5 packets, 700 B sent in 7"));
  EXPECT_THAT(text, HasSubstr("every 20 s"));
  EXPECT_THAT(text, HasSubstr("replayed:"));
  EXPECT_THAT(text, Not(HasSubstr("icv-failed")));
}

TEST(StatusText, SaysHowIkeStands) {
  StatusSource source = some_source();
  IkePeerStatus ike;
  ike.peer = PeerId(1);
  ike.state = "connecting";
  ike.remote_identity = "gw.lab";
  ike.last_error = "peer proposes only MODP groups";
  source.ike.push_back(ike);
  std::string text = status_text(make_status(source));
  EXPECT_THAT(text, HasSubstr("connecting\n")) << "what it is shows when it has answered";
  EXPECT_THAT(text, HasSubstr("gw.lab"));
  EXPECT_THAT(text, HasSubstr("MODP groups"));
  EXPECT_THAT(text, Not(HasSubstr("IKE keys")));

  source.ike[0].state = "established";
  source.ike[0].suite = "aes-256-gcm, hmac-sha-256, x25519";
  source.ike[0].age = Seconds(5);
  source.ike[0].rekey_in = Seconds(7200);
  ChildStatus old;
  old.suite = "an old one";
  ChildStatus child;
  child.suite = "chacha20-poly1305, esn";
  child.sending = true;
  child.spis_in = {Spi(0x01400007)};
  source.ike[0].children = {old, child};
  const Json status = make_status(source);
  text = status_text(status);
  EXPECT_THAT(text, HasSubstr("established, not a Hawser"));
  EXPECT_THAT(text, HasSubstr("x25519, for 5"));
  EXPECT_THAT(text, HasSubstr("chacha20-poly1305, esn"));
  EXPECT_THAT(text, Not(HasSubstr("an old one"))) << "only received on";
  EXPECT_EQ(status["peers"][0]["ike"]["children"].size(), 1u);
  EXPECT_EQ(status["peers"][0]["ike"]["children"][0]["spis_in"][0], "0x01400007");
  EXPECT_EQ(make_sas(source)["ike_sas"].size(), 0u) << "no SPI yet";
  source.ike[0].spi_initiator = IkeSpi(0x0102030405060708);
  const Json sas = make_sas(source);
  EXPECT_EQ(sas["ike_sas"][0]["spi_initiator"], "0x0102030405060708");
  EXPECT_EQ(sas["ike_sas"][0]["children"].size(), 2u);
}

TEST(StatusText, WhatSasCarriedThatAreGoneStillCounts) {
  StatusSource source = some_source();
  source.data_plane.peers[0].retired_in = {10, 1024};
  source.data_plane.peers[0].retired_out = {100, 1};
  const Json peer = make_status(source)["peers"][0];
  EXPECT_EQ(peer["received_packets"], 15);
  EXPECT_EQ(peer["received_bytes"], 3072);
  EXPECT_EQ(peer["sent_packets"], 107);
}

TEST(StatusText, SaysWhyAnOffloadIsNotUsed) {
  StatusSource source = some_source();
  source.io.tun_granted.uso = false;
  const Json status = make_status(source);
  std::map<std::string, std::string> reasons;
  for (const Json& offload : status["io"]["offloads"]) {
    reasons[offload["name"]] = offload["reason"];
  }
  EXPECT_EQ(reasons["tun-uso"], "off in the config");
  EXPECT_EQ(reasons["udp-gro"], "this kernel does not have it");
  EXPECT_EQ(reasons["tun-tso"], "granted by the kernel");
}

TEST(StatusText, JsonHasAllDropReasons) {
  const Json status = make_status(some_source());
  EXPECT_EQ(status["drops"].size(), kDropReasonCount);
  EXPECT_EQ(status["drops"]["replayed"], 3);
  EXPECT_EQ(status["drops"]["icv-failed"], 0);
}

TEST(StatusText, SasHaveDirectionAndSpi) {
  const Json sas = make_sas(some_source());
  ASSERT_EQ(sas["sas"].size(), 2u);
  EXPECT_EQ(sas["sas"][0]["direction"], "in");
  EXPECT_EQ(sas["sas"][0]["sequence"], 9);
  EXPECT_EQ(sas["sas"][1]["spi"], "0xabcdef01");
  EXPECT_THAT(sas_text(sas), HasSubstr("hq in  0x01000001"));
}

TEST(StatusText, TakesWhatAnotherVersionLeavesOut) {
  EXPECT_THAT(status_text(Json::object()), HasSubstr("interface:"));
  EXPECT_NO_THROW(sas_text(Json::parse(R"({"sas":[{},1,"x"]})")));
  EXPECT_NO_THROW(status_text(Json::parse(R"({"peers":[{"endpoint":7}],"drops":{"x":"y"}})")));
}

TEST(StatusText, Events) {
  const Json event = Json::parse(make_event("peer-moved", Json{{"peer", "hq"}, {"time", "T"}}));
  EXPECT_EQ(event_text(event), "T peer-moved peer=hq\n");
}

TEST(StatusText, BytesAndDurations) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.50 KiB");
  EXPECT_EQ(bytes_text(std::uint64_t{3} << 40), "3.00 TiB");
  EXPECT_EQ(duration_text(999), "999 ms");
  EXPECT_EQ(duration_text(12'345), "12.3 s");
  EXPECT_EQ(duration_text(3'723'000), "1 h 2 min 3 s");
  EXPECT_EQ(duration_text(90'061'000), "1 d 1 h 1 min 1 s");
}

}  // namespace
}  // namespace hawser
