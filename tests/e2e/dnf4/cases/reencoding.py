# SPDX-License-Identifier: GPL-2.0-or-later
"""Bundles that need contents to be re-encoded: when they are taken, and what a host remembers for that.

alpha has two bundles from the older version, one of them smaller for a second of CPU time; beta has only one, which costs
more of it than any download. What the index says of a bundle decides, whatever is in it.
"""
import hashlib
import os
import shutil

import packages
from bench import read_metadata
from checks import check
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, check_original, expect
from cases.special import add_special

RATE = "/var/cache/dnf/whittle-rate"
PROOF = "/var/cache/dnf/whittle-liblzma"
WITHOUT_BETA = ["alpha-2", "tall-2"]
SLOW, FAST = "1\n", "9000000000\n"  # bytes a second


def upgrade_bundle(bench, document, name):
    """The index's element of a package, and that of its bundle from the older version."""
    pkgid = hashlib.sha256((bench.site / "main" / (name + "-1.noarch.rpm")).read_bytes()).hexdigest()
    package = next(element for element in document if element.get("pkgid") == pkgid)
    return package, max(package.findall("bundle"), key=lambda bundle: int(bundle.get("size")))


def file_of(bundle):
    """The name of the file of one of alpha's bundles."""
    return "alpha-2-1.noarch.%s.wht" % bundle.get("sha256")[:16]


def offer(bench):
    """Lists the bundles described above. The files of alpha's two: the one that costs CPU time, and the other."""
    apart = bench.publish_apart("--effort=fast")
    other = upgrade_bundle(bench, read_metadata(apart / "repodata", "whittle")[1].getroot(), "alpha-2")[1]
    shutil.copy(apart / "whittle" / file_of(other), bench.site / "main" / "whittle")
    with bench.metadata("whittle") as document:
        package, costly = upgrade_bundle(bench, document, "alpha-2")
        check(int(costly.get("size")) < int(other.get("size")), "no bundle is larger than the other")
        costly.set("cpu-ms", "1000")
        package.insert(0, other)
        upgrade_bundle(bench, document, "beta-2")[1].set("cpu-ms", "4000000000")
    return file_of(costly), file_of(other)


def set_up(bench, mode=None):
    """A machine that is offered them, with a mode in its configuration; and alpha's two files."""
    files = offer(bench)
    machine = bench.machine()
    if mode:
        machine.append("/etc/dnf/plugins/whittle.conf", "\nreencode=%s\n" % mode)
    return machine, *files


def expect_bundle(run, name):
    """Checks which of alpha's bundles was fetched."""
    fetched = [file for file in run.fetched(".wht") if file.startswith("alpha")]
    check(fetched == [name], "another bundle of alpha is fetched than expected", fetched, name)


@case
def reencode_never(bench):
    """Bundles that cost CPU time are left out, however slow the link is."""
    machine, _, other = set_up(bench, "never")
    machine.write(RATE, SLOW)
    run = machine.dnf("upgrade")
    expect(run, WITHOUT_BETA, ["beta-2", "gamma-2"])
    expect_bundle(run, other)
    check(not machine.path(PROOF).exists(), "liblzma is tried in vain")
    check(machine.path(RATE).read_text() == SLOW, "a rate is remembered that nobody needs")
    check("switched off" in machine.path("/var/log/dnf.log").read_text(), "the log does not say why")
    machine.check_after(NEW, UPGRADED)


@case
def reencode_always(bench):
    """The smallest bundles are taken, however fast the link is; liblzma is tried once."""
    machine, costly, _ = set_up(bench, "ALWAYS")
    machine.write(RATE, FAST)
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    expect_bundle(run, costly)
    check(machine.path(PROOF).read_text().endswith(" same\n"), "what liblzma does is not remembered")
    machine.check_after(NEW, UPGRADED)


@case
def reencode_auto_slow_link(bench):
    """On a slow link bytes count: but beta's would take even longer to re-encode."""
    machine, costly, _ = set_up(bench)
    machine.write(RATE, SLOW)
    run = machine.dnf("upgrade")
    expect(run, WITHOUT_BETA, ["beta-2", "gamma-2"])
    expect_bundle(run, costly)
    check("takes longer than the download" in machine.path("/var/log/dnf.log").read_text(), "the log does not say why")
    machine.check_after(NEW, UPGRADED)


