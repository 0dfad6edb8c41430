# SPDX-License-Identifier: GPL-2.0-or-later
"""What the carrier brings back, and that a bad one brings back nothing and does no harm."""
import struct

import kinds
from cases.common import case, check_names, names_of
from roots import Root, check, check_equal, twin

MAGIC = b"WHTCARR\x01"
SIGPGP, SIGMD5 = 259, 261
RESTORED = {SIGMD5} | {SIGPGP}


def tags(row):
    """Tag -> (type, count) of a database row."""
    entries, _ = struct.unpack_from(">II", row)
    found = (struct.unpack_from(">IIiI", row, 8 + 16 * number) for number in range(entries))
    return {tag: (kind, count) for tag, kind, _, count in found}


def rows(root):
    """Package -> row of a root's database."""
    return twin.rows(str(root.folder), "/var/lib/rpm")


def changed(bench, package, change):
    """A copy of an assembled package with another carrier: change gets the data from the carrier's magic on."""
    data = bytearray(package.read_bytes())
    at = data.index(MAGIC)
    carrier = bytearray(data[at:])
    change(carrier)
    check(len(carrier) == len(data) - at and carrier != data[at:], "the test does not change the carrier")
    path = bench.work / ("changed-" + package.name)
    path.write_bytes(data[:at] + carrier)
    return path


def overwrite(at, data):
    """A change of some bytes."""
    def change(carrier):
        carrier[at:at + len(data)] = data
    return change


# The first entry stands at 12: its tag, at 16: its length, at 20: its bytes.
BROKEN = {
    "no carrier": overwrite(0, bytes(len(MAGIC))),
    "another version": overwrite(7, b"\x02"),
    "too many entries": overwrite(8, b"\0\0\0\x21"),
    "an entry more": lambda carrier: overwrite(11, bytes([carrier[11] + 1]))(carrier),
    "an entry less": lambda carrier: overwrite(11, bytes([carrier[11] - 1]))(carrier),
    "another tag": overwrite(12, b"\0\0\x03\xe8"),
    "a huge entry": overwrite(16, b"\xff\xff\xff\xff"),
}


@case
def what_comes_back(bench):
    """The file itself lacks the tags, the database has them."""
    for kind in kinds.KINDS:
        expected = RESTORED if kind == "twice" else {SIGMD5}
        plain, other = bench.empty_twins(kind + "-")
        plain.rpm("-i", *bench.originals(kind))
        other.rpm("-i", *bench.assembled(kind))
        row = rows(other)["kind-%s-2-1" % kind]
        check(RESTORED & set(tags(row)) == expected, "%s: other tags are restored" % kind, sorted(tags(row)))
        check_equal(plain, other)
        listed = other.rpm("-qp", "--queryformat", "%{SIGMD5} %{SIGPGP}", *bench.assembled(kind), only_output=True)
        check(listed == "(none) (none)", "%s: the package file has the tags already" % kind, listed)


@case
def broken_carriers(bench):
    """They are passed over as a whole; the package installs all the same."""
    package = bench.assembled("twice")[0]
    plain = Root(bench.work / "plain", bench.plain)
    plain.rpm("-i", *bench.originals("twice"))
    original = tags(rows(plain)["kind-twice-2-1"])
    for what, change in BROKEN.items():
        root = Root(bench.work / what.replace(" ", "-"), bench.home)
        root.rpm("-i", changed(bench, package, change))
        check_names(root, *names_of(kinds.NEW, "twice"))
        root.check_verified()
        found = tags(rows(root)["kind-twice-2-1"])
        check(original.keys() - found.keys() == RESTORED and not found.keys() - original.keys(),
              "%s: the row has other tags" % what, sorted(original), sorted(found))
