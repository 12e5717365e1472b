// SPDX-License-Identifier: Apache-2.0
#include "cli/help_text.h"

#include <algorithm>
#include <array>

#include "cli/help_key_text.h"
#include "cli/help_path_text.h"

namespace hawser {
namespace {

constexpr std::string_view kHawser = R"(NAME
  hawser - make, run and watch encrypted tunnels

SYNOPSIS
  hawser [--runtime-dir DIR] [--json] COMMAND [ARGUMENT...]
  hawser COMMAND --help
  hawser --version | --help

DESCRIPTION
  A tunnel is described by one config file, /etc/hawser/NAME.conf, and run by
  one daemon, hawserd. This command makes keys, checks configs, starts and
  stops daemons, and asks the running ones through their control sockets.

COMMANDS
  keygen         make a private key, or a pair of manual key files
  pubkey         make the public key of a private key
  genpsk         make a key for `psk-file`
  genppk         make a key for `ppk-file`
  check          check a config file
  up             start the tunnel of a config
  down           stop a tunnel
  reload         make a running tunnel read its config again
  status         show tunnels, peers and counters
  sas            show security associations
  paths          show the paths to each peer, and why they are used or not
  path           say which interfaces a tunnel may use
  monitor        show events as they happen
  rekey          replace the keys of a peer now
  initiate       begin IKE with a peer now
  terminate      end IKE with a peer

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)
  --json              print JSON (up, down, check, reload, keygen, pubkey: no)
  --version           print the version
  --help              print this page, or the one of a command

EXIT STATUS
  0  done
  1  failed: the system, the daemon or the peer did not let it be done
  2  wrong usage or wrong config

EXAMPLE
  hawser check /etc/hawser/hw0.conf && hawser up hw0 && hawser status hw0

FILES
  /etc/hawser/NAME.conf     config; docs/config.md has all keys
  /run/hawser/NAME.sock     control socket; docs/control.md has the protocol
  /run/hawser/NAME.log      log of a daemon that `hawser up` started
)";

constexpr std::string_view kCheck = R"(NAME
  hawser check - check a config file

SYNOPSIS
  hawser check FILE | NAME

DESCRIPTION
  Reads the config, and the key files that it names, as hawserd does, host
  names are looked up too, but starts nothing. Each mistake is one line on
  standard error:

    FILE:LINE: KEY: what is wrong; what would be right

  Forms of single lines are checked first; what lines mean together is checked
  when all forms are right.

OPTIONS
  FILE   a file name with a `/` or ending in `.conf`
  NAME   anything else: /etc/hawser/NAME.conf

EXIT STATUS
  0  the config is right
  2  it is not, or wrong usage

EXAMPLE
  hawser check ./hw0.conf
)";

constexpr std::string_view kUp = R"(NAME
  hawser up - start the tunnel of a config

SYNOPSIS
  hawser [--runtime-dir DIR] up [--first-use] NAME | FILE

DESCRIPTION
  Checks the config, starts hawserd in the background and waits until it
  answers on its control socket. If it does not come up, prints why. What the
  daemon logs is appended to RUNTIME-DIR/NAME.log; the log is removed when the
  start fails (after it was printed) and by `hawser down`.

  To run the daemon under a supervisor, start hawserd itself: it stays in the
  foreground.

OPTIONS
  FILE                a file name with a `/` or ending in `.conf`
  NAME                anything else: /etc/hawser/NAME.conf
  --runtime-dir DIR   for control socket and log (default /run/hawser)
  --state-dir DIR     for what outlives a restart (default /var/lib/hawser)
  --first-use         the keys were never used: needed once for each key

EXIT STATUS
  0  the tunnel runs
  1  it could not be started, or runs already
  2  wrong config or wrong usage, or it is not known how far the numbers of a
     key were used

EXAMPLE
  hawser up hw0
)";

constexpr std::string_view kDown = R"(NAME
  hawser down - stop a tunnel

SYNOPSIS
  hawser [--runtime-dir DIR] down NAME

DESCRIPTION
  Tells the daemon to stop and waits until it has removed what it made: the TUN
  device with its addresses and routes, and the control socket.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)

EXIT STATUS
  0  stopped
  1  no such tunnel runs, or it did not stop within 10 seconds
  2  wrong usage

EXAMPLE
  hawser down hw0
)";

constexpr std::string_view kReload = R"(NAME
  hawser reload - make a running tunnel read its config again

SYNOPSIS
  hawser [--runtime-dir DIR] reload [--first-use] NAME

