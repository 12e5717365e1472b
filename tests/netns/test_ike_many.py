# SPDX-License-Identifier: Apache-2.0
"""Many peers that have keys and say nothing: how long they take to come in, and what they cost.

    c 10.64.0.1 ... === 192.0.2.1 ======== 192.0.2.2 -- [hw0 10.8.0.2] b       hawser-ikepeers on c

    test_ike_many.py [PEERS [SECONDS]]     300 and 10 by default; 10,000 and 60 are to be within 400
                                           MiB and 2 % of a core
"""
import json
import os
import re
import subprocess
import sys
import time

from lab import Lab, LabError, find_binary
from lab_ike import IkeDaemon, make_key

MEMORY_MIB = 400
CPU_SHARE = 0.02
PEERS = 300


def address(first, number):
    """The inner address of that peer, as hawser-ikepeers counts them."""
    value = sum(int(part) << shift for part, shift in zip(first.split("."), (24, 16, 8, 0)))
    return ".".join(str(value + number >> shift & 255) for shift in (24, 16, 8, 0))


def make_gateway(lab, node, peers):
    """A daemon that knows so many; (it, the file of their key)"""
    gateway = IkeDaemon(lab, node, "hw0")
    own_file, gateway.public_key = make_key(lab, gateway.directory)
    directory = os.path.join(lab.directory, "peers")
    os.mkdir(directory)
    peer_file, peer_public = make_key(lab, directory)
    gateway.write_config({"interface": {"name": "hw0", "address": "10.8.0.2/24",
                                        "listen-port": 4500, "private-key-file": own_file}})
    directory = os.path.join(gateway.directory, "peers.d")
    os.mkdir(directory)
    for number in range(peers):
        with open(os.path.join(directory, f"p{number}.conf"), "w") as file:
            file.write(f"[peer.p{number}]\npublic-key = {peer_public}\nidentity = p{number}.lab\n"
                       f"allowed-ips = {address('10.128.0.1', number)}/32\n")
    return gateway, peer_file


def resident_mib(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


def told(process):
    """The next line of hawser-ikepeers."""
    line = process.popen.stdout.readline()
    if not line:
        raise LabError(f"hawser-ikepeers ended: {process.text()}")
    return json.loads(line)


def main():
    peers = int(sys.argv[1]) if len(sys.argv) > 1 else PEERS
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with Lab(limit=120 + seconds + peers // 20) as lab:
        c, b = lab.node("c"), lab.node("b")
        lab.veth(c, "192.0.2.1/24", b, "192.0.2.2/24")
        c.ip("route add local 10.64.0.0/16 dev lo")
        b.ip("route add 10.64.0.0/16 via 192.0.2.1")
        gateway, peer_file = make_gateway(lab, b, peers)
        begin = time.monotonic()
        gateway.start(limit=600)
        configured = resident_mib(gateway)
        lab.say(f"  {peers} peers configured in {time.monotonic() - begin:.1f} s, "
                f"{configured:.0f} MiB")
        clients = c.spawn("ikepeers", [
            find_binary("hawser-ikepeers"), "--to", "192.0.2.2:4500", "--gateway-key",
            gateway.public_key, "--private-key", peer_file, "--peers", str(peers)],
            stdin=subprocess.PIPE, limit=600)
        came = told(clients)
        cpu = gateway.cpu_seconds()
        ike = gateway.status()["ike"]
        lab.check(came["established"] == peers and ike["ike_sas"] == peers,
                  f"{ike['ike_sas']} of {peers} came in within {came['seconds']:.1f} s, "
                  f"{1000 * cpu / peers:.2f} ms of the gateway's processor each")
        time.sleep(2)
        cpu = gateway.cpu_seconds()
        time.sleep(seconds)
        share = (gateway.cpu_seconds() - cpu) / seconds
        memory = resident_mib(gateway)
        allowed = MEMORY_MIB * max(peers, 1000) / 10_000
        lab.check(memory <= allowed, f"{memory:.0f} MiB resident, {configured:.0f} before "
                  f"they came; {allowed:.0f} are allowed")
        lab.check(share <= CPU_SHARE, f"{100 * share:.2f} % of a core over {seconds} s")
        status = gateway.status()
        up = sum(peer["ike"]["state"] == "established" and len(peer["ike"]["children"]) == 1
                 for peer in status["peers"])
        lab.check(up == peers, f"{up} still have keys and one child SA")
        clients.popen.stdin.close()
        end = told(clients)
        lab.check(end["lost"] == 0, f"none was lost: {end}")
        lab.check(gateway.stop() == 0, "the gateway ended well")


main()
