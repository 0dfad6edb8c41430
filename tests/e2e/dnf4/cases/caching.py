# SPDX-License-Identifier: GPL-2.0-or-later
"""What stays in the cache, and what is taken from it."""
import os
import shutil

import packages
from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect, keep_cache, empty_cache


@case
def keepcache(bench):
    """keepcache=1 keeps whole packages; assembled ones go all the same."""
    machine = bench.machine()
    keep_cache(machine)
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    kept = sorted(path.name for path in machine.cached())
    check(kept == ["gamma-2-1.noarch.rpm"], "other packages are kept than expected", kept)
    empty_cache(machine)
    machine.check_after(NEW, UPGRADED)


@case
def keepcache_keep(bench):
    """With keep=1 they stay, and the next reinstallation takes them from the cache."""
    machine = bench.machine()
    keep_cache(machine, "keep=1")
    machine.dnf("upgrade")
    check(len(machine.cached()) == 4, "not all packages are kept", *machine.cached())
    run = machine.dnf("reinstall", "alpha")
    expect(run, [], [])
    check(run.bundles == [] and "Already downloaded" in run.output, "the cached package is not taken", run.output)
    empty_cache(machine)
    machine.check_after(NEW)


@case
def downloadonly_then_upgrade(bench):
    """What --downloadonly assembled is taken by the next run."""
    machine = bench.machine()
    expect(machine.dnf("upgrade", "--downloadonly"), BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "something is installed", machine.versions())
    run = machine.dnf("upgrade")
    expect(run, [], [])
    check(run.output.count("Already downloaded") == 4, "the cached packages are not taken", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def downloadonly_then_another(bench):
    """What no transaction took is removed with the next one, as whole packages are."""
    machine = bench.machine()
    expect(machine.dnf("upgrade", "--downloadonly", "alpha"), ["alpha-2"], [])
    expect(machine.dnf("upgrade", "beta"), ["beta-2"], [])
    machine.check_after(["alpha-1", "beta-2", "gamma-1", "tall-1"], ["beta-2 2"])


@case
def downloadonly_then_plugin_off(bench):
    """Also when the dnf plugin is off by then."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    expect(machine.dnf("upgrade", "--disableplugin=whittle"), [], [])
    machine.check_after(NEW, UPGRADED)


@case
def downloadonly_then_cacheonly(bench):
    """Also without network."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    run = machine.dnf("upgrade", "-C")
    check(not run.requests, "-C asks the server", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def downloadonly_then_read_only(bench):
    """Also when the packages' folder cannot be written to any more; what was assembled stays there."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    folder = machine.package_folder()
    packages.run("mount", "--bind", folder, folder)
    packages.run("mount", "-o", "remount,bind,ro", folder)
    run = machine.dnf("upgrade")
    expect(run, [], [])
    check("Traceback" not in run.output, "an error is not handled", run.output)
    packages.run("umount", folder)
    check(len(machine.cached()) == 4, "other packages are kept than expected", *machine.cached())
    empty_cache(machine)
    machine.check_after(NEW, UPGRADED)


@case
def downloadonly_then_no_rpm_plugin(bench):
    """What was assembled while the rpm plugin was there is not handed to an rpm without it."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    machine.remove_rpm_plugin()
    expect(machine.dnf("upgrade"), [], BUNDLED)
    machine.check_after(NEW, UPGRADED)


@case
def garbage_in_cache(bench):
    """Files that stand under the packages' names are examined, not trusted."""
    machine = bench.machine()
    machine.dnf("makecache")
    folder = machine.package_folder()
    sizes = {"alpha": 1000, "beta": (bench.site / "main/beta-2-1.noarch.rpm").stat().st_size, "tall": 500000}
    for name, size in sizes.items():
        (folder / ("%s-2-1.noarch.rpm" % name)).write_bytes(packages.noise(name, size))
    os.setxattr(folder / "beta-2-1.noarch.rpm", "user.whittle.assembled", b"1")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def garbage_in_progress(bench):
    """The same where librepo left word that a download was going on."""
    machine = bench.machine()
    machine.dnf("makecache")
    folder = machine.package_folder()
    for name in ("alpha", "gamma"):
        package = folder / (name + "-2-1.noarch.rpm")
        package.write_bytes(packages.noise(name, 1000))
        os.setxattr(package, "user.Librepo.DownloadInProgress", b"1")
    run = machine.dnf("upgrade")
    check(run.assembled == BUNDLED, "packages are not assembled", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def touched_in_cache(bench):
    """An assembled file that was touched is not known any more: assembled again."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    os.utime(machine.package_folder() / "alpha-2-1.noarch.rpm", (1700000000, 1700000000))
    expect(machine.dnf("upgrade"), ["alpha-2"], [])
    machine.check_after(NEW, UPGRADED)


@case
def replaced_in_cache(bench):
    """Where the dnf plugin is off by then, librepo puts the original in its place, which installs as what it is."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    os.utime(machine.package_folder() / "alpha-2-1.noarch.rpm", (1700000000, 1700000000))
    expect(machine.dnf("upgrade", "--disableplugin=whittle"), [], ["alpha-2"])
    machine.check_after(NEW, UPGRADED)


@case
def whole_package_in_cache(bench):
    """A package that is in the cache already, put there by dnf or by hand, is neither fetched nor assembled."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly", "--disableplugin=whittle", "alpha")
    shutil.copyfile(bench.site / "main" / "beta-2-1.noarch.rpm", machine.package_folder() / "beta-2-1.noarch.rpm")
    expect(machine.dnf("upgrade"), ["tall-2"], ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def whole_package_in_cache_without_attributes(bench):
    """The same where only its content tells that it is the right one."""
    machine = bench.machine()
    machine.mount_cache("ramfs")
    machine.dnf("upgrade", "--setopt=cachedir=/cache", "--downloadonly", "--disableplugin=whittle", "alpha")
    expect(machine.dnf("upgrade", "--setopt=cachedir=/cache"), ["beta-2", "tall-2"], ["gamma-2"])
    machine.check_after(NEW, UPGRADED)
