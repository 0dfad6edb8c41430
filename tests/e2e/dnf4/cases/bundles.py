# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is wrong with what a mirror serves ends in an ordinary download."""
import re

import packages
from bench import read_metadata
from checks import check
from server import ADDRESS
from cases.common import NEW, BUNDLED, UPGRADED, case, expect, upgrade_without


@case
def bundle_missing(bench):
    """A bundle that no mirror has, which turns out while the others are still coming."""
    for bundle in bench.bundles_of("alpha-2"):
        bundle.unlink()
    machine = bench.machine()
    machine.repository("slow/main")
    upgrade_without(machine, "alpha-2", "404")


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
def index_of_a_newer_format(bench):
    """An index of another format version is not used."""
    with bench.metadata("whittle") as document:
        document.set("version", "2")
    machine = bench.machine()
    expect(machine.dnf("upgrade"), [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def index_elsewhere(bench):
    """An index that repomd.xml places on another server is not fetched."""
    repomd = bench.site / "main" / "repodata" / "repomd.xml"
    elsewhere = re.sub(r'href="(repodata/[^"]*whittle)', r'href="http://%s/bare/../main/\1' % ADDRESS, repomd.read_text())
    repomd.write_text(elsewhere)
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check("outside the repository" in run.output, "the reason is not said", run.output)
    check(not [path for path, _, _, _ in run.requests if "whittle" in path], "the index is fetched", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def repomd_with_a_document_type(bench):
    """A repomd.xml whose entities could grow without bounds is not read for the index."""
    repomd = bench.site / "main" / "repodata" / "repomd.xml"
    repomd.write_text(repomd.read_text().replace("<repomd ", '<!DOCTYPE repomd [<!ENTITY grows "grows">]>\n<repomd ', 1))
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(not [path for path, _, _, _ in run.requests if "whittle" in path], "the index is fetched", run.requests)
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


def step_of(bench, entries, package):
    """The file of the bundle that leads from the older version to a package, the largest that the index lists."""
    step = max(entries[package], key=lambda entry: int(entry.get("size")))
    return next(path for path in bench.bundles_of(package) if path.name.endswith(".%s.wht" % step.get("sha256")[:16]))


@case
def bundle_damaged_listed(bench):
    """Bundles with one changed byte each, at the start, in the middle, near the end, that the index vouches for."""
    with bench.index() as entries:
        for number, package in enumerate(BUNDLED):
            data = bytearray(step_of(bench, entries, package).read_bytes())
            data[(60, len(data) // 2, len(data) - 20)[number]] ^= 0x10
            bench.list_as(entries, package, bytes(data))
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(all(map(run.reason, BUNDLED)), "the reasons are not said", run.output)
    machine.check_after(NEW, UPGRADED)


def exchange_bundles(bench):
    """Serves a bundle of beta as alpha's, with an index that vouches for it."""
    with bench.index() as entries:
        bench.list_as(entries, "alpha-2", step_of(bench, entries, "beta-2").read_bytes())


@case
def bundle_of_another_package(bench):
    """A bundle that leads to another validly signed package, vouched for by the index under this name."""
    exchange_bundles(bench)
    run = upgrade_without(bench.machine(), "alpha-2", ".")
    check("beta-2" in run.assembled, "beta is not assembled", run.output)


def serve_other_version(bench):
    """Serves the bundle that leads to another signed version of alpha as alpha-2's, and vouches for it."""
    _, document = read_metadata(bench.fixture / "other" / "repodata", "whittle")
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