@case
def reencode_auto_fast_link(bench):
    """On a fast link CPU time counts."""
    machine, _, other = set_up(bench, "auto")
    machine.write(RATE, FAST)
    run = machine.dnf("upgrade")
    expect(run, WITHOUT_BETA, ["beta-2", "gamma-2"])
    expect_bundle(run, other)
    check(not machine.path(PROOF).exists(), "liblzma is tried in vain")
    machine.check_after(NEW, UPGRADED)


@case
def reencode_auto_unknown_link(bench):
    """Where nothing was measured yet some bytes are not worth a second; a mode that makes no sense is said and is auto."""
    machine, _, other = set_up(bench, "perhaps")
    run = machine.dnf("upgrade")
    expect(run, WITHOUT_BETA, ["beta-2", "gamma-2"])
    expect_bundle(run, other)
    check('whittle.conf: reencode: "perhaps" is not understood, using auto' in run.output, "it is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def reencode_liblzma_differs(bench):
    """Where liblzma is known to encode otherwise, what needs it is not taken; a new version gets its chance."""
    machine, costly, other = set_up(bench, "always")
    machine.dnf("upgrade", "tall")
    check(not machine.path(PROOF).exists(), "liblzma is tried where no bundle needs it")
    run = machine.dnf("upgrade", "beta")
    expect(run, ["beta-2"], [])
    proof = machine.path(PROOF).read_text()
    machine.write(PROOF, proof.replace("same", "differs"))
    run = machine.dnf("upgrade", "alpha")
    expect(run, ["alpha-2"], [])
    expect_bundle(run, other)
    run = machine.dnf("reinstall", "beta")  # leads from itself, and nothing is re-encoded
    expect(run, ["beta-2"], [])
    machine.dnf("downgrade", "beta")
    expect(machine.dnf("upgrade", "beta"), [], ["beta-2"])
    check("does not encode as the publisher's did" in machine.path("/var/log/dnf.log").read_text(), "the log does not say why")
    machine.dnf("downgrade", "alpha", "beta")
    machine.write(PROOF, "0.0 differs\n")
    run = machine.dnf("upgrade", "alpha", "beta")
    expect(run, ["alpha-2", "beta-2"], [])
    expect_bundle(run, costly)
    check(machine.path(PROOF).read_text() == proof, "the new verdict is not remembered")


def put_folder(path):
    """A folder where a file should be."""
    path.mkdir()


def put_link(path):
    """A link to a file that must stay as it is."""
    path.symlink_to("../../../etc/passwd")


def damage(path):
    """Puts one thing after the other where a file is expected."""
    def put(kind, *arguments):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        kind(*arguments)
    for data in (b"", b"\xff" * 1000, b"-1\n", b"1e9\n", b"9" * 100 + b"\n", b"0\n", b"1"):
        yield put(path.write_bytes, data)
    yield put(path.symlink_to, "../../../etc/passwd")
    yield put(os.mkfifo, path)
    yield put(path.mkdir)


@case
def reencode_proof_damaged(bench):
    """Whatever stands where the proof is remembered: it is no reason to fail, to wait or to write elsewhere."""
    machine, costly, _ = set_up(bench, "always")
    passwd = machine.path("/etc/passwd").read_bytes()
    path = machine.path(PROOF)
    for _ in damage(path):
        run = machine.dnf("upgrade", "alpha", "--setopt=tsflags=test")
        expect(run, ["alpha-2"], [])
        expect_bundle(run, costly)
        check(path.is_dir() or path.is_file() and path.read_text().endswith(" same\n"), "the proof is not remembered")
        machine.dnf("clean", "packages")
    check(machine.path("/etc/passwd").read_bytes() == passwd, "another file is written")
    machine.check_after(OLD, [])


@case
def rate_damaged(bench):
    """And where the rate is."""
    machine = bench.machine()
    machine.append("/etc/dnf/plugins/whittle.conf", "\npercentage=0\n")
    passwd = machine.path("/etc/passwd").read_bytes()
    path = machine.path(RATE)
    for _ in damage(path):
        run = machine.dnf("upgrade", "--setopt=tsflags=test")
        expect(run, [], NEW)
        check(path.is_dir() or path.is_file() and int(path.read_text()) > 1000, "the rate is not remembered")
        machine.dnf("clean", "packages")
    check(machine.path("/etc/passwd").read_bytes() == passwd, "another file is written")
    machine.check_after(OLD, [])


@case
def rate_remembered(bench):
    """A run that downloads enough brings the rate that is remembered halfway to its own."""
    machine = bench.machine()
    machine.append("/etc/dnf/plugins/whittle.conf", "\npercentage=0\n")
    expect(machine.dnf("upgrade"), [], NEW)
    first = int(machine.path(RATE).read_text())
    check(first > 1000, "the rate is no rate", first)
    check(machine.path(RATE).stat().st_mode & 0o777 == 0o644, "others may not read it, or write it")
    machine.dnf("downgrade", *[name[:-2] for name in NEW])
    machine.write(RATE, "9999999999\n")  # far from what any run here measures
    expect(machine.dnf("upgrade"), [], NEW)
    second = int(machine.path(RATE).read_text())
    check(4999999999 < second < 9999999999, "it is not halfway", second)
    machine.check_after(NEW)


@case
def rate_of_little(bench):
    """A few bytes say nothing of the link; nor do local repositories, nor runs in which whittle has no part."""
    machine = bench.machine()
    expect(machine.dnf("upgrade", "--assumeno", answer=None, code=1), [], [])
    machine.dnf("upgrade", "--downloadonly", "--destdir=/destdir")
    machine.dnf("download", "--downloaddir=/download", *[name[:-2] for name in NEW])
    check_original(bench, machine.path("/destdir"))
    expect(machine.dnf("upgrade", "alpha", "gamma"), ["alpha-2"], ["gamma-2"])
    shutil.copytree(bench.site / "main", machine.path("/srv/local"))
    machine.repository("main", "baseurl=file:///srv/local")
    machine.dnf("upgrade")
    check(not machine.path(RATE).exists(), "a rate is remembered")
    machine.check_after(NEW, UPGRADED)


# Turns what is assembled into what the command says where re-encoded contents have another digest.
FAILING = """if [ "$1" = assemble ]; then
    /usr/bin/whittle.real "$@" |
        sed -E '/"assembled"/s/.*("id":%s),.*/{\\1,"answer":"refusal","reason":"it has another digest","cause":"reencoding"}/'
    exit
fi"""


@case
def reencode_failed(bench):
    """Packages whose contents do not come out as published are downloaded whole, counted, and spoken of once."""
    machine = bench.machine()
    machine.wrap_command(FAILING % "[0-9]+")
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.output.count("not re-encoded as published") == 1, "it is not said once", run.output)
    check("[MIRROR] 3 packages (whittle): contents were not re-encoded as published; downloading whole packages" in run.output,
          "the packages are not counted", run.output)
    check("it has another digest" in machine.path("/var/log/dnf.log").read_text(), "the log does not say which content")
    machine.check_after(NEW, UPGRADED)


