#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that mean no good, and others that are served meanwhile: hostile_test.py WHITTLED."""
import concurrent.futures
import contextlib
import random
import resource
import sys
import threading
import unittest

import backend
from backend import XML, poll, request, wish, zstd

PROGRAM = PLACE = DAEMON = None
MIB = 1 << 20
DEADLINE = 15  # seconds that a request may take to come
IDLE = 10000
# Bytes of memory that all of it together may make resident: the bound for bodies and answers (256 MiB), ten thousand
# connections, and the work on some requests at a time. A sanitizer needs more for the same.
CEILING, SANITIZED_CEILING = 512 * MIB, 2048 * MIB
HEAD = b"POST /v1/upgrade HTTP/1.1\r\nHost: h\r\nContent-Type: application/xml\r\n"


def setUpModule():  # noqa: N802 - unittest's name
    """One daemon for all tests, whose memory is looked at in the end."""
    global PLACE, DAEMON  # noqa: PLW0603
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    PLACE = backend.Place(("alpha",))
    DAEMON = backend.Daemon(PROGRAM, PLACE, "--deadline", str(DEADLINE), "--connections", "20000", "--requests", "8", "--jobs", "1")


def tearDownModule():  # noqa: N802
    """Nothing was found, and memory stayed below the ceiling."""
    rss = DAEMON.rss()
    status = DAEMON.stop()
    said = DAEMON.said()
    PLACE.remove()
    print("at most %d MiB were resident" % (rss // MIB))
    if status != 0 or "Sanitizer" in said or "runtime error" in said:
        raise AssertionError("exit status %d: %s" % (status, said))
    with open(PROGRAM, "rb") as program:
        code = program.read()
    ceiling = SANITIZED_CEILING if b"__asan_init" in code or b"__tsan_init" in code else CEILING
    if rss > ceiling:
        raise AssertionError("%d bytes are more than %d" % (rss, ceiling))


def read_all(connection):
    """All that comes until the other end closes or resets."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            got += part
    return got


def is_open(connection):
    """Has the other end not closed it?"""
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


class Case(unittest.TestCase):
    """A test after which others are served still."""

    def setUp(self):
        self.step = wish(PLACE.package("alpha", "2"), PLACE.package("alpha", "1"))

    def served(self):
        """An ordinary client gets what it asks for."""
        bundle = DAEMON.upgrade(self.step)[0][0]
        self.assertEqual(bundle.tag, "bundle")
        answer = DAEMON.ask("GET", "/v1/bundle/%s.wht" % bundle.get("sha256"))
        self.assertEqual((answer.status, len(answer.body)), (200, int(bundle.get("size"))))

    def tearDown(self):
        self.served()


class Sizes(Case):
    """Bodies that are too much."""

    def test_announced(self):
        """A hundred MiB are refused before they come."""
        with DAEMON.socket() as connection:
            connection.sendall(HEAD + b"Content-Length: 104857600\r\n\r\n")
            answer = read_all(connection)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
        self.assertIn(b"1 MiB", answer)

    def test_lengths_that_are_none(self):
        """Nothing is believed of them."""
        for length in (b"-1", b"18446744073709551616", b"1e3", b"99999999999999999999999999"):
            with DAEMON.socket() as connection:
                connection.sendall(HEAD + b"Content-Length: " + length + b"\r\n\r\n")
                answer = read_all(connection)
            self.assertRegex(answer, rb"\A(HTTP/1\.1 4\d\d |\Z)")

    def test_chunks_without_end(self):
        """They end when they have been more than enough."""
        sent = 0
        with DAEMON.socket() as connection:
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                while sent < 64 * MIB:
                    connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                    sent += 65536
        self.assertLess(sent, 64 * MIB)

    def test_bodies_elsewhere(self):
        """Where no body belongs it is not kept either."""
        for line in (b"GET /healthz", b"POST /nowhere", b"PUT /v1/upgrade"):
            with DAEMON.socket() as connection:
                connection.sendall(line + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 104857600\r\n\r\n")
                self.assertTrue(read_all(connection).startswith(b"HTTP/1.1 413 "))

    def test_heads(self):
        """A head without end is refused."""
        with DAEMON.socket() as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET / HTTP/1.1\r\n" + b"X-Much: " + b"y" * MIB)
            self.assertNotIn(b" 200 ", read_all(connection))


class Documents(Case):
    """What is in the bodies."""

    def refused(self, body, *statuses):
        """None of it is taken."""
        answer = DAEMON.ask("POST", "/v1/upgrade", body, XML)
        self.assertIn(answer.status, statuses or (400, 413))

    def test_bombs(self):
        """Frames that are much longer inside."""
        for size in (9, 100, 2000):
            bomb = zstd(b"\0" * MIB * size)
            self.refused(bomb)
            self.refused(zstd(bomb))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(self.refused, [zstd(request("<x/>") + b" " * 9 * MIB)] * 40))

    def test_depth_and_width(self):
        """Elements within elements, attributes, names, namespaces, entities."""
        for body in (b"<a>" * 300000, b"<upgrade version='1'>" + b"<a>" * 300000, b"<upgrade version='1' " + b"x" * 900000 + b"='1'/>",
                     b"<upgrade version='1' " + b" ".join(b"a%d='1'" % number for number in range(50000)) + b"/>",
                     b"<upgrade version='1'>" + b"".join(b"<a%d xmlns='u:%d'/>" % (number, number) for number in range(20000)),
                     b"<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><upgrade version='1'>&b;</upgrade>",
                     b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><upgrade version='1'/>", b"<upgrade version='1'>&lol;</upgrade>"):
            self.refused(body)

    def test_numbers(self):
        """Files that cannot be, of headers that are known."""
        new, old = PLACE.package("alpha", "2"), PLACE.package("alpha", "1")
        for differs in ("1048576", "0-4294967296", "5 4", "1-1", "0,1", "-1", "0-1048575", "500-600"):
            self.assertIn(DAEMON.ask("POST", "/v1/upgrade", request(wish(new, old, differs=differs)), XML).status, (200, 400, 413))
        many = [("/f%07d" % number, number + 1, "%064x" % number) for number in range(65537)]
        self.refused(zstd(request(wish(new, old, listed=many))))

    def test_noise(self):
        """Bodies with changed bytes; whatever is answered, it is an answer."""
        source, body = random.Random(6), request(self.step)
        connection = DAEMON.connect()
        for _ in range(400):
            changed = bytearray(body)
            for _ in range(source.randrange(1, 4)):
                changed[source.randrange(len(changed))] = source.randrange(256)
            answer = DAEMON.ask("POST", "/v1/upgrade", bytes(changed), XML, connection)
            self.assertIn(answer.status, (200, 400, 413))
        connection.close()


class Time(Case):
    """Clients that are slow, or do nothing."""

    def drip(self, connection, data, ended):
        """A byte now and then, until the other end has had enough."""
        with contextlib.suppress(ConnectionError):
            for number in range(backend.LONG * 5):
                connection.sendall(data[number % len(data):][:1])
                if ended.wait(0.2):
                    return False
                connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    if connection.recv(100) == b"":
                        return True
                connection.setblocking(True)
        return True

    def test_drops(self):
        """A byte at a time in head and body: the time for the whole request ends it."""
        given_up = threading.Event()
        with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(20) as pool:
            self.addCleanup(given_up.set)
            jobs = []
            for number in range(20):
                connection = stack.enter_context(DAEMON.socket())
                if number % 2:
                    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
                    jobs.append(pool.submit(self.drip, connection, b"<upgrade>", given_up))
                else:
                    jobs.append(pool.submit(self.drip, connection, HEAD + b"X: y\r\n" * 1000, given_up))
            self.served()
            self.assertEqual([job.result() for job in jobs], [True] * 20)

    def test_ten_thousand_idle(self):
        """Others are served while they are all there."""
        free = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500
        count = min(IDLE, free)
        self.assertGreater(count, 500)
        held = []
        try:
            for number in range(count):
                held.append(DAEMON.socket())
                if number % 1000 == 999:
                    held[-1].sendall(HEAD)
                    self.served()
            self.served()
            there = sum(map(is_open, held))
            self.assertGreater(there, count // 2)
        finally:
            for connection in held:
                connection.close()

    def test_bodies_that_stop(self):
        """Many bodies of which the last byte does not come: together they hold what they may, and no more."""
        held = []
        try:
            for _ in range(600):
                connection = DAEMON.socket()
                held.append(connection)
                connection.sendall(HEAD + b"Content-Length: 1048576\r\n\r\n")
                connection.sendall(b" " * (MIB - 1))
            self.assertEqual(DAEMON.ask("GET", "/healthz").status, 200)
        finally:
            for connection in held:
                connection.close()
        poll(lambda: DAEMON.upgrade(self.step)[0].find("bundle"))


class Crowds(Case):
    """More than can be worked on."""

    def test_full_queue(self):
        """503 and when to come again, for those beyond the queue; nobody is left without an answer."""
        new, old = PLACE.package("alpha", "2"), PLACE.package("alpha", "1")
        listed = [file for file in old.files if file[2] and file[1] != "0"]

        def ask(number):
            other = [(file[0], file[1], "%064x" % number) for file in listed[:1]] + listed[1:]
            return DAEMON.ask("POST", "/v1/upgrade", request(wish(new, old, listed=other)), XML)

        with concurrent.futures.ThreadPoolExecutor(150) as pool:
            answers = list(pool.map(ask, range(150)))
        self.assertEqual(len(answers), 150)
        self.assertLessEqual({answer.status for answer in answers}, {200, 503})
        refused = [answer for answer in answers if answer.status == 503]
        self.assertTrue(refused)
        self.assertEqual({answer.headers["Retry-After"] for answer in refused}, {"5"})
        self.assertGreaterEqual(DAEMON.metric("whittled_busy_total"), len(refused))
        poll(lambda: DAEMON.upgrade(self.step)[0].find("bundle"))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
