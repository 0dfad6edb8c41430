#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What specs/format/protocol.md promises, asked of a running whittled: protocol_test.py WHITTLED."""
import concurrent.futures
import hashlib
import re
import sys
import unittest
import xml.etree.ElementTree as xml

import backend
from backend import XML, request, wish, zstd

PROGRAM = PLACE = DAEMON = None
MIB = 1 << 20
TYPES = {"counter", "gauge"}


def setUpModule():  # noqa: N802 - unittest's name
    """One daemon for all tests."""
    global PLACE, DAEMON  # noqa: PLW0603
    PLACE = backend.Place()
    DAEMON = backend.Daemon(PROGRAM, PLACE, "--access-log")


def tearDownModule():  # noqa: N802
    """Ends it in good order."""
    status = DAEMON.stop()
    said = DAEMON.said()
    PLACE.remove()
    if status != 0 or "Sanitizer" in said:
        raise AssertionError("exit status %d: %s" % (status, said))


def post(body, connection=None, **headers):
    """A POST of an upgrade request."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return DAEMON.ask("POST", "/v1/upgrade", body, {**XML, **given}, connection)


def padded(length):
    """A request of exactly so many bytes."""
    body = request()
    return body + b" " * (length - len(body))


class Answers(unittest.TestCase):
    """What is in the instructions."""

    def setUp(self):
        self.old, self.new = PLACE.package("alpha", "1"), PLACE.package("alpha", "2")

    def only(self, *arguments, **more):
        """The one element that decides, for one package."""
        answer = DAEMON.upgrade(wish(*arguments, **more))
        self.assertEqual([package.get("pkgid") for package in answer], [arguments[0].pkgid])
        return answer[0][0]

    def check_bundle(self, bundle):
        """The bundle is there and is what was announced."""
        self.assertEqual(bundle.tag, "bundle")
        answer = DAEMON.ask("GET", "/v1/bundle/%s.wht" % bundle.get("sha256"))
        self.assertEqual(answer.status, 200)
        self.assertEqual(hashlib.sha256(answer.body).hexdigest(), bundle.get("sha256"))
        self.assertEqual(len(answer.body), int(bundle.get("size")))
        self.assertEqual(int(bundle.get("saved")), self.new.size - len(answer.body))

    def test_step(self):
        """From the version before."""
        bundle = self.only(self.new, self.old)
        self.check_bundle(bundle)
        self.assertEqual(bundle.get("from"), self.old.header[:16])
        self.assertGreater(int(bundle.get("kept")), 0)
        self.assertGreater(int(bundle.get("patched")), 0)

    def test_differs(self):
        """A file that is not there as packaged makes another bundle."""
        whole = self.only(self.new, self.old)
        number = self.old.number("/usr/share/alpha/text")
        bundle = self.only(self.new, self.old, differs=str(number))
        self.check_bundle(bundle)
        self.assertNotEqual(bundle.get("sha256"), whole.get("sha256"))
        self.assertEqual(int(bundle.get("fetched")), int(whole.get("fetched")) + 1)

    def test_list(self):
        """A header that nobody knows: a list is asked for, and answered."""
        unknown = PLACE.package("alpha", "1")
        unknown.header = hashlib.sha256(b"nobody's").hexdigest()
        self.assertEqual(self.only(self.new, unknown).tag, "list")
        listed = [file for file in self.old.files if file[2] and file[1] != "0"]
        bundle = self.only(self.new, unknown, listed=listed)
        self.check_bundle(bundle)
        self.assertNotEqual(bundle.get("from"), unknown.header[:16])
        self.assertEqual(bundle.get("sha256"), self.only(self.new, unknown, listed=listed).get("sha256"))

    def test_reinstallation_and_downgrade(self):
        """Both are steps like any other."""
        bundle = self.only(self.new, self.new)
        self.check_bundle(bundle)
        self.assertEqual((bundle.get("patched"), bundle.get("fetched")), ("0", "0"))
        down = self.only(self.old, self.new)
        self.assertEqual(down.tag, "bundle")

    def test_whole(self):
        """A package without gain, one that is not known, and another's header."""
        cases = [(PLACE.package("gamma", "2"), PLACE.package("gamma", "1")), (self.new, PLACE.package("beta", "1"))]
        unknown = PLACE.package("alpha", "2")
        unknown.pkgid = hashlib.sha256(b"nobody's").hexdigest()
        for target, installed in [*cases, (unknown, self.old)]:
            element = self.only(target, installed)
            self.assertEqual(element.tag, "whole")
            self.assertRegex(element.get("reason"), "^[ -~]+$")

    def test_order_and_operations(self):
        """Packages in the order of the request; what disappears is told."""
        beta = PLACE.package("beta", "2")
        answer = DAEMON.upgrade(wish(beta, PLACE.package("beta", "1")), wish(self.new, self.old))
        self.assertEqual([package.get("pkgid") for package in answer], [beta.pkgid, self.new.pkgid])
        removed = [element.get("path") for element in answer[1].find("operations").findall("remove")]
        self.assertEqual(removed, ["/usr/share/alpha/only1"])

    def test_once_for_many(self):
        """Fifty equal requests at the same time: one bundle is cut."""
        before = DAEMON.metric("whittled_bundles_cut_total")
        wanted = wish(PLACE.package("beta", "1"), PLACE.package("beta", "2"), differs="0")
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: post(request(wanted)), range(50)))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(len({answer.body for answer in answers}), 1)
        self.assertIn(b"<bundle", answers[0].body)
        self.assertEqual(DAEMON.metric("whittled_bundles_cut_total"), before + 1)


