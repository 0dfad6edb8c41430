# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin under valgrind. All kinds of leaks are errors, also memory that is still reachable when rpm ends."""
import pathlib

import kinds
from cases.carriers import BROKEN, changed
from cases.common import case, check_names, names_of
from roots import Home, Root, check, check_equal

SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[1] / "librpm.supp"
FOUND = 99  # valgrind's exit status when it has found something
VALGRIND = ("valgrind", "--error-exitcode=%d" % FOUND, "--leak-check=full", "--show-leak-kinds=all", "--errors-for-leak-kinds=all",
            "--num-callers=50", "--keep-debuginfo=yes", "--child-silent-after-fork=yes", "--suppressions=%s" % SUPPRESSIONS)


@case
def valgrind_install(bench):
    """An assembled and an ordinary package."""
    plain, other = bench.empty_twins()
    plain.rpm("-i", *bench.originals("zstd", "xz"))
    other.rpm("-i", *bench.assembled("zstd"), *bench.originals("xz"), wrapper=VALGRIND)
    check_names(other, *names_of(kinds.NEW, "zstd", "xz"))
    check_equal(plain, other)


@case
def valgrind_upgrade(bench):
    """All kinds in one transaction."""
    plain, other = bench.upgradable_twins()
    plain.rpm("-U", *bench.originals())
    other.rpm("-U", *bench.assembled(), wrapper=VALGRIND)
    check_names(other, *names_of(kinds.NEW))
    check_equal(plain, other)


@case
def valgrind_just_the_database(bench):
    """Nothing is unpacked."""
    plain, other = bench.upgradable_twins()
    plain.rpm("-U", "--justdb", "--noscripts", *bench.originals("zstd", "twice"))
    other.rpm("-U", "--justdb", "--noscripts", *bench.assembled("zstd", "twice"), wrapper=VALGRIND)
    check_equal(plain, other)


@case
def valgrind_broken_carriers(bench):
    """Hostile bytes where the carrier stands."""
    package = bench.assembled("twice")[0]
    for what in ("no carrier", "an entry more", "a huge entry"):
        root = Root(bench.work / what.replace(" ", "-"), bench.home)
        root.rpm("--import", bench.fixture / "key.asc")  # else rpm keeps the unknown key's number
        root.rpm("-i", changed(bench, package, BROKEN[what]), wrapper=VALGRIND)
        check_names(root, *names_of(kinds.NEW, "twice"))


@case
def valgrind_finds_leaks(bench):
    """The same plugin without its calls of free() and rpmtdFreeData(): both are missed, so nothing of it is suppressed."""
    root = Root(bench.work / "root", Home(bench.work / "leaky-home", bench.build / "tests/rpm-plugin/leaky/whittle.so"))
    printed = root.rpm("-i", *bench.assembled("zstd"), wrapper=VALGRIND, status=FOUND)
    check_names(root, *names_of(kinds.NEW, "zstd"))
    for function in ("sniff_signature", "headerGet"):
        check("%s " % function in printed, "valgrind does not find the leak of %s" % function, printed)
    check("whittle_psm_pre" in printed, "valgrind does not name the plugin", printed)
