#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The units of whittled and its manual page: units_test.py WHITTLED."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

WHITTLED = pathlib.Path(__file__).resolve().parents[2] / "repo-tools/whittled"
PROGRAM = None
EXPOSURE_MAX = 2.0  # of 10, as systemd-analyze security counts


def run(*command):
    """Its output, both streams, and its exit status."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


class Units(unittest.TestCase):
    """systemd understands them, and the sandbox is closed."""

    def setUp(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("there is no systemd-analyze")
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.units = []
        for name in ("whittled.service", "whittled.socket"):
            unit = pathlib.Path(self.folder.name) / name
            unit.write_text((WHITTLED / name).read_text().replace("/usr/sbin/whittled", PROGRAM))
            self.units.append(unit)

    def test_are_understood(self):
        """No complaint about either."""
        status, said = run("systemd-analyze", "verify", "--man=no", *self.units)
        self.assertEqual((status, [line for line in said.splitlines() if "whittled" in line]), (0, []))

    def test_exposure(self):
        """What is left are the network and the host's files."""
        status, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", self.units[0])
        if "offline" in said and status:
            self.skipTest("systemd-analyze cannot do it offline")
        self.assertLessEqual(float(re.search(r"Overall exposure level[^:]*: ([0-9.]+)", said).group(1)), EXPOSURE_MAX)


class Page(unittest.TestCase):
    """The manual page and the program agree."""

    def test_options(self):
        """Each of --help has its place, and no other."""
        _, said = run(PROGRAM, "--help")
        offered = set(re.findall(r"^ +(--[a-z0-9-]+)", said, re.M))
        page = (WHITTLED / "whittled.8").read_text()
        described = set(re.findall(r"^\.BI? (--[a-z0-9-]+)", page.replace("\\-", "-"), re.M))
        self.assertTrue(offered)
        self.assertEqual(described, offered)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
