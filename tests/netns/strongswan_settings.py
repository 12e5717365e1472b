# SPDX-License-Identifier: Apache-2.0
"""What the two ends of an interoperability test are configured to do, in words of our own; the
config of either implementation is made from them. Roles: the client `cl` begins, the gateway `gw`
answers."""
import base64
import dataclasses
import os

PSK = "lab-psk-do-not-use"
OUTER = {"cl": "10.90.1.2", "cl2": "10.90.2.2", "gw": "10.90.3.2"}
INNER = {"cl": "10.97.0.1", "gw": "10.98.0.1"}
POOL, POOL_DNS = "10.99.0.0/24", "10.98.0.53"
PPK_ID = "ppk.lab"


def identity(role):
    return f"{role}.lab"


def network(role):
    """The network behind an end."""
    return INNER[role].rpartition(".")[0] + ".0/24"


@dataclasses.dataclass(frozen=True)
class Settings:
    auth: str = "psk"  # psk, raw (Ed25519 keys known beforehand) or cert (Ed25519, X.509)
    psk: str = PSK
    ike_ciphers: tuple = ("aes-256-gcm",)
    esp_ciphers: tuple = ("aes-256-gcm",)
    key_exchange: tuple = ("x25519",)
    pfs: bool = True
    virtual_address: bool = True  # the client asks for one, the gateway gives it
    rekey_s: int = 3600
    ike_rekey_s: int = 14400
    dpd_s: int = 30
    keepalive_s: int = 20
    ppk: str = ""  # post-quantum preshared key (RFC 8784), demanded by both ends
    charon: tuple = ()  # more lines for strongswan.conf, as (key, value)


class Keys:
    """Ed25519 keys and certificates of both roles, in the forms that both implementations read."""

    def __init__(self, lab):
        self.lab, self.directory = lab, os.path.join(lab.directory, "keys")
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        self._write("psk", PSK)
        self._openssl("genpkey", "-algorithm", "ed25519", "-out", self.file("ca.key"))
        self._openssl("req", "-x509", "-new", "-key", self.file("ca.key"), "-days", "3650",
                      "-subj", "/O=lab/CN=lab CA", "-addext", "keyUsage=critical,keyCertSign",
                      "-out", self.file("ca.crt"))
        for role in ("cl", "gw"):
            self._make(role)

    def file(self, name):
        return os.path.join(self.directory, name)

    def _openssl(self, *words):
        return self.lab.run_here(["openssl", *words])

    def _write(self, name, text):
        with open(os.open(self.file(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write(text + "\n")
        return self.file(name)

    def psk_file(self, psk):
        """A file of mode 0600 with this key."""
        return self._write(f"psk-{psk}", psk)

    def _make(self, role):
        """ROLE.key, .pub and .crt in PEM, .hawser as `hawser keygen` writes it."""
        key = self.file(f"{role}.key")
        self._openssl("genpkey", "-algorithm", "ed25519", "-out", key)
        self._openssl("pkey", "-in", key, "-pubout", "-out", self.file(f"{role}.pub"))
        request = self.file(f"{role}.csr")
        self._openssl("req", "-new", "-key", key, "-subj", f"/O=lab/CN={identity(role)}",
                      "-out", request)
        with open(self.file(f"{role}.ext"), "w") as extensions:
            extensions.write(f"subjectAltName=DNS:{identity(role)}\n"
                             "keyUsage=critical,digitalSignature\n")
        self._openssl("x509", "-req", "-in", request, "-CA", self.file("ca.crt"), "-CAkey",
                      self.file("ca.key"), "-set_serial", str(len(os.listdir(self.directory))),
                      "-days", "3650", "-extfile", self.file(f"{role}.ext"),
                      "-out", self.file(f"{role}.crt"))
        with open(key) as pem:
            self._write(f"{role}.hawser", "ed25519-private:" + last_octets(pem.read()))

    def hawser_public_key(self, role):
        """ROLE.pub as Hawser's `public-key` takes it."""
        with open(self.file(f"{role}.pub")) as pem:
            return "ed25519:" + last_octets(pem.read())


def last_octets(pem):
    """The key in a PEM file: PKCS #8 and SubjectPublicKeyInfo (RFC 8410) both end with it."""
    return base64.b64encode(base64.b64decode("".join(pem.splitlines()[1:-1]))[-32:]).decode()
