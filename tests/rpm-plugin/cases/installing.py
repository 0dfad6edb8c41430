# SPDX-License-Identifier: GPL-2.0-or-later
"""Assembled packages in one root, the originals in its twin: files, scriptlets and database are the same afterwards."""
import kinds
from cases.common import case, check_names, names_of
from roots import check, check_equal


def upgraded(bench, *options, **how):
    """Twins that were upgraded with the same options, each with its kind of packages; they are equal."""
    plain, other = bench.upgradable_twins()
    plain.rpm("-U", *options, *bench.originals())
    other.rpm("-U", *options, *bench.assembled(), **how)
    check_names(other, *names_of(kinds.NEW))
    check_equal(plain, other)
    return other


@case
def install(bench):
    """Each kind by itself, into an empty root."""
    for kind in kinds.KINDS:
        plain, other = bench.empty_twins(kind + "-")
        plain.rpm("-i", *bench.originals(kind))
        other.rpm("-i", *bench.assembled(kind))
        check_names(other, *names_of(kinds.NEW, kind))
        check_equal(plain, other)
        other.check_verified()


@case
def upgrade(bench):
    """All kinds in one transaction."""
    root = upgraded(bench)
    root.check_verified()
    ran = root.scriptlets()
    check(all("kind-zstd-2 %s" % name in ran for name in ("pretrans", "pre", "post", "posttrans")), "scriptlets did not run", ran)


@case
def mixed_transaction(bench):
    """Assembled and ordinary packages beside each other: the right ones are recognised."""
    plain, other = bench.upgradable_twins()
    pairs = zip(bench.originals(), bench.assembled())
    plain.rpm("-U", *bench.originals())
    other.rpm("-U", *(pair[number % 2] for number, pair in enumerate(pairs)))
    check_names(other, *names_of(kinds.NEW))
    check_equal(plain, other)
    other.check_verified()


@case
def ordinary_packages(bench):
    """The plugin changes nothing of them."""
    plain, other = bench.upgradable_twins()
    for root in (plain, other):
        root.rpm("-U", *bench.originals())
    check_names(other, *names_of(kinds.NEW))
    check_equal(plain, other)
    other.check_verified()


@case
def reinstall(bench):
    """Over the same version."""
    plain, other = bench.empty_twins()
    for root in (plain, other):
        root.rpm("-i", *bench.originals())
    plain.rpm("-U", "--replacepkgs", *bench.originals())
    other.rpm("-U", "--replacepkgs", *bench.assembled())
    check_equal(plain, other)
    other.check_verified()


@case
def just_the_database(bench):
    """--justdb unpacks nothing, and the row is the same."""
    plain, other = bench.upgradable_twins()
    before = other.files()
    plain.rpm("-U", "--justdb", "--noscripts", *bench.originals())
    other.rpm("-U", "--justdb", "--noscripts", *bench.assembled())
    check_names(other, *names_of(kinds.NEW))
    check(other.files() == before, "--justdb changed files")
    check_equal(plain, other)


@case
def without_documentation(bench):
    """--excludedocs."""
    root = upgraded(bench, "--excludedocs")
    check(not list((root.folder / "usr/share/doc").glob("*/README")), "there are files of documentation")
    root.check_verified()


@case
def without_any_file(bench):
    """Every path excluded."""
    plain, other = bench.empty_twins()
    options = ["--excludepath=/usr", "--excludepath=/etc", "--excludepath=/var"]
    plain.rpm("-i", *options, *bench.originals())
    other.rpm("-i", *options, *bench.assembled())
    check(not (other.folder / "usr").exists(), "files were installed")
    check_equal(plain, other)


@case
def one_language(bench):
    """%_install_langs leaves the German file out."""
    root = upgraded(bench, "--define", "_install_langs fr")
    check(not list((root.folder / "usr/share/locale/de").glob("*.mo")), "there are German files")


@case
def few_writes(bench):
    """%_minimize_writes leaves unchanged files alone."""
    upgraded(bench, "--define", "_minimize_writes 1").check_verified()


@case
def edited_configuration(bench):
    """.rpmnew and .rpmsave appear as ever."""
    plain, other = bench.upgradable_twins()
    for root, packages in ((plain, bench.originals()), (other, bench.assembled())):
        for path in ("etc/kind-zstd.conf", "etc/kind-zstd-new.conf", "etc/kind-xz-new.conf"):
            with open(root.folder / path, "a", encoding="ascii") as file:
                file.write("edited\n")
        root.rpm("-U", *packages)
        for path in ("etc/kind-zstd.conf", "etc/kind-zstd-new.conf.rpmsave", "etc/kind-xz-new.conf.rpmsave"):
            check("edited" in (root.folder / path).read_text(), "the edited %s is gone" % path)
        for path in root.folder.glob("etc/*.rpmsave"):
            path.unlink()  # written by the test, at its own time
        (root.folder / "etc/kind-zstd.conf").unlink()
    check_equal(plain, other)


@case
def only_a_test(bench):
    """--test leaves everything as it is."""
    plain, other = bench.upgradable_twins()
    other.rpm("-U", "--test", *bench.assembled())
    check_names(other, *names_of(kinds.OLD))
    check_equal(plain, other)


@case
def erase(bench):
    """What was assembled is erased like everything else."""
    plain, other = bench.upgradable_twins()
    plain.rpm("-U", *bench.originals())
    other.rpm("-U", *bench.assembled())
    for root in (plain, other):
        root.rpm("-e", "kind-zstd", "kind-xz", "kind-twice")
        check(not (root.folder / "usr/bin/kind-zstd").exists(), "files were left behind")
    check_equal(plain, other)
