# SPDX-License-Identifier: GPL-2.0-or-later
"""Recipes of contents that are compressed themselves (specs/format/packed.md)."""
from rpmfile import malformed

GZIP, ZIP, XZ, DEBUGDATA = 1, 2, 3, 4
STREAMS_MAX, CONTENT_MAX, TABLE_MAX = 65535, 1 << 31, 64 << 20


class Recipe:
    """What to take out of a base, and how what stands in its place is made again."""

    def __init__(self, numbers):
        self.packing = numbers.next(DEBUGDATA)
        old, new = numbers.next(STREAMS_MAX), numbers.next(STREAMS_MAX)
        self.old = [(numbers.next(CONTENT_MAX), numbers.next(0xffffffff)) for _ in range(old)]
        self.new = []
        for _ in range(new):
            before, growth, coder = numbers.next(CONTENT_MAX), numbers.signed(CONTENT_MAX), numbers.next(0xffffffff)
            self.new.append((before, growth, coder, numbers.bytes(numbers.next(TABLE_MAX))))
        self.outer_growth = numbers.signed(CONTENT_MAX)
        self.cpu_ms = numbers.next(0xffffffff)
        malformed(self.packing == 0 or new == 0, "a recipe packs nothing")
        malformed(self.packing == DEBUGDATA and (old > 1 or new > 1), "debug data are not one stream")
