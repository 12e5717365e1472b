#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes certificates/: a small world of CAs, hosts and CRLs, good and bad, valid from 2025 to 2045
where the name does not say otherwise; and signatures.txt, made with the hosts' keys. All keys are
drawn anew each time, so the files change as a whole. Needs Python's `cryptography` and openssl."""
import datetime
import ipaddress
import pathlib
import subprocess
import textwrap

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (Encoding, NoEncryption, PrivateFormat,
                                                          PublicFormat)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

FOLDER = pathlib.Path(__file__).with_name("certificates")
BEGIN = datetime.datetime(2025, 1, 1)
END = datetime.datetime(2045, 1, 1)
MESSAGE = bytes(range(200))
NAMES = [x509.DNSName("gw.lab"), x509.DNSName("*.wild.lab"),
         x509.IPAddress(ipaddress.ip_address("10.90.3.2")),
         x509.IPAddress(ipaddress.ip_address("2001:db8::3:2")), x509.RFC822Name("gw@lab.example")]


class Authority:
    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key


def name_of(common_name):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def hash_for(key):
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def key_usage(*uses):
    fields = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
              "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{field: field in uses for field in fields})


def build(common_name, key, issuer, extensions, begin=BEGIN, end=END):
    name = name_of(common_name)
    builder = x509.CertificateBuilder(name if issuer is None else issuer.certificate.subject,
                                      name, key.public_key(), x509.random_serial_number(),
                                      begin, end)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
                                    False)
    signer = key if issuer is None else issuer.key
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hash_for(signer))


def write(name, *certificates):
    octets = b"".join(c.public_bytes(Encoding.PEM) for c in certificates)
    (FOLDER / name).write_bytes(octets)


def authority(file_name, issuer=None, constraints=(x509.BasicConstraints(True, None), True),
              uses=("key_cert_sign", "crl_sign"), others=(), **options):
    key = ec.generate_private_key(ec.SECP256R1())
    extensions = [] if constraints is None else [constraints]
    extensions += [(key_usage(*uses), True), *others]
    certificate = build(file_name, key, issuer, extensions, **options)
    write(file_name + ".pem", certificate)
    return Authority(certificate, key)


def host(file_name, issuer, key=None, names=NAMES, uses=("digital_signature",), others=(),
         **options):
    key = key or ed25519.Ed25519PrivateKey.generate()
    extensions = [] if names is None else [(x509.SubjectAlternativeName(names), False)]
    extensions += [] if uses is None else [(key_usage(*uses), True)]
    certificate = build(options.pop("common_name", file_name), key, issuer,
                        extensions + list(others), **options)
    write(file_name + ".pem", certificate)
    return certificate, key


def crl(file_name, issuer, *revoked, last=BEGIN, following=END):
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, last, following)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
        issuer.key.public_key()), False).add_extension(x509.CRLNumber(1), False)
    for certificate in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder(certificate.serial_number, BEGIN).build())
    write(file_name, builder.sign(issuer.key, hashes.SHA256()))


def signatures(keys):
    """What each key signs, also in the ways that are not accepted."""
    cases = []

    def add(host_name, scheme, signature):
        cases.append(f"host = {host_name}\nscheme = {scheme}\nmessage = "
                     + "\n  ".join(textwrap.wrap(MESSAGE.hex(), 80)) + "\nsignature = "
                     + "\n  ".join(textwrap.wrap(signature.hex(), 80)) + "\n")

    shas = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(),
            "sha512": hashes.SHA512()}
    add("ed25519", "ed25519", keys["ed25519"].sign(MESSAGE))
    for name, sha in shas.items():
        for curve in ("p256", "p384"):
            add(curve, "ecdsa-" + name, keys[curve].sign(MESSAGE, ec.ECDSA(sha)))
        pss = padding.PSS(padding.MGF1(sha), sha.digest_size)
        add("rsa2048", "rsa-pss-" + name, keys["rsa2048"].sign(MESSAGE, pss, sha))
    sha = hashes.SHA256()
    add("rsa2048", "rsa-pkcs1-sha256", keys["rsa2048"].sign(MESSAGE, padding.PKCS1v15(), sha))
    add("rsa2048", "rsa-pss-other-salt",
        keys["rsa2048"].sign(MESSAGE, padding.PSS(padding.MGF1(sha), 20), sha))
    add("rsa2048", "rsa-pss-other-mask",
        keys["rsa2048"].sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA1()), 32), sha))
    add("rsa1024", "rsa-pss-sha256", keys["rsa1024"].sign(
        MESSAGE, padding.PSS(padding.MGF1(sha), 32), sha))
    head = ("# SPDX-License-Identifier: Apache-2.0\n# Written by generate_certificates.py. A case "
            "ends at an empty line; a line that begins\n# with a space continues the value "
            "above.\n")
    FOLDER.with_name("signatures.txt").write_text("\n".join([head, *cases]))