class Statuses(unittest.TestCase):
    """Every row of the tables of requests and statuses."""

    def refused(self, status, answer):
        """One sentence of text, not to be kept by anybody."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertRegex(answer.body.decode(), r"\A[^\n]+\n\Z")
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_health(self):
        """It is well."""
        answer = DAEMON.ask("GET", "/healthz")
        self.assertEqual((answer.status, answer.body.strip()), (200, b"ok"))

    def test_malformed(self):
        """400"""
        for body in (b"", b"no xml", b"<upgrade", b'<upgrade version="2"/>', b"<upgrade/>", b'<other version="1"/>',
                     b'<!DOCTYPE upgrade><upgrade version="1"/>', b"\x28\xb5\x2f\xfd\x00", zstd(request())[:-3],
                     request('<package pkgid="zz"><installed header="00"/></package>'), request()[:-5], b"\0" * 100):
            self.refused(400, post(body))

    def test_no_such_url(self):
        """404, whatever the method"""
        digits = "ab" * 32
        for path in ("/", "/v1", "/v1/upgrade/", "/v1/bundle/", "/v1/bundle/%s" % digits, "/v1/bundle/%s.wht" % digits.upper(),
                     "/v1/bundle/%s.wht.wht" % digits, "/v1/bundle/../bundle/%s.wht" % digits, "/v1/bundle/%s.wht" % digits,
                     "/healthz/", "/%2e%2e/etc/passwd", "/" + "x" * 3000):
            self.refused(404, DAEMON.ask("GET", path))
        self.refused(404, DAEMON.ask("POST", "/v1/upgrades", request(), XML))

    def test_methods(self):
        """405 and what is allowed"""
        cases = [("GET", "/v1/upgrade", "POST"), ("HEAD", "/v1/upgrade", "POST"), ("PUT", "/v1/upgrade", "POST"),
                 ("POST", "/healthz", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
                 ("PUT", "/v1/bundle/%s.wht" % ("0" * 64), "GET, HEAD")]
        for method, path, allowed in cases:
            answer = DAEMON.ask(method, path, b"x" if method in ("PUT", "POST") else None)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, allowed))

    def test_too_long(self):
        """413"""
        self.assertEqual(post(padded(MIB)).status, 200)
        self.refused(413, post(padded(MIB + 1)))
        self.refused(413, post(zstd(padded(8 * MIB + 1))))
        self.assertEqual(post(zstd(padded(8 * MIB - 1))).status, 200)
        many = "".join('<package pkgid="%064x"><installed header="%064x"/></package>' % (number, number) for number in range(1025))
        self.refused(413, post(zstd(request(many))))

    def test_kinds_of_bodies(self):
        """415"""
        for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "text/plain, application/xml"}, {},
                        {"Content-Type": "application/xmlx"}, {**XML, "Content-Encoding": "gzip"},
                        {**XML, "Content-Encoding": "gzip, zstd"}):
            self.refused(415, DAEMON.ask("POST", "/v1/upgrade", request(), headers))
        for kind in ("application/xml; charset=utf-8", "text/xml", "APPLICATION/XML"):
            self.assertEqual(DAEMON.ask("POST", "/v1/upgrade", request(), {"Content-Type": kind}).status, 200)

    def test_connections_stay(self):
        """A refused request does not end its connection."""
        connection = DAEMON.connect()
        self.refused(413, post(padded(MIB + 1), connection))
        kept = connection.sock
        self.refused(400, post(b"no xml", connection))
        self.assertEqual(post(request(), connection).status, 200)
        self.assertIs(connection.sock, kept)
        connection.close()


class Headers(unittest.TestCase):
    """How answers and bundles are sent."""

    def setUp(self):
        self.wish = wish(PLACE.package("alpha", "2"), PLACE.package("alpha", "1"))
        self.id = DAEMON.upgrade(self.wish)[0][0].get("sha256")
        self.path = "/v1/bundle/%s.wht" % self.id

    def test_bundle(self):
        """It may be kept for ever, by anybody."""
        got, head = DAEMON.ask("GET", self.path), DAEMON.ask("HEAD", self.path)
        self.assertEqual(got.headers["Cache-Control"], "public, max-age=31536000, immutable")
        self.assertEqual(got.headers["ETag"], '"%s"' % self.id)
        self.assertEqual(got.headers["Content-Length"], str(len(got.body)))
        self.assertEqual(head.body, b"")
        self.assertEqual((head.status, [item for item in head.headers.items() if item[0] != "Date"]),
                         (got.status, [item for item in got.headers.items() if item[0] != "Date"]))

    def test_not_modified(self):
        """304 to those who have it"""
        tag = '"%s"' % self.id
        for known in (tag, "W/" + tag, '"other", ' + tag):
            answer = DAEMON.ask("GET", self.path, headers={"If-None-Match": known})
            self.assertEqual((answer.status, answer.body, answer.headers["ETag"]), (304, b"", tag))
            self.assertIn("immutable", answer.headers["Cache-Control"])
        self.assertEqual(DAEMON.ask("GET", self.path, headers={"If-None-Match": '"other"'}).status, 200)

    def test_encodings(self):
        """zstd both ways"""
        wanted = request(self.wish, wish(PLACE.package("beta", "2"), PLACE.package("beta", "1")),
                         wish(PLACE.package("gamma", "2"), PLACE.package("gamma", "1")))
        plain = post(wanted)
        self.assertEqual(plain.headers["Content-Type"], "application/xml")
        self.assertEqual(plain.headers["Cache-Control"], "no-store")
        self.assertIsNone(plain.headers["Content-Encoding"])
        self.assertEqual(post(zstd(wanted), Content_Encoding="zstd").body, plain.body)
        for accepted in ("zstd", "gzip, zstd;q=0.5", "ZSTD"):
            packed = post(wanted, Accept_Encoding=accepted)
            self.assertEqual(packed.headers["Content-Encoding"], "zstd")
            self.assertEqual(zstd(packed.body, "-d"), plain.body)
            self.assertLess(len(packed.body), len(plain.body))
        for accepted in ("gzip", "zstd;q=0", "zstandard"):
            self.assertEqual(post(wanted, Accept_Encoding=accepted).body, plain.body)

    def test_metrics(self):
        """The text form of Prometheus: help and type before each number, each name once."""
        answer = DAEMON.ask("GET", "/metrics")
        self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4")
        rows = re.findall(r"# HELP (\w+) [^\n]+\n# TYPE (\w+) (\w+)\n(\w+) (\d+)\n", answer.body.decode())
        self.assertEqual("".join("# HELP %s" % row[0] for row in rows).count("HELP"), answer.body.count(b"# HELP"))
        names = [row[0] for row in rows]
        self.assertEqual(len(names), len(set(names)))
        for name, named, kind, sample, _ in rows:
            self.assertEqual((name, name), (named, sample))
            self.assertIn(kind, TYPES)
            self.assertEqual(name.endswith("_total"), kind == "counter")
        self.assertEqual(DAEMON.metric("whittled_known_packages"), 6)

    def test_count_of_bundles_sent(self):
        """A HEAD sends none."""
        count, sent = (DAEMON.metric("whittled_" + name) for name in ("bundles_sent_total", "bundle_bytes_sent_total"))
        length = len(DAEMON.ask("GET", self.path).body)
        DAEMON.ask("HEAD", self.path)
        DAEMON.ask("GET", self.path, headers={"If-None-Match": '"%s"' % self.id})
        self.assertEqual(DAEMON.metric("whittled_bundles_sent_total"), count + 1)
        self.assertEqual(DAEMON.metric("whittled_bundle_bytes_sent_total"), sent + length)

    def test_access_log(self):
        """A line for each request, printable whatever was asked for."""
        DAEMON.ask("GET", "/log%0a%22me%ff")
        line = [line for line in DAEMON.said().splitlines() if "/log" in line][0]
        self.assertRegex(line, r'^127\.0\.0\.1 \[[0-9TZ:-]+\] "GET /log\?\?me\?" 404 \d+ \d+$')


class Documents(unittest.TestCase):
    """What is sent is what the schema says."""

    def test_answer_is_what_is_specified(self):
        """No element, no attribute that the specification does not name."""
        answer = post(request(wish(PLACE.package("alpha", "2"), PLACE.package("alpha", "1"))))
        known = {"instructions": {"version"}, "package": {"pkgid"}, "whole": {"reason"}, "list": set(), "keep": {"path"},
                 "bundle": {"from", "size", "sha256", "cpu-ms", "kept", "patched", "fetched", "saved"}, "replace": {"path"},
                 "operations": {"suggest", "advisories"}, "remove": {"path"}}
        for element in xml.fromstring(answer.body).iter():
            self.assertLessEqual(set(element.attrib), known[element.tag])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
