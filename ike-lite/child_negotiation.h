// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ike-lite/child_sa_set.h"
#include "ike-lite/ike_keys.h"
#include "ike-lite/ike_payloads.h"
#include "ike-lite/ike_sa.h"
#include "ike-lite/ike_suite.h"
#include "ike-lite/reserved_spis.h"

namespace hawser {

// The part that IKE_AUTH and CREATE_CHILD_SA have in common: SA, TSi, TSr and, between Hawsers, the
// notify with the further SPIs of a set (docs/wire-format.md).

// Why there is no child: what the peer is to hear, and a sentence for us.
struct ChildRefusal {
  NotifyType notify = NotifyType::kNoProposalChosen;
  std::string what;
};

// What the keys are made of (RFC 7296 section 2.17). `shared` is empty without a key exchange.
struct ChildKeySource {
  NoncePair nonces;
  const Secret* shared = nullptr;
};

// In IKE_AUTH there is no key exchange for the child (RFC 7296 section 1.2).
enum class ChildExchangeRole : std::uint8_t { kInAuth, kInitiator, kResponder };
ChildSuitePolicy child_suite_policy(const IkeSa& sa, ChildExchangeRole role);
// How many pairs a set is to have: for each path the larger of both ends' counts, for as many paths
// as both want. One towards others.
struct ChildSetShape {
  unsigned per_slot = 1;
  unsigned slots = 1;
  unsigned size() const { return per_slot * slots; }
};
ChildSetShape child_set_shape(const IkeSa& sa);
// What our end and the peer's may have in a child.
TrafficSelectors allowed_local(const IkeSa& sa);
TrafficSelectors allowed_remote(const IkeSa& sa);

// As initiator of the exchange.
class ChildOffer {
 public:
  struct Options {
    ChildSuitePolicy policy;
    TrafficSelectors local;
    TrafficSelectors remote;
    ChildSetShape shape;
  };
  // Nothing if there are no SPIs left.
  static std::optional<ChildOffer> make(IkeSa& sa, Options options);

  const std::vector<Spi>& spis() const { return spis_.get(); }
  // Adds SA, TSi, TSr and the set.
  void write(IkePayloads& request) const;
  // What the answer chose; it must lie within the offer (RFC 7296 sections 2.7 and 2.9).
  Result<ChosenChildSuite, ChildRefusal> check(const IkePayloads& answer) const;
  // Makes the child, which receives from now on.
  ChildId install(IkeSa& sa, const IkePayloads& answer, const ChosenChildSuite& chosen,
                  const ChildKeySource& source, TimePoint now);

 private:
  ChildOffer(Options options, ReservedSpis spis, SaPayload proposals, std::optional<ChildSaSet> set)
      : options_(std::move(options)),
        spis_(std::move(spis)),
        proposals_(std::move(proposals)),
        set_(std::move(set)) {}

  Options options_;
  ReservedSpis spis_;
  SaPayload proposals_;
  std::optional<ChildSaSet> set_;  // unset: towards others
};

// As responder of the exchange.
class ChildChoice {
 public:
  // SPIs, suite and narrowed selectors, or what to answer instead.
  static Result<ChildChoice, ChildRefusal> make(IkeSa& sa, const IkePayloads& request,
                                                const ChildSuitePolicy& policy);

  const ChildSuite& suite() const { return chosen_.suite; }
  // Makes the child, which receives from now on, and adds SA, TSi, TSr and the set to `answer`.
  ChildId install(IkeSa& sa, const ChildKeySource& source, IkePayloads& answer, TimePoint now);

 private:
  ChildChoice(ReservedSpis spis, ChosenChildSuite chosen)
      : spis_(std::move(spis)), chosen_(std::move(chosen)) {}

  ReservedSpis spis_;
  ChosenChildSuite chosen_;
  std::vector<Spi> spis_out_;
  unsigned per_slot_ = 1;
  TrafficSelectors local_;
  TrafficSelectors remote_;
};

}  // namespace hawser
