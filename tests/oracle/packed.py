# SPDX-License-Identifier: GPL-2.0-or-later
"""Recipes of contents that are compressed themselves (specs/format/packed.md), and what they lead to."""
import deflate
import fields
import xz
from rpmfile import Refused, malformed

GZIP, ZIP, XZ, DEBUGDATA = 1, 2, 3, 4
STREAMS_MAX, CONTENT_MAX, TABLE_MAX, STREAM_MAX = 65535, 1 << 31, 64 << 20, 64 << 20
DEFLATE, SYMBOLS = 1, 2
CODERS = {DEFLATE: (deflate.inflate, deflate.pack), SYMBOLS: (deflate.tokens_unpack, deflate.tokens_pack),
          3: (xz.unpack, xz.pack)}


def coder(number):
    if number not in CODERS:
        raise Refused("unsupported", "coder")
    return CODERS[number]


def over_limit(condition):
    if condition:
        raise Refused("over limit", "plain bytes")


class Recipe:
    """What to take out of a base, and how what stands in its place is made again."""

    def __init__(self, numbers):
        self.packing = numbers.next(DEBUGDATA)
        old, new = numbers.next(STREAMS_MAX), numbers.next(STREAMS_MAX)
        self.old = [(numbers.next(CONTENT_MAX), numbers.next(0xffffffff)) for _ in range(old)]
        self.new = []
        for _ in range(new):
            before, growth, number = numbers.next(CONTENT_MAX), numbers.signed(CONTENT_MAX), numbers.next(0xffffffff)
            self.new.append((before, growth, number, numbers.bytes(numbers.next(TABLE_MAX))))
        self.outer_growth = numbers.signed(CONTENT_MAX)
        self.cpu_ms = numbers.next(0xffffffff)
        malformed(self.packing == 0 or new == 0, "a recipe packs nothing")
        malformed(self.packing == DEBUGDATA and (old > 1 or new > 1), "debug data are not one stream")

    def fields(self, content, placed, build_id, restore):
        if self.packing == GZIP:
            fields.gzip(content, placed, restore)
        elif self.packing == ZIP:
            fields.zipped(content, placed, restore)
        elif self.packing == DEBUGDATA:
            fields.debugdata(content, placed, build_id, restore)

    def unpack(self, old, build_id, room):
        """The plain form of the older content, the lengths of its parts."""
        content, at, parts, placed = bytearray(old), 0, [], []
        for before, number in self.old:
            malformed(before > len(old) - at, "a stream behind the older content")
            at += before
            plain, length = coder(number)[0](old[at:])
            over_limit(len(plain) > STREAM_MAX or sum(map(len, parts)) + len(plain) > room)
            parts.append(plain)
            placed.append(place(number, at, old[at:at + length], plain))
            at += length
        self.fields(content, placed, build_id, False)
        outer, at = b"", 0
        for stream in placed:
            outer, at = outer + content[at:stream.start], stream.end
        parts.append(bytes(outer + content[at:]))
        lengths = [len(part) for part in parts]
        over_limit(sum(lengths) > room)
        return b"".join(parts), lengths

    def lengths(self, old, room):
        """Lengths of the parts of the new plain form."""
        made = []
        for i, (_, growth, _, _) in enumerate(self.new):
            made.append((old[i] if i < len(self.old) else 0) + growth)
        made.append(old[-1] + self.outer_growth)
        for i, length in enumerate(made):
            malformed(length < 0, "a stream holds less than nothing")
            over_limit(sum(made[:i + 1]) > room or (length > STREAM_MAX and i < len(self.new)))
        return made

    def pack(self, plain, lengths, size, build_id):
        """The new content."""
        at, outer = 0, plain[sum(lengths[:-1]):]
        out, placed = bytearray(), []
        for (before, _, number, parameters), length in zip(self.new, lengths):
            malformed(before > len(outer), "a stream behind the content")
            out, outer = out + outer[:before], outer[before:]
            held, at = plain[at:at + length], at + length
            packed = coder(number)[1](held, parameters)
            placed.append(place(number, len(out), packed, held))
            out += packed
        out += outer
        malformed(len(out) != size, "the content gets another length")
        self.fields(out, placed, build_id, True)
        return bytes(out)


def place(number, start, packed, plain):
    if number == SYMBOLS:
        plain, _ = deflate.inflate(packed)
    return fields.Placed(start, len(packed), plain)
