// SPDX-License-Identifier: Apache-2.0
#include "cli/help_key_text.h"

namespace hawser {
namespace {

constexpr std::string_view kKeygen = R"(NAME
  hawser keygen - make a private key, or a pair of manual key files

SYNOPSIS
  hawser keygen
  hawser keygen --manual CIPHER FILE_A FILE_B

DESCRIPTION
  Without arguments: prints a new Ed25519 private key, one line. Keep it in a
  file of mode 0600 and name that file in `private-key-file`.

  With --manual: makes two files of mode 0600 with the keys of one pair of
  manual SAs. What is `in` in one is `out` in the other: one file is for each
  end. Existing files are never overwritten. Carry the second file to the
  other host over a channel that you trust, and delete it here.

  Sealing twice with the same key and number breaks AES-GCM and
  ChaCha20-Poly1305. The daemon keeps on disk how far the numbers of each key
  were used; start it with --first-use once for new keys, and make new keys
  after an old copy of the disk was restored.

OPTIONS
  --manual    make manual key files
  CIPHER      aes-256-gcm, aes-128-gcm or chacha20-poly1305

EXIT STATUS
  0  done
  1  a file exists or cannot be written
  2  wrong usage

EXAMPLE
  (umask 077; hawser keygen > hq.key)
  hawser keygen --manual aes-256-gcm site-a.keys site-b.keys
)";

constexpr std::string_view kPubkey = R"(NAME
  hawser pubkey - make the public key of a private key

SYNOPSIS
  hawser pubkey [--pem] < PRIVATE-KEY-FILE

DESCRIPTION
  Reads a private key, as `hawser keygen` prints it, from standard input and
  prints its public key, one line: the `public-key` of the peer's config.

OPTIONS
  --pem   print it in PEM, as strongSwan and OpenSSL read it

EXIT STATUS
  0  done
  1  standard input holds no private key
  2  wrong usage

EXAMPLE
  hawser pubkey < hq.key
)";

constexpr std::string_view kGenpsk = R"(NAME
  hawser genpsk - make a key for `psk-file`

SYNOPSIS
  hawser genpsk

DESCRIPTION
  Prints a new key of 256 bits, one line of `0x` and hex digits. Both ends
  need it, in files of mode 0600 that `psk-file` of [peer.NAME] names; carry
  it over a channel that you trust. Between two Hawsers public keys are
  better: nothing secret has to be carried.

OPTIONS
  None but --help.

EXIT STATUS
  0  done
  1  standard output cannot be written
  2  wrong usage

EXAMPLE
  (umask 077; hawser genpsk > branch.psk)
)";

constexpr std::string_view kGenppk = R"(NAME
  hawser genppk - make a key for `ppk-file`

SYNOPSIS
  hawser genppk

DESCRIPTION
  Prints a new post-quantum preshared key (RFC 8784) of 256 bits, one line of
  `0x` and hex digits. Both ends need it, in files of mode 0600 that
  `ppk-file` of [peer.NAME] names, under the same `ppk-id`. Who records
  traffic now and has a quantum computer later does not learn the keys of
  packets without it.

OPTIONS
  None but --help.

EXIT STATUS
  0  done
  1  standard output cannot be written
  2  wrong usage

EXAMPLE
  (umask 077; hawser genppk > branch.ppk)
)";

constexpr std::string_view kRekey = R"(NAME
  hawser rekey - replace the keys of a peer now

SYNOPSIS
  hawser [--runtime-dir DIR] rekey NAME [PEER [child | ike]]

DESCRIPTION
  Asks the daemon to negotiate new keys with one peer, or with all: those of
  packets (child, the default) or those of IKE itself. Packets go on under the
  old keys until the new ones are there. Returns when the daemon has begun;
  `hawser monitor` and `hawser status` show what came of it.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)

EXIT STATUS
  0  begun
  1  no such tunnel or peer, or there is nothing to replace
  2  wrong usage

EXAMPLE
  hawser rekey hw0 branch ike
)";

constexpr std::string_view kInitiate = R"(NAME
  hawser initiate - begin IKE with a peer now

SYNOPSIS
  hawser [--runtime-dir DIR] initiate NAME [PEER]

DESCRIPTION
  Begins to negotiate with one peer, or with all, at once: without waiting for
  the pause after a failed try, for `initiate = no` or `on-demand`, and after
  `hawser terminate`. The peer needs an address.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)

EXIT STATUS
  0  begun
  1  no such tunnel or peer, or its address is not known
  2  wrong usage

EXAMPLE
  hawser initiate hw0 branch
)";

constexpr std::string_view kTerminate = R"(NAME
  hawser terminate - end IKE with a peer

SYNOPSIS
  hawser [--runtime-dir DIR] terminate NAME [PEER]

DESCRIPTION
  Tells one peer, or all, that its keys are deleted, and does not begin anew
  before `hawser initiate`. The peer may begin.

OPTIONS
  --runtime-dir DIR   where the control sockets are (default /run/hawser)

EXIT STATUS
  0  begun
  1  no such tunnel or peer, or it has no keys
  2  wrong usage

EXAMPLE
  hawser terminate hw0 branch
)";

}  // namespace

std::string_view keygen_help() { return kKeygen; }
std::string_view pubkey_help() { return kPubkey; }
std::string_view genpsk_help() { return kGenpsk; }
std::string_view genppk_help() { return kGenppk; }
std::string_view rekey_help() { return kRekey; }
std::string_view initiate_help() { return kInitiate; }
std::string_view terminate_help() { return kTerminate; }

}  // namespace hawser
