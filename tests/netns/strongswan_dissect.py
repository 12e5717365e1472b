#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What two ends said to each other in IKEv2, one line a message and one a payload.

    strongswan_dissect.py CAPTURE [SECRETS_LOG]

tshark decrypts with the keys that strongSwan logged (`ike = 4`). A set of keys belongs to the IKE
SA that the log checks in next. AES-GCM only: tshark 4.0 cannot open ChaCha20-Poly1305 in IKE.
"""
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

GCM_BY_KEY_AND_SALT = {36: "AES-GCM-256", 28: "AES-GCM-192", 20: "AES-GCM-128"}
# RFC 7296 section 3.2, RFC 7383.
PAYLOADS = {33: "SA", 34: "KE", 35: "IDi", 36: "IDr", 37: "CERT", 38: "CERTREQ", 39: "AUTH",
            40: "No", 41: "N", 42: "D", 43: "V", 44: "TSi", 45: "TSr", 46: "SK", 47: "CP",
            53: "SKF"}
PUT_BACK = re.compile(r"checkin IKEv2 SA .* SPIs ([0-9a-f]{16})_i ([0-9a-f]{16})_r")


def logged_secrets(file):
    """(label, octets) of each dump in the log, and ("spis", (i, r)) when an IKE SA is put back."""
    label, needed, octets = None, 0, b""
    with open(file, errors="replace") as log:
        for line in log:
            put_back = PUT_BACK.search(line)
            if put_back and put_back[2] != "0" * 16:
                yield "spis", put_back.groups()
            if begin := re.search(r"\] ?(.*?) => (\d+) bytes @", line):
                label, needed, octets = begin[1].strip(), int(begin[2]), b""
            elif label and (row := re.search(r"\]\s+\d+: ((?:[0-9A-F]{2} ){1,16})", line)):
                octets += bytes.fromhex(row[1])
                if len(octets) >= needed:
                    yield label, octets[:needed]
                    label = None


def key_options(file):
    """tshark's options that decrypt each IKE SA of the log."""
    keys, waiting, initiator = {}, [], b""
    for label, value in logged_secrets(file):
        if label == "Sk_ei secret":
            initiator = value
        elif label == "Sk_er secret":
            waiting.append((initiator, value))
        elif label == "spis" and value not in keys and waiting:
            keys[value] = waiting.pop(0)
    options = []
    for (spi_i, spi_r), (key_i, key_r) in keys.items():
        if cipher := GCM_BY_KEY_AND_SALT.get(len(key_i)):
            options += ["-o", f"uat:ikev2_decryption_table:{spi_i},{spi_r},{key_i.hex()},"
                        f'{key_r.hex()},"{cipher} with 16 octet ICV [RFC5282]",,,'
                        '"NONE [RFC4306]"']
    return options


def field(element, name, attribute="show"):
    found = element.find(f".//field[@name='{name}']")
    return "" if found is None else found.get(attribute) or ""


def named(element, name):
    """A field as tshark explains it."""
    return field(element, name, "showname").rpartition(": ")[2]


def fields(element, *names):
    return [f for f in element.iter("field") if f.get("name") in names]


def describe_sa(payload):
    proposals = []
    for proposal in payload.findall("field[@name='isakmp.typepayload']"):
        transforms = [f.get("showname").rpartition(": ")[2] for f in proposal.iter("field")
                      if (f.get("name") or "").startswith("isakmp.tf.id.")]
        proposals.append(f"#{field(proposal, 'isakmp.prop.number')} "
                         f"spi={field(proposal, 'isakmp.spi', 'value') or '-'} "
                         f"[{'; '.join(transforms)}]")
    return "{" + " | ".join(proposals) + "}"


def describe(payload):
    kind = int(payload.get("show") or -1)
    name = PAYLOADS.get(kind, str(kind))
    octets = int(payload.get("size") or 4) - 4
    if kind == 33:
        return name + describe_sa(payload)
    if kind == 34:
        return f"KE(group {field(payload, 'isakmp.key_exchange.dh_group')}, {octets - 4} octets)"
    if kind in (35, 36):
        return f"{name}({named(payload, 'isakmp.id.type')})"
    if kind == 39:
        return f"AUTH({named(payload, 'isakmp.auth.method')}, {octets - 4} octets)"
    if kind == 41:
        data = field(payload, "isakmp.notify.data", "value")
        return f"N({named(payload, 'isakmp.notify.msgtype')}{' ' if data else ''}{data[:32]})"
    if kind == 42:
        return f"D({field(payload, 'isakmp.delete.spi', 'value') or 'the IKE SA'})"
    if kind in (44, 45):
        ends = fields(payload, "isakmp.ts.start_ipv4", "isakmp.ts.end_ipv4")
        return f"{name}({'-'.join(end.get('show') for end in ends)})"
    if kind == 47:
        attributes = fields(payload, "isakmp.cfg.attr.type")
        return f"CP({', '.join(a.get('showname').rpartition(': ')[2] for a in attributes)})"
    return f"{name}({octets} octets)"


def payload_lines(container):
    lines = []
    for payload in container.findall("field[@name='isakmp.typepayload']"):
        if payload.get("show") != "46":
            lines.append(describe(payload))
            continue
        inside = payload.find(".//field[@name='isakmp.enc.contained']")
        closed = "SK{}" if field(payload, "isakmp.nextpayload") == "0" else "SK{not decrypted}"
        lines += [closed] if inside is None else ["SK"] + ["  " + p for p in payload_lines(inside)]
    return lines


def message_lines(packet, ike):
    flag = {name: field(ike, f"isakmp.flag_{name}") in ("1", "True") for name in "ir"}
    ends = [f"{field(packet, f'ip.{end}')}:{field(packet, f'udp.{end}port')}"
            for end in ("src", "dst")]
    seconds = float(field(packet, "frame.time_relative"))
    head = (f"{seconds:8.3f} {ends[0]} > {ends[1]} {named(ike, 'isakmp.exchangetype')} "
            f"{'response' if flag['r'] else 'request'} {int(field(ike, 'isakmp.messageid'), 16)} "
            f"{'I' if flag['i'] else '-'} {field(ike, 'isakmp.ispi', 'value')[:8]}_"
            f"{field(ike, 'isakmp.rspi', 'value')[:8]} {field(ike, 'isakmp.length')} octets")
    return [head] + ["             " + line for line in payload_lines(ike)]


def listing(capture, secrets=None):
    options = key_options(secrets) if secrets else []
    pdml = subprocess.run(["tshark", "-n", "-r", capture, *options, "-T", "pdml", "-Y", "isakmp"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    lines = []
    for packet in ElementTree.fromstring(pdml).iter("packet"):
        for ike in packet.findall("proto[@name='isakmp']"):
            lines += message_lines(packet, ike)
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    print(listing(*sys.argv[1:]))
