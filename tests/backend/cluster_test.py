#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two whittled that share the work, with real servers for what they share: cluster_test.py WHITTLED swift|radosgw.

Each whittled has a network and a host name of its own, as on a machine of its own; PostgreSQL, the S3 store, nginx and the
clients are on a third. Where such networks cannot be made, all of it is on loopback. Exit status 77: a server is missing.
"""
import collections
import concurrent.futures
import contextlib
import hashlib
import http.client
import io
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import backend
import nginx
import postgresql
import s3
from backend import LONG, XML, packages, poll, request, wish, xml

INSIDE = "WHITTLE_CLUSTER_INSIDE"
CENTRE = "10.77.0.1"
DATABASE, OWNER, WORKER, PASSWORD = "shared", "owner", "worker", "not-much-of-a-secret"
TABLES = "whittled_packages_1, whittled_cuts_1"
PROGRAM = KIND = CLUSTER = None


# ---- machines -------------------------------------------------------------------------------------------------------


def enter_namespaces():
    """Runs this program again with networks of its own, if that can be; they end with it."""
    state = os.environ.get(INSIDE)
    if not state:
        make = ["unshare", "--mount", "--propagation=private", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        possible = os.geteuid() == 0 and shutil.which("ip") and subprocess.run(
            [*make, "unshare", "--net", "ip", "link", "add", "name", "probe", "type", "veth", "peer", "name", "other"],
            stderr=subprocess.DEVNULL, check=False).returncode == 0
        os.environ[INSIDE] = "networks" if possible else "loopback"
        if possible:
            os.execvp("unshare", [*make, sys.executable, "-B", *sys.argv])
    elif state == "networks":
        packages.run("ip", "link", "set", "lo", "up")
        packages.run("ip", "address", "add", CENTRE + "/32", "dev", "lo")
        os.makedirs("/run/netns", exist_ok=True)
        packages.run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")


def has_networks():
    """Are there several?"""
    return os.environ[INSIDE] == "networks"


class Machine:
    """Where a whittled runs."""

    def __init__(self, number):
        self.name, self.link, self.prefix = "machine%d" % number, "to%d" % number, []
        self.address, self.port = "127.0.0.1", s3.free_ports(1)[0]
        if not has_networks():
            return
        here, self.address, self.port = "10.77.%d.1" % number, "10.77.%d.2" % number, 8077
        packages.run("ip", "netns", "add", self.name)
        packages.run("ip", "link", "add", "name", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        packages.run("ip", "address", "add", here + "/24", "dev", self.link)
        packages.run("ip", "link", "set", self.link, "up")
        inside = ["ip", "-n", self.name]
        packages.run(*inside, "link", "set", "lo", "up")
        packages.run(*inside, "address", "add", self.address + "/24", "dev", "eth0")
        packages.run(*inside, "link", "set", "eth0", "up")
        packages.run(*inside, "route", "add", "default", "via", here)
        user = backend.user()
        self.prefix = ["ip", "netns", "exec", self.name, "unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name,
                       "setpriv", "--reuid=%d" % user.pw_uid, "--regid=%d" % user.pw_gid, "--clear-groups"]

    def plug(self, state):
        """Its cable: up or down."""
        packages.run("ip", "link", "set", self.link, state)


class Member(backend.Daemon):
    """A whittled on a machine: nothing of it stays there."""

    def __init__(self, machine, role, cluster):
        self.machine, self.role = machine, role
        self.port = machine.port
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the daemon
        as_user = {"user": backend.user().pw_uid, "group": backend.user().pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(
            [*machine.prefix, PROGRAM, "--repo", cluster.place.repo, "--history", cluster.place.history,
             "--listen", "%s:%d" % (machine.address, machine.port), "--catalogue",
             "postgresql://%s@%s:%d/%s" % (role, cluster.address, cluster.database.port, DATABASE), "--s3-url", cluster.bucket,
             "--s3-key-file", cluster.secret("key", "%s\n%s\n" % (s3.KEY, s3.SECRET)), "--interval", "1", "--memory", "512",
             "--effort", "best", "--jobs", "2"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, "no_proxy": "*", "PGPASSFILE": cluster.secret("pgpass", "*:*:*:*:%s\n" % PASSWORD)},
            **({} if machine.prefix or os.geteuid() else as_user))
        self.wait_until_ready()

    def connect(self):
        return http.client.HTTPConnection(self.machine.address, self.port, timeout=LONG)

    def end(self, number=signal.SIGTERM):
        """Ends it; it must not have made a fault before."""
        status = self.stop(number)
        self.log, log = io.BytesIO(self.said().encode()), self.log
        log.close()
        if status not in (0, -signal.SIGKILL) or "Sanitizer" in self.said():
            raise AssertionError("exit status %d: %s" % (status, self.said()))


class Cluster:
    """All of it. Packages are read at the same path on both machines."""

    def __init__(self, stack):
        self.address = CENTRE if has_networks() else "127.0.0.1"
        self.place = backend.Place(("alpha", "slow"))
        stack.callback(self.place.remove)
        self.database = stack.enter_context(postgresql.Server(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="whittle-postgresql.")), self.address, s3.free_ports(1)[0]))
        for role in (OWNER, WORKER):
            self.database.ask("CREATE ROLE %s LOGIN PASSWORD '%s'" % (role, PASSWORD))
        self.database.database(DATABASE, OWNER)
        self.store = stack.enter_context(s3.KINDS[KIND][0](
            stack.enter_context(tempfile.TemporaryDirectory(prefix="whittle-s3.")), self.address))
        self.bucket = self.store.make_bucket()
        self.members = []
        stack.callback(self.end_members)
        machines = [Machine(1), Machine(2)]
        self.members.append(Member(machines[0], OWNER, self))
        self.sql("GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %s" % (TABLES, WORKER))
        self.members.append(Member(machines[1], WORKER, self))
        self.front = nginx.Nginx(self.place, *["%s:%d" % (machine.address, machine.port) for machine in machines])
        stack.callback(self.front.stop)

    def end_members(self):
        """In good order, each."""
        with contextlib.ExitStack() as stack:
            for member in self.members:
                stack.callback(member.end)

    def secret(self, name, content):
        """The path of a file that only whittled's user may read."""
        path = self.place.own("secrets") / name
        path.touch(0o600)
        path.write_text(content)
        if os.geteuid() == 0:
            os.chown(path, backend.user().pw_uid, backend.user().pw_gid)
        return str(path)

    def sql(self, statement):
        """A statement about what they share."""
        return self.database.ask(statement, DATABASE)

    def restart(self, member):
        """One that has ended runs again."""
        self.members[self.members.index(member)] = Member(member.machine, member.role, self)

    def cut(self):
        """Bundles that were cut by those who run."""
        return sum(member.metric("whittled_bundles_cut_total") for member in self.members)

    def post(self, *wishes, client=1):
        """The answer to a request through nginx, of a client with an address of its own."""
        return self.front.ask("POST", "/v1/upgrade", request(*wishes), XML, source="127.0.0.%d" % client)


