#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second opinion on IKEv2: from the messages of two engines of ours, and what they drew at
random, all keys are computed again after RFC 7296, RFC 5282, RFC 8784, RFC 8420, RFC 9242 and
RFC 9370 by Python's `cryptography`: SKEYSEED, the keys of each IKE SA, both AUTH payloads, and the
keys of each child SA, over rekeys of both by both ends. In the place of ML-KEM is a fake, so that
this needs no OpenSSL that has it.

Usage: test_ike.py IKE_TOOL. Exit 77: no `cryptography` here."""

import hashlib
import hmac
import itertools
import struct
import subprocess
import sys
import unittest

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

SA, KE, IDI, IDR, AUTH, NONCE, NOTIFY = 33, 34, 35, 36, 39, 40, 41
IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, IKE_INTERMEDIATE = 34, 35, 36, 43
SK, SKF = 46, 53
PPK_IDENTITY, NO_PPK_AUTH, CHILD_SA_SET = 16436, 16437, 62371
PRFS = {5: hashlib.sha256, 6: hashlib.sha384, 7: hashlib.sha512}
ED25519 = bytes.fromhex("07300506032b6570")
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SHARED_KEY = b"correct horse"
PPK = bytes([0x42]) * 32


def payloads(kind, octets):
    """(type, body) of each."""
    while kind:
        following, _, size = struct.unpack_from("!BBH", octets)
        yield kind, octets[4:size]
        kind, octets = following, octets[size:]
    assert not octets


def find(kind, message):
    found = [body for other, body in message if other == kind]
    return found[0] if found else None


def notify(kind, message):
    """The data of a notify, or None."""
    for other, body in message:
        if other == NOTIFY and struct.unpack_from("!H", body, 2)[0] == kind:
            return body[4 + body[1]:]
    return None


def proposal(body):
    """Protocol, SPI and transforms {type: (id, key bits)} of the one proposal of an answer."""
    _, size, _, protocol, spi_size, count = struct.unpack_from("!BxHBBBB", body)
    assert size == len(body)
    spi, rest, transforms = body[8:8 + spi_size], body[8 + spi_size:], {}
    for _ in range(count):
        _, size, kind, number = struct.unpack_from("!BxHBxH", rest)
        bits = struct.unpack_from("!H", rest, 10)[0] if size > 8 else None
        transforms[kind] = (number, bits)
        rest = rest[size:]
    return protocol, spi, transforms


def key_size(transforms):
    number, bits = transforms[1]
    return 32 if number == 28 else bits // 8


class DiffieHellman:
    """Knows what was drawn, so that it finds the private key of a public value."""

    def __init__(self, draws):
        self.draws = draws

    def shared(self, one, other):
        group = struct.unpack("!H", one[:2])[0]
        assert one[:2] == other[:2]
        function = {31: self.x25519, 19: self.p256}[group]
        for draw, (mine, theirs) in itertools.product(self.draws, [(one, other), (other, one)]):
            secret = function(draw, mine[4:], theirs[4:])
            if secret is not None:
                return secret
        raise AssertionError("no private key of this exchange was drawn")

    @staticmethod
    def x25519(draw, mine, theirs):
        key = x25519.X25519PrivateKey.from_private_bytes(draw)
        if key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) != mine:
            return None
        return key.exchange(x25519.X25519PublicKey.from_public_bytes(theirs))

    @staticmethod
    def p256(draw, mine, theirs):
        scalar = int.from_bytes(draw, "big")
        if not 0 < scalar < P256_ORDER:
            return None
        key = ec.derive_private_key(scalar, ec.SECP256R1())
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        if point[1:] != mine:
            return None
        peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + theirs)
        return key.exchange(ec.ECDH(), peer)


class Prf:
    def __init__(self, number):
        self.hash = PRFS[number]
        self.size = self.hash().digest_size

    def __call__(self, key, text):
        return hmac.new(key, text, self.hash).digest()

    def plus(self, key, seed, size):
        block, out = b"", b""
        for number in itertools.count(1):
            if len(out) >= size:
                return out[:size]
            block = self(key, block + seed + bytes([number]))
            out += block


class IkeSa:
    def __init__(self, prf, transforms, skeyseed, nonces, spis):
        self.prf, self.transforms, self.parts = prf, transforms, {}
        encryption, size = key_size(transforms) + 4, prf.size
        material = prf.plus(skeyseed, nonces + b"".join(spis), 3 * size + 2 * encryption)
        cut = iter(material)
        self.sk_d, self.sk_ei, self.sk_er, self.sk_pi, self.sk_pr = (
            bytes(itertools.islice(cut, length))
            for length in (size, encryption, encryption, size, size))

    def mix(self, ppk):
        self.sk_d, self.sk_pi, self.sk_pr = (
            self.prf.plus(ppk, key, len(key)) for key in (self.sk_d, self.sk_pi, self.sk_pr))

    def open(self, message):
        """The type of the first payload and all octets inside; None if a part is missing."""
        key = self.sk_ei if message[19] & 8 else self.sk_er
        cipher = ChaCha20Poly1305 if self.transforms[1][0] == 28 else AESGCM
        aad = {SK: 32, SKF: 36}[message[16]]
        text = cipher(key[:-4]).decrypt(key[-4:] + message[aad:aad + 8], message[aad + 8:],
                                        message[:aad])
        inside = text[:len(text) - 1 - text[-1]]
        if message[16] == SK:
            return message[28], inside
        # RFC 7383: in the order of sending here.
        number, total = struct.unpack_from("!HH", message, 32)
        first, before = self.parts.pop(message[19:24], (message[28], b""))
        if number < total:
            self.parts[message[19:24]] = first, before + inside
            return None
        return first, before + inside


class Onlooker:
    """Follows two ends from their first message."""

    def __init__(self, lines):
        self.keys, self.draws, self.messages, self.children = {}, [], [], []
        for line in lines:
            kind, *values = line.split()
            if kind == "draw":
                self.draws.append(bytes.fromhex(values[0]))
            elif kind == "public":
                self.keys[values[0]] = bytes.fromhex(values[1])
            elif kind == "message":
                self.messages.append((values[0], bytes.fromhex(values[1])))
            elif kind == "child":
                self.children.append((values[0], int(values[1]), int(values[2]),
                                      bytes.fromhex(values[3]), bytes.fromhex(values[4])))
        self.dh = DiffieHellman(self.draws)
        self.sas, self.requests, self.expected = {}, {}, set()
        self.int_auth, self.intermediates = b"", 0
        self.auths, self.ike_rekeys, self.used_ppk, self.fell_back = 0, 0, False, False

    def follow(self):
        for sender, message in self.messages:
            exchange, is_response = message[18], bool(message[19] & 0x20)
            # A request is known by its SPI of the initiator, its ID and its sender.
            owner = sender if not is_response else ("right" if sender == "left" else "left")
            name = (message[:8], message[20:24], owner)
            if exchange == IKE_SA_INIT:
                inside = list(payloads(message[16], message[28:]))
            else:
                opened = self.sas[message[:16]].open(message)
                if opened is None:
                    continue
                self.note_intermediate(message, *opened)
                inside = list(payloads(*opened))
            if not is_response:
                self.requests[name] = (message, inside)
            elif exchange in (IKE_SA_INIT, IKE_INTERMEDIATE, IKE_AUTH, CREATE_CHILD_SA):
                handler = {IKE_SA_INIT: self.ike_sa_init, IKE_AUTH: self.ike_auth,
                           IKE_INTERMEDIATE: self.ike_intermediate,
                           CREATE_CHILD_SA: self.create_child_sa}[exchange]
                handler(owner, self.requests[name], (message, inside))

    def ike_sa_init(self, owner, request, response):
        (first, asked), (second, answered) = request, response
        protocol, _, transforms = proposal(find(SA, answered))
        assert protocol == 1
        prf = Prf(transforms[2][0])
        self.nonces = find(NONCE, asked), find(NONCE, answered)
        skeyseed = prf(b"".join(self.nonces), self.dh.shared(find(KE, asked), find(KE, answered)))
        self.sas[second[:16]] = IkeSa(prf, transforms, skeyseed, b"".join(self.nonces),
                                      (second[:8], second[8:16]))
        self.init = first, second
        self.initiator = owner

    def note_intermediate(self, message, first, inside):
        if message[18] != IKE_INTERMEDIATE:
            return
        # RFC 9242 section 3.3.2: lengths of what is neither IV nor padding nor ICV.
        sa = self.sas[message[:16]]
        head = message[:16] + bytes([SK]) + message[17:24] + struct.pack("!I", 32 + len(inside))
        head += struct.pack("!BBH", first, 0, 4 + len(inside))
        self.int_auth += sa.prf(sa.sk_pi if message[19] & 8 else sa.sk_pr, head + inside)

    def ike_intermediate(self, _, request, response):
        public, ciphertext = find(KE, request[1]), find(KE, response[1])
        assert public[:2] == ciphertext[:2] == b"\0\x24" and len(public) == 4 + 1184
        assert len(ciphertext) == 4 + 1088
        shared = hashlib.sha256(public[4:36] + ciphertext[4:36]).digest()
        name = response[0][:16]
        old = self.sas[name]
        nonces = b"".join(self.nonces)
        # RFC 9370 section 2.2.2.
        self.sas[name] = IkeSa(old.prf, old.transforms, old.prf(old.sk_d, shared + nonces), nonces,
                               (name[:8], name[8:]))
        self.int_auth += struct.pack("!I", 2)
        self.intermediates += 1

    def ike_auth(self, _, request, response):
        asked, answered = request[1], response[1]
        sa = self.sas[response[0][:16]]
        without = notify(NO_PPK_AUTH, asked)
        self.used_ppk = notify(PPK_IDENTITY, answered) is not None
        self.fell_back = without is not None and not self.used_ppk
        if without is not None:
            self.check_auth(sa, "i", asked, find(AUTH, asked)[:4] + without)
        if self.used_ppk:
            sa.mix(PPK)
        if not self.fell_back:
            self.check_auth(sa, "i", asked, find(AUTH, asked))
        self.check_auth(sa, "r", answered, find(AUTH, answered))
        self.child(sa, self.initiator, asked, answered, b"".join(self.nonces))

    def check_auth(self, sa, who, inside, auth):
        message = self.init[0] + self.nonces[1] if who == "i" else self.init[1] + self.nonces[0]
        identity = find(IDI if who == "i" else IDR, inside)
        signed = message + sa.prf(sa.sk_pi if who == "i" else sa.sk_pr, identity) + self.int_auth
        if auth[0] == 2:
            key = sa.prf(SHARED_KEY, b"Key Pad for IKEv2")
            assert auth[4:] == sa.prf(key, signed)
        else:
            assert auth[0] == 14 and auth[4:12] == ED25519
            left_began = self.initiator == "left"
            public = self.keys["left" if left_began == (who == "i") else "right"]
            assert identity[4:] == public
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(auth[12:], signed)
        self.auths += 1

    def create_child_sa(self, owner, request, response):
        asked, answered = request[1], response[1]
        sa = self.sas[response[0][:16]]
        body = find(SA, answered)
        nonces = find(NONCE, asked) + find(NONCE, answered)
        has_group = find(KE, answered) is not None
        shared = self.dh.shared(find(KE, asked), find(KE, answered)) if has_group else b""
        protocol, responder_spi, transforms = proposal(body)
        if protocol != 1:
            self.child(sa, owner, asked, answered, shared + nonces)
            return
        initiator_spi = find(SA, asked)[8:16]
        # RFC 7296 section 2.18.
        skeyseed = sa.prf(sa.sk_d, shared + nonces)
        spis = initiator_spi, responder_spi
        self.sas[b"".join(spis)] = IkeSa(Prf(transforms[2][0]), transforms, skeyseed, nonces, spis)
        self.ike_rekeys += 1

    def child(self, sa, owner, asked, answered, seed):
        _, first_r, transforms = proposal(find(SA, answered))
        first_i = find(SA, asked)[8:12]
        spis = []
        for first, inside in ((first_i, asked), (first_r, answered)):
            further = (notify(CHILD_SA_SET, inside) or b"")[4:]
            spis.append([first] + [further[i:i + 4] for i in range(0, len(further), 4)])
        size = key_size(transforms) + 4
        count = len(spis[1])
        material = sa.prf.plus(sa.sk_d, seed, 2 * size * count)
        other = "right" if owner == "left" else "left"
        for k in range(count):
            i, r = (int.from_bytes(one[k], "big") for one in spis)
            from_i = material[2 * k * size:(2 * k + 1) * size]
            from_r = material[(2 * k + 1) * size:(2 * k + 2) * size]
            self.expected.add((owner, i, r, from_r, from_i))
            self.expected.add((other, r, i, from_i, from_r))


class SecondOpinion(unittest.TestCase):
    tool_path = ""

    def look(self, *words):
        lines = subprocess.run([self.tool_path, *words], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
        onlooker = Onlooker(lines)
        onlooker.follow()
        return onlooker

    def check(self, auth, cipher, group, ppk, count):
        with self.subTest(auth=auth, cipher=cipher, group=group, ppk=ppk, count=count):
            onlooker = self.look(auth, cipher, group, ppk, count)
            # Both AUTH, and NO_PPK_AUTH besides where the initiator could do without.
            self.assertEqual(onlooker.auths, 3 if ppk == "optional" else 2)
            self.assertEqual(onlooker.ike_rekeys, 2)
            self.assertEqual(onlooker.intermediates, int(group.endswith("+kem")))
            self.assertEqual(onlooker.used_ppk, ppk in ("required", "optional"))
            self.assertEqual(onlooker.fell_back, ppk == "unlike")
            self.assertEqual(len(onlooker.children), 2 * 5 * int(count))
            self.assertEqual(set(onlooker.children), onlooker.expected)

    def test_all_keys(self):
        for auth in ("raw", "psk"):
            for cipher in ("aes-256-gcm", "aes-128-gcm", "chacha20-poly1305"):
                for group in ("x25519", "p-256"):
                    self.check(auth, cipher, group, "none", "1")

    def test_sets_of_child_sas(self):
        self.check("raw", "aes-256-gcm", "x25519", "none", "3")
        self.check("psk", "chacha20-poly1305", "p-256", "none", "16")

    def test_post_quantum_keys(self):
        for auth in ("raw", "psk"):
            for ppk in ("required", "optional", "unlike"):
                self.check(auth, "aes-256-gcm", "x25519", ppk, "1")

    def test_additional_key_exchange(self):
        self.check("raw", "aes-256-gcm", "x25519+kem", "none", "2")
        self.check("psk", "chacha20-poly1305", "p-256+kem", "required", "1")

    def test_that_this_can_fail(self):
        lines = subprocess.run([self.tool_path, "raw", "aes-256-gcm", "x25519", "none", "1"],
                               check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
        swapped = [line.replace("public left", "public else").replace("public right", "public left")
                   .replace("public else", "public right") for line in lines]
        with self.assertRaises((AssertionError, InvalidSignature)):
            Onlooker(swapped).follow()
        undrawn = [line for line in lines if not line.startswith("draw")]
        with self.assertRaises(AssertionError):
            Onlooker(undrawn).follow()


if __name__ == "__main__":
    SecondOpinion.tool_path = sys.argv.pop(1)
    unittest.main()
