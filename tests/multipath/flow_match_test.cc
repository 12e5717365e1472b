// SPDX-License-Identifier: Apache-2.0
#include "multipath/flow_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hawser {
namespace {

using ::testing::HasSubstr;

FlowInfo udp(std::uint16_t source, std::uint16_t destination) {
  return {.protocol = 17,
          .has_ports = true,
          .source_port = source,
          .destination_port = destination,
          .size = 100};
}

FlowMatch parsed(std::string_view text) {
  const auto match = FlowMatch::parse(text);
  EXPECT_TRUE(match) << text << ": " << match.error();
  return match.value_or(FlowMatch{});
}

TEST(FlowMatch, ReadsWhatTheManualNames) {
  EXPECT_EQ(parsed("dscp:ef"), (FlowMatch{.dscp = 46}));
  EXPECT_EQ(parsed("dscp:af41"), (FlowMatch{.dscp = 34}));
  EXPECT_EQ(parsed("dscp:0"), (FlowMatch{.dscp = 0}));
  EXPECT_EQ(parsed("dscp:63"), (FlowMatch{.dscp = 63}));
  EXPECT_EQ(parsed("tcp:22"), (FlowMatch{.protocol = 6, .first_port = 22, .last_port = 22}));
  EXPECT_EQ(parsed("udp:10000-20000"),
            (FlowMatch{.protocol = 17, .first_port = 10000, .last_port = 20000}));
  EXPECT_EQ(parsed("udp"), (FlowMatch{.protocol = 17}));
  EXPECT_EQ(parsed("icmp"), (FlowMatch{.protocol = 1}));
  EXPECT_EQ(parsed("protocol:47"), (FlowMatch{.protocol = 47}));
}

TEST(FlowMatch, SaysWhatIsWrong) {
  for (const auto& [text, why] :
       std::vector<std::pair<std::string, std::string>>{{"dscp:64", "0 to 63"},
                                                        {"dscp:fast", "a DSCP is a name like ef"},
                                                        {"dscp", "a DSCP"},
                                                        {"tcp:65536", "0 to 65535"},
                                                        {"tcp:", "a port is a number"},
                                                        {"tcp:22-", "a port is a number"},
                                                        {"tcp:-22", "a port is a number"},
                                                        {"tcp: 22", "a port is a number"},
                                                        {"udp:20-10", "first port"},
                                                        {"icmp:8", "no ports"},
                                                        {"protocol:256", "0 to 255"},
                                                        {"port:22", "a match is like"},
                                                        {"", "a match is like"}}) {
    const auto match = FlowMatch::parse(text);
    ASSERT_FALSE(match) << text;
    EXPECT_THAT(match.error(), HasSubstr(why));
    EXPECT_THAT(match.error(), HasSubstr("\"" + text + "\""));
  }
}

TEST(FlowMatch, PortsAreMetAtEitherEnd) {
  const FlowMatch match = parsed("udp:10000-20000");
  EXPECT_TRUE(match.matches(udp(10000, 1)));
  EXPECT_TRUE(match.matches(udp(1, 20000)));
  EXPECT_FALSE(match.matches(udp(9999, 20001)));
  FlowInfo tcp = udp(10000, 10000);
  tcp.protocol = 6;
  EXPECT_FALSE(match.matches(tcp));
  FlowInfo fragment = udp(0, 0);
  fragment.has_ports = false;
  EXPECT_FALSE(match.matches(fragment));
  EXPECT_TRUE(parsed("udp").matches(fragment));
  EXPECT_FALSE(parsed("udp:0").matches(fragment));
}

TEST(FlowMatch, IcmpIsThatOfBothFamilies) {
  const FlowMatch match = parsed("icmp");
  EXPECT_TRUE(match.matches({.protocol = 1}));
  EXPECT_TRUE(match.matches({.protocol = 58}));
  EXPECT_FALSE(match.matches({.protocol = 6}));
}

TEST(FlowMatch, DscpIsThatAlone) {
  FlowInfo flow = udp(1, 2);
  flow.dscp = 46;
  EXPECT_TRUE(parsed("dscp:46").matches(flow));
  EXPECT_FALSE(parsed("dscp:44").matches(flow));
}

}  // namespace
}  // namespace hawser
