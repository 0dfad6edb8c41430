# SPDX-License-Identifier: GPL-2.0-or-later
"""Upgrades and their relatives: what assembles, and that it leaves the same system."""
import re

from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect


@case
def upgrade(bench):
    """Assembled packages install and leave the same system as the ordinary upgrade does."""
    machine, twin = bench.machine(), bench.machine("twin")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(re.search(r"Whittle assembled 3 of 4 packages: .* saved\)", run.output), "the savings are not said")
    machine.check_after(NEW, UPGRADED)
    plain = twin.dnf("upgrade", "--disableplugin=whittle")
    expect(plain, [], NEW)
    twin.check_after(NEW, UPGRADED)
    machine.check_twin(twin)


@case
def answer_no(bench):
    """Nothing is fetched or written before the prompt is answered."""
    machine = bench.machine()
    run = machine.dnf("upgrade", "--assumeno", answer=None, code=1)
    expect(run, [], [])
    check(run.bundles == [], "bundles are fetched before the prompt", run.bundles)
    machine.check_after(OLD, [])


@case
def distro_sync(bench):
    """distro-sync assembles."""
    machine = bench.machine()
    expect(machine.dnf("distro-sync"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def reinstall(bench):
    """A reinstallation is assembled from the installed files of the same version."""
    machine = bench.machine()
    machine.dnf("upgrade")
    machine.remember()
    run = machine.dnf("reinstall", "alpha", "gamma")
    check("alpha-2" in run.assembled and "alpha-2" not in run.whole, "alpha is not assembled", run.output)
    machine.check_after(NEW, ["alpha-2 2", "gamma-2 2"])


@case
def downgrade(bench):
    """A version that nothing leads to is downloaded whole, and the way back up is assembled again."""
    machine = bench.machine()
    machine.dnf("upgrade")
    machine.remember()
    run = machine.dnf("downgrade", "alpha")
    check(sorted(run.assembled + run.whole) == ["alpha-1"], "alpha-1 is not fetched once", run.output)
    machine.check_after(["alpha-1", *NEW[1:]])
    expect(machine.dnf("upgrade", "alpha"), ["alpha-2"], [])
    machine.check_after(NEW)


@case
def history_undo(bench):
    """Undoing an upgrade works as without whittle, redoing it assembles."""
    machine = bench.machine()
    machine.dnf("upgrade")
    run = machine.dnf("history", "undo", "last")
    check(sorted(run.assembled + run.whole) == OLD, "the older packages are not fetched once each", run.output)
    machine.check_after(OLD)
    machine.dnf("history", "undo", "last")
    machine.check_after(NEW)


@case
def history_redo(bench):
    """An upgrade that was undone package by package is done again."""
    machine = bench.machine()
    machine.dnf("upgrade", "alpha")
    machine.dnf("downgrade", "alpha")
    run = machine.dnf("history", "redo", "last-1")
    expect(run, ["alpha-2"], [])
    machine.check_after(["alpha-2", *OLD[1:]])


@case
def installroot(bench):
    """Sources come from the root that is upgraded, never from the host."""
    machine = bench.machine()
    bench.make_installroot(machine, "/mnt/root")
    machine.dnf("upgrade")  # the host has other versions
    run = machine.dnf("upgrade", "--installroot=/mnt/root", "--setopt=reposdir=/etc/yum.repos.d")
    expect(run, BUNDLED, ["gamma-2"])
    inside = machine.run("rpm", "--root", "/mnt/root", "-qa", "--qf", "%{NAME}-%{VERSION}\n").split()
    check(set(NEW) <= set(inside), "the root is not upgraded", inside)
    check(not machine.run("rpm", "--root", "/mnt/root", "-Va"), "rpm -Va finds differences in the root")


@case
def installroot_changed(bench):
    """A file that is intact on the host and changed in the root is not taken from the host."""
    machine = bench.machine()
    bench.make_installroot(machine, "/mnt/root")
    machine.append("/mnt/root/usr/share/alpha/text", "changed\n")
    run = machine.dnf("upgrade", "--installroot=/mnt/root", "--setopt=reposdir=/etc/yum.repos.d")
    expect(run, ["beta-2", "tall-2"], ["alpha-2", "gamma-2"])


@case
def installroot_links(bench):
    """Absolute links in the root that is upgraded lead to places in that root."""
    machine = bench.machine()
    bench.make_installroot(machine, "/mnt/root")
    inside = machine.path("/mnt/root/usr/share/alpha")
    inside.rename(machine.path("/mnt/root/usr/alpha"))
    inside.symlink_to("/usr/alpha")
    machine.write("/usr/alpha/text", "the host's\n")
    run = machine.dnf("upgrade", "--installroot=/mnt/root", "--setopt=reposdir=/etc/yum.repos.d")
    expect(run, BUNDLED, ["gamma-2"])
    check(not machine.run("rpm", "--root", "/mnt/root", "-Va"), "rpm -Va finds differences in the root")
