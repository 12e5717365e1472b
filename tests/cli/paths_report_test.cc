// SPDX-License-Identifier: Apache-2.0
#include "cli/paths_report.h"

#include <gmock/gmock.h>

namespace hawser {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PathStatus some_path(std::uint32_t id, const char* name, const char* interface) {
  PathStatus path;
  path.id = PathId(id);
  path.name = name;
  path.interface = interface;
  path.addresses = {*TransportAddress::parse("192.0.2.1:4500"),
                    *TransportAddress::parse("198.51.100.1:4500")};
  path.state = PathState::kActive;
  path.reason = "it answered";
  path.since = TimePoint(Seconds(90));
  return path;
}

StatusSource some_source() {
  PathStatus fibre = some_path(0, "fibre", "eth0");
  fibre.sending.rtt = Milliseconds(12) + std::chrono::microseconds(340);
  fibre.sending.loss = 0.0125;
  fibre.sending.delivery_rate_bps = 48'500'000;
  fibre.sending.mos = 4.2;
  fibre.sending.updated = TimePoint(Milliseconds(99'950));
  fibre.sent_bytes = 2048;
  fibre.mtu = 1500;
  fibre.windows = {{.spi = Spi(0x01000001), .packets = 256, .too_old = 3}};
  fibre.use[0] = {.used = true, .score = 80, .why = "used: the best"};
  PathStatus lte = some_path(1, "lte", "wwan0");
  lte.state = PathState::kStandby;
  lte.reason = "metered";
  lte.use[2] = {.used = false, .score = 10, .why = "not used: it is metered"};
  BondStatus bond;
  bond.paths = {fibre, lte};
  bond.primary = PathId(0);
  bond.policy = {"duplicate", "lowest-latency", "aggregate"};
  bond.arrived = {.packets = 1000, .reordered = 21, .extent = 7};
  bond.delivered = {.packets = 1000, .reordered = 0, .extent = 0};
  bond.recovered = 5;

  StatusSource source;
  source.name = "hw0";
  source.now = TimePoint(Seconds(100));
  source.peer_name = [](PeerId peer) { return peer == PeerId(1) ? "hq" : "other"; };
  source.data_plane.peers.push_back({.peer = PeerId(1), .bond = bond});
  source.data_plane.peers.push_back({.peer = PeerId(2)});
  source.path_configs = {{.name = "lte", .interface = "wwan0", .enabled = false}};
  source.links = {{.index = 2,
                   .name = "eth0",
                   .up = true,
                   .mtu = 1500,
                   .addresses = {*IpAddress::parse("192.0.2.1")},
                   .unreachable = {*IpAddress::parse("198.51.100.1")}},
                  {.index = 3, .name = "wwan0", .up = true},
                  {.index = 4, .name = "eth1"},
                  {.index = 5, .name = "eth2", .up = true}};
  return source;
}

TEST(PathsReport, HasWhatWasMeasuredWithUnitsInTheNames) {
  const Json paths = make_paths(some_source());
  EXPECT_EQ(paths["name"], "hw0");
  ASSERT_EQ(paths["peers"].size(), 1u) << "a peer without several paths has none to show";
  const Json& peer = paths["peers"][0];
  EXPECT_EQ(peer["name"], "hq");
  EXPECT_EQ(peer["primary"], "fibre");
  EXPECT_EQ(peer["policies"]["bulk"], "aggregate");
  EXPECT_DOUBLE_EQ(peer["arrived"]["reordered_ratio"], 0.021);
  EXPECT_EQ(peer["recovered_packets"], 5);
  const Json& fibre = peer["paths"][0];
  EXPECT_EQ(fibre["state"], "active");
  EXPECT_EQ(fibre["since_ms"], 10'000);
  EXPECT_EQ(fibre["local"], "192.0.2.1:4500");
  EXPECT_DOUBLE_EQ(fibre["sending"]["rtt_ms"], 12.34);
  EXPECT_DOUBLE_EQ(fibre["sending"]["loss_ratio"], 0.0125);
  EXPECT_EQ(fibre["sending"]["delivery_rate_bps"], 48'500'000);
  EXPECT_EQ(fibre["mtu_bytes"], 1500);
  EXPECT_EQ(fibre["sending"]["updated_ago_ms"], 50);
  EXPECT_EQ(fibre["receiving"]["rtt_ms"], nullptr) << "not known is not zero";
  EXPECT_EQ(fibre["receiving"]["mos"], nullptr);
  EXPECT_EQ(fibre["windows"][0]["spi"], "0x01000001");
  EXPECT_EQ(fibre["windows"][0]["replay_window_packets"], 256);
  EXPECT_EQ(fibre["classes"]["real-time"]["used"], true);
  EXPECT_EQ(peer["paths"][1]["classes"]["bulk"]["why"], "not used: it is metered");
  EXPECT_EQ(paths["links"][1]["name"], "lte");
  EXPECT_EQ(paths["links"][1]["enabled"], false);
}

TEST(PathsReport, TableHasARowForEachPath) {
  const std::string text = paths_text(make_paths(some_source()));
  EXPECT_THAT(text, HasSubstr("peer: hq, primary path fibre\n"));
  EXPECT_THAT(text, HasSubstr("  fibre  eth0       active   1500  12.3 ms  0.0 ms  0.0 ms  1.25 %  "
                              "48.5 Mbit/s  2.00 KiB  0 B\n"));
  EXPECT_THAT(text, HasSubstr("  lte    wwan0      standby  -     -  "));
  EXPECT_THAT(text, Not(HasSubstr("metered"))) << "that is for --why";
}

TEST(PathsReport, WhySaysWhatEachIsUsedForAndWhyAnInterfaceIsNot) {
  const std::string text = paths_why_text(make_paths(some_source()));
  EXPECT_THAT(text, HasSubstr("  lte: standby: metered\n"));
  EXPECT_THAT(text, HasSubstr("    real-time: used: the best\n"));
  EXPECT_THAT(text, HasSubstr("    bulk: not used: it is metered\n"));
  EXPECT_THAT(text, HasSubstr("real-time by duplicate, interactive by lowest-latency"));
  EXPECT_THAT(text, HasSubstr("reordered: 2.10 % on arrival, 0.00 % delivered"));
  EXPECT_THAT(text, HasSubstr("eth0: 192.0.2.1; no route to 198.51.100.1"));
  EXPECT_THAT(text, HasSubstr("wwan0: switched off"));
  EXPECT_THAT(text, HasSubstr("eth1: down"));
  EXPECT_THAT(text, HasSubstr("eth2: no address"));
}

TEST(PathsReport, SaysSoIfThereIsNothingToShow) {
  StatusSource source = some_source();
  source.data_plane.peers.clear();
  EXPECT_THAT(paths_text(make_paths(source)), HasSubstr("no peer has more than one path"));
}

TEST(PathsReport, TakesWhatAnotherVersionLeavesOut) {
  EXPECT_THAT(paths_why_text(Json::object()), HasSubstr("interface:"));
  EXPECT_NO_THROW(paths_why_text(Json::parse(
      R"({"peers":[{"paths":[{},1,{"sending":3,"classes":[1]}],"policies":7}],"links":[1,{}]})")));
}

}  // namespace
}  // namespace hawser
