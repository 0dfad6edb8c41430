#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""repo-tools/whittled/nginx.conf in a real nginx before a real whittled, with other paths and ports: nginx.py WHITTLED."""
import concurrent.futures
import hashlib
import http.client
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import unittest

import backend
from backend import LONG, XML, request, wish

PROGRAM = PLACE = DAEMON = NGINX = None
CONFIGURATION = pathlib.Path(__file__).resolve().parents[2] / "repo-tools/whittled/nginx.conf"
NAME = "backend.example.org"
AROUND = """daemon off;
pid %(folder)s/pid;
error_log %(folder)s/error.log;
events {}
http {
    access_log off;
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    include %(folder)s/whittled.conf;
}
"""


def free_port():
    """One that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Nginx:
    """A running nginx with a certificate that is thrown away, before those who listen at these addresses."""

    def __init__(self, place, *upstreams):
        self.folder = place.folder / "nginx"
        self.folder.mkdir()
        self.port = free_port()
        backend.packages.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=" + NAME, "-addext", "subjectAltName=DNS:" + NAME, "-keyout", self.folder / "key", "-out", self.folder / "crt")
        text = CONFIGURATION.read_text()
        for old, new in [
                ("    listen 443 ssl", "    listen 127.0.0.1:%d ssl" % self.port), ("    listen [::]:443 ssl http2;\n", ""),
                ("server 127.0.0.1:8077;", "".join("server %s;" % upstream for upstream in upstreams)),
                ("/var/cache/nginx/whittled", str(self.folder / "cache")),
                ("/etc/nginx/%s.crt" % NAME, str(self.folder / "crt")), ("/etc/nginx/%s.key" % NAME, str(self.folder / "key"))]:
            if text.count(old) != 1:
                raise AssertionError("nginx.conf has not one " + old)
            text = text.replace(old, new)
        (self.folder / "whittled.conf").write_text(text)
        (self.folder / "nginx.conf").write_text(AROUND % {"folder": self.folder})
        self.start()

    def start(self):
        """Until it listens."""
        self.process = subprocess.Popen(["nginx", "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"],
                                        stdin=subprocess.DEVNULL, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        backend.poll(self.listens)

    def listens(self):
        """Does it?"""
        if self.process.poll() is not None:
            raise AssertionError("nginx ended: " + (self.folder / "error.log").read_text())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, method, path, body=None, headers=(), source=None):
        """One request by TLS, with the certificate and its name checked; from an address of this machine."""
        context = ssl.create_default_context(cafile=self.folder / "crt")
        connection = http.client.HTTPSConnection(NAME, self.port, timeout=LONG, context=context)
        connection._create_connection = lambda address, *rest: socket.create_connection(  # noqa: SLF001 - the name is no host's
            ("127.0.0.1", address[1]), LONG, source and (source, 0))
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def stop(self):
        """Ends it."""
        self.process.terminate()
        self.process.wait(LONG)


def setUpModule():  # noqa: N802 - unittest's name
    """One of each for all tests: a whittled that soon has enough to do."""
    global PLACE, DAEMON, NGINX  # noqa: PLW0603
    if not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        raise unittest.SkipTest("there is no nginx")
    PLACE = backend.Place(("alpha", "slow"))
    unittest.addModuleCleanup(PLACE.remove)
    DAEMON = backend.Daemon(PROGRAM, PLACE, "--requests", "1", "--jobs", "1", "--access-log")
    unittest.addModuleCleanup(end_daemon)
    NGINX = Nginx(PLACE, "127.0.0.1:%d" % DAEMON.port)
    unittest.addModuleCleanup(NGINX.stop)


def end_daemon():
    """In good order."""
    status = DAEMON.stop()
    said = DAEMON.said()
    if status != 0 or "Sanitizer" in said:
        raise AssertionError("exit status %d: %s" % (status, said))


def upgrade(*wishes):
    """A POST through nginx."""
    return NGINX.ask("POST", "/v1/upgrade", request(*wishes), XML)


class Proxy(unittest.TestCase):
    """What nginx lets through, what it keeps, and what not."""

    def bundle(self):
        """The URL of a bundle that an answer names."""
        answer = upgrade(wish(PLACE.package("alpha", "2"), PLACE.package("alpha", "1")))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        bundle = backend.xml.fromstring(answer.body)[0][0]
        self.assertEqual(bundle.tag, "bundle")
        return bundle.get("sha256")

    def requests_seen(self, what):
        """How often whittled was asked."""
        return sum(what in line for line in DAEMON.said().splitlines())

    def test_bundle_is_kept(self):
        """The second one comes from the cache; whittled is asked once."""
        name = self.bundle()
        path = "/v1/bundle/%s.wht" % name
        seen = []
        for _ in range(3):
            answer = NGINX.ask("GET", path)
            self.assertEqual((answer.status, hashlib.sha256(answer.body).hexdigest()), (200, name))
            self.assertIn("immutable", answer.headers["Cache-Control"])
            seen.append(answer.headers["X-Cache-Status"])
        self.assertEqual(seen, ["MISS", "HIT", "HIT"])
        self.assertEqual(self.requests_seen(path), 1)
        answer = NGINX.ask("GET", path, headers={"If-None-Match": '"%s"' % name})
        self.assertEqual((answer.status, answer.body), (304, b""))

    def test_missing_bundle_is_not_kept(self):
        """It may be there the next time."""
        path = "/v1/bundle/%s.wht" % ("0" * 64)
        for _ in range(2):
            self.assertEqual(NGINX.ask("GET", path).status, 404)
        backend.poll(lambda: self.requests_seen(path) >= 2)

    def test_upgrade_is_not_kept(self):
        """Equal requests come through, each of them."""
        seen = self.requests_seen("POST /v1/upgrade")
        answers = {self.bundle() for _ in range(2)}
        self.assertEqual(len(answers), 1)
        self.assertEqual(self.requests_seen("POST /v1/upgrade"), seen + 2)

    def test_sentences_come_through(self):
        """A client can say what the backend said."""
        for method, path, body, status in [("POST", "/v1/upgrade", b"<upgrade", 400), ("GET", "/v1/upgrade", None, 405),
                                           ("GET", "/frob", None, 404), ("POST", "/v1/upgrade", b" " * ((1 << 20) + 1), 413)]:
            answer = NGINX.ask(method, path, body, XML)
            self.assertEqual(answer.status, status)
            self.assertNotIn(b"<", answer.body.replace(b"<upgrade", b""))
            self.assertNotIn(b"nginx", answer.body)
        self.assertEqual(NGINX.ask("POST", "/v1/upgrade", b" " * (3 << 20), XML).status, 413)

    def test_too_many_requests_are_told_so(self):
        """whittled's own 503, with the time after which to ask again."""
        wishes = [wish(PLACE.package("slow", "2"), PLACE.package("slow", "1"), differs=str(number)) for number in range(3)]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: upgrade(wishes[number % 3]), range(12)))
        refused = [answer for answer in answers if answer.status == 503]
        self.assertTrue(refused)
        self.assertLessEqual({answer.status for answer in answers}, {200, 503})
        self.assertTrue(all(answer.headers["Retry-After"] and b"nginx" not in answer.body for answer in refused))

    def test_health_and_metrics(self):
        """From this machine both."""
        self.assertEqual(NGINX.ask("GET", "/healthz").status, 200)
        self.assertIn(b"whittled_known_packages", NGINX.ask("GET", "/metrics").body)

    def test_old_tls_is_refused(self):
        """1.1 is not spoken."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", NGINX.port), LONG) as bare, self.assertRaises(ssl.SSLError):
            context.wrap_socket(bare)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
