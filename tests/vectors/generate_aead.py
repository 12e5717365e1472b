#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes aead_edge_cases.txt: AEAD cases around the block and loop sizes of the implementations.

The values come from python3-cryptography. As that stands on OpenSSL like one of our providers,
each is checked with libsodium where it has the cipher (ChaCha20-Poly1305; AES-256-GCM on x86).
With --check nothing is written, and the committed file is compared.
"""

import ctypes
import hashlib
import pathlib
import sys
import textwrap

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

OUTPUT = pathlib.Path(__file__).with_name("aead_edge_cases.txt")
ALGORITHMS = {"aes-128-gcm": 16, "aes-256-gcm": 32, "chacha20-poly1305": 32}
ICV_SIZE = 16
# Each with an AAD of 8 and of 12 octets.
SMALL = [0, 1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 79, 80, 81, 95, 96, 97, 127, 128,
         129, 191, 192, 193, 239, 240, 241, 255, 256, 257, 319, 320, 511, 512, 513, 576]
# Each with one of them in turn: the file should stay small.
LARGE = [767, 768, 769, 1023, 1024, 1025, 1399, 1400, 1438, 2049, 4096, 9000]

HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# Written by generate_aead.py. A case ends at an empty line; a line that begins with a space
# continues the value above. Octet i of a plaintext is (7 * i + size) modulo 256.
"""


def derive(label, size):
    return hashlib.sha256(label.encode()).digest()[:size]


def pattern(size):
    return bytes((7 * i + size) % 256 for i in range(size))


def load_sodium():
    sodium = ctypes.CDLL("libsodium.so.23")
    if sodium.sodium_init() < 0:
        sys.exit("libsodium cannot be initialised")
    return sodium


def seal_with_sodium(sodium, algorithm, key, nonce, aad, plaintext):
    if algorithm == "chacha20-poly1305":
        function = sodium.crypto_aead_chacha20poly1305_ietf_encrypt
    elif algorithm == "aes-256-gcm" and sodium.crypto_aead_aes256gcm_is_available():
        function = sodium.crypto_aead_aes256gcm_encrypt
    else:
        return None
    out = ctypes.create_string_buffer(len(plaintext) + ICV_SIZE)
    function(out, None, plaintext, ctypes.c_ulonglong(len(plaintext)), aad,
             ctypes.c_ulonglong(len(aad)), None, nonce, key)
    return out.raw


def case(sodium, algorithm, size, aad_size):
    label = f"{algorithm} {size} {aad_size}"
    key = derive("key " + label, ALGORITHMS[algorithm])
    nonce = derive("nonce " + label, 12)
    aad = derive("aad " + label, aad_size)
    plaintext = pattern(size)
    cipher = ChaCha20Poly1305(key) if algorithm == "chacha20-poly1305" else AESGCM(key)
    sealed = cipher.encrypt(nonce, plaintext, aad)
    second = seal_with_sodium(sodium, algorithm, key, nonce, aad, plaintext)
    if second not in (None, sealed):
        sys.exit(f"cryptography and libsodium differ: {label}")
    fields = {"key": key, "nonce": nonce, "aad": aad, "ciphertext": sealed[:-ICV_SIZE],
              "icv": sealed[-ICV_SIZE:]}
    lines = [f"name = {size} octets, AAD of {aad_size}", f"algorithm = {algorithm}",
             f"size = {size}"]
    for name, value in fields.items():
        lines.append(f"{name} = " + "\n  ".join(textwrap.wrap(value.hex(), 84)))
    return "\n".join(line.rstrip() for line in lines) + "\n", second is not None


def main():
    sodium = load_sodium()
    text = HEADER
    checked = total = 0
    shapes = [(size, aad_size) for size in SMALL for aad_size in (8, 12)]
    shapes += [(size, 8 if i % 2 == 0 else 12) for i, size in enumerate(LARGE)]
    for algorithm in ALGORITHMS:
        for size, aad_size in shapes:
            lines, by_sodium = case(sodium, algorithm, size, aad_size)
            text += "\n" + lines
            checked += by_sodium
            total += 1
    if "--check" not in sys.argv[1:]:
        OUTPUT.write_text(text)
    elif OUTPUT.read_text() != text:
        sys.exit(f"{OUTPUT.name} is not what generate_aead.py writes")
    print(f"{total} cases, {checked} of them checked with libsodium")


if __name__ == "__main__":
    main()