def setUpModule():  # noqa: N802 - unittest's name
    """One cluster for all tests."""
    global CLUSTER  # noqa: PLW0603
    with contextlib.ExitStack() as stack:
        CLUSTER = Cluster(stack)
        unittest.addModuleCleanup(stack.pop_all().close)


# ---- tests ----------------------------------------------------------------------------------------------------------


def bundle_of(answer):
    """The one bundle of an answer, or None."""
    return xml.fromstring(answer.body).find("package/bundle") if answer.status == 200 else None


def path_of(bundle):
    """Its URL."""
    return "/v1/bundle/%s.wht" % bundle.get("sha256")


class Case(unittest.TestCase):
    """Each test asks for bundles that no other test asks for."""

    made = collections.Counter()

    def fresh(self, name="alpha"):
        """A report that nobody has made yet, of files that are missing."""
        old = CLUSTER.place.package(name, "1")
        numbers = [number for number, file in enumerate(old.files) if not file[0].endswith("same.bin")]
        differs = [number for at, number in enumerate(numbers) if Case.made[name] >> at & 1]
        Case.made[name] += 1
        return wish(CLUSTER.place.package(name, "2"), old, differs=" ".join(map(str, joined(differs))))

    def whole(self, bundle, answer):
        """It is what was announced."""
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(hashlib.sha256(answer.body).hexdigest(), bundle.get("sha256"))

    def cut_one(self, one):
        """A bundle that both can give."""
        bundle = bundle_of(CLUSTER.post(one))
        for member in CLUSTER.members:
            self.whole(bundle, member.ask("GET", path_of(bundle)))
        return bundle

    def start_cut(self, pool, one):
        """Asks through nginx; gives the answer to come, and who cuts."""
        answer = pool.submit(CLUSTER.post, one)
        owner = poll(lambda: answer.done() or CLUSTER.sql(
            "SELECT convert_from(owner, 'UTF8') FROM whittled_cuts_1 WHERE state = 0"))
        self.assertFalse(answer.done(), "the cut was too fast to be seen")
        process = int(owner[0].rsplit(":", 1)[1])
        return answer, [member for member in CLUSTER.members if member.process.pid == process][0]


