# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs other than `dnf upgrade` that work with dnf's library, and dnf on a terminal."""
from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, check_original, expect


AUTOMATIC = """[commands]
upgrade_type=default
download_updates=yes
apply_updates={apply}
random_sleep=0
[emitters]
emit_via=stdio
[base]
debuglevel=2
"""


def run_automatic(machine, apply):
    """Runs dnf-automatic, which may install what it downloads or not."""
    machine.write("/etc/dnf/automatic.conf", AUTOMATIC.format(apply=apply))
    machine.write("/etc/dnf/vars/releasever", "1\n")
    return machine.program("python3", "-c", "import dnf.automatic.main as automatic; automatic.main([])")


@case
def automatic(bench):
    """dnf-automatic downloads and applies."""
    machine = bench.machine()
    run = run_automatic(machine, "yes")
    check(run.bundles == BUNDLED and run.whole == ["gamma-2"], "packages are not assembled", run.requests, run.output)
    machine.check_after(NEW, UPGRADED)


@case
def automatic_download_only(bench):
    """What dnf-automatic only downloaded is taken by the next run of dnf."""
    machine = bench.machine()
    run = run_automatic(machine, "no")
    check(run.bundles == BUNDLED and run.whole == ["gamma-2"], "packages are not assembled", run.requests, run.output)
    check(machine.versions() == OLD, "something is installed", machine.versions())
    expect(machine.dnf("upgrade"), [], [])
    machine.check_after(NEW, UPGRADED)


@case
def offline_upgrade(bench):
    """A transaction that is tested for a later boot, applied from the cache alone."""
    machine = bench.machine()
    store = ("--setopt=cachedir=/var/lib/dnf/system-upgrade",)
    expect(machine.dnf("upgrade", *store, "--setopt=tsflags=test"), BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "something is installed", machine.versions())
    run = machine.dnf("upgrade", *store, "-C")
    check(not run.requests, "applying asks the server", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def offline_upgrade_replayed(bench):
    """The steps of `dnf offline-upgrade`: test and store the transaction, replay it after a reboot without network."""
    machine = bench.machine()
    run = machine.program("python3", "-c", BASE + STORE)
    check(run.bundles == BUNDLED and run.whole == ["gamma-2"], "packages are not assembled", run.requests, run.output)
    check(machine.versions() == OLD, "something is installed", machine.versions())
    run = machine.program("python3", "-c", BASE + REPLAY)
    check(not run.requests, "applying asks the server", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def library(bench):
    """A program that uses dnf's library, one base after the other, with a simple progress meter and without one."""
    machine = bench.machine()
    run = machine.program("python3", "-c", BASE + LIBRARY)
    check(run.bundles == BUNDLED and run.whole == ["gamma-2"], "packages are not assembled", run.requests, run.output)
    machine.check_after(NEW, UPGRADED)


BASE = """
import json
import dnf
import dnf.callback
import dnf.transaction_sr

def open_base(**settings):
    base = dnf.Base()
    base.conf.read()
    base.conf.substitutions["releasever"] = "1"
    for name, value in settings.items():
        setattr(base.conf, name, value)
    base.init_plugins()
    base.pre_configure_plugins()
    base.read_all_repos()
    base.configure_plugins()
    base.fill_sack()
    return base

def fetch(base, progress=None):
    base.resolve()
    base.download_packages(list(base.transaction.install_set), progress)

def apply(base, progress=None):
    fetch(base, progress)
    base.do_transaction()
"""

LIBRARY = """
class Meter(dnf.callback.DownloadProgress):
    def start(self, total_files, total_size):
        print("files", total_files)

    def progress(self, payload, done):
        pass

    def end(self, payload, status, message):
        print("end", payload)

for name, progress in (("alpha", None), ("*", Meter())):
    with open_base() as base:
        base.upgrade(name)
        apply(base, progress)
        base.unload_plugins()
"""

FETCH = """
with open_base(cachedir="/tmp/cache") as base:
    base.install("alpha")  # a user's rpm database is empty
    fetch(base)
"""

STORE = """
with open_base(cachedir="/var/lib/dnf/system-upgrade", tsflags=["test"]) as base:
    base.upgrade_all()
    apply(base)
    with open("/var/lib/transaction.json", "w") as stored:
        json.dump(dnf.transaction_sr.serialize_transaction(base.history.get_current()), stored)
"""

REPLAY = """
with open_base(cachedir="/var/lib/dnf/system-upgrade", cacheonly=True) as base:
    replay = dnf.transaction_sr.TransactionReplay(base, "/var/lib/transaction.json")
    replay.run()
    apply(base)
"""


@case
def shell(bench):
    """Two transactions in one dnf shell, the second with something to say, once."""
    for bundle in bench.bundles_of("beta-2"):
        bundle.unlink()
    machine = bench.machine()
    machine.write("/tmp/commands", "upgrade alpha\nrun\nupgrade\nrun\nexit\n")
    run = machine.dnf("shell", "/tmp/commands")
    expect(run, ["alpha-2", "tall-2"], ["beta-2", "gamma-2"])
    check(run.output.count("404") == 1, "the missing bundle is not said once", run.output)
    machine.path("/tmp/commands").unlink()
    machine.check_after(NEW, UPGRADED)


@case
def terminal(bench):
    """On a terminal, with its moving meter; the question is answered there."""
    machine = bench.machine()
    run = machine.terminal("upgrade", typed="y\n")
    expect(run, BUNDLED, ["gamma-2"])
    check("Whittle assembled 3 of 4 packages" in run.output, "the savings are not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def terminal_answer_no(bench):
    """Nothing is fetched or written when the answer is no."""
    machine = bench.machine()
    run = machine.terminal("upgrade", typed="n\n", code=1)
    expect(run, [], [])
    check(run.bundles == [], "bundles are fetched", run.bundles)
    machine.check_after(OLD, [])


@case
def quiet_and_locales(bench):
    """Without a meter, and in the C locale."""
    machine = bench.machine()
    run = machine.program("env", "LC_ALL=C", "dnf", "--releasever=1", "-y", "-q", "upgrade")
    check(run.bundles == BUNDLED and run.whole == ["gamma-2"], "packages are not assembled", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def ordinary_user(bench):
    """A user who is not root gets original packages, no index and no messages."""
    machine = bench.machine()
    user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp")
    for command in ("dnf", "--releasever=1", "repoquery", "alpha"), ("python3", "-c", BASE + FETCH):
        run = machine.program(*user, *command)
        check("whittle:" not in run.output.lower() and "Whittle" not in run.output, "whittle speaks", run.output)
        check(not [line for line in run.requests if "whittle" in line[0]], "the index is fetched", run.requests)
    check_original(bench, machine.path("/tmp/cache"))
    machine.check_after(OLD, [])
