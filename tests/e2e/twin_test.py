#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison of twin roots can fail: each kind of difference is made once, and must be named."""
import os
import pathlib
import sqlite3
import struct
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import twin  # noqa: E402

DBPATH = "/db"


def header(texts, installed):
    """A row of the database: a header with strings and INSTALLTIME."""
    data, index = b"", []
    for tag, text in texts.items():
        index.append((tag, 6, len(data), 1))
        data += text.encode() + b"\0"
    data += bytes(-len(data) % 4)
    index.append((1008, 4, len(data), 1))
    data += struct.pack(">I", installed)
    return struct.pack(">II", len(index), len(data)) + b"".join(struct.pack(">IIiI", *entry) for entry in index) + data


def make_root(root, installed=1, summary="x"):
    """A small root with files of each kind and a database of one package."""
    (root / "usr").mkdir(parents=True)
    (root / "usr/file").write_text("content")
    os.link(root / "usr/file", root / "usr/link")
    (root / "usr/other").write_text("other")
    (root / "usr/pointer").symlink_to("file")
    for path in ("usr/file", "usr/other", "usr/pointer"):
        os.utime(root / path, (1, 1), follow_symlinks=False)
    (root / "db").mkdir()
    with sqlite3.connect(root / "db/rpmdb.sqlite") as database:
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        database.execute("INSERT INTO Packages (blob) VALUES (?)",
                         (header({1000: "alpha", 1001: "1", 1002: "2", 1004: summary}, installed),))
    database.close()


def relink(root):
    """Breaks a hardlink without any other difference."""
    (root / "usr/link").unlink()
    (root / "usr/link").write_text("content")
    os.utime(root / "usr/link", (1, 1))


def retarget(root):
    """Another link target, same time."""
    (root / "usr/pointer").unlink()
    (root / "usr/pointer").symlink_to("link")
    os.utime(root / "usr/pointer", (1, 1), follow_symlinks=False)


def rewrite(root):
    """Another content, same time."""
    (root / "usr/other").write_text("changed")
    os.utime(root / "usr/other", (1, 1))


DAMAGE = {
    "content": rewrite,
    "mode": lambda root: (root / "usr/other").chmod(0o600),
    "owner": lambda root: os.chown(root / "usr/other", 1, 1),
    "time": lambda root: os.utime(root / "usr/other", (2, 2)),
    "target": retarget,
    "linked with": relink,
    "attributes": lambda root: os.setxattr(root / "usr/other", "user.x", b"1"),
    "only in": lambda root: (root / "usr/extra").write_text(""),
}


def main():
    """The exit status."""
    failures = []
    for fact, damage in {"": lambda root: None, **DAMAGE}.items():
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            here, there = pathlib.Path(folder) / "a", pathlib.Path(folder) / "b"
            make_root(here)
            make_root(there, installed=2)  # the one thing that may differ
            damage(there)
            found = list(twin.compare(str(here), str(there), DBPATH))
            if bool(found) != bool(fact) or not all(fact in line for line in found):
                failures.append("%s: %s" % (fact or "equal roots", found))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        here, there = pathlib.Path(folder) / "a", pathlib.Path(folder) / "b"
        make_root(here)
        make_root(there, summary="y")
        if list(twin.compare(str(here), str(there), DBPATH)) != ["alpha-1-2: the rows of the rpm databases differ"]:
            failures.append("a differing row is not told")
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