DESCRIPTION
  Peers, SAs, addresses, MTU and routes are changed to what the config says
  now; what did not change keeps running, with its counters. A wrong config is
  printed line by line, and the running tunnel stays as it is.

  name, listen-port, workers, io, offload, sandbox, nat, multipath, paths,
  pre-down, nice and scheduler can't change while the tunnel runs: use `hawser
  down` and `hawser up`. SPIs, cipher, window and lifetimes of an SA change with
  its key only.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)
  --first-use         the keys that the config brings were never used

EXIT STATUS
  0  the new config is in force
  1  no such tunnel runs, or the system refused a change (all is undone)
  2  the config is wrong, or wrong usage

EXAMPLE
  hawser reload hw0
)";

constexpr std::string_view kStatus = R"(NAME
  hawser status - show tunnels, peers and counters

SYNOPSIS
  hawser [--runtime-dir DIR] [--json] status [NAME]

DESCRIPTION
  Shows one tunnel, or all that run: the interface, which offloads the system
  granted and why others are not used, each peer with its address, traffic and
  when the last authentic packet came from it, and why packets were dropped.
  The text shows only counters that are not zero; --json has all.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)
  --json              one JSON object; without NAME {"tunnels": [...]}

EXIT STATUS
  0  done; without NAME also if no tunnel runs
  1  no such tunnel runs
  2  wrong usage

EXAMPLE
  hawser status hw0
  hawser status --json | jq '.tunnels[].peers[].received_bytes'
)";

constexpr std::string_view kSas = R"(NAME
  hawser sas - show security associations

SYNOPSIS
  hawser [--runtime-dir DIR] [--json] sas [NAME]

DESCRIPTION
  Shows each SA of one tunnel, or of all that run: peer, direction, SPI, cipher
  and what computes it, ESN, traffic, sequence number, and for those inbound
  the replay window and what it turned away.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)
  --json              one JSON object; without NAME {"tunnels": [...]}

EXIT STATUS
  0  done; without NAME also if no tunnel runs
  1  no such tunnel runs
  2  wrong usage

EXAMPLE
  hawser sas hw0
)";

constexpr std::string_view kMonitor = R"(NAME
  hawser monitor - show events as they happen

SYNOPSIS
  hawser [--runtime-dir DIR] [--json] monitor NAME

DESCRIPTION
  Prints one line for each event until interrupted or until the daemon stops:
  peers added, removed, changed or moved to another address, SAs used up,
  reloads, shutdown.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)
  --json              one JSON object a line, as docs/control.md describes

EXIT STATUS
  0  the daemon stopped
  1  no such tunnel runs, or the daemon gave us up as too slow
  2  wrong usage

EXAMPLE
  hawser --json monitor hw0
)";

constexpr std::string_view kHawserd = R"(NAME
  hawserd - the daemon of one tunnel

SYNOPSIS
  hawserd [--config FILE | NAME] [OPTION...]

DESCRIPTION
  Runs the tunnel of a config in the foreground until SIGTERM, SIGINT or
  `hawser down`, then removes what it made: the TUN device with its addresses
  and routes, and the control socket. SIGHUP reads the config again, like
  `hawser reload`. Needs CAP_NET_ADMIN and /dev/net/tun.

  When everything stands it gives up all capabilities but CAP_NET_ADMIN and,
  for a port under 1024, CAP_NET_BIND_SERVICE, and all system calls but those
  that it makes, unless the config says `sandbox = no`. docs/service.md says
  more, also about systemd.

  Logs to standard error; lines begin with <PRIORITY>, as journald reads them,
  if standard error is a journal stream.

OPTIONS
  --config FILE       the config; NAME stands for /etc/hawser/NAME.conf
  --runtime-dir DIR   for the control socket (default /run/hawser)
  --state-dir DIR     for what outlives a restart (default /var/lib/hawser)
  --first-use         the keys were never used: needed once for each key
  --log-level LEVEL   debug, info (default), warn or error
  --version           print the version
  --help              print this page

EXIT STATUS
  0  stopped as asked
  1  could not start, or lost its device
  2  wrong config or wrong usage, or it is not known how far the numbers of a
     key were used: starting it again does not help

EXAMPLE
  hawserd --config ./hw0.conf --runtime-dir /tmp/lab

FILES
  /etc/hawser/NAME.conf   config; docs/config.md has all keys
  /run/hawser/NAME.sock   control socket, mode 0660, group hawser if it exists
  /var/lib/hawser/NAME/sequence   how far the numbers of each key were used
)";

const std::array kPages = {
    HelpPage{"", kHawser},
    HelpPage{"keygen", keygen_help()},
    HelpPage{"pubkey", pubkey_help()},
    HelpPage{"check", kCheck},
    HelpPage{"up", kUp},
    HelpPage{"down", kDown},
    HelpPage{"reload", kReload},
    HelpPage{"status", kStatus},
    HelpPage{"sas", kSas},
    HelpPage{"paths", paths_help()},
    HelpPage{"path", path_help()},
    HelpPage{"monitor", kMonitor},
    HelpPage{"genpsk", genpsk_help()},
    HelpPage{"genppk", genppk_help()},
    HelpPage{"rekey", rekey_help()},
    HelpPage{"initiate", initiate_help()},
    HelpPage{"terminate", terminate_help()},
};

}  // namespace

std::span<const HelpPage> hawser_help_pages() { return kPages; }

const HelpPage* find_help_page(std::string_view command) {
  const auto* it = std::ranges::find(kPages, command, &HelpPage::command);
  return it == kPages.end() ? nullptr : it;
}

std::string_view hawserd_help() { return kHawserd; }

}  // namespace hawser
