#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs programs against a real store that speaks as S3 does: s3.py swift|radosgw PROGRAM...

All of it lies in a temporary folder, listens on ports of this machine alone, and runs as a user without privileges. The
environment names the bucket and the key (WHITTLE_TEST_BUCKET, _KEY, _REGION). Exit status 77: there is no such store to run.
"""
import contextlib
import datetime
import email.message
import hashlib
import http.client
import importlib.util
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import signed_server

SKIPPED = 77
KEY, SECRET, REGION, BUCKET = "test:tester", "not-much-of-a-secret", "us-east-1", "bundles"
STORES = ("account", "container", "object")

COMMON = """
[DEFAULT]
bind_ip = %(address)s
bind_port = %(port)d
workers = 0
user = %(user)s
swift_dir = %(folder)s
devices = %(folder)s/devices
mount_check = false
log_address = %(folder)s/no-log
"""
STORE = COMMON + """
[pipeline:main]
pipeline = %(kind)s-server
[app:%(kind)s-server]
use = egg:swift#%(kind)s
"""
PROXY = COMMON + """
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = %(secret)s .admin
[filter:s3api]
use = egg:swift#s3api
location = %(region)s
""" + "".join("[filter:%s]\nuse = egg:swift#%s\n" % (name, name.replace("cache", "memcache"))
              for name in ("catch_errors", "gatekeeper", "healthcheck", "cache", "bulk", "slo"))

CLUSTER = "5f0c2a4e-6a53-4b0b-9a55-1b7f5f1f3a10"
CEPH = """
[global]
fsid = %(cluster)s
mon host = [v1:127.0.0.1:%(monitor_port)d]
mon initial members = a
mon data = %(folder)s/mon
mon data avail warn = 2
mon data avail crit = 1
mon allow pool size one = true
ms bind msgr2 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
run dir = %(folder)s/run
admin socket =
log file =
mon cluster log file =
log to stderr = true
crash dir = %(folder)s/run
osd data = %(folder)s/osd
osd objectstore = memstore
memstore device bytes = 268435456
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
[client.gateway]
rgw frontends = beast endpoint=%(address)s:%(port)d
rgw thread pool size = 32
"""


def unprivileged():
    """The user for the servers, where this is root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def free_ports(count):
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def serve(folder, kind):
    """Becomes one of the servers: what Swift's own commands do, but for where they look for swift.conf."""
    from swift.common import utils, wsgi
    utils.set_swift_dir(folder)
    sys.exit(wsgi.run_wsgi("%s/%s.conf" % (folder, kind), kind + "-server"))


def make_ring(folder, kind, port):
    """Where things are: all of them on one device."""
    from swift.common.ring import RingBuilder
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1.0})
    builder.rebalance()
    builder.get_ring().save("%s/%s.ring.gz" % (folder, kind))


class Servers:
    """The servers of a store in a folder; `with` starts and ends them. A kind of store has configure() and run_all()."""

    def __init__(self, folder, address="127.0.0.1"):
        self.folder = pathlib.Path(folder)
        self.address = address  # of the server that clients talk to
        self.user = unprivileged()
        self.port = None  # where requests go to
        self.processes = []

    def privileges(self):
        """What a subprocess is run with: none where this is root."""
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def give_away(self):
        """The folder and all that is in it becomes theirs."""
        if os.geteuid() == 0:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def start(self, name, *command):
        """One server, whose output goes to a file."""
        with open(self.folder / (name + ".log"), "wb") as log:
            self.processes.append(subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **self.privileges()))

    def run(self, *command, tries=1):
        """A command that has to succeed, the last time that it is tried."""
        for _ in range(tries):
            done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, check=False, **self.privileges())
            if done.returncode == 0:
                return done.stdout
            time.sleep(0.5)
        return self.fail("%s: exit status %d\n%s" % (command[0], done.returncode, done.stdout))

    def fail(self, why):
        """Ends the test with what the servers said."""
        logs = "".join("== %s\n%s" % (path.name, path.read_text(errors="replace")) for path in sorted(self.folder.glob("*.log")))
        sys.exit("%s\n%s" % (why, logs))

    def wait(self, port, address="127.0.0.1"):
        """Until a server listens."""
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection((address, port)):
                return
            if any(process.poll() is not None for process in self.processes):
                self.fail("a server has ended")
            time.sleep(0.05)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.callback(self.end)
            self.configure()
            self.run_all()
            stack.pop_all()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ends what runs, the newest first."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait()

    def ask(self, method, path, body=b""):
        """A signed request to the bucket; the answer's status and body."""
        headers, path = email.message.Message(), "/%s%s" % (BUCKET, path)
        headers["Host"] = "%s:%d" % (self.address, self.port)
        headers["x-amz-date"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
        scope, names = [headers["x-amz-date"][:8], REGION, "s3", "aws4_request"], ["host", "x-amz-content-sha256", "x-amz-date"]
        headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s" % (
            KEY, "/".join(scope), ";".join(names), signed_server.signature((method, path, headers), names, scope, SECRET))
        with contextlib.closing(http.client.HTTPConnection(self.address, self.port)) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()

    def make_bucket(self):
        """The one thing that the store itself does not do."""
        status, body = self.ask("PUT", "")
        if status != 200:
            self.fail("the bucket was not made: %d %s" % (status, body.decode(errors="replace")))
        return "http://%s:%d/%s" % (self.address, self.port, BUCKET)


