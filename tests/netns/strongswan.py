# SPDX-License-Identifier: Apache-2.0
"""strongSwan as one end of a test: charon-systemd with kernel-libipsec (ESP in user space, always
in UDP), with a configuration, sockets and logs of its own below the test's directory. Nothing in
/etc is read."""
import os
import re
import shutil

from lab import LabError, skip
from strongswan_settings import INNER, OUTER, POOL, POOL_DNS, PPK_ID, identity, network

CHARON, SWANCTL = "/usr/sbin/charon-systemd", "/usr/sbin/swanctl"
LIBIPSEC = "/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so"
# In this order: kernel-netlink would otherwise claim what kernel-libipsec is for.
PLUGINS = ("random drbg nonce pem pkcs1 pkcs8 x509 pubkey openssl constraints revocation aes sha1 "
           "sha2 mgf1 hmac kdf gcm chapoly curve25519 kernel-libipsec kernel-netlink "
           "socket-default vici updown")
WORDS = {"aes-256-gcm": "aes256gcm16", "aes-128-gcm": "aes128gcm16",
         "chacha20-poly1305": "chacha20poly1305", "x25519": "x25519", "p-256": "ecp256"}


def require_strongswan():
    for file in (CHARON, SWANCTL, LIBIPSEC):
        if not os.path.exists(file):
            skip(f"no {file}: scripts/install-packages interop")


def render(tree, indent=""):
    """{"charon": {"load": "..."}} as strongSwan's configuration files have it."""
    lines = []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key} {{", render(value, indent + "    "), f"{indent}}}"]
        elif value is not None:
            lines.append(f"{indent}{key} = {value}")
    return "\n".join(lines)


def proposals(ciphers, *others):
    return "-".join([WORDS[cipher] for cipher in ciphers] + [WORDS.get(o, o) for o in others])


class Charon:
    """charon-systemd on one node, and swanctl for it. keys: {file: its name below swanctl/}."""

    def __init__(self, lab, node, directory, keys, charon=(), swanctl_dir=None):
        self.lab, self.node, self.directory, self.process = lab, node, directory, None
        self.swanctl_dir = swanctl_dir or self.file("swanctl")
        for folder in ("bin", "swanctl/conf.d", "swanctl/x509", "swanctl/x509ca", "swanctl/pubkey",
                       "swanctl/private"):
            os.makedirs(os.path.join(directory, folder), mode=0o700)
        # Copies: the profiles of AppArmor that Debian ships go by path.
        for program in (CHARON, SWANCTL):
            shutil.copy(program, self.file("bin"))
        for source, target in keys.items():
            shutil.copy(source, self.file("swanctl", target))
        with open(self.file("strongswan.conf"), "w") as conf:
            conf.write(render(self._strongswan_conf(dict(charon))) + "\n")

    def file(self, *names):
        return os.path.join(self.directory, *names)

    def _strongswan_conf(self, more):
        logged = {"time_format": "%H:%M:%S", "time_add_ms": "yes", "flush_line": "yes"}
        return {"charon": {
            "load_modular": "no", "load": PLUGINS,
            # A peer that is gone is given up after 9 s instead of 165.
            "retransmit_timeout": 1.0, "retransmit_base": 1.3, "retransmit_tries": 4,
            "half_open_timeout": 30, **more,
            "plugins": {"vici": {"socket": f"unix://{self.file('vici')}"}},
            "filelog": {
                "log": {"path": self.file("charon.log"), "default": 1, "ike": 2, "knl": 2,
                        **logged},
                # Level 4 has the keys, for strongswan_dissect.py.
                "secrets": {"path": self.file("secrets.log"), "default": -1, "ike": 4, "chd": 4,
                            "mgr": 2, "flush_line": "yes"}}},
            "charon-systemd": {"journal": {"default": -1}},
            "swanctl": {"load": "random openssl pem pkcs1 pkcs8 x509 pubkey"}}

    def _command(self, program, *words):
        return ["env", f"STRONGSWAN_CONF={self.file('strongswan.conf')}",
                f"SWANCTL_DIR={self.swanctl_dir}", self.file("bin", program), *words]

    def start(self, swanctl_conf):
        with open(os.path.join(self.swanctl_dir, "swanctl.conf"), "w") as conf:
            conf.write(swanctl_conf + "\n")
        if os.path.exists(self.file("vici")):
            os.unlink(self.file("vici"))
        self.process = self.node.spawn("charon", self._command("charon-systemd"), limit=900)
        self.lab.wait_for(lambda: os.path.exists(self.file("vici")) or not self.process.running(),
                          15, "charon answers")
        done = self.ctl("load-all", check=False)
        if done.returncode != 0:
            raise LabError(f"swanctl --load-all: {done.stdout}{done.stderr}")
        return self

    def ctl(self, command, *words, check=True, timeout=40):
        """swanctl --COMMAND WORDS..."""
        return self.node.run(self._command("swanctl", f"--{command}", "--uri",
                                           f"unix://{self.file('vici')}", *words),
                             check=check, timeout=timeout)

    def log(self):
        """All its life's, restarts included."""
        with open(self.file("charon.log"), errors="replace") as log:
            return log.read()

    def logged(self, pattern):
        return re.search(pattern, self.log()) is not None

    def sas(self):
        return self.ctl("list-sas").stdout


