# SPDX-License-Identifier: Apache-2.0
"""Traffic for the lab: iperf3, hawser-dgram, hawser-rtp and sipp, each bounded and parsed."""
import json
import os

from lab import HERE, LabError, find_binary


def parse_json(text, what):
    """The JSON in a program's output, whatever stands before it."""
    start = text.find("{")
    try:
        return json.loads(text[start:]) if start >= 0 else _raise(what, text)
    except json.JSONDecodeError:
        return _raise(what, text)


def _raise(what, text):
    raise LabError(f"{what} printed no JSON: {text[-600:]}")


def host_port(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class Iperf:
    """The result of one iperf3 run; rates are those of the receiver."""

    def __init__(self, report):
        if "error" in report:
            raise LabError(f"iperf3: {report['error']}")
        self.report, end = report, report["end"]
        self.bps = end["sum_received"]["bits_per_second"]
        self.octets = end["sum_received"]["bytes"]
        self.retransmits = end["sum_sent"].get("retransmits", 0)
        self.reverse_bps = end.get("sum_received_bidir_reverse", {}).get("bits_per_second", 0)
        self.reverse_retransmits = end.get("sum_sent_bidir_reverse", {}).get("retransmits", 0)
        self.flows = [stream["receiver"]["bits_per_second"] for stream in end["streams"]
                      if "receiver" in stream]


def iperf3(lab, server, client, address, seconds=5, flows=1, options="", port=5201):
    """TCP (cubic) from client to server; options such as --reverse or --bidir."""
    run = start_iperf3(lab, server, client, address, seconds, flows, options, port)
    return run()


def start_iperf3(lab, server, client, address, seconds=5, flows=1, options="", port=5201):
    """The same in the background: call the returned function for the result."""
    listener = server.spawn("iperf3-server", f"iperf3 -s -1 -B {address} -p {port} --forceflush")
    lab.wait_for(lambda: "listening" in listener.text() or not listener.running(), 10,
                 "iperf3 listens")
    sender = client.spawn("iperf3", f"iperf3 -c {address} -p {port} -t {seconds} -P {flows} "
                          f"-C cubic --connect-timeout 5000 --json {options}", limit=seconds + 30)

    def result():
        code = sender.wait(seconds + 30)
        listener.stop()
        report = parse_json(sender.text(), "iperf3")
        if code != 0 and "error" not in report:
            raise LabError(f"iperf3 ended with {code}")
        return Iperf(report)
    return result


def start_dgram(lab, mode, sender, sink, address, port=7000, size=172, rate_pps=0, rate_bps=0,
                seconds=5, flows=1, options=""):
    """hawser-dgram in the background: call the returned function for its report. rate_bps counts
    the payload with 42 octets of headers, as frames over IPv4 have."""
    if rate_bps:
        rate_pps = rate_bps / 8 / (size + 42)
    limit = seconds * (30 if mode in ("search", "ceiling") else 1) + 20
    process = lab.spawn_anywhere("dgram", [
        find_binary("hawser-dgram"), mode, "--to", host_port(address, port),
        "--send-netns", sender.path, "--sink-netns", sink.path, "--size", str(size),
        "--pps", str(rate_pps), "--seconds", str(seconds), "--flows", str(flows), *options.split()],
        limit=limit)
    return lambda: parse_json(process.finish(), "hawser-dgram")


def dgram(lab, mode, sender, sink, address, **options):
    return start_dgram(lab, mode, sender, sink, address, **options)()


def start_rtp(lab, a, address_a, b, address_b, seconds=20, calls=1, port=16384, options=""):
    """Calls both ways between two nodes; the returned function gives (report of a, report of b).
    A report's calls say what that end received."""
    ends = ((a, address_a, address_b), (b, address_b, address_a))
    processes = [node.spawn("rtp", [
        find_binary("hawser-rtp"), "--local", host_port(near, port), "--remote",
        host_port(far, port), "--calls", str(calls), "--seconds", str(seconds), "--json",
        *options.split()], limit=seconds + 30) for node, near, far in ends]
    return lambda: tuple(parse_json(p.finish(seconds + 30), "hawser-rtp") for p in processes)


def start_sipp_call(lab, caller, address_a, callee, address_b, seconds=20, rtp_port=16384):
    """One SIP call (INVITE to BYE) signalled by sipp, its SDP naming the RTP ports. Starts it and
    waits for the answer; the returned function waits for the end and says whether it went well."""
    common = (f"-m 1 -nostdin -timeout {seconds + 25} -timeout_error -p 5060 "
              f"-key voice_port {rtp_port}")
    uas = callee.spawn("sipp-callee", f"sipp -sf {HERE}/sip/callee.xml -i {address_b} {common}",
                       limit=seconds + 30)
    lab.wait_for(lambda: ":5060" in callee.run("ss -Hlun").stdout or not uas.running(), 10,
                 "the SIP server listens")
    messages = os.path.join(lab.directory, f"sipp-{len(lab.processes)}.messages")
    uac = caller.spawn("sipp-caller", f"sipp -sf {HERE}/sip/caller.xml "
                       f"{host_port(address_b, 5060)} -i {address_a} -d {seconds * 1000} -s voice "
                       f"{common} -trace_msg -message_file {messages}", limit=seconds + 30)

    def answered():
        if not os.path.exists(messages):
            return False
        with open(messages, errors="replace") as file:
            return "\nACK " in file.read()
    lab.wait_for(lambda: answered() or not uac.running(), 10, "the call is answered")

    def result():
        return uac.wait(seconds + 25) == 0 and uas.wait(5) == 0
    result.messages = messages
    return result
