# SPDX-License-Identifier: GPL-2.0-or-later
"""What the cases of the matrix share.

alpha, beta and tall have bundles, gamma has none: every upgrade also covers a package without data.
"""
import re

from checks import check

OLD = ["alpha-1", "beta-1", "gamma-1", "tall-1"]
NEW = ["alpha-2", "beta-2", "gamma-2", "tall-2"]
BUNDLED = ["alpha-2", "beta-2", "tall-2"]
UPGRADED = ["alpha-2 2", "beta-2 2", "gamma-2 2", "tall-2 2"]
CASES = {}


def case(function):
    """Registers a case under its name with dashes."""
    CASES[function.__name__.replace("_", "-")] = function
    return function


def expect(run, assembled, whole):
    """Checks which packages a run assembled and which it downloaded whole."""
    check(run.assembled == sorted(assembled), "other packages are assembled than expected", run.assembled, assembled)
    check(run.whole == sorted(whole), "other packages are downloaded whole than expected", run.whole, whole)


def upgrade_without(machine, package, *parts, **after):
    """Upgrades and checks that one package is downloaded whole, with a line that says each of the parts."""
    run = machine.dnf("upgrade")
    expect(run, [name for name in BUNDLED if name != package], [package, "gamma-2"])
    for part in parts:
        check(re.search(part, run.reason(package)), "the reason for the whole package does not say: %s" % part, run.output)
    machine.check_after(NEW, UPGRADED, **after)
    return run


def keep_cache(machine, *settings):
    """Makes dnf keep packages, and with keep=1 whittle too."""
    machine.append("/etc/dnf/dnf.conf", "\nkeepcache=1\n")
    machine.append("/etc/dnf/plugins/whittle.conf", "".join("\n%s\n" % setting for setting in settings))


def empty_cache(machine):
    """Removes the packages that keepcache=1 kept, so that the common checks hold."""
    machine.run("dnf", "clean", "packages")


def check_original(bench, folder):
    """Checks that all packages in a folder are the repository's."""
    found = sorted(folder.rglob("*.rpm"))
    check(found, "no packages in %s" % folder)
    for package in found:
        check(package.read_bytes() == (bench.site / "main" / package.name).read_bytes(), "%s: not the original" % package.name)
