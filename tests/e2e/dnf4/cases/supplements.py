# SPDX-License-Identifier: GPL-2.0-or-later
"""Edited configuration and left out documentation."""
import os

from bench import read_metadata
from checks import check
from cases.common import NEW, BUNDLED, UPGRADED, case, expect, upgrade_without


@case
def config_edited(bench):
    """Edited configuration comes from the config supplement; the edits stay, as in an ordinary upgrade."""
    machine, twin = bench.machine(), bench.machine("twin")
    for system in (machine, twin):
        for name in ("alpha", "alpha-new"):
            system.append("/etc/%s.conf" % name, "edited\n")
            os.utime(system.path("/etc/%s.conf" % name), (1700000000, 1700000000))
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(len([name for name in run.fetched(".wht") if name.startswith("alpha")]) == 2, "no supplement is fetched", run.requests)
    check(machine.path("/etc/alpha-new.conf.rpmnew").exists(), "no .rpmnew file")
    check("edited" in machine.path("/etc/alpha-new.conf").read_text(), "the edit is lost")
    altered = ("/etc/alpha.conf", "/etc/alpha-new.conf")
    machine.check_after(NEW, UPGRADED, altered=altered)
    twin.dnf("upgrade", "--disableplugin=whittle")
    machine.check_twin(twin)


@case
def docs_left_out(bench):
    """A system without documentation upgrades through the doc supplement and stays without."""
    machine, twin = bench.machine(), bench.machine("twin")
    for system in (machine, twin):
        bench.install_again(system, ["alpha", "beta"], "--nodocs")
    run = machine.dnf("upgrade", "--setopt=tsflags=nodocs")
    expect(run, BUNDLED, ["gamma-2"])
    check(not machine.path("/usr/share/doc/alpha/README").exists(), "documentation is installed")
    machine.check_after(NEW, UPGRADED)
    twin.dnf("upgrade", "--setopt=tsflags=nodocs", "--disableplugin=whittle")
    machine.check_twin(twin)


@case
def config_removed(bench):
    """Removed configuration comes from the config supplement; rpm decides what becomes of it, as in an ordinary upgrade."""
    machine, twin = bench.machine(), bench.machine("twin")
    for system in (machine, twin):
        system.path("/etc/alpha.conf").unlink()
        system.path("/etc/alpha-new.conf").unlink()
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    twin.dnf("upgrade", "--disableplugin=whittle")
    machine.check_twin(twin)


@case
def supplement_missing(bench):
    """A mirror that lacks a supplement which is needed."""
    _, document = read_metadata(bench.site / "main" / "repodata", "whittle")
    digests = {config.get("sha256")[:16] for config in document.iter("config")}
    for path in bench.bundles_of("alpha-2"):
        if path.name.split(".")[-2] in digests:
            path.unlink()
    machine = bench.machine()
    machine.append("/etc/alpha.conf", "edited\n")
    upgrade_without(machine, "alpha-2", "404", altered=("/etc/alpha.conf",))


@case
def config_without_supplement(bench):
    """Edited configuration where the repository has no supplement."""
    with bench.metadata("whittle") as document:
        for package in document:
            for config in package.findall("config"):
                package.remove(config)
    machine = bench.machine()
    machine.append("/etc/alpha.conf", "edited\n")
    upgrade_without(machine, "alpha-2", "/etc/alpha.conf", altered=("/etc/alpha.conf",))
