"""The sandbox's certificates: made at each start, valid only for Azure's names in this product, and short-lived.

The authority's key never leaves this module's stack frame, and the authority is never added to a system trust store,
so a stolen `ca.pem` is useless.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .clouds import BLOB_DOMAIN, DATA_DOMAINS, GOVERNMENT_HOSTS, HOSTS
from .connection import write_private_file
from .regions import GOVERNMENT_REGIONS, REGIONS

PERMITTED_NAMES = (
    *HOSTS,
    *GOVERNMENT_HOSTS,
    *DATA_DOMAINS,
    BLOB_DOMAIN,
)
"""The names that the authority can vouch for, with all names below them."""

LIFETIME = timedelta(days=90)


@dataclass(frozen=True)
class Certificates:
    """What the server shows (`context`) and what its clients trust (`ca_pem`)."""

    ca_pem: bytes
    context: ssl.SSLContext


def leaf_names() -> list[str]:
    """List every name that the server answers under, with a wildcard for each region, because instances come and go."""
    named = zip(DATA_DOMAINS, (REGIONS, GOVERNMENT_REGIONS), strict=True)
    instances = [f"*.api.{region.code}.{domain}" for domain, regions in named for region in regions]
    return [*HOSTS, *GOVERNMENT_HOSTS, *instances, f"*.{BLOB_DOMAIN}"]


def make_certificates() -> Certificates:
    """Make an authority and one server certificate signed by it, and throw the authority's key away."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key)
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    leaf = _leaf(leaf_key, authority, authority_key)
    return Certificates(authority.public_bytes(serialization.Encoding.PEM), _server_context(leaf, leaf_key))


def write_trust_files(folder: Path, ca_pem: bytes) -> tuple[Path, Path]:
    """Write `ca.pem` (the sandbox alone) and `bundle.pem` (with the public authorities); return both paths."""
    ca_file, bundle_file = folder / "ca.pem", folder / "bundle.pem"
    write_private_file(ca_file, ca_pem)
    write_private_file(bundle_file, ca_pem + b"\n" + Path(certifi.where()).read_bytes())
    return ca_file, bundle_file


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Azure Digital Twins setup runbook"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now - timedelta(minutes=5) + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    # All addresses are excluded: a constraint on names alone would allow them.
    every_address = [x509.IPAddress(ipaddress.ip_network(net)) for net in ("0.0.0.0/0", "::/0")]
    constraints = x509.NameConstraints([x509.DNSName(name) for name in PERMITTED_NAMES], every_address)
    name = _name("Sandbox authority")
    return (
        _builder(name, key.public_key())
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    issuer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        _builder(_name("Sandbox"), key.public_key())
        .issuer_name(authority.subject)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in leaf_names()]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _server_context(leaf: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # The ssl module reads keys only from files. This one is for a moment in a folder that nobody else can enter.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "leaf.pem"
        write_private_file(file, private + leaf.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(file)
    return context
