// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/address_offer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ike-lite/established_pair.h"
#include "tests/ike-lite/scripted_peer.h"

namespace hawser {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

void offer(EstablishedPair& pair, Site& site, const std::vector<IpAddress>& addresses) {
  site.engine->offer_addresses(PeerId(1), addresses, pair.now);
  pair.collect(site);
}

TEST(AddressOffer, WhoBeganLearnsWhereElseTheOtherEndIs) {
  EstablishedPair pair;
  pair.establish();
  offer(pair, pair.right, {address("198.51.100.2"), address("2001:db8::2")});
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.left.events, ElementsAre("also at 198.51.100.2 2001:db8::2"));
  EXPECT_THAT(pair.right.events, IsEmpty());
  EXPECT_THAT(pair.transcript, SizeIs(2));
}

TEST(AddressOffer, EachListTakesThePlaceOfTheOneBefore) {
  EstablishedPair pair;
  pair.establish();
  for (const std::vector<IpAddress>& addresses :
       {std::vector{address("198.51.100.2")}, {address("198.51.100.2")}, {}, {}}) {
    offer(pair, pair.right, addresses);
    pair.run_for(Seconds(1));
  }
  EXPECT_THAT(pair.left.events, ElementsAre("also at 198.51.100.2", "also at"));
  EXPECT_THAT(pair.transcript, SizeIs(4)) << "what is known is not told again";
}

TEST(AddressOffer, WithNothingToOfferNothingIsSaid) {
  EstablishedPair pair;
  pair.establish();
  offer(pair, pair.right, {});
  offer(pair, pair.left, {address("198.51.100.1")});
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.transcript, IsEmpty()) << "and who began says by MOBIKE where it is";
}

TEST(AddressOffer, WhatChangesBeforeTheAnswerIsToldAfterIt) {
  EstablishedPair pair;
  pair.establish();
  bool is_cut = true;
  pair.lose = [&](const Datagram&) { return is_cut; };
  for (const char* text : {"198.51.100.2", "198.51.100.3", "198.51.100.4"}) {
    offer(pair, pair.right, {address(text)});
    pair.run_for(Milliseconds(100));
  }
  is_cut = false;
  pair.run_for(Seconds(3));
  EXPECT_THAT(pair.left.events, ElementsAre("also at 198.51.100.2", "also at 198.51.100.4"));
}

TEST(AddressOffer, IsKnownToTheIkeSaThatReplacesTheFirst) {
  EstablishedPair pair;
  pair.establish();
  offer(pair, pair.right, {address("198.51.100.2")});
  pair.run_for(Seconds(1));
  pair.rekey_ike(pair.right);
  pair.run_for(Seconds(1));
  pair.forget();
  offer(pair, pair.right, {address("198.51.100.2")});
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.transcript, IsEmpty());
  // RFC 4555 section 3.5: who began the first one, whoever rekeyed it.
  offer(pair, pair.right, {address("198.51.100.3")});
  pair.run_for(Seconds(1));
  EXPECT_THAT(pair.left.events, ElementsAre("also at 198.51.100.3"));
}

IkePayloads strange_offer() {
  IkePayloads payloads;
  for (const char* text : {"0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255",
                           "198.51.100.2", "198.51.100.2"}) {
    const IpAddress one = address(text);
    payloads.add_notify(NotifyType::kAdditionalIp4Address,
                        {one.octets().begin(), one.octets().end()});
  }
  for (const char* text : {"::", "::1", "fe80::1", "ff02::1", "2001:db8::2"}) {
    const IpAddress one = address(text);
    payloads.add_notify(NotifyType::kAdditionalIp6Address,
                        {one.octets().begin(), one.octets().end()});
  }
  payloads.add_notify(NotifyType::kAdditionalIp4Address, {192, 0, 2});
  payloads.add_notify(NotifyType::kAdditionalIp6Address, {192, 0, 2, 1});
  return payloads;
}

std::vector<std::vector<IpAddress>> offers(ScriptedPeer& peer) {
  std::vector<std::vector<IpAddress>> offers;
  for (const IkeEvent& event : peer.events()) {
    const auto* offered = std::get_if<PeerAddressesOffered>(&event);
    if (offered != nullptr) offers.push_back(offered->addresses);
  }
  return offers;
}

TEST(AddressOffer, OnlyAddressesOfHostsCount) {
  ScriptedPeer peer(true);
  EXPECT_THAT(peer.ask(ExchangeType::kInformational, strange_offer()).payloads.notifies, IsEmpty());
  EXPECT_THAT(offers(peer),
              ElementsAre(ElementsAre(address("198.51.100.2"), address("2001:db8::2"))));
}

TEST(AddressOffer, OfMoreThanSixteenTheRestIsIgnored) {
  ScriptedPeer peer(true);
  IkePayloads payloads;
  for (std::uint8_t i = 1; i <= 40; ++i) {
    payloads.add_notify(NotifyType::kAdditionalIp4Address, {198, 51, 100, i});
  }
  peer.ask(ExchangeType::kInformational, payloads);
  EXPECT_THAT(offers(peer), ElementsAre(SizeIs(16)));
}

TEST(AddressOffer, OfWhoBeganNobodyIsTold) {
  ScriptedPeer peer(false);
  peer.ask(ExchangeType::kInformational, strange_offer());
  EXPECT_THAT(offers(peer), IsEmpty());
}

}  // namespace
}  // namespace hawser
