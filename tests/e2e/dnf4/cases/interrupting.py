# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupted and killed runs."""
import os
import signal
import time

from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect


def wait_for(process, arrived):
    """Returns when a moment of a program's run has arrived."""
    while not arrived():
        check(process.poll() is None, "the program ended before the moment came")
        time.sleep(0.02)


def interrupt(machine, arrived):
    """Upgrades and sends SIGINT to dnf's process group when a moment has arrived, which the log of its output may tell."""
    log = machine.path("/var/log/interrupted")
    with log.open("w") as output:
        process = machine.start("dnf", "--releasever=1", "-y", "upgrade", output=output)
        wait_for(process, lambda: arrived(log.read_text()))
        os.killpg(process.pid, signal.SIGINT)
        status = process.wait()
    print(log.read_text(), flush=True)
    check(status != 0, "dnf goes on after an interrupt")


def has_begun(machine, pattern):
    """Whether a file is being written to dnf's cache; a small one has no bytes until it is whole."""
    return any(machine.path("/var/cache/dnf").glob(pattern))


@case
def interrupt_while_fetching(bench):
    """An interrupt during the transfer of bundles ends dnf and leaves nothing."""
    machine = bench.machine()
    machine.repository("slow/main")
    machine.dnf("makecache")
    interrupt(machine, lambda _: has_begun(machine, "matrix-*/packages/.whittle-*/*.wht"))
    machine.check_after(OLD, [])


@case
def interrupt_while_fetching_the_index(bench):
    """So does one during the transfer of the index."""
    machine = bench.machine()
    machine.repository("slower/main")
    machine.dnf("makecache")
    interrupt(machine, lambda _: has_begun(machine, "matrix-*/repodata/*-whittle.xml"))
    left = list(machine.path("/var/cache/dnf").rglob("*whittle*"))
    check(not left, "a piece of the index is left", *left)
    machine.check_after(OLD, [])


@case
def interrupt_while_assembling(bench):
    """An interrupt during the assembly ends dnf and leaves nothing."""
    machine = bench.machine()
    machine.wrap_command('case $1 in assemble) /usr/bin/whittle.real "$@"; exec sleep 60;; esac')
    interrupt(machine, lambda said: "[DRPM 3/3]" in said)
    machine.check_after(OLD, [])


@case
def killed_run(bench):
    """What a killed run left is removed by the next one."""
    machine = bench.machine()
    machine.dnf("makecache")
    folder = machine.package_folder()
    (folder / ".whittle-stale").mkdir(parents=True)
    (folder / ".whittle-stale" / "0-0.wht").write_text("stale")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def killed_while_assembling(bench):
    """dnf is killed at its worst moment: the next run upgrades and leaves nothing."""
    machine = bench.machine()
    machine.wrap_command('case $1 in assemble) touch /tmp/started; exec sleep 100;; esac')
    process = machine.start("dnf", "--releasever=1", "-y", "upgrade")
    wait_for(process, machine.path("/tmp/started").exists)
    process.kill()
    process.wait()
    machine.path("/tmp/started").unlink()
    machine.path("/usr/bin/whittle.real").replace(machine.path("/usr/bin/whittle"))
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)
