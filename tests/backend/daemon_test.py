#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of whittled: starts, publications, other processes, stores that fail, ends: daemon_test.py WHITTLED."""
import concurrent.futures
import contextlib
import hashlib
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

import backend
from backend import XML, poll, request, wish

PROGRAM = PLACE = None
BETTER = ("--effort", "best")  # so that cutting takes a while


def setUpModule():  # noqa: N802 - unittest's name
    """Packages for all tests."""
    global PLACE  # noqa: PLW0603
    PLACE = backend.Place(("alpha", "slow"))


def tearDownModule():  # noqa: N802
    """Removes them."""
    PLACE.remove()


class Case(unittest.TestCase):
    """A test with daemons of its own, which all end well unless they are killed."""

    def start(self, *options, **more):
        """A daemon; its state's folder is this test's."""
        daemon = backend.Daemon(PROGRAM, PLACE, *options, **{"state": self.id(), **more})
        self.addCleanup(self.finish, daemon)
        return daemon

    def finish(self, daemon):
        """Nothing was found by a sanitizer."""
        self.assertIn(daemon.stop(), (0, -signal.SIGKILL), daemon.said())
        self.assertNotIn("Sanitizer", daemon.said())

    def step(self, name="alpha", **more):
        """The request for the ordinary step of a package."""
        return wish(PLACE.package(name, "2"), PLACE.package(name, "1"), **more)

    def fetch(self, daemon, bundle):
        """The bundle of an element, or the status that is not 200."""
        answer = daemon.ask("GET", "/v1/bundle/%s.wht" % bundle.get("sha256"))
        if answer.status != 200:
            return answer.status
        self.assertEqual(hashlib.sha256(answer.body).hexdigest(), bundle.get("sha256"))
        return answer.body


class Life(Case):
    """Starts and ends."""

    def test_not_root(self):
        """It runs as who it was started as, and needs nothing more."""
        daemon = self.start()
        owner = pathlib.Path("/proc/%d" % daemon.process.pid).stat().st_uid
        self.assertEqual(owner, backend.user().pw_uid if backend.user() else os.geteuid())
        self.assertNotEqual(owner, 0)

    def test_addresses(self):
        """It listens where it is told, on both kinds of addresses."""
        for address, shown in (("127.0.0.1:%d", "127.0.0.1"), ("[::1]:%d", "::1")):
            family = socket.AF_INET6 if ":" in shown else socket.AF_INET
            with socket.socket(family) as probe:
                try:
                    probe.bind((shown, 0))
                except OSError:
                    continue  # no such addresses here
                port = probe.getsockname()[1]
            daemon = self.start("--listen", address % port, ready=False)
            poll(lambda one=daemon: one.process.poll() is not None or "packages" in one.said())
            self.assertIsNone(daemon.process.poll(), daemon.said())
            with contextlib.closing(http.client.HTTPConnection(shown, port, timeout=backend.LONG)) as connection:
                connection.request("GET", "/healthz")
                self.assertEqual(connection.getresponse().status, 200)

    def test_misuse(self):
        """It says why it does not start."""
        for options, status in (([], 2), (["--repo", "/nowhere"], 1), (["--repo", str(PLACE.repo), "--listen", "host:1"], 1),
                                (["--repo", str(PLACE.repo), "--jobs", "0"], 2)):
            state = ["--catalogue", str(PLACE.own(self.id()) / "c"), "--store", str(PLACE.own(self.id()) / "s")]
            done = subprocess.run([PROGRAM, *options, *(state if options else [])], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, check=False, timeout=backend.LONG)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertTrue(done.stderr.startswith("whittled: "), done.stderr)

    def test_stop_with_a_cut_under_way(self):
        """The answer still comes, and the end is a good one."""
        daemon = self.start(*BETTER)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answer = pool.submit(daemon.ask, "POST", "/v1/upgrade", request(self.step("slow")), XML)
            poll(lambda: daemon.metric("whittled_waiting_requests"))
            self.assertFalse(answer.done())
            daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(answer.result().status, 200)
            self.assertIn(b"<bundle", answer.result().body)
            self.assertEqual(answer.result().headers["Connection"], "close")
        self.assertEqual(daemon.process.wait(backend.LONG), 0)
        self.assertEqual(len(daemon.objects()), 1)

    def test_stop_with_idle_connections(self):
        """They do not hold it up."""
        daemon = self.start()
        idle = [daemon.socket() for _ in range(20)]
        used = daemon.connect()
        self.assertEqual(daemon.ask("GET", "/healthz", connection=used).status, 200)
        self.assertEqual(daemon.stop(), 0)
        for connection in idle:
            connection.close()

    def test_killed_in_a_cut(self):
        """What was claimed comes free when its lease is over."""
        daemon = self.start(*BETTER)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answer = pool.submit(daemon.ask, "POST", "/v1/upgrade", request(self.step("slow")), XML)
            poll(lambda: daemon.metric("whittled_waiting_requests"))
            poll(lambda: daemon.claims("SELECT key FROM whittled_cuts_1 WHERE state = 0"))
            daemon.stop(signal.SIGKILL)
            self.assertIsNotNone(answer.exception())
        again = self.start("--deadline", "1")
        element = again.upgrade(self.step("slow"))[0][0]
        self.assertEqual((element.tag, element.get("reason")), ("whole", "the bundle is still being made"))
        self.assertEqual(again.claims("UPDATE whittled_cuts_1 SET lease = 1 WHERE state = 0 RETURNING 1"), [(1,)])
        bundle = poll(lambda: again.upgrade(self.step("slow"))[0].find("bundle"))
        self.assertEqual(len(self.fetch(again, bundle)), int(bundle.get("size")))
        self.assertEqual([path for path in (again.folder / "store").glob("*/*") if path.suffix != ".wht"], [])


