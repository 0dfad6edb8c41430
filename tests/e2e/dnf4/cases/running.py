# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to run and to configure dnf."""
import shutil

from bench import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect, check_original


@case
def offline_upgrade(bench):
    """A transaction that is tested and stored for a later boot, applied from the cache alone."""
    machine = bench.machine()
    store = ("--setopt=cachedir=/var/lib/dnf/system-upgrade",)
    expect(machine.dnf("upgrade", *store, "--setopt=tsflags=test"), BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "something is installed", machine.versions())
    run = machine.dnf("upgrade", *store, "-C")
    check(not run.requests, "applying asks the server", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def installroot(bench):
    """Sources come from the root that is upgraded, never from the host."""
    machine = bench.machine()
    bench.make_installroot(machine, "/mnt/root")
    run = machine.dnf("upgrade", "--installroot=/mnt/root", "--setopt=reposdir=/etc/yum.repos.d")
    expect(run, BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "the host changed", machine.versions())
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
def key_not_imported(bench):
    """The key is imported after the download as always."""
    machine = bench.machine()
    machine.run("rpm", "-e", *machine.run("rpm", "-qa", "gpg-pubkey").split())
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check("Key imported successfully" in run.output, "the key is not imported", run.output)
    machine.keys = machine.run("rpm", "-qa", "gpg-pubkey")
    machine.check_after(NEW, UPGRADED)


@case
def tsflags_noplugins(bench):
    """Inactive where rpm plugins are switched off."""
    machine = bench.machine()
    run = machine.dnf("upgrade", "--setopt=tsflags=noplugins")
    expect(run, [], NEW)
    check(run.bundles == [], "bundles are fetched in vain", run.bundles)
    machine.check_after(NEW, UPGRADED)


@case
def cacheonly(bench):
    """Nothing is assembled from the cache alone; what is missing is missing."""
    machine = bench.machine()
    machine.dnf("makecache")
    run = machine.dnf("upgrade", "-C", code=1)
    check(not run.requests, "-C asks the server", run.requests)
    machine.check_after(OLD, [])


@case
def switched_off(bench):
    """enabled=0 in the configuration."""
    machine = bench.machine()
    settings = machine.path("/etc/dnf/plugins/whittle.conf")
    settings.write_text(settings.read_text().replace("enabled=1", "enabled=0"))
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(not [line for line in run.requests if "whittle" in line[0]], "the index is fetched", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def configuration_damaged(bench):
    """Values that make no sense are said and passed over."""
    machine = bench.machine()
    machine.append("/etc/dnf/plugins/whittle.conf", "\njobs=many\npercentage=\nkeep=perhaps\n")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check('jobs: "many"' in run.output, "it is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def percentage(bench):
    """Bundles that save too little are not fetched."""
    machine = bench.machine()
    machine.append("/etc/dnf/plugins/whittle.conf", "\npercentage=0\n")
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.bundles == [], "bundles are fetched", run.bundles)
    machine.check_after(NEW, UPGRADED)


@case
def automatic(bench):
    """dnf-automatic downloads and applies."""
    machine = bench.machine()
    machine.write("/etc/dnf/automatic.conf", "[commands]\nupgrade_type=default\ndownload_updates=yes\napply_updates=yes\n"
                  "random_sleep=0\n[emitters]\nemit_via=stdio\n[email]\n[command]\n[command_email]\n[base]\ndebuglevel=2\n")
    machine.write("/etc/dnf/vars/releasever", "1\n")
    machine.append("/etc/dnf/dnf.conf", "\nreleasever=1\n")
    run = machine.program("python3", "-c", "import dnf.automatic.main as automatic; automatic.main([])")
    check(run.bundles and run.whole == ["gamma-2"], "packages are not assembled", run.requests, run.output)
    machine.check_after(NEW, UPGRADED)


@case
def metadata_fresh(bench):
    """A plugin that is installed while the cached metadata is fresh gets its index at the next run."""
    machine = bench.machine()
    machine.dnf("makecache", "--disableplugin=whittle")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def repository_without_record(bench):
    """A repository without an index is not asked for it again and again."""
    machine = bench.machine()
    machine.repository("bare")
    first = machine.dnf("makecache")
    check(first.requests, "no metadata is fetched")
    for _ in range(3):
        run = machine.dnf("check-update", code=100)
        check(not run.requests, "metadata is fetched again", run.requests)
    expect(machine.dnf("upgrade"), [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def deltarpm(bench):
    """Delta packages serve what whittle leaves, and only that."""
    machine = bench.machine()
    bench.offer_deltas(machine, "beta", "gamma")
    machine.append("/etc/dnf/dnf.conf", "\ndeltarpm=1\ndeltarpm_percentage=100\n")
    run = machine.dnf("upgrade")
    check(run.fetched(".drpm") == ["gamma-1_2.drpm"], "other deltas are fetched than expected", run.requests)
    expect(run, BUNDLED, [])
    machine.path("/usr/bin/applydeltarpm").unlink()
    machine.check_after(NEW, UPGRADED)


@case
def local_plugin(bench):
    """The plugin that copies packages into a repository of its own keeps whittle away, said once."""
    machine = bench.machine()
    machine.write("/etc/dnf/plugins/local.conf", "[main]\nenabled = true\n[createrepo]\nenabled = false\n")
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.output.count("Whittle is inactive") == 1, "it is not said once", run.output)
    check_original(bench, machine.path("/var/lib/dnf/plugins/local"))
    machine.path("/etc/dnf/plugins/local.conf").write_text("[main]\nenabled = false\n")
    shutil.rmtree(machine.path("/var/lib/dnf/plugins"))
    machine.check_after(NEW, UPGRADED)
