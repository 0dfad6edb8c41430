# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages with MiniDebugInfo, as Fedora's tools make them: what their programs cost, against the figures of a prototype.

They lie beside the tree, where the corpus tools are; without them there is nothing to measure.
"""
import pathlib
import shutil
import sys
import tempfile

import setup
from bench import packed, pairs, publication, tools, table

# Bytes that the prototype needed for the changed programs of a package, MiniDebugInfo predicted from the program that holds it.
PROTOTYPE = {"libxml2": 28797, "openssh": 18814, "openssl": 51851, "xz-utils": 2383}
PROGRAMS_LIMIT = 1.15  # of that
DEBUGDATA_LIMIT = 0.05  # of the bundle
NEEDS = ("createrepo_c", "rpm")


def corpus():
    """The corpus folder, signed and indexed once and kept; None where there are no such packages."""
    tool = setup.TREE.parent / "shared" / "corpus" / "build-corpus"
    folder = setup.CACHE / "corpus-native"
    if (folder / "new" / "repodata").exists():
        return folder
    if not (tool.parent / "native").is_dir() or tools.missing(NEEDS):
        return None
    setup.CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = pathlib.Path(tempfile.mkdtemp(prefix=".native-", dir=setup.CACHE))
    try:
        tools.run(sys.executable, tool, unfinished, "--rpms", tool.parent / "native")
        unfinished.chmod(0o755)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def is_program(file):
    """Of a row of `whittle-repo explain`."""
    return file.get("method") == "elf" or file.get("recipe", {}).get("packing") == "debugdata"


def row(pair, said):
    """One package: its bundle, taken apart. What is neither header nor another file is the programs'."""
    made = [file for file in said["files"] if "share" in file]
    others = sum(file["share"] for file in made if not is_program(file))
    return {"name": pair.label, "full": pair.new.bytes, "bundle": said["bytes"], "outside": packed.outside(said),
            "header": said["bytes"] - said["groups_bytes"], "others": others, "programs": said["groups_bytes"] - others,
            "debugdata": sum(file.get("inner_share", 0) for file in made), "prototype": PROTOTYPE.get(pair.label)}


def sizes(programs):
    """The rows of all packages; None where there are none."""
    folder = corpus()
    if not folder:
        return None
    chosen = pairs.load(folder)
    with tools.scratch() as scratch:
        repository = pathlib.Path(scratch) / "repository"
        publication.copy(folder / "new", repository)
        tools.run(programs / "whittle-repo", "publish", repository, "--previous", folder / "old", "--no-reinstall")
        said = packed.explained(programs / "whittle-repo", publication.bundles(repository, chosen))
    return [row(pair, figures) for pair, figures in said.items()]


def verdict(part, whole, limit):
    """A share, and whether it is within its limit."""
    return "%.2f%s" % (part / whole, "" if part <= limit * whole else " !")


def text(rows):
    """What `tests/bench bytes` prints of it."""
    lines = [table.line("native", ["full package", "outside", "bundle", "header", "other files", "programs", "prototype", "ratio", "debugdata"], "share")]
    for each in rows:
        cells = [table.grouped(each[key]) for key in ("full", "outside", "bundle", "header", "others", "programs")]
        if each["prototype"]:
            cells += [table.grouped(each["prototype"]), verdict(each["programs"], each["prototype"], PROGRAMS_LIMIT)]
        else:
            cells += ["", ""]
        lines.append(table.line(each["name"], [*cells, table.grouped(each["debugdata"])], verdict(each["debugdata"], each["bundle"], DEBUGDATA_LIMIT)))
    lines += ["", "Programs: in proportion, of groups that hold others, too; their ratio to the prototype's bytes is to be at most %.2f. Debugdata: what of that"
              % PROGRAMS_LIMIT, "is for MiniDebugInfo, to be at most %.2f of the bundle." % DEBUGDATA_LIMIT]
    return "\n".join(lines)