class Sharing(Case):
    """Several processes with one catalogue and one store."""

    def test_each_bundle_once(self):
        """Whoever is asked, each bundle is cut once, and given by both."""
        daemons = [self.start(), self.start()]
        large = PLACE.package("alpha", "1").number("/usr/share/alpha/same.bin")  # without it there is no bundle
        wishes = [self.step(differs=str(number)) for number in range(7) if number != large] + [self.step("slow")]
        with concurrent.futures.ThreadPoolExecutor(28) as pool:
            jobs = [(one, pool.submit(daemon.upgrade, one)) for _ in range(2) for one in wishes for daemon in daemons]
        made = {}
        for one, job in jobs:
            made.setdefault(one, set()).add(xml.tostring(job.result()))
        self.assertEqual([len(answers) for answers in made.values()], [1] * len(wishes))
        cut = [daemon.metric("whittled_bundles_cut_total") for daemon in daemons]
        self.assertEqual(sum(cut), len(wishes))
        for answers in made.values():
            for daemon in daemons:
                bundle = xml.fromstring(next(iter(answers))).find("package/bundle")
                self.assertIsInstance(self.fetch(daemon, bundle), bytes)


class Publications(Case):
    """The repository changes under a running daemon."""

    def test_new_versions(self):
        """They are seen without a restart, in repositories and in folders without metadata."""
        daemon = self.start()
        PLACE.build("beta", "2", PLACE.repo)
        PLACE.publish()
        PLACE.build("beta", "1", PLACE.history)
        new, old = PLACE.package("beta", "2"), PLACE.package("beta", "1")
        bundle = poll(lambda: daemon.upgrade(wish(new, old))[0].find("bundle"))
        self.assertIsInstance(self.fetch(daemon, bundle), bytes)
        new.path.unlink()
        PLACE.publish()
        poll(lambda: daemon.upgrade(wish(new, old))[0].find("whole") is not None)

    def test_half_written(self):
        """A package that is still being copied when it is first seen is known when it is whole."""
        daemon = self.start()
        PLACE.build("tall", "1", PLACE.folder)
        built = next(PLACE.folder.glob("tall-1-*.rpm"))
        step = wish(backend.Package(built), backend.Package(built))
        target = PLACE.history / built.name
        with target.open("wb") as half:
            half.write(built.read_bytes()[:5000])
            half.flush()
            poll(lambda: built.name in daemon.said())
            half.write(built.read_bytes()[5000:])
        poll(lambda: daemon.upgrade(step)[0].find("bundle") is not None)
        built.unlink()
        target.unlink()

    def test_folder_that_vanishes(self):
        """It is said, and what is known stays."""
        daemon = self.start()
        aside = PLACE.folder / "aside"
        step = self.step(differs="1")
        PLACE.history.rename(aside)
        try:
            poll(lambda: "what was known before stays" in daemon.said())
            self.assertEqual(daemon.ask("GET", "/healthz").status, 200)
            self.assertEqual(daemon.upgrade(step)[0][0].tag, "whole")
        finally:
            aside.rename(PLACE.history)
        poll(lambda: daemon.upgrade(step)[0].find("bundle") is not None)


