# SPDX-License-Identifier: GPL-2.0-or-later
"""Mirrors, credentials, repositories."""
import shutil

from bench import ADDRESS, PASSWORD, USER, check
from cases.common import NEW, BUNDLED, UPGRADED, case, expect


@case
def mirror_dead(bench):
    """The first mirror of a list does not answer: bundles come from the second."""
    machine = bench.machine()
    (bench.site / "mirrors").write_text("http://127.0.0.1:9/main\nhttp://%s/main\n" % ADDRESS)
    machine.repository("main", "mirrorlist=http://%s/mirrors" % ADDRESS)
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def mirror_dead_fastestmirror(bench):
    """The same when dnf sorts the mirrors by their speed."""
    machine = bench.machine()
    (bench.site / "mirrors").write_text("http://127.0.0.1:9/main\nhttp://%s/main\n" % ADDRESS)
    machine.repository("main", "mirrorlist=http://%s/mirrors" % ADDRESS, fastestmirror="1")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def mirror_without_bundles(bench):
    """The first mirror of a list has no bundles: they come from the second."""
    machine = bench.machine()
    shutil.copytree(bench.site / "main", bench.site / "partial")
    shutil.rmtree(bench.site / "partial" / "whittle")
    (bench.site / "mirrors").write_text("http://{0}/partial\nhttp://{0}/main\n".format(ADDRESS))
    machine.repository("main", "mirrorlist=http://%s/mirrors" % ADDRESS)
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def basic_auth(bench):
    """Bundles are fetched with the repository's credentials."""
    machine = bench.machine()
    machine.repository("private/main", username=USER, password=PASSWORD)
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    users = {user for path, status, _, user in run.requests if path.endswith(".wht") and status == 200}
    check(users == {USER}, "bundles are fetched without credentials", users)
    machine.check_after(NEW, UPGRADED)


@case
def two_repositories(bench):
    """Packages come from a repository with bundles and from one without."""
    machine = bench.machine()
    machine.append("/etc/yum.repos.d/matrix.repo", "exclude=beta\n[second]\nname=second\nbaseurl=http://%s/bare\n"
                   "gpgcheck=1\nincludepkgs=beta\n" % ADDRESS)
    expect(machine.dnf("upgrade"), ["alpha-2", "tall-2"], ["beta-2", "gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def pkgverify_level_all(bench):
    """rpm itself demands signature and digests of every package."""
    machine = bench.machine()
    machine.write("/etc/rpm/macros.verify", "%_pkgverify_level all\n%_pkgverify_flags 0\n")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)
