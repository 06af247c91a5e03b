# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the certificates of a registry with TLS, and the client certificates that it requires."""

from __future__ import annotations

import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path

NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Tls:
    """The TLS faults and requirements of a registry, and the directory for the files that clients need."""

    folder: Path
    wrong_name: bool = False
    expired: bool = False
    unknown_ca: bool = False  # the CA in `ca_file` did not sign the certificate
    client_certificate: bool = False  # clients must present a certificate of our CA


@dataclass(frozen=True)
class Certificates:
    """The server's TLS context, and the files for its clients."""

    context: ssl.SSLContext
    ca_file: Path
    client_cert: Path
    client_key: Path


def make_certificates(tls: Tls) -> Certificates:
    """Create a CA and the certificates that it signs. Needs the PyPI package trustme."""
    import trustme

    authority = trustme.CA()
    names = ("elsewhere.example.com",) if tls.wrong_name else NAMES
    end = datetime.datetime(2020, 1, 1) if tls.expired else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=end).configure_cert(context)
    if tls.client_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
    files = Certificates(context, *(tls.folder / name for name in ("ca.pem", "client.pem", "client-key.pem")))
    (trustme.CA() if tls.unknown_ca else authority).cert_pem.write_to_path(str(files.ca_file))
    client = authority.issue_cert("alice@example.com")
    client.cert_chain_pems[0].write_to_path(str(files.client_cert))
    client.private_key_pem.write_to_path(str(files.client_key))
    return files
