#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""whittled over a history that whittle-repo keeps: kept_test.py WHITTLED WHITTLE-REPO."""
import concurrent.futures
import hashlib
import json
import signal
import subprocess
import sys
import unittest

import backend
from backend import wish

PROGRAM = TOOL = PLACE = None


def history(*words, check=True):
    """Runs a history command; gives its object."""
    done = subprocess.run([TOOL, "history", *map(str, words), "--json"], stdout=subprocess.PIPE, check=check)
    return json.loads(done.stdout) if done.stdout else None


def setUpModule():  # noqa: N802 - unittest's name
    """Version 1 is kept, and nowhere else any more."""
    global PLACE  # noqa: PLW0603
    PLACE = backend.Place(("alpha", "beta"))
    PLACE.plain, PLACE.history = PLACE.history, PLACE.folder / "kept"


def tearDownModule():  # noqa: N802
    """Leaves nothing."""
    PLACE.remove()


class Kept(unittest.TestCase):
    """Bundles between kept packages, and what commands say of them."""

    def tearDown(self):
        backend.shutil.rmtree(PLACE.history, ignore_errors=True)

    def package(self, name, version):
        """As it was built."""
        folder = PLACE.repo if version == "2" else PLACE.plain
        return backend.Package(folder / ("%s-%s-1.noarch.rpm" % (name, version)))

    def serve(self, body):
        """Calls body with a daemon, and ends that in good order."""
        daemon = backend.Daemon(PROGRAM, PLACE, state="state-" + self.id().rsplit(".", 1)[1])
        try:
            body(daemon)
        finally:
            status = daemon.stop()
        self.assertEqual(status, 0, daemon.said())
        self.assertNotIn("Sanitizer", daemon.said())

    def check_bundle(self, daemon, target, installed, **more):
        """There is one, and it is what was announced."""
        bundle = daemon.upgrade(wish(target, installed, **more))[0][0]
        self.assertEqual(bundle.tag, "bundle", bundle.attrib)
        got = daemon.ask("GET", "/v1/bundle/%s.wht" % bundle.get("sha256"))
        self.assertEqual(hashlib.sha256(got.body).hexdigest(), bundle.get("sha256"))
        return bundle

    def test_bundles_start_from_kept_versions(self):
        """The same bundle as from the package itself: daemon and gate found no difference."""
        self.assertEqual(history("add", PLACE.plain, PLACE.history)["added"], 2)
        found = {}
        self.serve(lambda daemon: found.update(
            kept=self.check_bundle(daemon, self.package("alpha", "2"), self.package("alpha", "1"), differs="0").attrib))
        backend.shutil.rmtree(PLACE.history)
        backend.shutil.copytree(PLACE.plain, PLACE.history)
        plain = backend.Daemon(PROGRAM, PLACE, state="plain")
        try:
            found["plain"] = self.check_bundle(plain, self.package("alpha", "2"), self.package("alpha", "1"), differs="0").attrib
        finally:
            plain.stop()
        self.assertEqual(dict(found["kept"]), dict(found["plain"]))

    def test_bundles_lead_to_kept_versions(self):
        """A downgrade to a version that the repository has no longer."""
        history("add", PLACE.plain, PLACE.history)
        self.serve(lambda daemon: self.check_bundle(daemon, self.package("beta", "1"), self.package("beta", "2")))

    def test_what_is_added_is_seen(self):
        """Without a restart, as what goes."""
        history("add", PLACE.repo, PLACE.history)

        def body(daemon):
            self.assertEqual(daemon.metric("whittled_known_packages"), 4)
            history("add", PLACE.plain, PLACE.history)
            backend.poll(lambda: daemon.metric("whittled_known_packages") == 6)
            self.check_bundle(daemon, self.package("beta", "2"), self.package("beta", "1"))
            history("add", PLACE.repo, PLACE.history, "--keep-count=1")
            backend.poll(lambda: daemon.metric("whittled_known_packages") == 4)
        self.serve(body)

    def test_list_and_verify(self):
        """Names as rpm has them; damage has an exit status."""
        history("add", PLACE.plain, PLACE.history)
        rows = history("list", PLACE.history)["packages"]
        self.assertEqual([(row["name"], row["evr"], row["arch"]) for row in rows],
                         [("alpha", "1-1", "noarch"), ("beta", "1-1", "noarch")])
        package = self.package("alpha", "1")
        self.assertEqual((rows[0]["header"], rows[0]["pkgid"], rows[0]["size"]), (package.header, package.pkgid, package.size))
        self.assertEqual(history("verify", PLACE.history)["good"], 2)
        victim = max((PLACE.history / "contents").glob("*/*"), key=lambda path: path.stat().st_size)
        victim.write_bytes(victim.read_bytes()[:-1])
        done = subprocess.run([TOOL, "history", "verify", PLACE.history], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(victim.name, done.stderr)

    def test_runs_at_the_same_time(self):
        """Each of them is right about what it found."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda number: history("add", (PLACE.plain, PLACE.repo)[number % 2], PLACE.history), range(4)))
        self.assertEqual(sum(result["added"] for result in results), 4)
        self.assertEqual(history("verify", PLACE.history), {"packages": 4, "good": 4, "bad": []})

    def test_killed_runs_are_gone_on_with(self):
        """Whatever the moment: what is there is whole, and the next run completes it."""
        for delay in (0, 0.01, 0.03, 0.1, 0.2):
            process = subprocess.Popen([TOOL, "history", "add", PLACE.plain, PLACE.history], stdout=subprocess.DEVNULL)
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait()
            if (PLACE.history / "whittle-history").exists():
                self.assertEqual(history("verify", PLACE.history)["bad"], [])
        result = history("add", PLACE.plain, PLACE.history)
        self.assertEqual((result["packages"], result["damaged"]), (2, 0))
        self.assertEqual(history("verify", PLACE.history)["good"], 2)
        self.assertEqual([path for path in PLACE.history.rglob(".whittle-unfinished.*")], [])


if __name__ == "__main__":
    PROGRAM, TOOL = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
