# SPDX-License-Identifier: Apache-2.0
"""IKE messages as octets, good and bad, from nothing but the RFCs and docs/wire-format.md.

    request = SaInit(rng).octets()                        as strongSwan sends it
    request = SaInit(rng).with_mac(public_key).octets()   as a Hawser does
    answer = Answer.parse(octets)
"""
import base64
import hashlib
import hmac
import struct
import time

SA, KE, NONCE, NOTIFY, SK = 33, 34, 40, 41, 46
IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL = 34, 35, 36, 37
INITIATOR, RESPONSE = 0x08, 0x20
QUIET_MAC = 62367
X25519, P256, MODP_1024, MODP_2048 = 31, 19, 2, 14
# ENCR AES-GCM-16 with 256 bits, PRF HMAC-SHA-256, and a group to follow.
AES_GCM = [(1, 20, 256), (2, 5, None)]
# What scanners ask for: AES-CBC and 3DES, HMAC-SHA-1.
OLD = [(1, 12, 256), (1, 3, None), (2, 2, None), (3, 2, None)]


def header(spis, first, exchange, size, flags=INITIATOR, message_id=0, version=0x20):
    return struct.pack(">8s8sBBBBII", *spis, first, version, exchange, flags, message_id, size)


def chain(payloads):
    """Payloads (type, body) or (type, body, critical) as octets, and the type of the first."""
    octets = b""
    for index, (_, body, *critical) in enumerate(payloads):
        following = payloads[index + 1][0] if index + 1 < len(payloads) else 0
        octets += struct.pack(">BBH", following, 0x80 if critical else 0, 4 + len(body)) + body
    return octets, payloads[0][0] if payloads else 0


def transform(kind, number, key_bits, is_last):
    attribute = struct.pack(">HH", 0x800e, key_bits) if key_bits else b""
    return struct.pack(">BBHBBH", 0 if is_last else 3, 0, 8 + len(attribute), kind, 0,
                       number) + attribute


def proposal(transforms):
    """The body of an SA payload with one proposal for an IKE SA."""
    octets = b"".join(transform(*t, t is transforms[-1]) for t in transforms)
    return struct.pack(">BBHBBBB", 0, 0, 8 + len(octets), 1, 1, 0, len(transforms)) + octets


def notify(kind, data=b""):
    return NOTIFY, struct.pack(">BBH", 0, 0, kind) + data


class SaInit:
    """A request of IKE_SA_INIT with the payloads of strongSwan 5.9."""

    def __init__(self, rng, transforms=None, groups=(X25519,), group=None, key_size=32):
        self.spi, self.group = rng.randbytes(8), group or groups[0]
        self.key, self.nonce = rng.randbytes(key_size), rng.randbytes(32)
        offered = (transforms or AES_GCM) + [(4, number, None) for number in groups]
        self.payloads = [
            (SA, proposal(offered)), (KE, struct.pack(">HH", self.group, 0) + self.key),
            (NONCE, self.nonce), notify(16388, rng.randbytes(20)), notify(16389, rng.randbytes(20)),
            notify(16430), notify(16431, struct.pack(">4H", 2, 3, 4, 5)), notify(16406)]

    def mac(self, public_key, minute):
        key = hashlib.sha256(b"Hawser quiet mode" + public_octets(public_key)).digest()
        said = struct.pack(">8sIHH", self.spi, minute, self.group, len(self.key))
        return hmac.new(key, said + self.key + self.nonce, hashlib.sha256).digest()[:16]

    def with_mac(self, public_key, minutes=0, mac=None):
        minute = int(time.time()) // 60 + minutes
        self.payloads.append(notify(QUIET_MAC, struct.pack(">I", minute) +
                                    (mac or self.mac(public_key, minute))))
        return self

    def octets(self, **options):
        octets, first = chain(self.payloads)
        return header((self.spi, bytes(8)), first, IKE_SA_INIT, 28 + len(octets),
                      **options) + octets


def public_octets(public_key):
    return base64.b64decode(public_key.removeprefix("ed25519:"))


def ike_v1(rng, exchange):
    """The first message of IKEv1: main mode (2) or aggressive mode (4)."""
    attributes = bytes.fromhex("80010007800e010080020002800300018004000e800b0001000c000400007080")
    one = struct.pack(">BBHBBH", 0, 0, 8 + len(attributes), 1, 1, 0) + attributes
    body = struct.pack(">IIBBHBBBB", 1, 1, 0, 0, 8 + len(one), 1, 1, 0, 1) + one
    return header((rng.randbytes(8), bytes(8)), 1, exchange, 28 + 4 + len(body), flags=0,
                  version=0x10) + struct.pack(">BBH", 0, 0, 4 + len(body)) + body


def protected(rng, spis, exchange, flags=INITIATOR, message_id=2, size=48):
    """A message whose SK payload nobody sealed."""
    return header(spis, SK, exchange, 28 + 4 + size, flags, message_id) + \
        struct.pack(">BBH", 41, 0, 4 + size) + rng.randbytes(size)


class Answer:
    """A message in the clear, as far as tests look at it."""

    def __init__(self, octets):
        (self.spi_i, self.spi_r, following, self.version, self.exchange, self.flags,
         self.message_id, self.size) = struct.unpack_from(">8s8sBBBBII", octets)
        self.is_whole, self.payloads, at = self.size == len(octets), [], 28
        while following and at + 4 <= len(octets):
            kind, (following, _, size) = following, struct.unpack_from(">BBH", octets, at)
            self.payloads.append((kind, octets[at + 4:at + size]))
            at += max(4, size)
        self.is_whole = self.is_whole and at == len(octets)

    @property
    def kinds(self):
        return [kind for kind, _ in self.payloads]

    @property
    def notifies(self):
        """{type: data}"""
        return {struct.unpack_from(">H", body, 2)[0]: body[4 + body[1]:]
                for kind, body in self.payloads if kind == NOTIFY}

    def is_to(self, request):
        """RFC 7296 section 3.1: the same SPI and message ID, a response, not by the initiator."""
        return self.is_whole and self.spi_i == request[:8] and self.version == 0x20 and \
            self.exchange == IKE_SA_INIT and self.flags == RESPONSE and self.message_id == 0
