// SPDX-License-Identifier: Apache-2.0
// IKE_SA_INIT goes in the clear: a man in the middle edits what the ends offer and choose. AUTH
// covers it (RFC 7296 section 2.15), so that no tunnel may come of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "crypto/key_exchange.h"
#include "ike-lite/ike_message.h"
#include "ike-lite/ike_suite.h"
#include "tests/sim/ike_attack.h"

namespace hawser {
namespace {

constexpr Duration kWay = Milliseconds(10);

struct Edit {
  std::string name;
  bool of_response = false;
  std::function<void(IkePayloads&)> apply;
};

void remove_notify(IkePayloads& payloads, NotifyType type) {
  std::erase_if(payloads.notifies, [type](const NotifyPayload& notify) {
    return notify.type == static_cast<std::uint16_t>(type);
  });
}

NotifyPayload* find_notify(IkePayloads& payloads, NotifyType type) {
  for (NotifyPayload& notify : payloads.notifies) {
    if (notify.type == static_cast<std::uint16_t>(type)) return &notify;
  }
  return nullptr;
}

// A key of the attacker's own in place of the sender's.
void put_own_key(IkePayloads& payloads, KeyExchangeGroup group) {
  SeededRandom random(666);
  const auto key = KeyExchange::generate(group, random);
  const ByteSpan value = (*key)->public_value();
  payloads.key_exchange->group = wire_id(group);
  payloads.key_exchange->data.assign(value.begin(), value.end());
}

IkeAttack attack_on_init(bool of_response) {
  IkeAttack attack = make_ike_attack(ike_scenes().at(of_response ? ike_scenes().size() / 2 : 0), 5);
  attack.left.ppk = attack.right.ppk = IkeHostSpec::Ppk::kOptional;
  attack.right.quiet = true;
  return attack;
}

IkePayloads payloads_of(const IkeAttack& attack) {
  return IkeMessage::parse(messages_of(attack).at(0).message())->payloads;
}

// Empty if nobody was deceived, and as long as it lasted there was no tunnel.
std::string outcome_of_edit(const Edit& edit) {
  IkeAttack attack = attack_on_init(edit.of_response);
  bool was_up = false;
  attack.act = [&](IkeSimulation& sim, const IkeDatagram& datagram) {
    was_up = was_up || sim.is_up();
    IkeMessage message = *IkeMessage::parse(datagram.message());
    const std::vector<std::uint8_t> before = message.serialize();
    edit.apply(message.payloads);
    const std::vector<std::uint8_t> after = message.serialize();
    EXPECT_NE(before, after) << edit.name << " changes nothing";
    sim.inject(with_message(datagram, after), kWay);
    sim.at(sim.now + Milliseconds(500), [&] { was_up = was_up || sim.is_up(); });
  };
  const std::string outcome = outcome_of(attack);
  return outcome.empty() && was_up ? "there was a tunnel under attack" : outcome;
}

std::vector<Edit> edits_of_notifies(bool of_response) {
  std::vector<Edit> edits;
  const IkePayloads original = payloads_of(attack_on_init(of_response));
  for (const NotifyPayload& notify : original.notifies) {
    const auto type = static_cast<NotifyType>(notify.type);
    const std::string name = "notify " + std::to_string(notify.type);
    edits.push_back({name + " removed", of_response,
                     [type](IkePayloads& payloads) { remove_notify(payloads, type); }});
    if (notify.data.empty()) continue;
    edits.push_back({name + " changed", of_response, [type](IkePayloads& payloads) {
                       find_notify(payloads, type)->data.back() ^= 1;
                     }});
    edits.push_back({name + " cut", of_response, [type](IkePayloads& payloads) {
                       find_notify(payloads, type)->data.pop_back();
                     }});
  }
  edits.push_back({"all notifies removed", of_response,
                   [](IkePayloads& payloads) { payloads.notifies.clear(); }});
  edits.push_back({"only SHA-1 for signatures", of_response, [](IkePayloads& payloads) {
                     find_notify(payloads, NotifyType::kSignatureHashAlgorithms)->data = {0, 1};
                   }});
  return edits;
}

std::vector<Edit> edits_of_suites(bool of_response) {
  std::vector<Edit> edits;
  const IkePayloads original = payloads_of(attack_on_init(of_response));
  for (std::size_t p = 0; p < original.sa->proposals.size(); ++p) {
    for (std::size_t t = 0; t < original.sa->proposals[p].transforms.size(); ++t) {
      const std::string name = "transform " + std::to_string(p) + "/" + std::to_string(t);
      edits.push_back({name + " removed", of_response, [p, t](IkePayloads& payloads) {
                         auto& all = payloads.sa->proposals[p].transforms;
                         all.erase(all.begin() + static_cast<std::ptrdiff_t>(t));
                       }});
      edits.push_back({name + " changed", of_response, [p, t](IkePayloads& payloads) {
                         ++payloads.sa->proposals[p].transforms[t].id;
                       }});
      edits.push_back({name + " put first", of_response, [p, t](IkePayloads& payloads) {
                         auto& all = payloads.sa->proposals[p].transforms;
                         std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(t),
                                     all.begin() + static_cast<std::ptrdiff_t>(t) + 1);
                         // The first one is there already.
                         if (t == 0) std::swap(all.front(), all.back());
                       }});
    }
  }
  edits.push_back({"key of 128 bits", of_response, [](IkePayloads& payloads) {
                     payloads.sa->proposals[0].transforms[0].key_bits = 128;
                   }});
  return edits;
}

std::vector<Edit> other_edits(bool of_response) {
  return {
      {"own key", of_response,
       [](IkePayloads& payloads) { put_own_key(payloads, KeyExchangeGroup::kX25519); }},
      {"own key of the other group", of_response,
       [](IkePayloads& payloads) { put_own_key(payloads, KeyExchangeGroup::kP256); }},
      {"another group named", of_response,
       [](IkePayloads& payloads) { payloads.key_exchange->group = 19; }},
      {"key of small order", of_response,
       [](IkePayloads& payloads) { payloads.key_exchange->data.assign(32, 0); }},
      {"nonce changed", of_response,
       [](IkePayloads& payloads) { payloads.nonce->front() ^= 0x80; }},
      {"nonce shortened", of_response, [](IkePayloads& payloads) { payloads.nonce->resize(16); }},
      {"vendor ID added", of_response,
       [](IkePayloads& payloads) {
         payloads.vendor_ids.push_back({'x', 'y'});
       }},
      {"intermediate exchange announced", of_response,
       [](IkePayloads& payloads) {
         payloads.add_notify(NotifyType::kIntermediateExchangeSupported);
       }},
      {"cookie added", of_response, [](IkePayloads& payloads) {
         payloads.add_notify(NotifyType::kCookie, {1, 2, 3, 4, 5, 6, 7, 8});
       }}};
}

class IkeDowngrade : public testing::TestWithParam<bool> {};

TEST_P(IkeDowngrade, EditedNotifies) {
  for (const Edit& edit : edits_of_notifies(GetParam())) {
    EXPECT_EQ(outcome_of_edit(edit), "") << edit.name;
  }
}

TEST_P(IkeDowngrade, EditedSuites) {
  for (const Edit& edit : edits_of_suites(GetParam())) {
    EXPECT_EQ(outcome_of_edit(edit), "") << edit.name;
  }
}

TEST_P(IkeDowngrade, OtherEdits) {
  for (const Edit& edit : other_edits(GetParam())) {
    EXPECT_EQ(outcome_of_edit(edit), "") << edit.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Init, IkeDowngrade, testing::Bool(),
                         [](const auto& of) { return of.param ? "Response" : "Request"; });

// The classic: a key exchange of its own with each end.
TEST(IkeForgery, OwnKeysWithBothEnds) {
  IkeAttack attack = attack_on_init(false);
  attack.act = [](IkeSimulation& sim, const IkeDatagram& datagram) {
    IkeMessage message = *IkeMessage::parse(datagram.message());
    put_own_key(message.payloads, KeyExchangeGroup::kX25519);
    sim.inject(with_message(datagram, message.serialize()), kWay);
    const auto inner = sim.attacker;
    sim.attacker = [&sim, inner](const IkeDatagram& answer) {
      Result<IkeMessage, WireFailure> parsed = IkeMessage::parse(answer.message());
      if (!parsed || !parsed->payloads.key_exchange || answer.to_right) return inner(answer);
      put_own_key(parsed->payloads, KeyExchangeGroup::kX25519);
      sim.inject(with_message(answer, parsed->serialize()), kWay);
      return true;
    };
  };
  EXPECT_EQ(outcome_of(attack), "");
}

// Refusals that nobody authenticated come before the answer, or instead of it.
TEST(IkeForgery, RefusalsOfTheFirstRequest) {
  struct Refusal {
    NotifyType type;
    std::vector<std::uint8_t> data;
  };
  const std::vector<Refusal> refusals = {
      {NotifyType::kNoProposalChosen, {}},          {NotifyType::kInvalidKePayload, {0, 19}},
      {NotifyType::kInvalidKePayload, {0, 31}},     {NotifyType::kInvalidKePayload, {0, 2}},
      {NotifyType::kInvalidKePayload, {0}},         {NotifyType::kCookie, {1, 2, 3, 4}},
      {NotifyType::kInvalidMajorVersion, {}},       {NotifyType::kAuthenticationFailed, {}},
      {NotifyType::kUnsupportedCriticalPayload, {}}};
  for (const Refusal& refusal : refusals) {
    for (const bool passes : {false, true}) {
      IkeAttack attack = attack_on_init(false);
      attack.act = [&](IkeSimulation& sim, const IkeDatagram& datagram) {
        const IkeMessage request = *IkeMessage::parse(datagram.message());
        IkeMessage answer{.header = {.spi_initiator = request.header.spi_initiator,
                                     .exchange = request.header.exchange,
                                     .is_response = true}};
        answer.payloads.add_notify(refusal.type, refusal.data);
        sim.inject(with_message(reflected(datagram), answer.serialize()), Milliseconds(1));
        if (passes) sim.inject(datagram, kWay);
      };
      EXPECT_EQ(outcome_of(attack), "")
          << "notify " << static_cast<int>(refusal.type) << ", passes " << passes;
    }
  }
}

// The measure itself: a tunnel that cannot come up is told.
TEST(IkeForgery, AnEndThatStaysDownIsNoticed) {
  IkeAttack attack = attack_on_init(false);
  attack.act = [](IkeSimulation& sim, const IkeDatagram&) { sim.to_right.down = true; };
  EXPECT_NE(outcome_of(attack).find("afterwards"), std::string::npos);
}

}  // namespace
}  // namespace hawser
