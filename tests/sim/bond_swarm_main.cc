// SPDX-License-Identifier: Apache-2.0
// bond_swarm FIRST COUNT [story]: lives of two bonded ends, one for each seed. Ends with 1 if one
// of them ends badly, which is told with its seed; `story` tells all that happened.
#include <cstdio>
#include <string_view>

#include "tests/sim/bond_swarm.h"
#include "tests/sim/swarm_words.h"

namespace {

using hawser::show;

void print_figures(const hawser::BondSwarmFigures& all) {
  std::printf(
      "%llu datagrams, %llu of %llu inner packets delivered, %llu of them reordered, %llu "
      "of these while nothing happened\n",
      show(all.datagrams), show(all.delivered), show(all.packets), show(all.reordered),
      show(all.reordered_still));
  std::printf(
      "%llu events, %llu sound paths left, %llu changes of primary, %llu of them too soon, at most "
      "%llu packets held, at most %lld ms without a packet\n",
      show(all.events), show(all.alarms), show(all.primary_changes), show(all.oscillations),
      show(all.held_most),
      static_cast<long long>(
          std::chrono::duration_cast<hawser::Milliseconds>(all.wait_most).count()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bond_swarm FIRST COUNT [story]\n");
    return 2;
  }
  const std::uint64_t first = hawser::parse_number(argv[1]);
  const std::uint64_t count = hawser::parse_number(argv[2]);
  const bool wants_story = argc > 3 && std::string_view(argv[3]) == "story";
  hawser::BondSwarmFigures all;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const hawser::BondSwarmRun run = hawser::run_bond_swarm(seed, wants_story);
    all.add(run.figures);
    if (wants_story) std::fputs(run.story.c_str(), stdout);
    if (run.wrong.empty()) continue;
    ++failed;
    std::printf("seed %llu:\n", show(seed));
    for (const std::string& what : run.wrong) std::printf("  %s\n", what.c_str());
  }
  print_figures(all);
  std::printf("%llu of %llu seeds failed\n", show(failed), show(count));
  return failed == 0 ? 0 : 1;
}