class Swift(Servers):
    """OpenStack Swift with its own reading of S3: one server of each kind, one copy of everything."""

    @staticmethod
    def is_installed():
        """Is Debian's package there?"""
        return importlib.util.find_spec("swift") is not None

    def configure(self):
        """All files."""
        *self.store_ports, self.port = free_ports(len(STORES) + 1)
        values = {"user": self.user.pw_name, "folder": self.folder, "secret": SECRET, "region": REGION, "address": self.address}
        (self.folder / "devices/disk").mkdir(parents=True)
        (self.folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n")
        for kind, port in zip(STORES, self.store_ports):
            (self.folder / (kind + ".conf")).write_text(STORE % dict(values, address="127.0.0.1", kind=kind, port=port))
            make_ring(self.folder, kind, port)
        (self.folder / "proxy.conf").write_text(PROXY % dict(values, port=self.port))
        self.give_away()

    def run_all(self):
        """All servers, until they listen."""
        for kind in [*STORES, "proxy"]:
            self.start(kind, "/usr/bin/python3", "-B", os.path.abspath(__file__), "--serve", self.folder, kind)
        for port in self.store_ports:
            self.wait(port)
        self.wait(self.port, self.address)


class Ceph(Servers):
    """Ceph's RADOS Gateway, above a cluster of one monitor and one device in memory."""

    @staticmethod
    def is_installed():
        """Are Debian's packages there?"""
        return all(shutil.which(program) for program in ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool"))

    def configure(self):
        """The cluster's files, and its monitor's."""
        self.monitor_port, self.port = free_ports(2)
        values = {"folder": self.folder, "cluster": CLUSTER, "monitor_port": self.monitor_port, "port": self.port, "address": self.address}
        (self.folder / "ceph.conf").write_text(CEPH % values)
        for name in ("mon", "osd", "run"):
            (self.folder / name).mkdir()
        self.give_away()
        self.run("monmaptool", "--create", "--fsid", CLUSTER, "--addv", "a", "[v1:127.0.0.1:%d]" % self.monitor_port, "monmap")
        self.run("ceph-mon", "--conf", "ceph.conf", "--mkfs", "--id", "a", "--monmap", "monmap")

    def run_all(self):
        """All servers, and the user whose key the store has."""
        self.start("monitor", "ceph-mon", "--conf", "ceph.conf", "--foreground", "--id", "a")
        self.run("ceph", "--conf", "ceph.conf", "osd", "new", CLUSTER, "0", tries=30)  # the monitor begins
        self.run("ceph-osd", "--conf", "ceph.conf", "--mkfs", "--id", "0", "--osd-uuid", CLUSTER)
        self.run("ceph", "--conf", "ceph.conf", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=one",
                 tries=30)
        self.start_device()
        self.run("radosgw-admin", "--conf", "ceph.conf", "--name", "client.gateway", "user", "create", "--uid", "tester",
                 "--display-name", "tester", "--access-key", KEY, "--secret-key", SECRET)
        self.start("gateway", "radosgw", "--conf", "ceph.conf", "--name", "client.gateway", "--foreground")
        self.wait(self.port, self.address)

    def start_device(self):
        """Until the monitor knows it: a device that asks before it has the monitor's map is refused once, and ends."""
        state = "ceph", "--conf", "ceph.conf", "osd", "stat"
        while True:
            self.start("device", "ceph-osd", "--conf", "ceph.conf", "--foreground", "--id", "0")
            while self.processes[-1].poll() is None:
                if "1 up" in self.run(*state, tries=30):
                    return
                time.sleep(0.1)
            self.processes.pop()


@contextlib.contextmanager
def store(kind):
    """The environment of programs that use a store which runs meanwhile."""
    with tempfile.TemporaryDirectory(prefix="whittle-s3.") as folder, kind(folder) as servers:
        key = pathlib.Path(folder, "key")
        key.touch(0o600)
        key.write_text("%s\n%s\n" % (KEY, SECRET))
        yield {"WHITTLE_TEST_BUCKET": servers.make_bucket(), "WHITTLE_TEST_KEY": str(key), "WHITTLE_TEST_REGION": REGION, "no_proxy": "*"}


KINDS = {"swift": (Swift, "python3-swift"), "radosgw": (Ceph, "radosgw, ceph-mon, ceph-osd")}


def main(arguments):
    """All programs, one after the other."""
    if arguments[:1] == ["--serve"]:
        serve(*arguments[1:])
    kind, packages = KINDS[arguments[0]]
    if not kind.is_installed():
        print("skipped: no %s is installed (Debian: %s)" % (arguments[0], packages))
        return SKIPPED
    with store(kind) as environment:
        failed = sum(subprocess.run([program], env={**os.environ, **environment}, check=False).returncode != 0 for program in arguments[1:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