def joined(numbers):
    """Ascending numbers as a request has them: neighbours as a range."""
    ranges = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return [str(first) if first == last else "%d-%d" % (first, last) for first, last in ranges]


class Sharing(Case):
    """What one has done the other need not do."""

    def test_many_clients_at_once(self):
        """Forty with the same report, through nginx: each bundle is cut once by both together."""
        wishes = [self.fresh(), self.fresh("slow")]
        before = CLUSTER.cut()
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda number: CLUSTER.post(*wishes, client=number + 1), range(40)))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertEqual(len({answer.body for answer in answers}), 1)
        bundles = xml.fromstring(answers[0].body).findall("package/bundle")
        self.assertEqual(len(bundles), len(wishes))
        self.assertEqual(CLUSTER.cut(), before + len(wishes))
        asked = [member.metric("whittled_requests_total") for member in CLUSTER.members]
        self.assertGreater(min(asked), 10, "nginx spreads the requests")
        for bundle in bundles:
            for member in CLUSTER.members:
                self.whole(bundle, member.ask("GET", path_of(bundle)))

    def test_cut_by_one_and_served_by_the_other(self):
        """Either way round; what is found is not cut again."""
        for maker, other in (CLUSTER.members, CLUSTER.members[::-1]):
            one = self.fresh()
            before = [member.metric("whittled_bundles_cut_total") for member in (maker, other)]
            bundle = maker.upgrade(one)[0].find("bundle")
            self.whole(bundle, other.ask("GET", path_of(bundle)))
            self.assertEqual(xml.tostring(other.upgrade(one)[0].find("bundle")), xml.tostring(bundle))
            after = [member.metric("whittled_bundles_cut_total") for member in (maker, other)]
            self.assertEqual(after, [before[0] + 1, before[1]])

    def test_kept_by_nginx(self):
        """The second client gets nginx's copy, which needs neither of them."""
        path = path_of(bundle_of(CLUSTER.post(self.fresh())))
        sent = sum(member.metric("whittled_bundles_sent_total") for member in CLUSTER.members)
        answers = [CLUSTER.front.ask("GET", path) for _ in range(2)]
        self.assertEqual([answer.headers["X-Cache-Status"] for answer in answers], ["MISS", "HIT"])
        self.assertEqual(answers[0].body, answers[1].body)
        self.assertEqual(sum(member.metric("whittled_bundles_sent_total") for member in CLUSTER.members), sent + 1)

    def test_publication(self):
        """Both learn of a new version."""
        place = CLUSTER.place
        place.build("beta", "1", place.history)
        place.build("beta", "2", place.repo)
        place.publish()
        one = wish(place.package("beta", "2"), place.package("beta", "1"))
        made = {poll(lambda member=member: member.upgrade(one)[0].find("bundle")).get("sha256") for member in CLUSTER.members}
        self.assertEqual(len(made), 1)
        rows = CLUSTER.sql("SELECT count(*), count(DISTINCT header) FROM whittled_packages_1")
        self.assertEqual(rows, ["6|6"])


