# SPDX-License-Identifier: GPL-2.0-or-later
"""Installed files that are not as they were packaged."""
import os
import shutil

from checks import check
from cases.common import NEW, BUNDLED, UPGRADED, case, expect, upgrade_without


@case
def local_file_changed(bench):
    """A file that the bundle relies on was changed."""
    machine = bench.machine()
    machine.append("/usr/share/alpha/text", "changed by hand\n")
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def local_file_missing(bench):
    """A file that the bundle relies on is gone."""
    machine = bench.machine()
    machine.path("/usr/share/alpha/text").unlink()
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def docs_without_supplement(bench):
    """Documentation was left out and the repository has no supplement for it."""
    bench.republish()
    machine = bench.machine()
    bench.install_again(machine, ["alpha", "beta"], "--nodocs")
    run = machine.dnf("upgrade")
    check("alpha-2" in run.whole and "beta-2" in run.whole, "alpha and beta are not downloaded whole", run.output)
    check("tall-2" in run.assembled, "tall is not assembled", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def unknown_old_version(bench):
    """No bundle starts from what is installed."""
    machine = bench.machine()
    bench.install_foreign(machine, "alpha", "0.5")
    run = machine.dnf("upgrade")
    expect(run, ["beta-2", "tall-2"], ["alpha-2", "gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def local_file_linked(bench):
    """A file that was moved away is not looked for through the link in its place."""
    machine = bench.machine()
    machine.path("/usr/share/alpha/text").rename(machine.path("/usr/share/alpha/moved"))
    machine.path("/usr/share/alpha/text").symlink_to("moved")
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def local_file_a_pipe(bench):
    """Nothing waits for a pipe that stands in a file's place."""
    machine = bench.machine()
    machine.path("/usr/share/alpha/text").unlink()
    os.mkfifo(machine.path("/usr/share/alpha/text"))
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def local_file_unchanged_in_size(bench):
    """A file with other bytes of the same length and time."""
    machine = bench.machine()
    path = machine.path("/usr/share/alpha/text")
    status = path.stat()
    path.write_bytes(bytes(status.st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def local_file_changed_meanwhile(bench):
    """A file that is changed after the bundles were chosen."""
    machine = bench.machine()
    machine.wrap_command('case $1 in assemble) echo changed >> /usr/share/alpha/text;; esac')
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def local_file_hard_linked(bench):
    """A second name of a file keeps its bytes, and does no harm."""
    machine = bench.machine()
    text = machine.path("/usr/share/alpha/text")
    before = text.read_bytes()
    os.link(text, machine.path("/usr/share/second"))
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    check(machine.path("/usr/share/second").read_bytes() == before, "the second name's bytes changed")
    machine.check_after(NEW, UPGRADED)


@case
def local_folder_moved(bench):
    """Files whose folder was moved to another place, with a link to it, are where they were."""
    machine = bench.machine()
    shutil.move(machine.path("/usr/share/alpha"), machine.path("/srv/alpha"))
    machine.path("/usr/share/alpha").symlink_to("/srv/alpha")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    check(machine.path("/srv/alpha/text").exists(), "the folder was moved back")
    machine.check_after(NEW, UPGRADED)
