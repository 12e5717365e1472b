#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes prf_plus.txt: outputs of prf+ (RFC 7296 section 2.13) by the HKDF-Expand of Python's
`cryptography` (RFC 5869), which is the same function, compared with a few lines of hashlib."""
import hashlib
import hmac
import pathlib
import sys
import textwrap

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

OUTPUT = pathlib.Path(__file__).with_name("prf_plus.txt")
HEADER = """# SPDX-License-Identifier: Apache-2.0
# Written by generate_prf.py. A case ends at an empty line; a line that begins with a space
# continues the value above. Of long outputs only the SHA-256 is given.
"""
ALGORITHMS = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
# Key, seed and output: around one and two blocks of each hash, what IKE asks for, and the limit.
SIZES = [(32, 80, 1), (32, 80, 31), (32, 80, 32), (32, 80, 33), (48, 80, 48), (48, 80, 49),
         (64, 80, 64), (64, 80, 65), (32, 80, 168), (64, 528, 264), (1, 1, 200), (0, 0, 40),
         (200, 32, 72), (32, 64, 4096), (32, 64, "limit")]


def derive(label, size):
    return hashlib.shake_128(label.encode()).digest(size)


def prf_plus(name, key, seed, size):
    out = block = b""
    counter = 0
    while len(out) < size:
        counter += 1
        block = hmac.new(key, block + seed + bytes([counter]), name).digest()
        out += block
    return out[:size]


def case(name, algorithm, key_size, seed_size, size):
    size = 255 * algorithm.digest_size if size == "limit" else size
    key = derive(f"key {name} {key_size} {seed_size} {size}", key_size)
    seed = derive(f"seed {name} {key_size} {seed_size} {size}", seed_size)
    out = HKDFExpand(algorithm, size, seed).derive(key)
    if out != prf_plus(name, key, seed, size):
        sys.exit(f"cryptography and hashlib differ: {name} {size}")
    fields = {"key": key, "seed": seed}
    fields["output" if size <= 300 else "output_sha256"] = (
        out if size <= 300 else hashlib.sha256(out).digest())
    lines = [f"algorithm = {name}", f"size = {size}"]
    for field, value in fields.items():
        lines.append(f"{field} = " + "\n  ".join(textwrap.wrap(value.hex(), 80)))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def main():
    text = HEADER
    for name, algorithm in ALGORITHMS.items():
        for sizes in SIZES:
            text += "\n" + case(name, algorithm, *sizes)
    if "--check" not in sys.argv[1:]:
        OUTPUT.write_text(text)
    elif OUTPUT.read_text() != text:
        sys.exit(f"{OUTPUT.name} is not what generate_prf.py writes")


if __name__ == "__main__":
    main()