def host_keys(ca):
    keys = {"ed25519": ed25519.Ed25519PrivateKey.generate(),
            "p256": ec.generate_private_key(ec.SECP256R1()),
            "p384": ec.generate_private_key(ec.SECP384R1()),
            "p521": ec.generate_private_key(ec.SECP521R1()),
            "rsa2048": rsa.generate_private_key(65537, 2048),
            "rsa1024": rsa.generate_private_key(65537, 1024)}
    for name, key in keys.items():
        host(name, ca, key)
        (FOLDER / f"{name}.key").write_bytes(key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (FOLDER / "rsa2048-traditional.key").write_bytes(keys["rsa2048"].private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    (FOLDER / "p256-traditional.key").write_bytes(keys["p256"].private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return keys


def sha1_host(ca):
    """`cryptography` does not sign with SHA-1, for good reasons."""
    key_file, request = FOLDER / "sha1-ca.key", FOLDER / "sha1.csr"
    key_file.write_bytes(ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    host_key = str(FOLDER / "p256.key")
    subprocess.run(["openssl", "req", "-new", "-key", host_key, "-subj", "/O=Lab/CN=sha1",
                    "-addext", "subjectAltName=DNS:gw.lab", "-out", request], check=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-sha1", "-days", "7000", "-CA",
                    FOLDER / "ca.pem", "-CAkey", key_file, "-copy_extensions", "copy", "-out",
                    FOLDER / "sha1.pem"], check=True, stderr=subprocess.DEVNULL)
    key_file.unlink()
    request.unlink()


def hosts_of_bad_issuers(ca):
    intermediate = authority("intermediate", ca, (x509.BasicConstraints(True, 0), True))
    host("by-intermediate", intermediate)
    host("too-deep", authority("second-intermediate", intermediate))
    host("by-no-ca", authority("no-ca", ca, (x509.BasicConstraints(False, None), True)))
    host("by-old-ca", authority("old-ca", ca, None))
    host("by-no-signer", authority("no-signer", ca, uses=("digital_signature",)))
    host("by-expired-ca", authority("expired-ca", ca, end=datetime.datetime(2026, 1, 1)))
    permitted = x509.NameConstraints([x509.DNSName("lab")], None)
    constrained = authority("constrained", ca, others=[(permitted, True)])
    host("within-constraint", constrained, names=[x509.DNSName("gw.lab")])
    host("beyond-constraint", constrained, names=[x509.DNSName("gw.example")])


def main():
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*"):
        old.unlink()
    ca = authority("ca")
    other = authority("other-ca")
    namesake = Authority(build("ca", other.key, None, [(x509.BasicConstraints(True, None), True)]),
                         other.key)
    write("namesake-ca.pem", namesake.certificate)
    keys = host_keys(ca)
    signatures(keys)
    sha1_host(ca)
    hosts_of_bad_issuers(ca)
    host("expired", ca, end=datetime.datetime(2026, 1, 1))
    host("future", ca, begin=datetime.datetime(2044, 1, 1))
    host("by-other-ca", other)
    host("by-namesake", namesake)
    revoked, _ = host("revoked", ca)
    host("name-in-subject", ca, names=None, common_name="gw.lab")
    host("no-key-usage", ca, uses=None)
    host("encipherment-only", ca, uses=("key_encipherment",))
    usage = x509.ExtendedKeyUsage
    host("for-ike", ca, others=[(usage([ExtendedKeyUsageOID.IPSEC_IKE]), False)])
    host("for-tls", ca, others=[(usage([ExtendedKeyUsageOID.SERVER_AUTH]), True)])
    host("for-code", ca, others=[(usage([ExtendedKeyUsageOID.CODE_SIGNING]), False)])
    unknown = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    host("unknown-critical", ca, others=[(unknown, True)])
    host("unknown-noncritical", ca, others=[(unknown, False)])
    crl("ca.crl", ca, revoked)
    crl("empty.crl", ca)
    crl("stale.crl", ca, following=datetime.datetime(2026, 1, 1))
    crl("other-ca.crl", other)
    crl("forged.crl", Authority(ca.certificate, other.key))
    der = ca.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA1())
    digest.update(der)
    (FOLDER / "ca-key-hash.txt").write_text(
        "# SPDX-License-Identifier: Apache-2.0\nsha1 = " + digest.finalize().hex() + "\n")


if __name__ == "__main__":
    main()
