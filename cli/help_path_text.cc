// SPDX-License-Identifier: Apache-2.0
#include "cli/help_path_text.h"

namespace hawser {
namespace {

constexpr std::string_view kPaths = R"(NAME
  hawser paths - show the paths to each peer

SYNOPSIS
  hawser [--runtime-dir DIR] [--json] paths [--why] [NAME]

DESCRIPTION
  Shows, for one tunnel or for all that run, each path to each peer: by which
  interface it goes, its state, and what was measured of the direction that we
  send in: round trip, time in queues, jitter, loss, and how fast packets were
  delivered when there was enough to send.

  States: candidate and validating (not used yet), active, standby (would
  work, is not needed), suspect (silent, though an answer is due), failed
  (tried again from time to time), disabled.

OPTIONS
  --why               say what each path is used for and why, or why not; and
                      which interfaces there are
  --runtime-dir DIR   where the control sockets are (default /run/hawser)
  --json              one JSON object, with both directions and the replay
                      windows; without NAME {"tunnels": [...]}

EXIT STATUS
  0  done; without NAME also if no tunnel runs
  1  no such tunnel runs
  2  wrong usage

EXAMPLE
  hawser paths --why hw0
  hawser --json paths hw0 | jq '.peers[].paths[] | {name, state}'
)";

constexpr std::string_view kPath = R"(NAME
  hawser path - say which interfaces a tunnel may use

SYNOPSIS
  hawser [--runtime-dir DIR] path ACTION NAME PATH
  hawser [--runtime-dir DIR] path add NAME PATH [GATEWAY]

DESCRIPTION
  Changes, while the tunnel runs, what [path.NAME] of its config says. It is
  in force until the config is read again: `hawser reload` undoes it.

  All interfaces by which a peer can be reached are used by themselves; none
  needs to be added for that.

OPTIONS
  ACTION   add      use the interface, by GATEWAY if the system has no route
           remove   do not use it, and forget what was said of it
           enable   use it again
           disable  do not use it
           prefer   use it before all others, as long as it works
  NAME     the tunnel
  PATH     NAME of a [path.NAME] in the config, or an interface
  GATEWAY  the router's address, IPv4 or IPv6, or both with a comma
  --runtime-dir DIR   where the control sockets are (default /run/hawser)

EXIT STATUS
  0  done
  1  no such tunnel or path
  2  wrong usage

EXAMPLE
  hawser path prefer hw0 fibre
  hawser path add hw0 wwan0 10.64.0.1
)";

}  // namespace

std::string_view paths_help() { return kPaths; }
std::string_view path_help() { return kPath; }

}  // namespace hawser
