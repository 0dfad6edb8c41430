#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs programs against a real store that speaks as S3 does, OpenStack Swift: s3.py PROGRAM...

All of it lies in a temporary folder and listens on ports of this machine alone: one server of each kind, one copy of
everything. The environment names the bucket and the key (WHITTLE_TEST_BUCKET, _KEY, _REGION). Exit status 77: there is no
Swift to run (Debian: python3-swift).
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
bind_ip = 127.0.0.1
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


class Swift:
    """The servers; `with` starts and ends them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.user = unprivileged()
        *self.store_ports, self.port = free_ports(len(STORES) + 1)
        self.processes = []

    def configure(self):
        """All their files."""
        values = {"user": self.user.pw_name, "folder": self.folder, "secret": SECRET, "region": REGION}
        (self.folder / "devices/disk").mkdir(parents=True)
        (self.folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n")
        for kind, port in zip(STORES, self.store_ports):
            (self.folder / (kind + ".conf")).write_text(STORE % dict(values, kind=kind, port=port))
            make_ring(self.folder, kind, port)
        (self.folder / "proxy.conf").write_text(PROXY % dict(values, port=self.port))
        if os.geteuid() == 0:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def start(self, kind):
        """One server, whose output goes to a file."""
        options = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(self.folder / (kind + ".log"), "wb") as log:
            self.processes.append(subprocess.Popen(
                ["/usr/bin/python3", "-B", os.path.abspath(__file__), "--serve", self.folder, kind], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **options))

    def fail(self, why):
        """Ends the test with what the servers said."""
        logs = "".join("== %s\n%s" % (path.name, path.read_text(errors="replace")) for path in sorted(self.folder.glob("*.log")))
        sys.exit("%s\n%s" % (why, logs))

    def wait(self, port):
        """Until a server listens."""
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                return
            if any(process.poll() is not None for process in self.processes):
                self.fail("a server of Swift has ended")
            time.sleep(0.05)

    def __enter__(self):
        self.configure()
        for kind in [*STORES, "proxy"]:
            self.start(kind)
        for port in [*self.store_ports, self.port]:
            self.wait(port)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()

    def make_bucket(self):
        """The one thing that the store itself does not do."""
        headers, path = email.message.Message(), "/" + BUCKET
        headers["Host"] = "127.0.0.1:%d" % self.port
        headers["x-amz-date"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers["x-amz-content-sha256"] = hashlib.sha256(b"").hexdigest()
        scope, names = [headers["x-amz-date"][:8], REGION, "s3", "aws4_request"], ["host", "x-amz-content-sha256", "x-amz-date"]
        headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s" % (
            KEY, "/".join(scope), ";".join(names), signed_server.signature(("PUT", path, headers), names, scope, SECRET))
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("PUT", path, headers=dict(headers))
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            self.fail("the bucket was not made: %d %s" % (answer.status, body.decode(errors="replace")))
        return "http://127.0.0.1:%d/%s" % (self.port, BUCKET)


@contextlib.contextmanager
def store():
    """The environment of programs that use a store which runs meanwhile."""
    with tempfile.TemporaryDirectory(prefix="whittle-swift.") as folder, Swift(folder) as swift:
        key = pathlib.Path(folder, "key")
        key.touch(0o600)
        key.write_text("%s\n%s\n" % (KEY, SECRET))
        yield {"WHITTLE_TEST_BUCKET": swift.make_bucket(), "WHITTLE_TEST_KEY": str(key), "WHITTLE_TEST_REGION": REGION, "no_proxy": "*"}


def main(arguments):
    """All programs, one after the other."""
    if arguments[:1] == ["--serve"]:
        serve(*arguments[1:])
    if importlib.util.find_spec("swift") is None:
        print("skipped: no Swift is installed (Debian: python3-swift)")
        return SKIPPED
    with store() as environment:
        failed = sum(subprocess.run([program], env={**os.environ, **environment}, check=False).returncode != 0 for program in arguments)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
