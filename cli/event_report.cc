// SPDX-License-Identifier: Apache-2.0
#include "cli/event_report.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

#include "cli/status_report.h"

namespace hawser {
namespace {

Json texts_of(const std::vector<IpAddress>& addresses) {
  Json texts = Json::array();
  for (const IpAddress& address : addresses) texts.push_back(address.to_string());
  return texts;
}

struct Reporter {
  EventReport operator()(const PeerAdded& event) const {
    return {"peer-added", "peer " + event.name + " added", {{"peer", event.name}}};
  }
  EventReport operator()(const PeerRemoved& event) const {
    return {"peer-removed", "peer " + event.name + " removed", {{"peer", event.name}}};
  }
  EventReport operator()(const PeerChanged& event) const {
    return {"peer-changed", "peer " + event.name + " changed", {{"peer", event.name}}};
  }
  EventReport operator()(const PeerMoved& event) const {
    const std::string remote = event.path.remote.to_string();
    return {"peer-moved",
            "peer " + event.name + " is at " + remote,
            {{"peer", event.name}, {"endpoint", remote}}};
  }
  EventReport operator()(const SaExhausted& event) const {
    const std::string spi = spi_text(event.spi);
    return {"sa-exhausted",
            "peer " + event.name + ": the sequence numbers of SA " + spi +
                " are used up, nothing more is sent; give it new keys and reload",
            {{"peer", event.name}, {"spi", spi}},
            true};
  }
  // Not shown: the daemon itself answers it.
  EventReport operator()(const ReserveRequested&) const { return {}; }
  EventReport operator()(const SaLifetimeReached& event) const {
    const std::string spi = spi_text(event.spi);
    const bool is_over = event.stage == LifetimeStage::kOver;
    const bool inbound = event.direction == SaDirection::kInbound;
    return {is_over ? "sa-lifetime-over" : "sa-lifetime-soft",
            "peer " + event.name + ": make new keys: the lifetime of SA " + spi +
                (inbound ? ", inbound, " : ", outbound, ") +
                (is_over ? "is over, it carries nothing more" : "is nine tenths over"),
            {{"peer", event.name}, {"spi", spi}, {"direction", inbound ? "in" : "out"}},
            true};
  }
  EventReport operator()(const PeerUp& event) const {
    const std::string remote = event.path.remote.to_string();
    return {"peer-established",
            "peer " + event.name + " is authenticated, at " + remote,
            {{"peer", event.name},
             {"endpoint", remote},
             {"is_hawser", event.is_hawser},
             {"assigned", texts_of(event.assigned)}}};
  }
  EventReport operator()(const PeerAlsoAt& event) const {
    std::string text;
    for (const IpAddress& address : event.addresses) {
      text += (text.empty() ? "" : ", ") + address.to_string();
    }
    return {"peer-also-at",
            "peer " + event.name + " is also at " + (text.empty() ? "no other address" : text),
            {{"peer", event.name}, {"addresses", texts_of(event.addresses)}}};
  }
  EventReport operator()(const PeerDown& event) const {
    return {"peer-lost",
            "peer " + event.name + " is lost: " + event.reason,
            {{"peer", event.name}, {"reason", event.reason}},
            true};
  }
  EventReport operator()(const PeerProblem& event) const {
    return {"peer-trouble",
            "peer " + event.name + ": " + event.what,
            {{"peer", event.name}, {"reason", event.what}},
            true};
  }
  EventReport operator()(const PathChanged& event) const {
    const std::string state(to_string(event.state));
    return {"path-state",
            "peer " + event.name + ": path " + event.path + " is " + state + ": " + event.reason,
            {{"peer", event.name},
             {"path", event.path},
             {"state", state},
             {"reason", event.reason},
             {"local", event.addresses.local.to_string()},
             {"remote", event.addresses.remote.to_string()}}};
  }
  EventReport operator()(const ChildReady& event) const {
    if (event.is_rekey) {
      return {"keys-replaced", "peer " + event.name + " has new keys", {{"peer", event.name}}};
    }
    return {"keys-ready", "peer " + event.name + " has keys", {{"peer", event.name}}};
  }
  EventReport operator()(const SaUnusable& event) const {
    const std::string spi = spi_text(event.spi);
    return {"sa-unusable",
            "peer " + event.name + ": no library here has the cipher of SA " + spi +
                "; use another one",
            {{"peer", event.name}, {"spi", spi}},
            true};
  }
};

}  // namespace

EventReport report_of(const Event& event) { return std::visit(Reporter{}, event); }

std::string utc_time_text() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(ms % 1000));
  return text;
}

}  // namespace hawser