class Failures(Case):
    """What breaks, and what the clients see of it."""

    def test_killed_in_a_cut(self):
        """The other takes over when the lease is over; the client gets its bundle and notices nothing."""
        one = self.fresh("slow")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answer, maker = self.start_cut(pool, one)
            other = [member for member in CLUSTER.members if member is not maker][0]
            before = other.metric("whittled_bundles_cut_total")
            maker.end(signal.SIGKILL)
            self.assertEqual(CLUSTER.sql("SELECT count(*) FROM whittled_cuts_1 WHERE state = 0"), ["1"])
            self.assertFalse(answer.done())
            CLUSTER.sql("UPDATE whittled_cuts_1 SET lease = 1 WHERE state = 0")
            bundle = bundle_of(answer.result())
        self.assertIsNotNone(bundle)
        self.whole(bundle, other.ask("GET", path_of(bundle)))
        self.assertEqual(other.metric("whittled_bundles_cut_total"), before + 1)
        self.assertEqual({CLUSTER.post(self.fresh()).status for _ in range(4)}, {200})
        CLUSTER.restart(maker)
        self.cut_one(one)

    def test_database_restarted(self):
        """No answer meanwhile but 503; bundles that were cut are there; then all is as before."""
        bundle = self.cut_one(self.fresh())
        one = self.fresh()
        before = CLUSTER.cut()
        CLUSTER.database.stop()
        try:
            answers = [member.ask("POST", "/v1/upgrade", request(one), XML) for member in CLUSTER.members] + [CLUSTER.post(one)]
            for answer in answers:
                self.assertEqual((answer.status, answer.body), (503, b"the backend cannot answer now\n"))
                self.assertTrue(answer.headers["Retry-After"])
            self.whole(bundle, CLUSTER.front.ask("GET", path_of(bundle)))
        finally:
            CLUSTER.database.start()
        self.cut_one(one)
        self.assertEqual(CLUSTER.cut(), before + 1)

    def test_database_restarted_in_a_cut(self):
        """The bundle is there when the lease is over, if not before, whatever the client that waited was told."""
        one = self.fresh("slow")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answer, _ = self.start_cut(pool, one)
            CLUSTER.database.stop()
            CLUSTER.database.start()
            told = answer.result()
        if told.status != 503:
            element = xml.fromstring(told.body)[0][0]
            self.assertIn((element.tag, element.get("reason")), [
                ("bundle", None), ("whole", "the backend could not make the bundle"), ("whole", "the bundle is still being made")])
        CLUSTER.sql("UPDATE whittled_cuts_1 SET lease = 1 WHERE state = 0")
        poll(lambda: bundle_of(CLUSTER.post(one)) is not None)
        self.cut_one(one)

    def test_store_lost_and_damaged_an_object(self):
        """404, and the next who asks gets it cut again; nginx has what it has."""
        one = self.fresh()
        bundle = self.cut_one(one)
        name = "/%s/%s.wht" % (bundle.get("sha256")[:2], bundle.get("sha256"))
        self.whole(bundle, CLUSTER.front.ask("GET", path_of(bundle)))
        faults = [("DELETE", b"", 204), ("PUT", b"something else", 200)]
        for (method, body, status), member in zip(faults, CLUSTER.members):
            before = CLUSTER.cut()
            self.assertEqual(CLUSTER.store.ask(method, name, body)[0], status)
            self.assertEqual(member.ask("GET", path_of(bundle)).status, 404)
            self.assertEqual(CLUSTER.front.ask("GET", path_of(bundle)).headers["X-Cache-Status"], "HIT")
            self.assertEqual(self.cut_one(one).get("sha256"), bundle.get("sha256"))
            self.assertEqual(CLUSTER.cut(), before + 1)

    def test_store_restarted(self):
        """Without it packages are taken whole, and bundles are not given; then all is as before."""
        bundle, one = self.cut_one(self.fresh()), self.fresh()
        server = CLUSTER.store.processes.pop()
        server.terminate()
        server.wait()
        element = xml.fromstring(CLUSTER.post(one).body)[0][0]
        self.assertEqual((element.tag, element.get("reason")), ("whole", "the backend could not make the bundle"))
        for member in CLUSTER.members:
            self.assertEqual(member.ask("GET", path_of(bundle)).status, 503)
        CLUSTER.store.start("again", *server.args)
        CLUSTER.store.wait(CLUSTER.store.port, CLUSTER.store.address)
        poll(lambda: bundle_of(CLUSTER.post(one)) is not None)
        self.cut_one(one)
        self.whole(bundle, CLUSTER.members[0].ask("GET", path_of(bundle)))

    def test_machine_cut_off(self):
        """nginx goes to the other; when the network is back, so is the machine."""
        if not has_networks():
            self.skipTest("there is one network only")
        for gone, there in (CLUSTER.members, CLUSTER.members[::-1]):
            one = self.fresh()
            before = there.metric("whittled_bundles_cut_total")
            CLUSTER.front.stop()  # over a connection that stands it would wait for its proxy_read_timeout
            CLUSTER.front.start()
            gone.machine.plug("down")
            try:
                bundles = [bundle_of(CLUSTER.post(one)) for _ in range(2)]
            finally:
                gone.machine.plug("up")
            self.assertEqual({bundle.get("sha256") for bundle in bundles}, {bundles[0].get("sha256")})
            self.assertEqual(there.metric("whittled_bundles_cut_total"), before + 1)
            self.cut_one(one)


def missing():
    """What has to be installed for this test; None where nothing."""
    if not shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        return "nginx-light"
    if postgresql.programs() is None:
        return "postgresql"
    return None if s3.KINDS[KIND][0].is_installed() else s3.KINDS[KIND][1]


if __name__ == "__main__":
    PROGRAM, KIND = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    if missing():
        print("skipped: not installed: " + missing())
        sys.exit(s3.SKIPPED)
    enter_namespaces()
    del sys.argv[1:3]
    unittest.main(verbosity=2)
