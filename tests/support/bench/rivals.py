# SPDX-License-Identifier: GPL-2.0-or-later
"""What other tools would send for the same step, in bytes.

deltarpm and the two that cut contents into chunks work on whole packages, the others file by file. Only deltarpm's
bytes hold the package's header; the others' figures are contents alone.
"""
import dataclasses
import filecmp
import os
import typing

from bench import tools


@dataclasses.dataclass(frozen=True)
class Rival:
    """A tool in its table column."""
    key: str
    title: str
    programs: tuple
    of_file: typing.Callable = None     # bytes of one change of a file that both versions have, or
    of_package: typing.Callable = None  # bytes of one unpacked pair


def zstd_whole(path):
    """A content that nothing leads to."""
    return len(tools.run("zstd", "--quiet", "--stdout", "-19", path))


def proved(new, work):
    """Size of a patch, if what was made with it is the new content."""
    if not filecmp.cmp(work / "again", new, shallow=False):
        raise RuntimeError("%s: a patch makes another file" % new)
    return (work / "patch").stat().st_size


def zstd_patch(old, new, work):
    """zstd with the older content as prefix."""
    tools.run("zstd", "--quiet", "-19", "--long", "--patch-from=%s" % old, new, "-o", work / "patch")
    tools.run("zstd", "--quiet", "--decompress", "--long=31", "--patch-from=%s" % old, work / "patch", "-o", work / "again")
    return proved(new, work)


def xdelta3(old, new, work):
    """The whole older content is in the window. Left to itself, xdelta3 would inflate .gz files and make others of them."""
    window = max(old.stat().st_size, 1 << 20)
    tools.run("xdelta3", "-e", "-D", "-9", "-S", "lzma", "-B", window, "-s", old, new, work / "patch")
    tools.run("xdelta3", "-d", "-D", "-R", "-B", window, "-s", old, work / "patch", work / "again")
    return proved(new, work)


def bsdiff(old, new, work):
    """bsdiff compresses by itself, with bzip2."""
    tools.run("bsdiff", old, new, work / "patch")
    tools.run("bspatch", old, work / "again", work / "patch")
    return proved(new, work)


def deltarpm(pair, _old, _new, work):
    """makedeltarpm as a distributor would run it."""
    delta = work / "delta"
    tools.run("makedeltarpm", pair.old.path, pair.new.path, delta)
    return delta.stat().st_size


def casync(_pair, old, new, work):
    """The chunks that the older version's store does not have, and the list of all chunks."""
    for name, root in (("old", old), ("new", new)):
        tools.run("casync", "make", "--without=all", "--with=symlinks", "--store=%s" % (work / name), work / (name + ".caidx"), root)
    have = {file for _, _, files in os.walk(work / "old") for file in files}
    fresh = [os.path.join(place, file) for place, _, files in os.walk(work / "new") for file in files if file not in have]
    return sum(map(os.path.getsize, fresh)) + (work / "new.caidx").stat().st_size


def zchunk(_pair, old, new, work):
    """What zchunk's own tool says of two archives of all files, in the order of their names."""
    for name, root in (("old", old), ("new", new)):
        (work / "list").write_bytes(b"".join(os.fsencode(path.relative_to(root)) + b"\0" for path in sorted(root.rglob("*"))))
        tools.run("bsdtar", "--create", "--file", work / name, "--uid", "0", "--gid", "0", "--directory", root, "--no-recursion", "--null",
                  "--files-from", work / "list")
        tools.run("zck", "--output", work / (name + ".zck"), work / name)
    said = tools.run("zck_delta_size", work / "old.zck", work / "new.zck").decode()
    return int(said.split("Would download ")[1].split()[0])


ALL = (
    Rival("deltarpm", "deltarpm", ("makedeltarpm",), of_package=deltarpm),
    Rival("bsdiff", "bsdiff", ("bsdiff", "bspatch", "zstd"), of_file=bsdiff),
    Rival("xdelta3", "xdelta3", ("xdelta3", "zstd"), of_file=xdelta3),
    Rival("zstd", "zstd patch", ("zstd",), of_file=zstd_patch),
    Rival("casync", "casync", ("casync",), of_package=casync),
    Rival("zchunk", "zchunk", ("zck", "zck_delta_size"), of_package=zchunk),
)
