# SPDX-License-Identifier: Apache-2.0
"""Half-open IKE SAs: well-formed IKE_SA_INIT requests whose sender never goes on."""
import ipaddress
import os
import socket
import struct
import sys

# Payloads and transforms by RFC 7296 sections 3.2, 3.3.2 and 3.10.1.
SA, KE, NONCE, NOTIFY = 33, 34, 40, 41
ENCR, PRF, KEY_EXCHANGE = 1, 2, 4
AES_GCM_16, HMAC_SHA2_256, X25519 = 20, 5, 31

IP_TRANSPARENT = 19  # of linux/in.h; Python names it from 3.14 on


def transform(last, kind, number, attributes=b""):
    return struct.pack("!BxHBxH", 0 if last else 3, 8 + len(attributes), kind, number) + attributes


def payload(following, body):
    return struct.pack("!BxH", following, 4 + len(body)) + body


def request():
    """Offers AES-256-GCM, HMAC-SHA-256 and X25519, and is as long as a real one: to a shorter one
    the answer would be longer, so that a cookie is asked for at once."""
    transforms = (transform(False, ENCR, AES_GCM_16, struct.pack("!HH", 0x800e, 256)) +
                  transform(False, PRF, HMAC_SHA2_256) + transform(True, KEY_EXCHANGE, X25519))
    proposal = struct.pack("!BxHBBBB", 0, 8 + len(transforms), 1, 1, 0, 3) + transforms
    # RFC 7296 section 2.23: hashes that match nothing say that there is a NAT, which is allowed.
    notifies = [struct.pack("!BBH", 0, 0, kind) + os.urandom(20) for kind in (16388, 16389)]
    notifies.append(struct.pack("!BBH", 0, 0, 16430))  # FRAGMENTATION_SUPPORTED
    notifies.append(struct.pack("!BBH5H", 0, 0, 16431, 2, 3, 4, 5, 1))  # SIGNATURE_HASH_ALGORITHMS
    body = (payload(KE, proposal) + payload(NONCE, struct.pack("!Hxx", X25519) + os.urandom(32)) +
            payload(NOTIFY, os.urandom(32)) +
            b"".join(payload(NOTIFY, notify) for notify in notifies[:-1]) +
            payload(0, notifies[-1]))
    return os.urandom(8) + bytes(8) + struct.pack("!BBBBII", SA, 0x20, 34, 0x08, 0,
                                                  28 + len(body)) + body


def begin(node, first, remote, count):
    """That many from a node, from the addresses from `first` on, which it need not have."""
    node.run([sys.executable, os.path.abspath(__file__), first, remote, str(count)])


def main(first, remote, count):
    for number in range(int(count)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, IP_TRANSPARENT, 1)
            sender.bind((str(ipaddress.ip_address(first) + number), 0))
            sender.sendto(request(), (remote, 500))


if __name__ == "__main__":
    main(*sys.argv[1:])
