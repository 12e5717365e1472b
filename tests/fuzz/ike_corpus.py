# SPDX-License-Identifier: Apache-2.0
"""Seeds of the IKE targets: what strongSwan 5.9.8 sent (tests/vectors/ike), its IKE_AUTH
decrypted, and by hand what it did not send."""

import pathlib
import struct

VECTORS = pathlib.Path(__file__).parent.parent / "vectors" / "ike"
SA, KE, IDI, IDR, CERT, CERTREQ, AUTH, NONCE, NOTIFY, DELETE, VID, TSI, TSR, CP, EAP = (
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 47, 48)

INIT_SA = "00000024010100030300000c01000014800e01000300000802000005000000080400001f"
ESP_SA = "000000200103040219d07c910300000c01000014800e01000000000805000000"
TWO_SAS = ("020000280103040319d07c91 0300000c01000014800e0100 030000080400001f 0000000805000000"
           "0000001c02030402 19d07c91 030000080100001c 0000000805000001")
ANY_TS = "01000000070000100000ffff00000000ffffffff"
NET_TS = "01000000070000100000ffff0a6200000a6200ff"
TS6 = "01000000080000280000ffff" + "20010db8" + "00" * 12 + "20010db8" + "00" * 10 + "ffff"
TCP_TS = "02000000070600100050005000000000ffffffff070000100000ffff0a6200000a6200ff"
AUTH_PSK = "02000000" + "c5" * 32
AUTH_KEY = "0e00000007300506032b6570" + "ec" * 64
NONCE_32 = "1ee67915dabb4fe5db419426766aeda669ca4b3d51981722bd9f5092657971c3"
KE_X25519 = "001f0000" + "dd" * 32

CHAINS = {
    "init": [(SA, INIT_SA), (KE, KE_X25519), (NONCE, NONCE_32), (NOTIFY, "00004004" + "d8" * 20),
             (NOTIFY, "00004005" + "64" * 20), (NOTIFY, "0000402e"),
             (NOTIFY, "0000402f0002000300040005")],
    "cookie": [(NOTIFY, "00004006" + "ab" * 24), (SA, INIT_SA), (KE, KE_X25519),
               (NONCE, NONCE_32)],
    "invalid-ke": [(NOTIFY, "00000011001f")],
    "auth-request": [(IDI, "02000000636c2e6c6162"), (NOTIFY, "00004000"),
                     (IDR, "0200000067772e6c6162"), (AUTH, AUTH_PSK), (CP, "0100000000010000"),
                     (SA, ESP_SA), (TSI, ANY_TS), (TSR, NET_TS), (NOTIFY, "0000400c"),
                     (NOTIFY, "0000400d0a5a0202")],
    "auth-response": [(IDR, "0200000067772e6c6162"), (AUTH, AUTH_KEY),
                      (CP, "02000000000100040a630001000300040a620035"), (SA, ESP_SA),
                      (TSI, NET_TS), (TSR, TS6), (NOTIFY, "0000400f")],
    "certificates": [(IDI, "01000000c0000201"), (CERT, "043082"), (CERT, "043003"),
                     (CERTREQ, "04" + "11" * 20), (AUTH, AUTH_KEY)],
    "rekey-child": [(NOTIFY, "0304400919d07c91"), (SA, TWO_SAS), (NONCE, NONCE_32),
                    (KE, KE_X25519), (TSI, TCP_TS), (TSR, NET_TS)],
    "rekey-ike": [(SA, "0000002c0101080301020304050607080300000c01000014800e0100"
                       "0300000802000005000000080400001f"), (NONCE, NONCE_32), (KE, KE_X25519)],
    "delete-child": [(DELETE, "0304000219d07c9119d07c92")],
    "delete-ike": [(DELETE, "01000000")],
    "mobike": [(NOTIFY, "00004010"), (NOTIFY, "00004004" + "d8" * 20), (NOTIFY, "0000400f"),
               (NOTIFY, "00004011" + "0c" * 16)],
    "unknown": [(VID, "882fe56d"), (EAP, "0101000501"), (201, "00"), (IDR, "0b000000aabb")],
    "empty": [],
}


