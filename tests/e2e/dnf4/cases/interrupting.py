# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupts, killed runs and odd surroundings."""
import os
import signal
import subprocess
import time

from bench import check
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
    folder = next(path.parent for path in machine.path("/var/cache/dnf").glob("matrix-*/repodata")) / "packages"
    (folder / ".whittle-stale").mkdir(parents=True)
    (folder / ".whittle-stale" / "0-0.wht").write_text("stale")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def quiet_and_locales(bench):
    """Without a meter, and in the C locale."""
    machine = bench.machine()
    run = machine.program("env", "LC_ALL=C", "dnf", "--releasever=1", "-y", "-q", "upgrade")
    check(run.whole == ["gamma-2"], "packages are not assembled", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def ordinary_user(bench):
    """A user who is not root gets no index and no messages."""
    machine = bench.machine()
    run = machine.program("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp",
                          "dnf", "--releasever=1", "repoquery", "alpha")
    check("hittle" not in run.output, "whittle speaks", run.output)
    check(not [line for line in run.requests if "whittle" in line[0]], "the index is fetched", run.requests)
    machine.check_after(OLD, [])
