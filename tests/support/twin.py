#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares two roots that were upgraded from the same state: one plainly, one through whittle.

    twin.py ROOT TWIN [--dbpath PATH]    prints every difference; exit status 1 if there is one

Files must have the same content, mode, owner, modification time, links and extended attributes (capabilities are one).
The package rows of the two rpm databases must be the same bytes, but for the time and the number of the transaction.
"""
import argparse
import hashlib
import os
import sqlite3
import stat
import struct
import sys

# What keeps its own time or order: caches, logs, dnf's history, and the databases, whose rows are compared instead.
LEFT_OUT = ("/var/cache", "/var/log", "/var/lib/dnf", "/run", "/tmp", "/var/tmp", "/proc", "/sys", "/dev")
# In a row only these may differ: RPMTAG_INSTALLTIME and RPMTAG_INSTALLTID (rpm/rpmtag.h).
OF_THE_TRANSACTION = (1008, 1128)
INT32 = 4


def digest(path):
    """SHA-256 of a file."""
    result = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            result.update(chunk)
    return result.hexdigest()


def facts(path, status):
    """All that an upgrade may change of a file, but for its hardlinks."""
    found = {"mode": oct(status.st_mode), "owner": (status.st_uid, status.st_gid),
             "attributes": sorted((name, os.getxattr(path, name, follow_symlinks=False))
                                  for name in os.listxattr(path, follow_symlinks=False))}
    if stat.S_ISLNK(status.st_mode):
        found["target"] = os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        found["content"] = digest(path)
    elif not stat.S_ISDIR(status.st_mode):
        found["device"] = status.st_rdev
    if not stat.S_ISDIR(status.st_mode):  # a folder's time tells when something in it was renamed
        found["time"] = status.st_mtime_ns
    return found


def inventory(root, dbpath):
    """Path below root -> facts, hardlinks included as the first path of their set."""
    found = {}
    first_link = {}
    for folder, folders, files in os.walk(root):
        place = folder[len(root):]
        folders[:] = sorted(name for name in folders if place + "/" + name not in (*LEFT_OUT, dbpath))
        for name in sorted(files + folders):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            entry = facts(path, status)
            if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
                entry["linked with"] = first_link.setdefault(status.st_ino, place + "/" + name)
            found[place + "/" + name] = entry
    return found


def without_transaction(row):
    """A row of the database with zeros for the time and number of the transaction.

    A row is a header without magic: entry count, data length (big-endian), index entries of tag, type, offset and count,
    then the data.
    """
    entries, _ = struct.unpack_from(">II", row)
    data = 8 + 16 * entries
    result = bytearray(row)
    for number in range(entries):
        tag, kind, offset, count = struct.unpack_from(">IIiI", row, 8 + 16 * number)
        if tag in OF_THE_TRANSACTION and kind == INT32:
            result[data + offset:data + offset + 4 * count] = bytes(4 * count)
    return bytes(result)


def name_of(row):
    """NAME-VERSION-RELEASE of a row; these tags come first in every header's data."""
    entries, _ = struct.unpack_from(">II", row)
    data = 8 + 16 * entries
    texts = {}
    for number in range(entries):
        tag, _, offset, _ = struct.unpack_from(">IIiI", row, 8 + 16 * number)
        if tag in (1000, 1001, 1002) and tag not in texts:
            texts[tag] = row[data + offset:row.index(b"\0", data + offset)].decode()
    return "-".join(texts[tag] for tag in sorted(texts))


def rows(root, dbpath):
    """Package -> its row, of an sqlite database."""
    path = root + dbpath + "/rpmdb.sqlite"
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as database:
        found = [without_transaction(row) for (row,) in database.execute("SELECT blob FROM Packages")]
    if not found:
        raise ValueError("%s lists no packages" % path)
    return {name_of(row): row for row in found}


def compare(root, twin, dbpath):
    """All differences, a line each."""
    here, there = inventory(root, dbpath), inventory(twin, dbpath)
    for path in sorted({**here, **there}):
        left, right = here.get(path), there.get(path)
        if left is None or right is None:
            yield "%s: only in %s" % (path, twin if left is None else root)
        elif left != right:
            for fact in sorted({**left, **right}):
                if left.get(fact) != right.get(fact):
                    yield "%s: %s: %s, in the twin %s" % (path, fact, left.get(fact), right.get(fact))
    here, there = rows(root, dbpath), rows(twin, dbpath)
    for name in sorted({**here, **there}):
        if here.get(name) != there.get(name):
            yield "%s: the rows of the rpm databases differ" % name


def main():
    """Takes the command line apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("twin")
    parser.add_argument("--dbpath", default="/var/lib/rpm")
    options = parser.parse_args()
    differences = list(compare(options.root.rstrip("/"), options.twin.rstrip("/"), options.dbpath))
    print("\n".join(differences) if differences else "the twins are equal")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