class Stores(Case):
    """What the store does not keep."""

    def test_lost_and_damaged(self):
        """404, and the next who asks gets it cut again."""
        daemon = self.start()
        bundle = daemon.upgrade(self.step())[0][0]
        content = self.fetch(daemon, bundle)
        path = daemon.objects()[0]
        path.unlink()
        self.assertEqual(self.fetch(daemon, bundle), 404)
        self.assertEqual(daemon.upgrade(self.step())[0][0].get("sha256"), bundle.get("sha256"))
        self.assertEqual(self.fetch(daemon, bundle), content)
        path.write_bytes(content[:-10])
        self.assertEqual(daemon.upgrade(self.step())[0][0].get("sha256"), bundle.get("sha256"))
        self.assertEqual(self.fetch(daemon, bundle), content)
        self.assertEqual(daemon.metric("whittled_bundles_cut_total"), 3)

    def test_damaged_between_runs(self):
        """Bytes that are not the bundle's are never sent, however many there are."""
        first = self.start()
        bundle = first.upgrade(self.step())[0][0]
        content = self.fetch(first, bundle)
        self.assertEqual(first.stop(), 0)
        first.objects()[0].write_bytes(bytes([content[0] ^ 1]) + content[1:])
        daemon = self.start()
        self.assertEqual(self.fetch(daemon, bundle), 404)
        self.assertEqual(daemon.upgrade(self.step())[0][0].get("sha256"), bundle.get("sha256"))
        self.assertEqual(self.fetch(daemon, bundle), content)

    def test_full_disk(self):
        """No bundle, but an answer; with room again it is cut."""
        folder = PLACE.own(self.id()) / "store"
        folder.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", str(folder)], stderr=subprocess.DEVNULL,
                          check=False).returncode != 0:
            self.skipTest("no file system can be mounted")
        self.addCleanup(subprocess.run, ["umount", "-l", str(folder)], check=True)
        daemon = self.start()
        (folder / "filler").write_bytes(b"x" * 60000)
        element = daemon.upgrade(self.step("slow"))[0][0]
        self.assertEqual((element.tag, element.get("reason")), ("whole", "the backend could not make the bundle"))
        self.assertEqual(daemon.metric("whittled_cuts_failed_total"), 1)
        self.assertEqual([path for path in folder.glob("*/*") if path.is_file()], [])
        subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
        self.assertEqual(daemon.upgrade(self.step("slow"))[0][0].tag, "bundle")


class Temporary(Case):
    """Where packages are unpacked."""

    def test_nothing_stays(self):
        """Unpacked packages have no names, so that nothing is left of them, even after a kill."""
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o777)
            os.environ["TMPDIR"] = folder
            self.addCleanup(os.environ.pop, "TMPDIR", None)
            daemon = self.start()
            self.assertEqual(daemon.upgrade(self.step())[0][0].tag, "bundle")
            daemon.stop(signal.SIGKILL)
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
