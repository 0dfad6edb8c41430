# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to run and to configure dnf."""
import shutil

from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect, check_original


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
def key_refused(bench):
    """Who does not want the key gets nothing installed; the next run goes on from what is in the cache."""
    machine = bench.machine()
    machine.run("rpm", "-e", *machine.run("rpm", "-qa", "gpg-pubkey").split())
    run = machine.terminal("upgrade", typed="y\nn\n", code=1)
    expect(run, BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "something is installed", machine.versions())
    check(not machine.run("rpm", "-qa", "gpg-pubkey"), "a key is imported")
    expect(machine.dnf("upgrade"), [], [])
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
    upgrade_beside_local_plugin(bench, machine)


@case
def local_plugin_later(bench):
    """What was assembled before that plugin was switched on is not for its repository either."""
    machine = bench.machine()
    expect(machine.dnf("upgrade", "--downloadonly"), BUNDLED, ["gamma-2"])
    upgrade_beside_local_plugin(bench, machine, "gamma-2")


@case
def local_plugin_without_an_index(bench):
    """Where nothing could be assembled anyway, nothing is said."""
    machine = bench.machine()
    machine.repository("bare")
    machine.write("/etc/dnf/plugins/local.conf", LOCAL_PLUGIN)
    run = machine.dnf("upgrade")
    check("hittle" not in run.output, "whittle speaks", run.output)


LOCAL_PLUGIN = "[main]\nenabled = true\n[createrepo]\nenabled = false\n"


def upgrade_beside_local_plugin(bench, machine, *cached):
    """Upgrades with the plugin "local", which has to get the original packages; some are in the cache."""
    machine.write("/etc/dnf/plugins/local.conf", LOCAL_PLUGIN)
    run = machine.dnf("upgrade")
    expect(run, [], [name for name in NEW if name not in cached])
    check(run.output.count("Whittle is inactive") == 1, "it is not said once", run.output)
    check_original(bench, machine.path("/var/lib/dnf/plugins/local"))
    machine.path("/etc/dnf/plugins/local.conf").write_text("[main]\nenabled = false\n")
    shutil.rmtree(machine.path("/var/lib/dnf/plugins"))
    machine.check_after(NEW, UPGRADED)