def swanctl_conf(role, settings):
    """For a connection `lab` with a child `lab`, as client `cl` or gateway `gw`."""
    far = "gw" if role == "cl" else "cl"
    ends = {name: {"auth": "psk" if settings.auth == "psk" else "pubkey", "id": identity(of)}
            for name, of in (("local", role), ("remote", far))}
    if settings.auth == "raw":
        ends["local"]["pubkeys"], ends["remote"]["pubkeys"] = "me.pub", "peer.pub"
    if settings.auth == "cert":
        ends["local"]["certs"], ends["remote"]["cacerts"] = "me.crt", "ca.crt"
    esp = [proposals(settings.esp_ciphers, *groups)
           for groups in ([settings.key_exchange[:1]] if settings.pfs else []) + [()]]
    dynamic = settings.virtual_address
    child = {
        "local_ts": "dynamic" if dynamic and role == "cl" else network(role),
        "remote_ts": "dynamic" if dynamic and role == "gw" else network(far),
        "esp_proposals": ", ".join(esp), "rekey_time": f"{settings.rekey_s}s",
        "life_time": f"{settings.rekey_s + 60}s", "rand_time": 0}
    connection = {
        "version": 2, "proposals": proposals(settings.ike_ciphers, "prfsha256",
                                             *settings.key_exchange),
        "local_addrs": OUTER["gw"] if role == "gw" else None,
        "remote_addrs": OUTER["gw"] if role == "cl" else None,
        "vips": "0.0.0.0" if dynamic and role == "cl" else None,
        "pools": "lab" if dynamic and role == "gw" else None,
        "ppk_id": PPK_ID if settings.ppk else None,
        "ppk_required": "yes" if settings.ppk else None,
        # kernel-libipsec can do nothing else.
        "encap": "yes", "dpd_delay": f"{settings.dpd_s}s", "send_cert": "always",
        "rekey_time": f"{settings.ike_rekey_s}s", "over_time": "60s", "reauth_time": 0,
        "rand_time": 0, "unique": "replace", "keyingtries": 1, **ends, "children": {"lab": child}}
    tree = {"connections": {"lab": connection}}
    if dynamic and role == "gw":
        tree["pools"] = {"lab": {"addrs": POOL, "dns": POOL_DNS}}
    tree["secrets"] = {
        **({"ike-lab": {"secret": f'"{settings.psk}"'}} if settings.auth == "psk" else {}),
        **({"ppk-lab": {"secret": f'"{settings.ppk}"', "id": PPK_ID}} if settings.ppk else {})}
    return render(tree)


