# SPDX-License-Identifier: GPL-2.0-or-later
"""Without the plugin the failure is rpm's own; with it rpm's checks are as strict as ever."""
import kinds
from cases.common import case, check_names, names_of
from roots import Root, check


def check_refused(root, package, reason, *options):
    """rpm does not install the package, for that reason."""
    printed = root.rpm("-i", *options, package, status=None)
    check(reason in printed, "rpm says something else of %s" % package, printed)
    check_names(root)


def check_not_unpacked(bench, home, *options):
    """What needs the plugin fails in rpm's way, a package with gzip in its header does not need it."""
    for kind in kinds.NEEDS_PLUGIN:
        root = Root(bench.work / kind, home)
        check_refused(root, bench.assembled(kind)[0], "unpacking of archive failed: cpio: Bad magic", *options)
    root = Root(bench.work / "gzip", home)
    root.rpm("-i", *options, *bench.assembled("gzip"))
    check_names(root, *names_of(kinds.NEW, "gzip"))
    root.check_verified()


@case
def without_the_plugin(bench):
    """No plugin is installed."""
    check_not_unpacked(bench, bench.plain)


@case
def switched_off(bench):
    """As the man page says."""
    with open(bench.home.folder / ".rpmmacros", "a", encoding="ascii") as macros:
        macros.write("%__transaction_whittle %{nil}\n")
    check_not_unpacked(bench, bench.home)


@case
def no_plugins(bench):
    """rpm's own option."""
    check_not_unpacked(bench, bench.home, "--noplugins")


def damaged(bench, package, change):
    """A copy of a package file with its bytes changed."""
    data = bytearray(package.read_bytes())
    change(data)
    path = bench.work / "damaged.rpm"
    path.write_bytes(data)
    return path


def flip(data, at):
    """Flips one bit."""
    data[at] ^= 1


DAMAGE = {
    "the last byte of a file": lambda data: flip(data, data.rindex(b"0707010") - 5),
    "the name of a member": lambda data: flip(data, data.rindex(b"TRAILER!!!")),
    "the last byte": lambda data: flip(data, len(data) - 1),
    "a byte less": lambda data: data.pop(),
    "four zeros more": lambda data: data.extend(bytes(4)),
    "the main header": lambda data: flip(data, data.rindex(b"kind-zstd-2-1.src.rpm")),
}


@case
def damaged_packages(bench):
    """rpm verifies an assembled package before anything is unpacked, as it does an ordinary one."""
    package = bench.assembled("zstd")[0]
    for what, change in DAMAGE.items():
        root = Root(bench.work / what.replace(" ", "-"), bench.home)
        printed = root.rpm("-i", damaged(bench, package, change), status=None)
        check("digest" in printed.lower(), "rpm does not speak of digests: " + what, printed)
        check_names(root)
        check(not (root.folder / "usr").exists(), "something was unpacked: " + what)


def verdict_of(root, level, package):
    """What rpmkeys says of a package, without its name."""
    printed = root.home.run("rpmkeys", "--root", root.folder, "--define", "_pkgverify_level " + level, "--checksig", package, status=(0, 1))
    return printed.partition(": ")[2]


@case
def verdicts(bench):
    """rpm's verdict over a package is the same in both forms, with the key and without."""
    for home, key in ((bench.plain, None), (bench.home, None), (bench.plain, bench.fixture / "key.asc"), (bench.home, bench.fixture / "key.asc")):
        root = Root(bench.work / ("%s-%s" % (home.folder.name, bool(key))), home)
        if key:
            root.rpm("--import", key)
        for level in ("digest", "signature", "all"):
            for plain, other in zip(bench.originals(), bench.assembled()):
                verdict = {verdict_of(root, level, path) for path in (plain, other)}
                check(len(verdict) == 1, "%s, level %s: other verdicts" % (plain.name, level), *verdict)
