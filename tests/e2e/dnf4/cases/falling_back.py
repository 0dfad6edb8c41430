# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is wrong with a bundle, the system or the command ends in an ordinary download."""

import packages
from bench import check, read_index
from cases.common import NEW, BUNDLED, UPGRADED, case, expect, upgrade_without, keep_cache


@case
def bundle_missing(bench):
    """A bundle that no mirror has."""
    for bundle in bench.bundles_of("alpha-2"):
        bundle.unlink()
    upgrade_without(bench.machine(), "alpha-2", "404")


@case
def index_missing(bench):
    """A mirror that lacks the index serves an ordinary upgrade."""
    next((bench.site / "main" / "repodata").glob("*whittle.xml*")).unlink()
    machine = bench.machine()
    expect(machine.dnf("upgrade"), [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def index_wrong(bench):
    """So does one whose index is not what repomd.xml says."""
    index = next((bench.site / "main" / "repodata").glob("*whittle.xml*"))
    index.write_bytes(packages.noise("index", index.stat().st_size))
    machine = bench.machine()
    expect(machine.dnf("upgrade"), [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def index_garbage(bench):
    """And one whose index is noise that repomd.xml vouches for."""
    noise = bench.work / "whittle.xml"
    noise.write_text("<whittle version='1'><package pkgid='x'>")
    packages.run("modifyrepo_c", "--no-compress", "--mdtype", "whittle", noise, bench.site / "main" / "repodata")
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.output.count("[MIRROR] 4 packages (whittle)") == 1, "the common reason is not said once", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def index_kept(bench):
    """The index is fetched once for as long as its metadata are fresh, and cleaned with them."""
    machine = bench.machine()

    def fetches(run):
        return [path for path, _, _, _ in run.requests if "-whittle.xml" in path]
    check(len(fetches(machine.dnf("upgrade", "alpha"))) == 1, "the index is not fetched once")
    check(not fetches(machine.dnf("upgrade", "beta")), "the index is fetched again")
    machine.dnf("clean", "metadata")
    left = list(machine.path("/var/cache/dnf").rglob("*whittle*"))
    check(not left, "the index is left by dnf clean", *left)
    check(len(fetches(machine.dnf("upgrade"))) == 1, "the index is not fetched once after cleaning")
    machine.check_after(NEW, UPGRADED)


@case
def bundle_truncated(bench):
    """A bundle that ends early."""
    for bundle in bench.bundles_of("alpha-2"):
        bundle.write_bytes(bundle.read_bytes()[:-100])
    upgrade_without(bench.machine(), "alpha-2", "length|size")


@case
def bundle_wrong(bench):
    """A bundle with other bytes of the same length."""
    for bundle in bench.bundles_of("alpha-2"):
        bundle.write_bytes(packages.noise("wrong", bundle.stat().st_size))
    upgrade_without(bench.machine(), "alpha-2", "checksum")


@case
def bundle_garbage_listed(bench):
    """A bundle of noise that the index vouches for: the command refuses it."""
    with bench.index() as entries:
        bench.list_as(entries, "alpha-2", packages.noise("listed", 5000))
    upgrade_without(bench.machine(), "alpha-2", ".")


def exchange_bundles(bench):
    """Serves a bundle of beta as alpha's, with an index that vouches for it."""
    with bench.index() as entries:
        step = max(entries["beta-2"], key=lambda entry: int(entry.get("size")))  # from beta-1, not from beta-2
        found = [path for path in bench.bundles_of("beta-2") if path.name.endswith(".%s.wht" % step.get("sha256")[:16])]
        bench.list_as(entries, "alpha-2", found[0].read_bytes())


@case
def bundle_of_another_package(bench):
    """A bundle that leads to another validly signed package, vouched for by the index under this name."""
    exchange_bundles(bench)
    run = upgrade_without(bench.machine(), "alpha-2", ".")
    check("beta-2" in run.assembled, "beta is not assembled", run.output)


def serve_other_version(bench):
    """Serves the bundle that leads to another signed version of alpha as alpha-2's, and vouches for it."""
    _, document = read_index(bench.fixture / "other" / "repodata")
    digest = document.find("package/bundle").get("sha256")
    other = bench.fixture / "other" / "whittle" / ("alpha-1.5-1.noarch.%s.wht" % digest[:16])
    with bench.index() as entries:
        bench.list_as(entries, "alpha-2", other.read_bytes())


@case
def bundle_of_another_version(bench):
    """The same with another version of the package itself, as a mirror would that wants an old hole back."""
    serve_other_version(bench)
    upgrade_without(bench.machine(), "alpha-2", "1[.]5|pkgid|package|prefix")


@case
def bundle_of_another_version_gpgcheck_off(bench):
    """Without signature checks too."""
    serve_other_version(bench)
    machine = bench.machine()
    machine.repository("main", gpgcheck="0")
    upgrade_without(machine, "alpha-2", ".")


@case
def gpgcheck_off(bench):
    """Without signature checks the chain from repomd.xml holds: another package's bundle is still refused."""
    exchange_bundles(bench)
    machine = bench.machine()
    machine.repository("main", gpgcheck="0")
    upgrade_without(machine, "alpha-2", ".")


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
def disk_shared_with_the_system(bench):
    """A cache on a file system that packages are installed to leaves room for that."""
    machine = bench.machine()
    packages.run("mount", "-t", "tmpfs", "-o", "size=30m", "none", machine.path("/opt"))
    run = machine.dnf("upgrade", "--setopt=cachedir=/opt/cache")
    expect(run, [], NEW)
    check("not enough free space" in run.output, "the reason is not said", run.output)
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
import json, subprocess, sys
requests = sys.stdin.buffer.read()
places = {json.loads(line)["id"]: json.loads(line)["destination"] for line in requests.splitlines()}
said = subprocess.run(["/usr/bin/whittle.real", "assemble"], input=requests, stdout=subprocess.PIPE).stdout
for line in said.splitlines():
    answer = json.loads(line)
    if answer["answer"] == "assembled":
        with open(places[answer["id"]], "r+b") as package:
            package.seek(-2000, 2)
            package.write(b"spoiled")
sys.stdout.buffer.write(said)
"""