def key_files(keys, role, auth):
    """Which file of the lab's keys goes where in the swanctl directory. What is there is offered:
    with a CA's certificate it asks for certificates, whatever the connection says."""
    far = "gw" if role == "cl" else "cl"
    private = {keys.file(f"{role}.key"): "private/me.key"}
    return {"psk": {},
            "raw": {**private, keys.file(f"{role}.pub"): "pubkey/me.pub",
                    keys.file(f"{far}.pub"): "pubkey/peer.pub"},
            "cert": {**private, keys.file(f"{role}.crt"): "x509/me.crt",
                     keys.file("ca.crt"): "x509ca/ca.crt"}}[auth]


class StrongSwanEnd:
    """One end of a scenario; HawserEnd has the same face."""

    GIVES_UP_S = 30

    def __init__(self, world, role, settings):
        self.world, self.role, self.settings = world, role, settings
        self.node, self.lab = world.node_of(role), world.lab
        self.charon = Charon(self.lab, self.node, os.path.join(world.directory, role),
                             key_files(world.keys, role, settings.auth),
                             (("keep_alive", f"{settings.keepalive_s}s"), *settings.charon))

    def start(self):
        if not self.settings.virtual_address or self.role == "gw":
            self.node.ip(f"addr replace {INNER[self.role]}/24 dev lo")
        self.charon.start(swanctl_conf(self.role, self.settings))
        return self

    def stop(self):
        return self.charon.process and self.charon.process.stop(10)

    def kill(self):
        self.charon.process.popen.kill()
        self.charon.process.popen.wait()
        if "ipsec0" in self.node.devices():
            self.node.ip("link del ipsec0")

    def initiate(self, timeout=15):
        """Whether a child SA came up."""
        return self.charon.ctl("initiate", "--ike", "lab", "--child", "lab", "--timeout",
                               str(timeout), check=False, timeout=timeout + 10).returncode == 0

    def terminate(self):
        self.charon.ctl("terminate", "--ike", "lab", "--timeout", "10")

    def rekey(self, what):
        """what: ike or child. Returns at once."""
        self.charon.ctl("rekey", f"--{what}", "lab")

    def is_up(self):
        text = self.charon.sas()
        return "ESTABLISHED" in text and "INSTALLED" in text

    def has_any_sa(self):
        return "lab:" in self.charon.sas()

    def sa_counts(self):
        """Of IKE SAs that are established and child SAs that are installed."""
        text = self.charon.sas()
        return text.count(", ESTABLISHED,"), text.count(", INSTALLED,")

    def rekeys(self):
        """How many child and IKE SAs came after the first ones."""
        log = self.charon.log()
        return (len(set(re.findall(r"inbound CHILD_SA lab\{(\d+)\} established", log))),
                len(set(re.findall(r"IKE_SA lab\[(\d+)\] rekeyed between", log))))

    def ike_sas_made(self):
        """By IKE_AUTH, rekeyings not counted."""
        return len(re.findall(r"IKE_SA lab\[\d+\] established between", self.charon.log()))

    def notices_delete(self):
        """Whether it hears that its SA is gone."""
        self.lab.settle(lambda: not self.has_any_sa(), 5)
        return not self.has_any_sa() and self.charon.logged("received DELETE for IKE_SA lab")

    def notices_death(self, seconds):
        """Whether it gives its peer up without hearing from it."""
        self.lab.settle(lambda: not self.has_any_sa(), seconds)
        return not self.has_any_sa() and self.charon.logged("giving up after 4 retransmits")

    def initiate_again(self):
        self.lab.require(self.initiate(), "a new start after the first was lost")

    def peer_address(self):
        found = re.search(r"remote .* @ ([\d.]+)\[(\d+)\]", self.charon.sas())
        return (found[1], int(found[2])) if found else (None, None)

    def inner_address(self):
        """Ours inside the tunnel."""
        if self.settings.virtual_address and self.role == "cl":
            found = re.search(r"local .* @ [\d.]+\[\d+\] \[([\d.]+)\]", self.charon.sas())
            return found and found[1]
        return INNER[self.role]

    def explanation(self):
        return self.charon.log()[-3000:]
