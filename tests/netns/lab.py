# SPDX-License-Identifier: Apache-2.0
"""The lab: network namespaces, links between them, and processes inside them.

    from lab import Lab

    with Lab() as lab:
        a, b = lab.node("a"), lab.node("b")
        lab.link(a, "10.0.0.1/24", b, "10.0.0.2/24", "both rate 50M delay 20ms")
        lab.check(a.ping("10.0.0.2").loss == 0, "the link works")

Lab() runs the script again inside private mount, network and process namespaces. Everything the
test makes lives there and goes with its first process, also when that one is killed with -9.
"""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

SKIP = 77
INSIDE = "HAWSER_LAB_INSIDE"
HERE = os.path.dirname(os.path.abspath(__file__))


class LabError(Exception):
    """Something of the lab itself did not work, or a check did not hold."""


def skip(reason):
    print(f"SKIP: {reason}", flush=True)
    sys.exit(SKIP)


def find_binary(name):
    """A program of this build: HAWSER_BUILD_DIR says where, else build/* of the checkout."""
    root = os.path.dirname(os.path.dirname(HERE))
    given = os.environ.get("HAWSER_BUILD_DIR")
    builds = [given] if given else [os.path.join(root, "build", b) for b in ("release", "dev")]
    for build in builds:
        for folder in ("tests/netns", "cli", "", "bin", "sbin"):
            path = os.path.join(build, folder, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return path
    raise LabError(f"no {name} below {builds}; build it, or set HAWSER_BUILD_DIR")


def _enter_private_namespaces():
    """Does not return: the script begins again inside."""
    command = ["unshare", "--mount", "--propagation", "private", "--net", "--pid", "--fork",
               "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command.insert(1, "--map-root-user")
    if subprocess.run(command + ["true"], capture_output=True, timeout=20).returncode != 0:
        skip("cannot make namespaces: neither root nor unprivileged user namespaces here")
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        skip("/dev/net/tun cannot be opened")
    os.environ[INSIDE] = "1"
    sys.stdout.flush()
    os.execvp(command[0], command + [sys.executable] + sys.argv)


class Process:
    """A program running in a node. Bounded: it is killed when its time is over or the lab ends."""

    def __init__(self, lab, node, name, command, stdin=subprocess.DEVNULL, limit=300):
        self.lab, self.name = lab, name
        where = node.name if node else "lab"
        self.log = os.path.join(lab.directory, f"{len(lab.processes):02d}-{where}-{name}.log")
        self.deadline = time.monotonic() + limit
        self._err = open(self.log, "wb")
        out = subprocess.PIPE if stdin == subprocess.PIPE else self._err
        self.popen = subprocess.Popen((node.prefix if node else []) + command, stdin=stdin,
                                      stdout=out, stderr=self._err, cwd=lab.directory)
        lab.processes.append(self)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def text(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def wait(self, timeout=None):
        """Waits for its end; returns the exit code."""
        left = max(0.1, self.deadline - time.monotonic())
        timeout = left if timeout is None else min(timeout, left)
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise LabError(f"{self.name} did not end within {timeout:.0f} s") from None

    def finish(self, timeout=None):
        """Waits for its end; returns what it printed, and fails when it failed."""
        code = self.wait(timeout)
        if code != 0:
            raise LabError(f"{self.name} ended with {code}: {self.text()[-800:]}")
        return self.text()

    def stop(self, timeout=5):
        """SIGTERM, then SIGKILL; returns the exit code."""
        if self.running():
            self.popen.terminate()
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        return self.popen.returncode

    def cpu_seconds(self):
        """User and system time until now, of its waited-for children too."""
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class Capture(Process):
    """A running capture; `file` is complete after stop()."""

    def stop(self, timeout=5):
        time.sleep(0.7)  # the kernel hands packets over in blocks, the last ones after a while
        return super().stop(timeout)


class Ping:
    """What ping printed, as numbers."""

    def __init__(self, text):
        self.text = text
        counts = re.search(r"(\d+) packets transmitted, (\d+) received", text)
        if not counts:
            raise LabError(f"ping printed no result: {text[-400:]}")
        self.sent, self.received = int(counts[1]), int(counts[2])
        self.loss = 1 - self.received / max(1, self.sent)
        self.duplicates = int(m[1]) if (m := re.search(r"\+(\d+) duplicates", text)) else 0
        times = re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+) ms", text)
        self.min_ms, self.avg_ms, self.max_ms, self.mdev_ms = (
            map(float, times.groups()) if times else [float("nan")] * 4)
        samples = sorted(float(t) for t in re.findall(r"time=([\d.]+) ms", text))
        self.median_ms = samples[len(samples) // 2] if samples else float("nan")


class Node:
    """A network namespace."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.path = f"/run/netns/{name}"
        self.prefix = ["nsenter", f"--net={self.path}", "--"]

    def run(self, command, timeout=30, check=True):
        """Runs a command to its end; a string is cut into words. Returns the CompletedProcess."""
        words = shlex.split(command) if isinstance(command, str) else list(command)
        try:
            done = subprocess.run(self.prefix + words, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"{self.name}: {shlex.join(words)} took over {timeout} s: "
                           f"{error.stdout or ''}") from None
        self.lab.note(f"{self.name}$ {shlex.join(words)} -> {done.returncode}")
        if check and done.returncode != 0:
            raise LabError(f"{self.name}: {shlex.join(words)} -> {done.returncode}: "
                           f"{(done.stdout + done.stderr)[-600:]}")
        return done

    def spawn(self, name, command, kind=Process, **options):
        words = shlex.split(command) if isinstance(command, str) else list(command)
        self.lab.note(f"{self.name}$ {shlex.join(words)} &")
        return kind(self.lab, self, name, words, **options)

    def ip(self, command):
        """ip COMMAND in this namespace; returns the text."""
        return self.run("ip " + command).stdout

    def devices(self):
        return {entry["ifname"] for entry in json.loads(self.ip("-j link"))}

    def ping(self, address, count=5, interval=0.2, size=56, wait=2, dont_fragment=False, extra=""):
        """Pings; size is that of the ICMP payload. Never fails by itself."""
        flags = "-M do " if dont_fragment else ""
        seconds = count * interval + wait + 10
        return Ping(self.run(f"ping -n -c {count} -i {interval} -s {size} -W {wait} {flags}{extra} "
                             f"{address}", timeout=seconds, check=False).stdout)

    def capture(self, device, expression="", packets=0, snap=0):
        """Starts tcpdump; stop() it and read .file."""
        file = os.path.join(self.lab.directory, f"{self.name}-{device}-{time.time_ns()}.pcap")
        count = ["-c", str(packets)] if packets else []
        command = ["tcpdump", "-Z", "root", "-U", "--immediate-mode", "-n", "-i", device, "-s",
                   str(snap), "-w", file, *count, expression]
        with open("/proc/self/setgroups") as setgroups:
            if setgroups.read().strip() == "deny":
                # tcpdump insists on setting its groups, which an unprivileged namespace can't.
                command = ["dumpcap", "-q", "-P", "-i", device, "-s", str(snap), "-w", file, *count,
                           "-f", expression]
        process = self.spawn("capture", command, kind=Capture)
        process.file = file
        self.lab.wait_for(lambda: re.search("listening on|^File: ", process.text(), re.M), 10,
                          f"{command[0]} captures")
        return process


class Link:
    """An emulated link: hawser-linkem and its two TAP devices."""

    def __init__(self, lab, a, b, device_a, device_b, settings, mtu, seed):
        command = [find_binary("hawser-linkem"), "--netns-a", a.path, "--netns-b", b.path,
                   "--dev-a", device_a, "--dev-b", device_b, "--mtu", str(mtu),
                   "--seed", str(seed)]
        if settings:
            command += [word for line in settings.split(";") for word in ("--set", line.strip())]
        self.process = a.spawn("linkem", command, stdin=subprocess.PIPE, limit=3600)
        if self._answer() != "ready":
            raise LabError(f"hawser-linkem: {self.process.text()}")

    def _answer(self):
        return self.process.popen.stdout.readline().decode().strip()

    def _ask(self, line):
        self.process.popen.stdin.write(line.encode() + b"\n")
        self.process.popen.stdin.flush()
        return self._answer()

    def set(self, command):
        """a2b|b2a|both SETTING... or carrier on|off, several separated by ;"""
        for line in command.split(";"):
            answer = self._ask(line.strip())
            if answer != "ok":
                raise LabError(f"hawser-linkem refuses '{line}': {answer}")

    def stats(self):
        return json.loads(self._ask("stats"))


class Lab:
    """The test's world. Use as a context; the exit code is 0, 1 or 77."""
    has_own_resolver = False  # of a Lab before this one in the same process

    def __init__(self, limit=280):
        if INSIDE not in os.environ:
            _enter_private_namespaces()
        self.limit, self.processes, self.nodes, self.failed = limit, [], {}, False
        self.directory = tempfile.mkdtemp(prefix="hawser-lab-")
        self.started = time.monotonic()
        self._notes = open(os.path.join(self.directory, "commands.log"), "w")
        subprocess.run(["mount", "-t", "tmpfs", "lab", "/run"], check=True, timeout=10)
        os.mkdir("/run/netns")
        # Peers may give name servers, which are not for this host.
        own = os.path.join(self.directory, "resolv.conf")
        with open(own, "w") as file:
            file.write("nameserver 192.0.2.53\n")
        if Lab.has_own_resolver:
            subprocess.run(["umount", "/etc/resolv.conf"], check=True, timeout=10)
        if os.path.exists("/etc/resolv.conf"):
            Lab.has_own_resolver = True
            subprocess.run(["mount", "--bind", own, "/etc/resolv.conf"], check=True, timeout=10)

    def __enter__(self):
        def too_long(_number, _frame):
            raise LabError(f"the test took longer than {self.limit} s")
        signal.signal(signal.SIGALRM, too_long)
        signal.alarm(self.limit)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        return self

    def __exit__(self, kind, error, trace):
        signal.alarm(0)
        if kind is SystemExit and error.code in (0, SKIP, None):
            kind = None
        for process in reversed(self.processes):
            process.stop(2)
        if kind is None and not self.failed:
            shutil.rmtree(self.directory, ignore_errors=True)
            print(f"OK in {time.monotonic() - self.started:.1f} s", flush=True)
            return False
        if kind is not None:
            traceback.print_exception(kind, error, trace)
        print(f"FAILED; logs in {self.directory}", flush=True)
        sys.exit(1)

    def note(self, text):
        print(f"{time.monotonic() - self.started:8.3f} {text}", file=self._notes, flush=True)

    def say(self, text):
        self.note(text)
        print(text, flush=True)

    def check(self, condition, message):
        """A check that says what it checked, held or not; the test goes on."""
        self.say(f"  {'ok  ' if condition else 'FAIL'} {message}")
        if not condition:
            self.failed = True
        return bool(condition)

    def require(self, condition, message):
        """A check without which going on makes no sense."""
        if not self.check(condition, message):
            raise LabError(message)

    def wait_for(self, predicate, timeout, what):
        """Polls until the predicate holds; returns its value."""
        end = time.monotonic() + timeout
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > end:
                raise LabError(f"not within {timeout} s: {what}")
            time.sleep(0.02)

    def settle(self, predicate, timeout):
        """Gives the predicate some time to become true; a check follows."""
        end = time.monotonic() + timeout
        while not predicate() and time.monotonic() < end:
            time.sleep(0.05)

    def node(self, name):
        subprocess.run(["ip", "netns", "add", name], check=True, timeout=10)
        node = self.nodes[name] = Node(self, name)
        # Addresses are usable at once: nobody else is there to have them.
        node.run("sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 "
                 "net.ipv6.conf.default.router_solicitations=0")
        node.ip("link set lo up")
        return node

    def run_here(self, command, timeout=30):
        """A command that needs no namespace; returns what it printed."""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout)
        self.note(f"$ {shlex.join(command)} -> {done.returncode}")
        if done.returncode != 0:
            raise LabError(f"{shlex.join(command)} -> {done.returncode}: {done.stderr[-600:]}")
        return done.stdout

    def tshark(self, file, *fields, expression=""):
        """The fields of each packet of a capture, as tshark names them, as lists of strings."""
        command = ["tshark", "-n", "-r", file, "-T", "fields", "-E", "separator=\t"]
        command += [word for field in fields for word in ("-e", field)]
        command += ["-Y", expression] if expression else []
        return [line.split("\t") for line in self.run_here(command, timeout=60).splitlines()]

    def spawn_anywhere(self, name, command, **options):
        """A process that finds its namespaces by itself."""
        self.note(f"$ {shlex.join(command)} &")
        return Process(self, None, name, command, **options)

    def veth(self, a, address_a, b, address_b, device_a=None, device_b=None, mtu=1500,
             offload=True):
        """A cable. Addresses: one, or several separated by spaces. Without offload every packet on
        it is really cut to the MTU."""
        device_a, device_b = device_a or f"to-{b.name}", device_b or f"to-{a.name}"
        a.ip(f"link add {device_a} mtu {mtu} type veth peer name {device_b} mtu {mtu} "
             f"netns {b.name}")
        for node, device, addresses in ((a, device_a, address_a), (b, device_b, address_b)):
            if not offload:
                node.run(f"ethtool -K {device} tso off gso off gro off tx-udp-segmentation off")
            self._bring_up(node, device, addresses)

    def link(self, a, address_a, b, address_b, settings="", device_a=None, device_b=None, mtu=1500,
             seed=1):
        """An emulated link; settings as in tools/link_config.h, lines separated by ;"""
        device_a, device_b = device_a or f"to-{b.name}", device_b or f"to-{a.name}"
        link = Link(self, a, b, device_a, device_b, settings, mtu, seed)
        ends = ((a, device_a, address_a), (b, device_b, address_b))
        for node, device, addresses in ends:
            # Bursts of a whole TCP window wait in the device's ring while the machine is busy.
            node.ip(f"link set {device} txqueuelen 4000")
            self._bring_up(node, device, addresses)
        # Loss and outages are to hit the packets under test, not address resolution.
        for (near, device, _), (far, far_device, addresses) in (ends, ends[::-1]):
            mac = json.loads(far.ip(f"-j link show {far_device}"))[0]["address"]
            for address in addresses.split():
                near.ip(f"neigh replace {address.split('/')[0]} lladdr {mac} dev {device} "
                        "nud permanent")
        return link

    @staticmethod
    def _bring_up(node, device, addresses):
        for address in addresses.split():
            node.ip(f"addr add {address} dev {device}" + (" nodad" if ":" in address else ""))
        node.ip(f"link set {device} up")
