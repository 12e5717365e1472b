// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/sim/ike_simulation.h"

// What must hold between the two ends of an IkeSimulation.

namespace hawser {
namespace {

// Keys and SPIs crosswise, selectors as in a mirror.
bool mirror_each_other(const IkeLedger::Child& one, const IkeLedger::Child& other) {
  if (one.what.sas.size() != other.what.sas.size() || one.what.esn != other.what.esn) return false;
  for (std::size_t k = 0; k < one.what.sas.size(); ++k) {
    if (one.what.sas[k].spi_in != other.what.sas[k].spi_out) return false;
    if (one.what.sas[k].spi_out != other.what.sas[k].spi_in) return false;
    if (one.in_prints[k] != other.out_prints[k]) return false;
    if (one.out_prints[k] != other.in_prints[k]) return false;
  }
  return one.what.local == other.what.remote && one.what.remote == other.what.local;
}

}  // namespace

bool IkeSimulation::is_up() const {
  const IkeLedger::Child* one = left.ledger.sending();
  const IkeLedger::Child* other = right.ledger.sending();
  return one != nullptr && other != nullptr && mirror_each_other(*one, *other) &&
         left.status(now).state == "established" && right.status(now).state == "established";
}

void IkeSimulation::check_host(const IkeHost& host, std::vector<std::string>& wrong) const {
  const auto expect = [&](bool is_so, const std::string& what) {
    if (!is_so) wrong.push_back(host.spec.name + ": " + what);
  };
  const IkePeerStatus status = host.status(now);
  const IkeCounters counters = host.engine().counters();
  expect(status.state == "established", "is " + status.state + " (" + status.last_error + ")");
  expect(counters.ike_sas == 1, std::to_string(counters.ike_sas) + " IKE SAs");
  expect(counters.half_open == 0, std::to_string(counters.half_open) + " half-open IKE SAs");
  expect(status.children.size() == 1, std::to_string(status.children.size()) + " children");
  expect(host.ledger.children().size() == 1,
         std::to_string(host.ledger.children().size()) + " children installed");
  std::set<Spi> spis;
  for (const auto& [id, child] : host.ledger.children()) {
    for (const ChildSaPair& pair : child.what.sas) spis.insert(pair.spi_in);
  }
  expect(spis == host.spis.in_use(), std::to_string(host.spis.in_use().size()) +
                                         " SPIs in use, and children have " +
                                         std::to_string(spis.size()));
  const unsigned pairs = std::max(left.spec.child_sas, right.spec.child_sas);
  const IkeLedger::Child* sending = host.ledger.sending();
  expect(sending != nullptr, "sends on no child");
  if (sending != nullptr) {
    expect(sending->what.sas.size() == pairs,
           std::to_string(sending->what.sas.size()) + " pairs instead of " + std::to_string(pairs));
  }
}

void IkeSimulation::check_pair(std::vector<std::string>& wrong) const {
  const IkePeerStatus one = left.status(now);
  const IkePeerStatus other = right.status(now);
  if (one.spi_initiator != other.spi_initiator || one.spi_responder != other.spi_responder) {
    wrong.push_back("the ends have different IKE SAs");
  }
  if (one.suite != other.suite) wrong.push_back("suites: " + one.suite + " and " + other.suite);
  if (one.local_identity != other.remote_identity || one.remote_identity != other.local_identity) {
    wrong.push_back("identities do not fit");
  }
  const IkeLedger::Child* sending = left.ledger.sending();
  const IkeLedger::Child* receiving = right.ledger.sending();
  if (sending != nullptr && receiving != nullptr && !mirror_each_other(*sending, *receiving)) {
    wrong.push_back("the ends send on children that do not mirror each other");
  }
}

std::vector<std::string> IkeSimulation::check_at_rest() const {
  std::vector<std::string> wrong;
  check_host(left, wrong);
  check_host(right, wrong);
  check_pair(wrong);
  return wrong;
}

bool IkeSimulation::is_only_waiting_for_delete() const {
  return is_up() && std::ranges::all_of(check_at_rest(), [](const std::string& what) {
           return what.ends_with(" IKE SAs");
         });
}

std::vector<std::string> IkeSimulation::violations() const {
  std::vector<std::string> wrong;
  for (const IkeHost* host : {&left, &right}) {
    for (const std::string& what : host->ledger.violations()) {
      wrong.push_back(host->spec.name + ": " + what);
    }
    if (host->spis.wrong_releases() != 0) {
      wrong.push_back(host->spec.name + ": an SPI was released that was not in use");
    }
    if (host->wrong_key != 0) {
      wrong.push_back(host->spec.name + ": packets came under another key than they were sent");
    }
  }
  return wrong;
}

}  // namespace hawser
