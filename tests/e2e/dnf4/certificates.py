# SPDX-License-Identifier: GPL-2.0-or-later
"""Throwaway certificates: an authority, its server on loopback and one client."""
import packages

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def make_all(folder):
    """Writes ca, server and client as .pem and .key."""
    folder.mkdir()
    make(folder, "ca")
    for name in ("server", "client"):
        make(folder, name, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-addext", "subjectAltName=IP:127.0.0.1")


def make(folder, name, *options):
    """Writes one, signed by itself unless the options say otherwise."""
    packages.run("openssl", "req", "-x509", *KEY, "-subj", "/CN=matrix " + name, "-keyout", folder / (name + ".key"),
                 "-out", folder / (name + ".pem"), *options)