@case
def reencode_failed_once(bench):
    """A single one is named, and counted among what was saved."""
    machine = bench.machine()
    machine.wrap_command(FAILING % "0")
    run = machine.dnf("upgrade")
    expect(run, [name for name in BUNDLED if not run.reason(name)], ["gamma-2", *[name for name in BUNDLED if run.reason(name)]])
    check([run.reason(name) for name in BUNDLED if run.reason(name)] == ["contents were not re-encoded as published"],
          "no package is named, or several are", run.output)
    check("Whittle assembled 2 of 4 packages: " in run.output and " saved); 1 not re-encoded as published" in run.output,
          "it is not counted", run.output)
    machine.check_after(NEW, UPGRADED)


# A liblzma that makes other streams than it should, of the same content.
OTHERWISE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <lzma.h>
lzma_bool lzma_lzma_preset(lzma_options_lzma *options, uint32_t preset)
{
    lzma_bool (*real)(lzma_options_lzma *, uint32_t) = dlsym(RTLD_NEXT, "lzma_lzma_preset");
    lzma_bool unknown = real(options, preset);
    options->mode = LZMA_MODE_FAST;
    options->mf = LZMA_MF_HC3;
    options->nice_len = 16;
    options->depth = 1;
    return unknown;
}
"""


def install_pressed(bench, *machines):
    """Machines with the older one of the packages whose contents liblzma encodes."""
    for machine in machines:
        bench.install_special(machine, "pressed-1")
        add_special(machine)
        machine.append("/etc/dnf/plugins/whittle.conf", "\nreencode=always\n")


def replace_liblzma(bench, machine):
    """Gives the command a liblzma that encodes otherwise."""
    source = bench.work / "otherwise.c"
    source.write_text(OTHERWISE)
    packages.run("cc", "-shared", "-fPIC", "-o", machine.path("/usr/lib/otherwise.so"), source, "-ldl")
    machine.wrap_command("export LD_PRELOAD=/usr/lib/otherwise.so")


def listed(bench):
    """Sizes and file names of the bundles from pressed-1 to pressed-2, the one that costs CPU time first."""
    document = read_metadata(bench.site / "special" / "repodata", "whittle")[1].getroot()
    origin = next(bundle.get("from") for bundle in document.iter("bundle") if bundle.get("cpu-ms"))
    bundles = [bundle for bundle in document.iter("bundle") if bundle.get("from") == origin]
    bundles.sort(key=lambda bundle: bundle.get("cpu-ms") is None)
    check([bundle.get("cpu-ms") is None for bundle in bundles] == [False, True], "the index does not list both ways")
    return [(int(bundle.get("size")), "pressed-2-1.noarch.%s.wht" % bundle.get("sha256")[:16]) for bundle in bundles]


@case
def reencode_xz(bench):
    """A content that is an .xz file itself is unpacked, patched and encoded again, to the same bytes."""
    (small, costly), (large, _) = listed(bench)
    check(10 * small < large, "encoding again saves little", small, large)
    machine, twin = bench.machine(), bench.machine("twin")
    install_pressed(bench, machine, twin)
    run = machine.dnf("upgrade", "pressed")
    expect(run, ["pressed-2"], [])
    check(run.fetched(".wht") == [costly], "another bundle is fetched", run.requests)
    check(machine.path(PROOF).read_text().endswith(" same\n"), "liblzma is not proved")
    machine.check_after([*OLD, "pressed-2"], ["pressed-2 2"])
    twin.dnf("upgrade", "pressed", "--disableplugin=whittle")
    machine.check_twin(twin)


@case
def reencode_xz_never(bench):
    """The other bundle of the same step leads to the same package."""
    machine = bench.machine()
    install_pressed(bench, machine)
    machine.append("/etc/dnf/plugins/whittle.conf", "reencode=never\n")
    run = machine.dnf("upgrade", "pressed")
    expect(run, ["pressed-2"], [])
    check(run.fetched(".wht") == [listed(bench)[1][1]], "another bundle is fetched", run.requests)
    machine.check_after([*OLD, "pressed-2"], ["pressed-2 2"])


@case
def reencode_with_another_liblzma(bench):
    """A liblzma that encodes otherwise fails its proof; one that was taken for good fails at the content."""
    machine = bench.machine()
    install_pressed(bench, machine)
    replace_liblzma(bench, machine)
    run = machine.dnf("upgrade", "pressed", "--setopt=tsflags=test")
    expect(run, ["pressed-2"], [])
    check(run.fetched(".wht") == [listed(bench)[1][1]], "the bundle that needs liblzma is fetched", run.requests)
    check(machine.path(PROOF).read_text().endswith(" differs\n"), "liblzma proves itself")
    machine.dnf("clean", "packages")
    machine.write(PROOF, machine.path(PROOF).read_text().replace("differs", "same"))
    run = machine.dnf("upgrade", "pressed")
    expect(run, [], ["pressed-2"])
    check(run.reason("pressed-2") == "contents were not re-encoded as published", "the reason is not said", run.output)
    check("it was not re-encoded as published (" in machine.path("/var/log/dnf.log").read_text(), "the log says no more")
    machine.check_after([*OLD, "pressed-2"], ["pressed-2 2"])
