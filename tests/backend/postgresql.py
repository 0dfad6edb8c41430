#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs programs against a PostgreSQL of its own: postgresql.py PROGRAM...

The server lies in a temporary folder, runs as a user without privileges and listens on a socket there, which lets everybody
in; at an address too where one is given, with passwords. Each program gets an empty database, named by the environment
(WHITTLE_TEST_CATALOGUE). Exit status 77: there is no PostgreSQL to run.
"""
import contextlib
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def programs():
    """The folder of the newest server that Debian has installed here, or that is in PATH; None where there is none."""
    def version(folder):
        return [int(number) for number in re.findall(r"\d+", folder.parent.name)]

    folders = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    found = shutil.which("initdb")
    if found and not folders:
        folders = [pathlib.Path(found).resolve().parent]
    return max(folders, key=version, default=None)


def unprivileged():
    """The user for a server, where this is root: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    sys.exit("no user to run PostgreSQL as")


class Server:
    """A server in a folder; `with` starts and ends it."""

    def __init__(self, folder, address="", port=5432):
        self.bin = programs()
        self.folder = pathlib.Path(folder)
        self.address, self.port = address, port
        self.user = unprivileged()

    def run(self, program, *arguments):
        """One of the server's programs, as its user; what it says is shown where it fails."""
        options = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self.folder)}
        done = subprocess.run([self.bin / program, *arguments], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
        if done.returncode != 0:
            sys.exit("%s: exit status %d\n%s" % (program, done.returncode, done.stdout))
        return done.stdout

    def __enter__(self):
        data = self.folder / "data"
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.run("initdb", "--pgdata", data, "--username", "whittled", "--auth-local", "trust", "--auth-host", "scram-sha-256",
                 "--encoding", "UTF8", "--no-sync")
        with open(data / "pg_hba.conf", "a", encoding="ascii") as rules:
            rules.write("host all all samenet scram-sha-256\n")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Starts it, and waits until it answers."""
        self.run("pg_ctl", "--pgdata", self.folder / "data", "--log", self.folder / "log", "--wait", "--options",
                 "-c listen_addresses=%s -c port=%d -c unix_socket_directories=%s -c fsync=off -c max_connections=%d" % (
                     self.address, self.port, self.folder, 300 if self.address else 60), "start")

    def stop(self):
        """Ends it as a crash would."""
        self.run("pg_ctl", "--pgdata", self.folder / "data", "--mode", "immediate", "--wait", "stop")

    def database(self, name, owner="whittled"):
        """Makes a database; gives its address."""
        self.run("createdb", "--host", self.folder, "--port", str(self.port), "--username", "whittled", "--owner", owner, name)
        return "postgresql://whittled@/%s?host=%s" % (name, self.folder)

    def ask(self, statement, database="postgres"):
        """A statement of SQL as the superuser; a line for each row."""
        return self.run("psql", "--host", self.folder, "--port", str(self.port), "--username", "whittled", "--dbname", database,
                        "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", statement).splitlines()


@contextlib.contextmanager
def server():
    """A running server in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="whittle-postgresql.") as folder, Server(folder) as started:
        yield started


def main(arguments):
    """All programs, one after the other; those after a failure too."""
    if programs() is None:
        print("skipped: no PostgreSQL server is installed (Debian: postgresql)")
        return SKIPPED
    failed = 0
    with server() as started:
        for number, program in enumerate(arguments):
            address = started.database("whittled%d" % number)
            done = subprocess.run([program], env=dict(os.environ, WHITTLE_TEST_CATALOGUE=address), check=False)
            failed += done.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
