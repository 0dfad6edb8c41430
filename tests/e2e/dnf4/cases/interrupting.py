# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupted and killed runs."""
import os
import signal
import subprocess
import time

from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect


def interrupt(machine, *argv, when, delay):
    """Sends SIGINT to dnf's process group a while after it said something; returns its output."""
    process = subprocess.Popen(["chroot", str(machine.root), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    output = ""
    for line in process.stdout:
        output += line
        if when in line:
            time.sleep(delay)
            os.killpg(process.pid, signal.SIGINT)
    print(output, flush=True)
    check(process.wait() != 0, "dnf goes on after an interrupt", output)
    return output


@case
def interrupt_while_fetching(bench):
    """An interrupt during the transfer of bundles ends dnf and leaves nothing."""
    machine = bench.machine()
    machine.repository("slow/main")
    machine.dnf("makecache")
    interrupt(machine, "dnf", "--releasever=1", "-y", "upgrade", when="Downloading Packages", delay=0.7)
    machine.check_after(OLD, [])


@case
def interrupt_while_fetching_the_index(bench):
    """So does one during the transfer of the index."""
    machine = bench.machine()
    machine.repository("slower/main")
    machine.dnf("makecache")
    interrupt(machine, "dnf", "--releasever=1", "-y", "upgrade", when="Downloading Packages", delay=0.7)
    left = list(machine.path("/var/cache/dnf").rglob("*whittle*"))
    check(not left, "a piece of the index is left", *left)
    machine.check_after(OLD, [])


@case
def interrupt_while_assembling(bench):
    """An interrupt during the assembly ends dnf and leaves nothing."""
    machine = bench.machine()
    machine.wrap_command('case $1 in assemble) /usr/bin/whittle.real "$@"; exec sleep 60;; esac')
    interrupt(machine, "dnf", "--releasever=1", "-y", "upgrade", when="[DRPM 3/3]", delay=0.3)
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
    process = subprocess.Popen(["chroot", str(machine.root), "dnf", "--releasever=1", "-y", "upgrade"], stdin=subprocess.DEVNULL)
    while not machine.path("/tmp/started").exists():
        check(process.poll() is None, "dnf ended by itself")
        time.sleep(0.05)
    process.kill()
    process.wait()
    machine.path("/tmp/started").unlink()
    machine.path("/usr/bin/whittle.real").replace(machine.path("/usr/bin/whittle"))
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)
