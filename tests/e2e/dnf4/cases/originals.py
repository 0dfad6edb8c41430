# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the original packages are wanted."""
import shutil

from cases.common import OLD, NEW, UPGRADED, case, expect, check_original


@case
def destdir(bench):
    """--downloadonly --destdir, dnf download and dnf reposync deliver the original packages."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly", "--destdir=/destdir")
    check_original(bench, machine.path("/destdir"))
    machine.dnf("download", "--downloaddir=/download", "alpha", "beta")
    check_original(bench, machine.path("/download"))
    machine.dnf("reposync", "--download-path=/synced")
    check_original(bench, machine.path("/synced"))
    machine.check_after(OLD, [])


@case
def local_files(bench):
    """Packages from the command line and from a repository on this machine are left alone."""
    machine = bench.machine()
    shutil.copytree(bench.site / "main", machine.path("/srv/local"))
    expect(machine.dnf("upgrade", "/srv/local/alpha-2-1.noarch.rpm"), [], [])
    machine.repository("main", "baseurl=file:///srv/local")
    expect(machine.dnf("upgrade"), [], [])
    check_original(bench, machine.path("/srv/local"))
    machine.check_after(NEW, UPGRADED)
