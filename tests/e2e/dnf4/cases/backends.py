# SPDX-License-Identifier: GPL-2.0-or-later
"""Bundles that a backend cuts for what is installed."""
import shutil

from backend import ADDRESS
from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect

UNUSED = "going on without it"


def check_asked(bench, run, posts, bundles):
    """Checks how often the backend was asked, how many bundles it served, and that the summary tells of them."""
    asked = bench.backend.asked()
    reports = [request for request in asked if request[0] == "POST"]
    served = [request for request in asked if request[0] == "GET" and request[1].endswith(".wht") and request[2] == 200]
    check(len(reports) == posts, "the backend was asked another number of times than %d" % posts, asked, run.output)
    check(len(served) == bundles, "the backend served another number of bundles than %d" % bundles, asked, run.output)
    told = "; %d by the backend" % bundles in run.output
    check(told == (bundles > 0), "the summary does not tell of the backend", run.output)


def configure(machine, text):
    """Adds to the plugin's configuration."""
    machine.append("/etc/dnf/plugins/whittle.conf", "\n%s\n" % text)


@case
def backend_oldest(bench):
    """The repository has no bundle: all of them are cut, after one question."""
    bench.start_backend()
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check_asked(bench, run, 1, 3)
    check(UNUSED not in run.output, "the backend is complained about", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def backend_twin(bench):
    """What comes out is what an ordinary upgrade gives."""
    bench.start_backend()
    machine, twin = bench.machine(), bench.machine("twin")
    configure(twin, "enabled=0")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    expect(twin.dnf("upgrade", "--disableplugin=whittle"), [], ["alpha-2", "beta-2", "gamma-2", "tall-2"])
    machine.check_twin(twin)


@case
def backend_middle(bench):
    """A version between, which only the backend's history has."""
    bench.start_backend()
    machine = bench.machine()
    shutil.copy(bench.fixture / "other/alpha-1.5-1.noarch.rpm", machine.path("/tmp"))
    machine.run("rpm", "-U", "/tmp/alpha-1.5-1.noarch.rpm")
    machine.path("/tmp/alpha-1.5-1.noarch.rpm").unlink()
    machine.remember()
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check_asked(bench, run, 1, 3)
    machine.check_after(NEW, UPGRADED)


@case
def backend_unknown_version(bench):
    """A version that nobody knows: the backend is sent the list of its files."""
    bench.start_backend()
    machine = bench.machine()
    bench.install_foreign(machine, "alpha", "0.5")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check_asked(bench, run, 2, 3)
    machine.check_after(NEW, UPGRADED)


@case
def backend_unknown_version_changed(bench):
    """The same, and files were edited and removed."""
    bench.start_backend()
    machine = bench.machine()
    bench.install_foreign(machine, "alpha", "0.5")
    machine.append("/etc/alpha.conf", "edited\n")
    machine.append("/usr/share/alpha/text", "edited\n")
    machine.path("/usr/share/doc/alpha/README").unlink()
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check_asked(bench, run, 2, 3)
    machine.check_after(NEW, UPGRADED, altered=["/etc/alpha.conf"])


@case
def backend_local_files(bench):
    """Files were edited, also in the same size, and removed: no supplement is needed."""
    bench.start_backend()
    machine = bench.machine()
    machine.append("/etc/alpha.conf", "edited\n")
    machine.path("/usr/share/alpha/text").unlink()
    text = machine.path("/usr/share/beta/text")
    text.write_bytes(text.read_bytes().swapcase())
    machine.path("/usr/share/doc/beta/NEWS").unlink()
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check_asked(bench, run, 1, 3)
    machine.check_after(NEW, UPGRADED, altered=["/etc/alpha.conf"])


@case
def backend_instead_of_a_doubtful_bundle(bench):
    """The repository's bundle needs a file that was edited: the backend's does not."""
    bench.start_backend(with_older=True)
    machine = bench.machine()
    machine.append("/usr/share/alpha/text", "edited\n")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    asked = [path for _, path, _ in bench.backend.asked() if path.endswith(".wht")]
    check(asked, "no bundle comes from the backend", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def backend_suggests_a_reboot(bench):
    """An advisory of a version between the installed one and the new one asks for a reboot: this is said once."""
    bench.start_backend(updateinfo=UPDATEINFO)
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(run.output.count("A reboot is suggested after this transaction (MATRIX-1)") == 1, "it is not said", run.output)
    machine.check_after(NEW, UPGRADED)


UPDATEINFO = """<?xml version="1.0" encoding="UTF-8"?>
<updates><update from="matrix" status="final" type="security" version="1"><id>MATRIX-1</id><title>t</title>
<issued date="2026-01-01 00:00:00"/><pkglist><collection short="m"><name>m</name>
<package name="alpha" version="2" release="1" epoch="0" arch="noarch" src="a"><filename>alpha-2-1.noarch.rpm</filename>
<reboot_suggested>True</reboot_suggested></package></collection></pkglist></update></updates>
"""


@case
def backend_downgrade(bench):
    """Back to the older version."""
    bench.start_backend(with_older=True)
    machine = bench.machine()
    machine.dnf("upgrade")
    bench.backend.asked()
    run = machine.dnf("downgrade", "alpha", "beta")
    expect(run, ["alpha-1", "beta-1"], [])
    check_asked(bench, run, 1, 2)
    machine.check_after(["alpha-1", "beta-1", "gamma-2", "tall-2"])


@case
def backend_reinstall(bench):
    """The same version again, of which a file was removed; the repository has no bundle for that."""
    bench.start_backend(with_older=True)
    machine = bench.machine()
    machine.path("/usr/share/alpha/text").unlink()
    run = machine.dnf("reinstall", "alpha")
    expect(run, ["alpha-1"], [])
    check_asked(bench, run, 1, 1)
    machine.check_after(OLD)


@case
def backend_down(bench):
    """Nobody answers: this is said once, and the repository's bundles are taken."""
    bench.publish_for_backend("--backend=http://%s/" % ADDRESS, with_older=True)
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(run.output.count(UNUSED) == 1 and ADDRESS in run.output, "it is not said once", run.output)
    check(run.bundles == BUNDLED, "the repository's bundles are not taken", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def backend_down_without_bundles(bench):
    """Nobody answers, and there are no other bundles: whole packages."""
    bench.publish_for_backend("--backend=http://%s/" % ADDRESS)
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, [], ["alpha-2", "beta-2", "gamma-2", "tall-2"])
    check(run.output.count(UNUSED) == 1, "it is not said once", run.output)
    machine.check_after(NEW, UPGRADED)


def die_after_answering(bench, machine):
    """Ends the backend between its answer and the download."""
    machine.wrap_command('if [ "$1" = select ]; then /usr/bin/whittle.real "$@"; status=$?; kill -9 %d; exit $status; fi'
                         % bench.backend.number)


@case
def backend_down_in_the_middle(bench):
    """The backend answers and is gone: whole packages come where there is no other bundle."""
    bench.start_backend()
    machine = bench.machine()
    die_after_answering(bench, machine)
    run = machine.dnf("upgrade")
    expect(run, [], ["alpha-2", "beta-2", "gamma-2", "tall-2"])
    machine.check_after(NEW, UPGRADED)


@case
def backend_down_in_the_middle_with_bundles(bench):
    """The same where the repository has bundles: they are taken."""
    bench.start_backend(with_older=True)
    machine = bench.machine()
    for name in ("alpha", "beta", "tall"):
        machine.path("/usr/share/%s/same.bin" % name).touch()  # as packaged, but written since
    machine.path("/usr/share/doc/alpha/README").unlink()  # which the bundle of alpha needs, and no supplement has
    die_after_answering(bench, machine)
    run = machine.dnf("upgrade")
    check(sorted(run.assembled + run.whole) == sorted(NEW), "packages are missing", run.output)
    check("beta-2" in run.assembled and "tall-2" in run.assembled, "the repository's bundles are not taken", run.output)
    check("alpha-2" in run.bundles, "the repository's bundle is not tried after the backend's", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def backend_never(bench):
    """The configuration forbids it: nothing is sent."""
    bench.start_backend()
    machine = bench.machine()
    configure(machine, "backend=never")
    run = machine.dnf("upgrade")
    expect(run, [], ["alpha-2", "beta-2", "gamma-2", "tall-2"])
    check_asked(bench, run, 0, 0)
    machine.check_after(NEW, UPGRADED)


@case
def backend_never_for_one(bench):
    """A section for the repository forbids it."""
    bench.start_backend()
    machine = bench.machine()
    configure(machine, "[matrix]\nbackend=never")
    run = machine.dnf("upgrade")
    expect(run, [], ["alpha-2", "beta-2", "gamma-2", "tall-2"])
    check_asked(bench, run, 0, 0)


@case
def backend_configured(bench):
    """The index names none, and the configuration does."""
    bench.start_backend(named=False)
    machine = bench.machine()
    run = machine.dnf("upgrade", "alpha")
    check_asked(bench, run, 0, 0)
    configure(machine, "backend=http://" + ADDRESS)
    run = machine.dnf("upgrade")
    expect(run, ["beta-2", "tall-2"], ["gamma-2"])
    check_asked(bench, run, 1, 2)
    machine.check_after(NEW)


@case
def backend_configured_without_index(bench):
    """The repository knows nothing of whittle at all."""
    bench.start_backend(named=False)
    machine = bench.machine()
    machine.repository("bare")
    configure(machine, "[matrix]\nbackend=http://%s/" % ADDRESS)
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check_asked(bench, run, 1, 3)
    machine.check_after(NEW, UPGRADED)


@case
def backend_configured_without_gpgcheck(bench):
    """Nobody would check what it sends: nothing is sent to it."""
    bench.start_backend(named=False)
    machine = bench.machine()
    machine.repository("main", gpgcheck="0")
    configure(machine, "backend=http://" + ADDRESS)
    run = machine.dnf("upgrade")
    expect(run, [], ["alpha-2", "beta-2", "gamma-2", "tall-2"])
    check_asked(bench, run, 0, 0)


@case
def backend_named_without_gpgcheck(bench):
    """The index vouches for the packages: it may be asked."""
    bench.start_backend()
    machine = bench.machine()
    machine.repository("main", gpgcheck="0")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check_asked(bench, run, 1, 3)


@case
def backend_cacheonly(bench):
    """With -C nothing is sent."""
    bench.start_backend()
    machine = bench.machine()
    machine.dnf("makecache")
    run = machine.dnf("-C", "upgrade", code=1)
    check_asked(bench, run, 0, 0)
    check(machine.versions() == OLD, "something was upgraded", run.output)


@case
def backend_of_another_mind(bench):
    """What the backend leads to is not what the index vouches for."""
    bench.start_backend()
    with bench.metadata("whittle") as index:
        for package in index:
            package.set("prefix", "0" * 64)
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, [], ["alpha-2", "beta-2", "gamma-2", "tall-2"])
    check("another package than the index names" in run.output, "the reason is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def backend_told_as_reported(bench):
    """`whittle report` prints what is sent, with the packages' checksums."""
    bench.start_backend()
    machine = bench.machine()
    machine.append("/etc/alpha.conf", "edited\n")
    said = machine.run("/usr/bin/whittle", "report", "alpha", "beta")
    check(said.count("<installed header=") == 2 and said.count("differs=") == 1, "another report than expected", said)
    said = machine.run("/usr/bin/whittle", "report", "--long", "alpha")
    check('path="/usr/share/alpha/text"' in said, "the long form lists no file", said)
    check("alpha.conf" not in said.replace("alpha-new.conf", ""), "an edited file is described", said)
