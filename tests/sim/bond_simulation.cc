// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/bond_simulation.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tests/support/tunnel_fixture.h"

namespace hawser {
namespace {

// A timer that does not go forward would keep the clock for ever.
constexpr unsigned kStepsAtOnceMax = 10'000;
constexpr Duration kControlDelay = Milliseconds(1);
// A child that was replaced is kept for what is still on its way.
constexpr Duration kOverlap = Seconds(2);
constexpr std::size_t kHeadersOutside = 28;  // IPv4 and UDP

TransportAddress address_of(const char* network, unsigned number, unsigned port = 4500) {
  return transport(network + std::to_string(number / 200) + "." + std::to_string(1 + number % 200) +
                   ":" + std::to_string(port));
}

BondSide::Options side_options(const BondSimulation::Options& options, BondEnd end) {
  const bool is_left = end == BondEnd::kLeft;
  return {.end = end,
          .workers = is_left ? options.left_workers : options.right_workers,
          .peer_workers = is_left ? options.right_workers : options.left_workers,
          .missteer = options.missteer,
          .seed = options.seed * 4 + 1 + index_of(end)};
}

}  // namespace

BondSimulation::BondSimulation(const Options& options)
    : options_(options),
      random_(options.seed),
      left_(*this, side_options(options, BondEnd::kLeft)),
      right_(*this, side_options(options, BondEnd::kRight)) {}

BondLink& BondSimulation::add_link(const BondWay& both) {
  const auto index = static_cast<unsigned>(links_.size());
  BondLink& link = *links_.emplace_back(std::make_unique<BondLink>());
  link.left = address_of("10.9.", addresses_);
  link.seen =
      address_of("198.18.", addresses_++, 1024 + static_cast<unsigned>(random_.below(60'000)));
  link.right = transport("203.0.113.1:4500");
  link.set_both(both);
  const std::string name = "link" + std::to_string(index);
  plans_.push_back({.path = PathId(index),
                    .name = name,
                    .interface = name,
                    .link = index + 1,
                    .addresses = {link.left, link.right}});
  is_planned_.push_back(false);
  return link;
}

void BondSimulation::add_flow(const BondFlowSpec& spec) {
  flows_.emplace_back(static_cast<std::uint16_t>(flows_.size()), spec);
}

void BondSimulation::begin(std::size_t links) {
  left_.begin(options_.traffic, {links_[0]->left, links_[0]->right});
  right_.begin(options_.traffic, {links_[0]->right, links_[0]->seen});
  right_.set_path(
      {.path = PathId(0), .name = "link0", .addresses = {links_[0]->right, links_[0]->seen}});
  for (std::size_t i = 0; i < links; ++i) plan(i);
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    const auto interval = static_cast<std::uint64_t>(flows_[i].spec.interval.count());
    const auto first = static_cast<Duration::rep>(random_.below(interval));
    at(now_ + Duration(first), [this, i] { next_packet(i); });
  }
}

void BondSimulation::plan(std::size_t link) {
  is_planned_.at(link) = true;
  left_.set_path(plans_.at(link));
}

void BondSimulation::remove(std::size_t link) {
  is_planned_.at(link) = false;
  left_.remove_path(PathId(static_cast<std::uint32_t>(link)));
}

void BondSimulation::rebind(std::size_t link) {
  links_.at(link)->seen =
      address_of("198.18.", addresses_++, 1024 + static_cast<unsigned>(random_.below(60'000)));
}

void BondSimulation::readdress(std::size_t link) {
  links_.at(link)->left = address_of("10.9.", addresses_);
  rebind(link);
  plans_.at(link).addresses.local = links_[link]->left;
  if (is_planned_[link]) plan(link);
}

void BondSimulation::rekey() {
  const unsigned before = generation_++;
  for (const BondEnd end : kBondEnds) side(end).install_inbound(generation_);
  for (const BondEnd end : kBondEnds) side(end).replace_outbound(generation_);
  at(now_ + kOverlap, [this, before] {
    for (const BondEnd end : kBondEnds) side(end).remove_inbound(before);
  });
}

BondLink* BondSimulation::route(BondEnd from, const AddressPair& addresses) {
  const auto goes_there = [&](const auto& link) {
    return from == BondEnd::kLeft ? addresses == AddressPair{link->left, link->right}
                                  : addresses == AddressPair{link->right, link->seen};
  };
  const auto found = std::ranges::find_if(links_, goes_there);
  return found == links_.end() ? nullptr : found->get();
}

void BondSimulation::send(BondEnd from, const AddressPair& addresses, Bytes datagram,
                          bool may_fragment) {
  if (on_send) on_send(from, addresses, datagram);
  ++datagrams_;
  BondLink* link = route(from, addresses);
  if (link == nullptr) {
    ++astray_;
    return;
  }
  const BondWay& way = link->way(from);
  if (!may_fragment && datagram.size() + kHeadersOutside > way.mtu && !way.is_dark) {
    const TooBig news{.remote = addresses.remote,
                      .mtu = static_cast<std::uint32_t>(way.mtu),
                      .spi = Spi(load_be32(datagram.data())),
                      .sequence_low = load_be32(datagram.data() + 4),
                      .from_network = true};
    return at(now_ + way.delay, [this, from, news] { side(from).handle_too_big(news); });
  }
  const auto arrives = link->carry(from, datagram.size(), now_, random_);
  if (!arrives) return;
  // A NAT has decided on the source when the packet passes it.
  const AddressPair there = from == BondEnd::kLeft ? AddressPair{link->right, link->seen}
                                                   : AddressPair{link->left, link->right};
  at(*arrives, [this, from, there, datagram = std::move(datagram)] {
    side(other(from)).receive(there, datagram);
  });
}

void BondSimulation::inject(BondEnd to, const AddressPair& from, Bytes datagram) {
  side(to).receive(from, std::move(datagram));
}

void BondSimulation::note_delivered(BondEnd at, unsigned worker, ByteSpan packet) {
  if (take_delivered && take_delivered(at, packet)) return;
  const auto mark = BondFlow::mark_of(packet);
  if (!mark || mark->flow >= flows_.size() || flows_[mark->flow].spec.from == at ||
      mark->packet >= flows_[mark->flow].sent()) {
    ++unsound_;
    return;
  }
  flows_[mark->flow].note_delivered(*mark, worker, now_);
}

void BondSimulation::note_news(BondEnd at, unsigned worker, const PathNews& news) {
  if (on_news) on_news(at, news);
  // As the control side would, a moment later.
  if (!news.news.is_new_state) {
    this->at(now_ + kControlDelay, [this, at, path = news.news.path, there = news.news.addresses] {
      side(at).move_path(path, there);
    });
  }
  if (!options_.record) return;
  tell(name_of(at, worker) + ": path " + std::to_string(news.news.path.value()) + " " +
       std::string(to_string(news.news.state)) + (news.news.is_new_state ? ": " : " moved: ") +
       news.news.reason);
}

void BondSimulation::tell(const std::string& line) {
  if (!options_.record) return;
  const auto time = std::chrono::duration_cast<Milliseconds>(now_.time_since_epoch()).count();
  const std::string fraction = std::to_string(1000 + time % 1000).substr(1);
  story_ += std::to_string(time / 1000) + "." + fraction + " " + line + "\n";
}

void BondSimulation::next_packet(std::size_t index) {
  BondFlow& flow = flows_[index];
  side(flow.spec.from).send_inner(flow.make(now_), flow.spec.worker);
  at(now_ + flow.spec.interval, [this, index] { next_packet(index); });
}

bool BondSimulation::is_later(const Scheduled& a, const Scheduled& b) {
  return a.when != b.when ? a.when > b.when : a.order > b.order;
}

void BondSimulation::at(TimePoint when, std::function<void()> action) {
  queue_.push_back({when, next_order_++, std::move(action)});
  std::ranges::push_heap(queue_, is_later);
}

void BondSimulation::expect_progress() {
  steps_at_once_ = stepped_ == now_ ? steps_at_once_ + 1 : 0;
  stepped_ = now_;
  if (steps_at_once_ > kStepsAtOnceMax) throw std::logic_error("a timer does not go forward");
}

// Does what comes next, unless it comes after the limit.
bool BondSimulation::step(TimePoint limit) {
  std::optional<TimePoint> timeout = left_.next_timeout();
  const auto of_right = right_.next_timeout();
  if (of_right && (!timeout || *of_right < *timeout)) timeout = of_right;
  const bool timer_first = timeout && (queue_.empty() || *timeout < queue_.front().when);
  if (!timer_first && queue_.empty()) return false;
  const TimePoint when = timer_first ? *timeout : queue_.front().when;
  if (when > limit) return false;
  now_ = std::max(now_, when);
  expect_progress();
  if (timer_first) {
    left_.run_timers();
    right_.run_timers();
    return true;
  }
  std::ranges::pop_heap(queue_, is_later);
  const Scheduled next = std::move(queue_.back());
  queue_.pop_back();
  next.action();
  return true;
}

void BondSimulation::run_for(Duration time) {
  const TimePoint limit = now_ + time;
  while (step(limit)) {
  }
  now_ = limit;
}

bool BondSimulation::run_until(const std::function<bool()>& predicate, Duration limit) {
  constexpr Duration kLook = Milliseconds(10);
  for (const TimePoint end = now_ + limit; now_ < end; run_for(kLook)) {
    if (predicate()) return true;
  }
  return predicate();
}

std::map<std::string, std::string> BondSimulation::unusable_paths() {
  std::map<std::string, std::string> unusable;
  for (const BondEnd end : kBondEnds) {
    const auto all = side(end).status();
    for (std::size_t w = 0; w < all.size(); ++w) {
      for (const PathStatus& path : all[w].paths) {
        if (path.state == PathState::kActive || path.state == PathState::kStandby) continue;
        unusable[name_of(end, w) + ": path " + std::to_string(path.id.value())] =
            std::string(to_string(path.state)) + ": " + path.reason;
      }
    }
  }
  return unusable;
}

std::uint64_t BondSimulation::digest() const {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3u; };
  add(datagrams_);
  for (const BondFlow& flow : flows_) {
    add(flow.delivered());
    add(flow.reordered());
    add(static_cast<std::uint64_t>(
        flow.last_delivered().value_or(TimePoint{}).time_since_epoch().count()));
  }
  return hash;
}

}  // namespace hawser