# What happens to the engine: see IkeEngineDriver::step.
STEPS = {
    "rekeys": "02000300 02000100 02000200",
    "dpd": "02000000 02000000",
    "delete-child": "02000400",
    "delete-ike": "02000500",
    "mobike": "02000600 02800600",
    "owner-rekeys": "0601030000 03000000 0602030000 03000000 0603030000 03000000",
    "owner-ends": "0604030000 060506060607030000",
    "silence": "05ff 05ff 05ff 05ff 05ff 05ff 030000 030000",
    "short-lives": "0560 030000 030000 0560 030000 030000 0560 030000 030000",
    "init": "0700 0700 0700",
    "auth": "02000800",
    "fragments": "02040100 02840800",
    "forged": "02000000 040001001402",
    "anything": "01012908 00000008 00004000",
    "collision": "0602 02000300 030000 030000 0601 02000200 030000",
}
# Who begins, who is at the other end, and how far they are: see IkeScene.
SCENES = {
    "fresh-r": "4000", "fresh-i": "4400", "half-r": "4100", "half-i": "4500", "up-r": "4200",
    "up-i": "4600", "raw-r": "4a04", "raw-i": "4e04", "liar-r": "1200", "liar-i": "1600",
    "other-r": "2200", "other-i": "2e00", "load": "c201", "addresses-r": "420a",
    "addresses-i": "460e", "foreign": "0208",
}
ALL_STEPS = ("up-r", "up-i")


def engine_seeds():
    """Each list of steps from where both ends are up; a few from everywhere else."""
    seeds = {}
    for scene, octets in SCENES.items():
        for name, steps in STEPS.items():
            if scene in ALL_STEPS or name in ("auth", "collision"):
                seeds[f"{scene}-{name}"] = bytes.fromhex(octets + steps)
    return seeds


def chain(payloads):
    """The type of the first payload and the octets of all."""
    octets = b""
    for (_, body), following in zip(payloads, [kind for kind, _ in payloads[1:]] + [0]):
        body = bytes.fromhex(body)
        octets += struct.pack(">BBH", following, 0, 4 + len(body)) + body
    return (payloads[0][0] if payloads else 0), octets


def captured():
    messages = {}
    for path in sorted(VECTORS.glob("*.txt")):
        name = ""
        for line in path.read_text().splitlines():
            if line.startswith("  ") and name:
                messages[name] += line.strip()
            elif " = " in line:
                name = path.stem + "-" + line.split(" = ")[0].replace("_", "-")
                messages[name] = line.split(" = ")[1]
    return {name: bytes.fromhex(digits) for name, digits in messages.items() if "-ike-" in name}


def message(first, octets, flags=0x08, exchange=34):
    return (b"initiatr" + b"respondr" + bytes([first, 0x20, exchange, flags])
            + struct.pack(">II", 1, 28 + len(octets)) + octets)


def seeds():
    messages = captured()
    chains = {name: chain(payloads) for name, payloads in CHAINS.items()}
    fragment = struct.pack(">BBHHH", 35, 0, 36, 1, 2) + bytes(28)
    return {
        "ike_message": {**{name: octets for name, octets in messages.items() if "-init-" in name},
                        **{name: message(*parts) for name, parts in chains.items()}},
        "ike_payloads": {name: bytes([parts[0]]) + parts[1] for name, parts in chains.items()},
        "encrypted_part": {
            **{name: octets for name, octets in messages.items() if "-auth-" in name},
            "fragment": message(53, fragment, exchange=35),
            "smallest": message(46, struct.pack(">BBH", 0, 0, 29) + bytes(25), exchange=37)},
        "ike_engine": engine_seeds(),
        "ike_identity": {
            "v4": "192.0.2.1", "v6": "2001:db8::1", "fqdn": "gw.lab", "mailbox": "joe@gw.lab",
            "key": "key:" + "ab" * 32, "dn": "dn:3000", "wire-v4": bytes([1, 192, 0, 2, 1]),
            "wire-v6": bytes([5]) + bytes(15) + b"\1", "wire-fqdn": b"\2gw.lab",
            "wire-mailbox": b"\3joe@gw.lab", "wire-key": b"\x0b" + bytes(32),
            "wire-dn": b"\x090\0", "wire-odd": b"\2a\n\x1b[0m", "wire-disguise": b"\2key:00"},
    }
