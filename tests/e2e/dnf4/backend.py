# SPDX-License-Identifier: GPL-2.0-or-later
"""The backend of a case: whittled over the published repository, with a log of what it was asked."""
import re
import subprocess
import time
import urllib.error
import urllib.request

from checks import Failure

ADDRESS = "127.0.0.1:8077"


class Backend:
    """whittled on loopback."""

    def __init__(self, work, program, repository, histories):
        self._path = work / "whittled.log"
        self._seen = 0
        with open(self._path, "wb") as log:
            self._process = subprocess.Popen(
                [program, "--repo=%s" % repository, *["--history=%s" % folder for folder in histories], "--listen=" + ADDRESS,
                 "--catalogue=%s/catalogue.sqlite" % work, "--store=%s/cut" % work, "--access-log"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(500):
            if self._is_ready():
                self.asked()
                return
            time.sleep(0.02)
        raise Failure("whittled does not start: " + self._path.read_text())

    @staticmethod
    def _is_ready():
        try:
            with urllib.request.urlopen("http://%s/healthz" % ADDRESS, timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    @property
    def number(self):
        """The process, for whoever is to end it."""
        return self._process.pid

    def close(self):
        """Ends it."""
        self._process.terminate()
        self._process.wait()

    def asked(self):
        """What it was asked since the last call, and how it answered: (method, path, status)."""
        lines = self._path.read_text(errors="replace").splitlines()
        fresh, self._seen = lines[self._seen:], len(lines)
        found = [re.search(r'"(\S+) (\S+)" (\d+) ', line) for line in fresh]
        return [(match.group(1), match.group(2), int(match.group(3))) for match in found if match]
