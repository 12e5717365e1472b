// SPDX-License-Identifier: Apache-2.0
// ike_swarm FIRST COUNT [transcript]: lives of two IKE engines, one for each seed. Ends with 1 if
// one of them ends badly, which is told with its seed and its transcript.
#include <cstdio>
#include <string_view>

#include "tests/sim/ike_swarm.h"
#include "tests/sim/swarm_words.h"

namespace {

using hawser::show;

void print_figures(const hawser::IkeSwarmFigures& all) {
  std::printf(
      "%llu messages, %llu children, %llu child rekeys and %llu IKE rekeys seen at the end, "
      "%llu times established, %llu restarts, %llu moves, %llu with leftovers\n",
      show(all.messages), show(all.children), show(all.child_rekeys), show(all.ike_rekeys),
      show(all.established), show(all.restarts), show(all.moves), show(all.leftovers));
  std::printf("%llu packets, %llu lost by links, %llu without an SA at their receiver\n",
              show(all.packets), show(all.packets_lost_by_links), show(all.packets_lost_by_ends));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: ike_swarm FIRST COUNT [transcript]\n");
    return 2;
  }
  const std::uint64_t first = hawser::parse_number(argv[1]);
  const std::uint64_t count = hawser::parse_number(argv[2]);
  const bool wants_transcript = argc > 3 && std::string_view(argv[3]) == "transcript";
  hawser::IkeSwarmFigures all;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const hawser::IkeSwarmRun run = hawser::run_ike_swarm(seed, wants_transcript);
    all.add(run.figures);
    if (wants_transcript) std::fputs(run.transcript.c_str(), stdout);
    if (run.wrong.empty()) continue;
    ++failed;
    std::printf("seed %llu (%s):\n", show(seed), run.story.c_str());
    for (const std::string& what : run.wrong) std::printf("  %s\n", what.c_str());
    // Once is enough for a reader.
    if (failed > 1 || wants_transcript) continue;
    std::fputs(hawser::run_ike_swarm(seed, true).transcript.c_str(), stdout);
  }
  print_figures(all);
  std::printf("%llu of %llu seeds failed\n", show(failed), show(count));
  return failed == 0 ? 0 : 1;
}
