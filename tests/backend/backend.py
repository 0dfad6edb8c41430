# SPDX-License-Identifier: GPL-2.0-or-later
"""A whittled of a test's own on loopback, small packages for it, and what a client sends and reads."""
import contextlib
import hashlib
import http.client
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e" / "dnf4"))
import packages  # noqa: E402 - lies beside the tests that it was made for

XML = {"Content-Type": "application/xml"}
LONG = 300  # seconds: until then something is broken, not slow


def poll(what):
    """Waits until what() gives something true, and gives it back."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        found = what()
        if isinstance(found, xml.Element) or found:  # an element without children counts as nothing
            return found
        time.sleep(0.02)
    raise AssertionError("nothing happened")


def zstd(data, *options):
    """Through the command zstd."""
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


# ---- packages -------------------------------------------------------------------------------------------------------


def text_with_edits(name, version, lines):
    """Text whose versions differ in a line of twenty."""
    made = packages.prose(name, lines).splitlines()
    source = random.Random(name + version)
    for number in range(0, lines, 20):
        made[number] = b"%s changed this to %x" % (version.encode(), source.getrandbits(64))
    return b"\n".join(made)


def contents(name, version):
    """The files of the packages beside those of the maker: path -> (bytes, attribute)."""
    share = "/usr/share/%s/" % name
    if name.startswith("slow"):  # takes a while to cut
        return {share + "text%d" % number: (text_with_edits(name + str(number), version, 12000), "") for number in range(3)}
    files = MAKERS(name, version)
    if name == "alpha":
        files[share + "only" + version] = (b"of version " + version.encode(), "")
    return files


MAKERS = packages.contents
packages.contents = contents


class Package:
    """One package file, as a client knows it."""

    def __init__(self, path):
        data = path.read_bytes()
        self.path, self.size, self.pkgid = path, len(data), hashlib.sha256(data).hexdigest()
        entries, store = struct.unpack(">II", data[104:112])
        start = 96 + (16 + 16 * entries + store + 7) // 8 * 8
        entries, store = struct.unpack(">II", data[start + 8:start + 16])
        self.header = hashlib.sha256(data[start:start + 16 + 16 * entries + store]).hexdigest()
        listed = subprocess.run(["rpm", "-qp", "--qf", "[%{FILENAMES}\t%{FILESIZES}\t%{FILEDIGESTS}\n]", str(path)], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        self.files = [tuple(line.split("\t")) for line in listed.splitlines()]

    def number(self, path):
        """The index of a file."""
        return [file[0] for file in self.files].index(path)


class Place:
    """A folder with a repository of new versions and a history of old ones."""

    def __init__(self, names=("alpha", "beta", "gamma")):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="whittle-backend."))
        self.folder.chmod(0o755)
        self.repo, self.history = self.folder / "repo", self.folder / "history"
        self.repo.mkdir()
        self.history.mkdir()
        for name in names:
            self.build(name, "1", self.history)
            self.build(name, "2", self.repo)
        self.publish()

    def build(self, name, version, folder):
        """Builds one package."""
        packages.build(name, version, folder, self.folder / "work")

    def publish(self):
        """Makes the repository's metadata."""
        packages.run("createrepo_c", "-q", self.repo)

    def package(self, name, version):
        """One that was built."""
        found = [path for folder in (self.repo, self.history) for path in folder.glob("%s-%s-1.noarch.rpm" % (name, version))]
        return Package(found[0])

    def own(self, name):
        """A folder for a daemon, which may write there."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        if user():
            os.chown(folder, user().pw_uid, user().pw_gid)
        return folder

    def remove(self):
        """All of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


# ---- the daemon -----------------------------------------------------------------------------------------------------


def user():
    """Who runs whittled where this is root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


class Daemon:
    """A running whittled. Its port is one that was free; its catalogue and store lie in a folder that others may share."""

    def __init__(self, program, place, *options, state="state", ready=True):
        self.folder = place.own(state)
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the daemon
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        as_user = {"user": user().pw_uid, "group": user().pw_gid, "extra_groups": []} if user() else {}
        handed = self.listener.fileno()
        # The socket is handed over as a service manager does it: nobody else can have taken the port meanwhile.
        script = 'exec 3<&%d%s; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" "$@"' % (handed, " %d<&-" % handed if handed != 3 else "")
        self.process = subprocess.Popen(
            ["bash", "-c", script, str(program), "--repo", str(place.repo), "--history", str(place.history), "--catalogue",
             str(self.folder / "catalogue"), "--store", str(self.folder / "store"), "--interval", "1", "--memory", "512", *options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, pass_fds=[handed], **as_user)
        self.listener.close()
        if ready:
            self.wait_until_ready()

    def wait_until_ready(self):
        """It answers, or it says why not."""
        def answers():
            if self.process.poll() is not None:
                raise AssertionError("whittled ended: " + self.said())
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.ask("GET", "/healthz").status == 200
            return False
        poll(answers)

    def said(self):
        """What it wrote."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def connect(self):
        """A connection for any number of requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)

    def socket(self):
        """The same, bare."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=LONG)

    def ask(self, method, path, body=None, headers=(), connection=None):
        """One request; the answer has its body as .body."""
        own = connection or self.connect()
        own.request(method, path, body, dict(headers))
        answer = own.getresponse()
        answer.body = answer.read()
        if not connection:
            own.close()
        return answer

    def upgrade(self, *wishes, headers=XML):
        """The instructions for these packages."""
        answer = self.ask("POST", "/v1/upgrade", request(*wishes), headers)
        if answer.status != 200:
            raise AssertionError("%d: %s; %s" % (answer.status, answer.body, self.said()))
        return xml.fromstring(answer.body)

    def metric(self, name):
        """One number of /metrics."""
        text = self.ask("GET", "/metrics").body.decode()
        return int(re.search(r"^%s (\d+)$" % name, text, re.M).group(1))

    def rss(self):
        """Resident bytes."""
        status = pathlib.Path("/proc/%d/status" % self.process.pid).read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M).group(1)) << 10

    def objects(self):
        """The files of its store."""
        return [path for path in (self.folder / "store").glob("??/*.wht") if path.is_file()]

    def claims(self, statement):
        """A statement of SQL over its catalogue."""
        with contextlib.closing(sqlite3.connect(self.folder / "catalogue")) as database, database:
            return database.execute(statement).fetchall()

    def stop(self, number=signal.SIGTERM):
        """Ends it; gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(LONG)


def wish(target, installed, differs=None, listed=None):
    """One package of a request."""
    text = '<package pkgid="%s"><installed header="%s"' % (target.pkgid, installed.header)
    if listed is not None:
        files = "".join('<file path="%s" size="%s" sha256="%s"/>' % file for file in sorted(listed))
        return text + ">" + files + "</installed></package>"
    return text + (' differs="%s"' % differs if differs else "") + "/></package>"


def request(*wishes):
    """A request."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<upgrade version="1">%s</upgrade>\n' % "".join(wishes)).encode()
