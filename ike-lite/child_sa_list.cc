// SPDX-License-Identifier: Apache-2.0
#include "ike-lite/child_sa_list.h"

#include <algorithm>

#include "ike-lite/ike_sa.h"

namespace hawser {
namespace {

template <typename Predicate>
ChildSa* find_if(IkeSa& sa, const Predicate& predicate) {
  const auto found = std::find_if(sa.children().begin(), sa.children().end(), predicate);
  return found == sa.children().end() ? nullptr : &*found;
}

bool contains(const std::vector<Spi>& spis, Spi spi) {
  return std::find(spis.begin(), spis.end(), spi) != spis.end();
}

}  // namespace

ChildSa* find_child(IkeSa& sa, ChildId id) {
  return find_if(sa, [id](const ChildSa& child) { return child.id == id; });
}

ChildSa* find_child_by_spi_in(IkeSa& sa, Spi spi) {
  return find_if(sa, [spi](const ChildSa& child) { return contains(child.spis_in, spi); });
}

ChildSa* find_child_by_spi_out(IkeSa& sa, Spi spi) {
  return find_if(sa, [spi](const ChildSa& child) { return contains(child.spis_out, spi); });
}

void send_on(IkeSa& sa, ChildId id) {
  ChildSa* chosen = find_child(sa, id);
  if (chosen == nullptr || chosen->state == ChildSa::State::kSending) return;
  chosen->state = ChildSa::State::kSending;
  sa.emit(ChildSending{.peer = sa.peer_id(), .child = id});
  for (ChildSa& child : sa.children()) {
    if (child.id == id || child.state != ChildSa::State::kSending) continue;
    child.state = ChildSa::State::kDraining;
    sa.emit(ChildDraining{.peer = sa.peer_id(), .child = child.id});
  }
}

void remove_child(IkeSa& sa, ChildId id) {
  const auto found = std::find_if(sa.children().begin(), sa.children().end(),
                                  [id](const ChildSa& child) { return child.id == id; });
  if (found == sa.children().end()) return;
  for (const Spi spi : found->spis_in) sa.environment().spis->release(spi);
  sa.children().erase(found);
  sa.emit(ChildRemoved{.peer = sa.peer_id(), .child = id});
}

void remove_all_children(IkeSa& sa) {
  while (!sa.children().empty()) remove_child(sa, sa.children().front().id);
}

}  // namespace hawser
