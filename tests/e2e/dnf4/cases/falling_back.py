# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is wrong with the system or the command ends in an ordinary download."""
import packages
from checks import check
from cases.common import NEW, BUNDLED, UPGRADED, case, expect, keep_cache


@case
def no_user_attributes(bench):
    """The cache's file system has no user attributes: assembled all the same, for this run."""
    machine = bench.machine()
    machine.mount_cache("ramfs")
    expect(machine.dnf("upgrade", "--setopt=cachedir=/cache"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def no_user_attributes_keepcache(bench):
    """Assembled files that cannot carry a mark are removed all the same."""
    machine = bench.machine()
    keep_cache(machine)
    machine.mount_cache("ramfs")
    expect(machine.dnf("upgrade", "--setopt=cachedir=/cache"), BUNDLED, ["gamma-2"])
    kept = sorted(path.name for path in machine.cached())
    check(kept == ["gamma-2-1.noarch.rpm"], "other packages are kept than expected", kept)


@case
def no_user_attributes_downloadonly(bench):
    """Where a later run could not know an assembled file, nothing is assembled for it."""
    machine = bench.machine()
    machine.mount_cache("ramfs")
    options = ("upgrade", "--setopt=cachedir=/cache")
    run = machine.dnf(*options, "--downloadonly")
    expect(run, [], NEW)
    check("no user attributes" in run.reason("alpha-2"), "the reason is not said", run.output)
    expect(machine.dnf(*options, "-C"), [], [])
    machine.check_after(NEW, UPGRADED)


@case
def no_rpm_plugin(bench):
    """Without the rpm plugin nothing is assembled, and one line says so."""
    machine = bench.machine()
    machine.remove_rpm_plugin()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.bundles == [], "bundles are fetched in vain", run.bundles)
    check(run.output.count("Whittle is inactive") == 1, "it is not said once", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def rpm_plugin_switched_off(bench):
    """A macro that switches the rpm plugin off has the same effect as its absence."""
    machine = bench.machine()
    machine.write("/etc/rpm/macros", "%__transaction_whittle %{nil}\n")
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.output.count("Whittle is inactive") == 1, "it is not said once", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def disk_full(bench):
    """A cache that has room for the whole packages but not for the assembled ones."""
    machine = bench.machine()
    machine.mount_cache("tmpfs", "size=8m")
    run = machine.dnf("upgrade", "--setopt=cachedir=/cache")
    expect(run, ["alpha-2", "beta-2"], ["gamma-2", "tall-2"])
    check(run.reason("tall-2"), "the reason is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def disk_nearly_full(bench):
    """A cache that has room for the whole packages only."""
    machine = bench.machine()
    machine.mount_cache("tmpfs", "size=1000k")
    run = machine.dnf("upgrade", "--setopt=cachedir=/cache")
    expect(run, [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def disk_full_meanwhile(bench):
    """A cache that somebody else fills while packages are assembled, but for the room that whole packages need."""
    machine = bench.machine()
    machine.mount_cache("tmpfs", "size=100m")
    machine.wrap_command("case $1 in assemble) %s;; esac" % FILL)
    run = machine.dnf("upgrade", "--setopt=cachedir=/cache")
    check("tall-2" in run.whole and "No space left" in run.reason("tall-2"), "tall is not downloaded whole", run.output)
    machine.check_after(NEW, UPGRADED)


FILL = "head -c $(($(stat -f -c '%a * %S' /cache) - 2000000)) /dev/zero > /cache/filled"


@case
def disk_shared_with_the_system(bench):
    """A cache on a file system that packages are installed to leaves room for that."""
    machine = bench.machine()
    packages.run("mount", "-t", "tmpfs", "-o", "size=30m", "none", machine.path("/opt"))
    run = machine.dnf("upgrade", "--setopt=cachedir=/opt/cache")
    expect(run, [], NEW)
    check("not enough free space" in run.output, "the reason is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def temporary_folder_full(bench):
    """A full /tmp, which dnf itself does without."""
    machine = bench.machine()
    packages.run("mount", "-t", "tmpfs", "-o", "nr_inodes=1", "none", machine.path("/tmp"))
    run = machine.dnf("upgrade")
    check(sorted(run.assembled + run.whole) == NEW, "packages are not fetched once each", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def command_crashes(bench):
    """A crash of the command costs the assembly, not the upgrade."""
    machine = bench.machine()
    machine.wrap_command('case $1 in assemble) kill -SEGV $$;; esac')
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def command_missing(bench):
    """Without the command the plugin is inactive and says so."""
    machine = bench.machine()
    machine.path("/usr/bin/whittle").unlink()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check("Whittle is inactive: /usr/bin/whittle" in run.output, "it is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def bad_signature(bench):
    """What the command wrote does not pass dnf's signature check: the whole package."""
    machine = bench.machine()
    machine.write("/usr/bin/spoil", SPOIL)
    machine.path("/usr/bin/spoil").chmod(0o755)
    machine.wrap_command('case $1 in assemble) exec /usr/bin/spoil;; esac')
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    machine.check_after(NEW, UPGRADED)


SPOIL = """#!/usr/bin/python3
import json, os, subprocess, sys
requests = sys.stdin.buffer.read()
places = {json.loads(line)["id"]: json.loads(line)["destination"] for line in requests.splitlines()}
said = subprocess.run(["/usr/bin/whittle.real", "assemble"], input=requests, stdout=subprocess.PIPE).stdout
for line in said.splitlines():
    answer = json.loads(line)
    if answer["answer"] == "assembled":
        path = places[answer["id"]]
        status = os.stat(path)
        with open(path, "r+b") as package:
            package.seek(-2000, 2)
            package.write(b"spoiled")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # librepo's mark still fits
sys.stdout.buffer.write(said)
"""
