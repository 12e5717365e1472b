// SPDX-License-Identifier: Apache-2.0
#include "tests/ike-lite/engine_pair.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ike-lite/ike_message.h"

namespace hawser {
namespace {

std::string number(ChildId child) { return std::to_string(child.value()); }

TrafficSelectors prefix(std::string_view text) {
  return {TrafficSelector::from_prefix(*IpPrefix::parse(text))};
}

bool same(const SaKey& a, const SaKey& b) {
  return a.algorithm == b.algorithm &&
         std::ranges::equal(a.key_and_salt.bytes(), b.key_and_salt.bytes());
}

struct EventLine {
  std::string operator()(const ChildInstalled& e) const {
    return "child " + number(e.child) + " installed";
  }
  std::string operator()(const ChildSending& e) const { return "sending on " + number(e.child); }
  std::string operator()(const ChildDraining& e) const {
    return "child " + number(e.child) + " draining";
  }
  std::string operator()(const ChildRemoved& e) const {
    return "child " + number(e.child) + " removed";
  }
  std::string operator()(const PeerEstablished&) const { return "established"; }
  std::string operator()(const PeerPathChanged& e) const {
    return "path " + e.path.remote.to_string();
  }
  std::string operator()(const PeerAddressesOffered& e) const {
    std::string line = "also at";
    for (const IpAddress& address : e.addresses) line += " " + address.to_string();
    return line;
  }
  std::string operator()(const PeerLost& e) const { return "lost: " + e.reason; }
  std::string operator()(const PeerTrouble& e) const { return "trouble: " + e.what; }
  std::string operator()(const PeerAddressGiven& e) const {
    return "gave " + e.addresses.at(0).to_string();
  }
  std::string operator()(const PeerAddressReturned& e) const {
    return "got back " + e.addresses.at(0).to_string();
  }
};

}  // namespace

std::optional<Spi> CountingSpis::allocate(unsigned k) {
  if (in_use_.size() >= room_) return std::nullopt;
  const Spi spi(((k + 1) << 24) | next_++);
  in_use_.insert(spi);
  return spi;
}

void CountingSpis::release(Spi spi) {
  EXPECT_EQ(in_use_.erase(spi), 1u) << "released twice, or never allocated";
}

std::optional<IpAddress> CountingPool::lease(const IkeIdentity& identity, IpFamily family) {
  if (family != IpFamily::kV4) return std::nullopt;
  const auto found = leases_.find(identity.to_string());
  if (found != leases_.end()) return found->second;
  if (leases_.size() >= room) return std::nullopt;
  const std::uint8_t octets[] = {10, 99, 0, next_++};
  return leases_[identity.to_string()] = IpAddress::v4(octets);
}

void CountingPool::release(const IkeIdentity& identity) { leases_.erase(identity.to_string()); }

Site::Site(std::string site_name, std::string_view site_address, std::uint64_t seed)
    : name(std::move(site_name)), address(*IpAddress::parse(site_address)), random(seed) {
  options.random = &random;
  options.spis = &spis;
  options.pool = &pool;
  options.epoch_offset = 1'790'000'000;
  peer.id = PeerId(1);
  peer.ike_ciphers = {AeadAlgorithm::kAes256Gcm, AeadAlgorithm::kChaCha20Poly1305};
  peer.esp_ciphers = peer.ike_ciphers;
  peer.groups = {KeyExchangeGroup::kX25519, KeyExchangeGroup::kP256};
}

void Site::take_event(IkeEvent event) {
  events.push_back(std::visit(EventLine(), event));
  raw_events.push_back(std::move(event));
}

const ChildInstalled* Site::installed(ChildId child) const {
  for (const ChildInstalled* event : all<ChildInstalled>()) {
    if (event->child == child) return event;
  }
  return nullptr;
}

std::vector<ChildId> Site::children() const {
  std::vector<ChildId> alive;
  for (const ChildInstalled* event : all<ChildInstalled>()) alive.push_back(event->child);
  for (const ChildRemoved* event : all<ChildRemoved>()) std::erase(alive, event->child);
  return alive;
}

std::optional<ChildId> Site::sending() const {
  std::optional<ChildId> chosen;
  for (const IkeEvent& event : raw_events) {
    if (const auto* sends = std::get_if<ChildSending>(&event)) chosen = sends->child;
    const auto* drains = std::get_if<ChildDraining>(&event);
    const auto* removed = std::get_if<ChildRemoved>(&event);
    if (drains != nullptr && chosen == drains->child) chosen.reset();
    if (removed != nullptr && chosen == removed->child) chosen.reset();
  }
  return chosen;
}

EnginePair::EnginePair(std::uint64_t seed)
    : left("left", "192.0.2.1", seed * 2), right("right", "192.0.2.2", seed * 2 + 1) {
  for (Site* site : {&left, &right}) {
    site->local.raw_key = IdentityPrivateKey::generate(site->random);
    site->local.identity = IkeIdentity::from_key(site->local.raw_key->public_key().octets);
  }
  left.peer.name = "right";
  right.peer.name = "left";
  left.peer.auth = RawKeyAuth{right.local.raw_key->public_key()};
  right.peer.auth = RawKeyAuth{left.local.raw_key->public_key()};
  left.peer.identity = right.local.identity;
  right.peer.identity = left.local.identity;
  left.peer.endpoint = TransportAddress{right.address, 4500};
  left.peer.local = right.peer.remote = prefix("10.1.0.0/16");
  left.peer.remote = right.peer.local = prefix("10.2.0.0/16");
}

void EnginePair::use_shared_key(std::string_view left_secret, std::string_view right_secret) {
  const auto auth = [](std::string_view text) {
    const std::vector<std::uint8_t> octets(text.begin(), text.end());
    return SharedKeyAuth{Secret::copy_of(octets)};
  };
  left.peer.auth = auth(left_secret);
  right.peer.auth = auth(right_secret);
}

IkeLocalConfig copy_of(const IkeLocalConfig& config) {
  IkeLocalConfig copy{
      .identity = config.identity, .quiet = config.quiet, .pool_dns = config.pool_dns};
  if (config.raw_key) {
    const Secret text = config.raw_key->to_text();
    const ByteSpan octets = text.bytes();
    copy.raw_key = IdentityPrivateKey::parse(std::string(octets.begin(), octets.end()));
  }
  return copy;
}

IkePeerConfig copy_of(const IkePeerConfig& config) {
  IkePeerConfig copy{.id = config.id,
                     .name = config.name,
                     .endpoint = config.endpoint,
                     .interop = config.interop,
                     .initiate = config.initiate,
                     .identity = config.identity,
                     .local_identity = config.local_identity,
                     .auth = RawKeyAuth(),
                     .ike_ciphers = config.ike_ciphers,
                     .esp_ciphers = config.esp_ciphers,
                     .groups = config.groups,
                     .pfs = config.pfs,
                     .local = config.local,
                     .remote = config.remote,
                     .request_address = config.request_address,
                     .give_address = config.give_address,
                     .child_sas = config.child_sas,
                     .path_slots = config.path_slots,
                     .rekey_time = config.rekey_time,
                     .ike_rekey_time = config.ike_rekey_time,
                     .dead_peer_interval = config.dead_peer_interval};
  if (const auto* raw = std::get_if<RawKeyAuth>(&config.auth)) copy.auth = *raw;
  if (const auto* shared = std::get_if<SharedKeyAuth>(&config.auth)) {
    copy.auth = SharedKeyAuth{shared->key.clone()};
  }
  if (config.post_quantum_key) {
    copy.post_quantum_key = PostQuantumKey{.id = config.post_quantum_key->id,
                                           .key = config.post_quantum_key->key.clone(),
                                           .required = config.post_quantum_key->required};
  }
  return copy;
}

void EnginePair::start() {
  for (Site* site : {&left, &right}) restart(*site);
}

void EnginePair::restart(Site& site) {
  site.engine = std::make_unique<IkeEngine>(site.options);
  configure(site);
}

void EnginePair::configure(Site& site) {
  IkeLocalConfig local = copy_of(site.local);
  std::vector<IkePeerConfig> peers;
  peers.push_back(copy_of(site.peer));
  if (adjust) adjust(site, local, peers.front());
  site.engine->configure(std::move(local), std::move(peers), now);
  collect(site);
}

void EnginePair::collect(Site& site) {
  while (std::optional<IkeEvent> event = site.engine->poll_event()) {
    site.take_event(std::move(*event));
  }
  while (std::optional<IkeTransmit> transmit = site.engine->poll_transmit()) {
    Datagram datagram{
        .from = site.name, .addresses = transmit->addresses, .bytes = std::move(transmit->bytes)};
    // What the system's routes would choose.
    TransportAddress& local = datagram.addresses.local;
    if (local.address.is_unspecified()) local.address = site.address;
    if (local.port == 0) local.port = 4500;
    const bool to_right = site.name == "left";
    const std::string arrow = "--- " + describe(datagram) + " ---";
    const bool is_lost = lose && lose(datagram);
    transcript.push_back((to_right ? "left  " + arrow + "> right" : "left  <" + arrow + " right") +
                         (is_lost ? " (lost)" : ""));
    if (is_lost) continue;
    if (change) change(datagram);
    const Duration extra = delay ? delay(datagram) : Duration(0);
    wire_.push_back({.arrives = now + kDelay + extra, .datagram = std::move(datagram)});
  }
}

void EnginePair::deliver(Site& to, const AddressPair& addresses, std::vector<std::uint8_t> bytes) {
  const bool has_marker = addresses.local.port != kIkePort;
  MutableByteSpan message(bytes);
  if (has_marker) message = message.subspan(4);
  to.engine->handle_message(addresses, message, now);
  collect(to);
}

void EnginePair::arrive(Datagram datagram) {
  const AddressPair as_received{.local = datagram.addresses.remote,
                                .remote = datagram.addresses.local};
  for (Site* site : {&left, &right}) {
    if (site->address == as_received.local.address && site->engine != nullptr) {
      deliver(*site, as_received, std::move(datagram.bytes));
      return;
    }
  }
}

void EnginePair::step_to(TimePoint limit) {
  TimePoint next = limit;
  for (const OnTheWay& item : wire_) next = std::min(next, item.arrives);
  for (Site* site : {&left, &right}) {
    const std::optional<TimePoint> timeout = site->engine->next_timeout();
    if (timeout) next = std::min(next, *timeout);
  }
  now = std::max(now, next);
  for (Site* site : {&left, &right}) {
    const std::optional<TimePoint> timeout = site->engine->next_timeout();
    if (!timeout || *timeout > now) continue;
    site->engine->handle_timeout(now);
    collect(*site);
  }
  for (;;) {
    const auto due =
        std::ranges::find_if(wire_, [this](const OnTheWay& item) { return item.arrives <= now; });
    if (due == wire_.end()) return;
    Datagram datagram = std::move(due->datagram);
    wire_.erase(due);
    arrive(std::move(datagram));
  }
}

void EnginePair::run_for(Duration time) {
  const TimePoint end = now + time;
  while (now < end) step_to(end);
}

bool EnginePair::run_until(const std::function<bool()>& condition, Duration limit) {
  const TimePoint end = now + limit;
  while (!condition()) {
    if (now >= end) return false;
    step_to(end);
  }
  return true;
}

bool EnginePair::run_until_established() {
  return run_until([this] { return left.sending().has_value() && right.sending().has_value(); });
}

void EnginePair::expect_children_match() const {
  ASSERT_TRUE(left.sending());
  ASSERT_TRUE(right.sending());
  const ChildInstalled* one = left.installed(*left.sending());
  const ChildInstalled* other = right.installed(*right.sending());
  ASSERT_NE(one, nullptr);
  ASSERT_NE(other, nullptr);
  ASSERT_EQ(one->sas.size(), other->sas.size());
  EXPECT_EQ(one->esn, other->esn);
  EXPECT_EQ(one->local, other->remote);
  EXPECT_EQ(one->remote, other->local);
  for (std::size_t k = 0; k < one->sas.size(); ++k) {
    EXPECT_EQ(one->sas[k].spi_in, other->sas[k].spi_out);
    EXPECT_EQ(one->sas[k].spi_out, other->sas[k].spi_in);
    EXPECT_TRUE(same(one->sas[k].key_in, other->sas[k].key_out));
    EXPECT_TRUE(same(one->sas[k].key_out, other->sas[k].key_in));
    EXPECT_FALSE(same(one->sas[k].key_in, one->sas[k].key_out));
    EXPECT_TRUE(one->sas[k].key_in.is_complete());
  }
}

std::string describe(const Datagram& datagram) {
  ByteSpan message(datagram.bytes);
  if (datagram.addresses.local.port != kIkePort) message = message.subspan(4);
  const Result<IkeHeader, WireFailure> header = IkeHeader::parse(message);
  if (!header) return "garbage";
  std::string text;
  switch (static_cast<ExchangeType>(header->exchange)) {
    case ExchangeType::kIkeSaInit:
      text = "IKE_SA_INIT";
      break;
    case ExchangeType::kIkeAuth:
      text = "IKE_AUTH";
      break;
    case ExchangeType::kCreateChildSa:
      text = "CREATE_CHILD_SA";
      break;
    case ExchangeType::kInformational:
      text = "INFORMATIONAL";
      break;
    case ExchangeType::kIkeIntermediate:
      text = "IKE_INTERMEDIATE";
      break;
  }
  return text + (header->is_response ? " response " : " request ") +
         std::to_string(header->message_id.value());
}

}  // namespace hawser
