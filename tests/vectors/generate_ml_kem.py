#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ml_kem.txt: keys of ML-KEM-768 from seeds, and what Python's `cryptography` (48 or newer)
encapsulates for them. A changed ciphertext has the secret of FIPS 203's implicit rejection."""
import hashlib
import pathlib
import textwrap

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

OUTPUT = pathlib.Path(__file__).with_name("ml_kem.txt")
HEADER = """# SPDX-License-Identifier: Apache-2.0
# Written by generate_ml_kem.py. A case ends at an empty line; a line that begins with a space
# continues the value above.
"""


def main():
    text = HEADER
    for number in range(4):
        seed = hashlib.shake_128(b"ML-KEM seed %d" % number).digest(64)
        key = MLKEM768PrivateKey.from_seed_bytes(seed)
        secret, ciphertext = key.public_key().encapsulate()
        changed = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
        fields = {"seed": seed, "public": key.public_key().public_bytes_raw(),
                  "ciphertext": ciphertext, "secret": secret,
                  "secret_of_changed": key.decapsulate(changed)}
        text += "".join("\n" * (name == "seed") + f"{name} = "
                        + "\n  ".join(textwrap.wrap(value.hex(), 80)) + "\n"
                        for name, value in fields.items())
    OUTPUT.write_text(text)


if __name__ == "__main__":
    main()
