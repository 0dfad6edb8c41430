# SPDX-License-Identifier: GPL-2.0-or-later
"""What containers say about their streams (specs/format/packed.md, Fields), taken out and put in again."""
import zlib

END, ENTRY, LOCAL, DESCRIPTOR = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"


def word(data, at, width=4):
    return int.from_bytes(data[at:at + width], "little")


class Placed:
    """A listed stream in its place."""

    def __init__(self, start, packed, plain):
        self.start, self.end = start, start + packed
        self.sums = zlib.crc32(plain), packed, len(plain)


def shift(data, at, by, restore, width=4):
    """Changes a field, and returns its true value."""
    found = word(data, at, width)
    put = (found + by if restore else found - by) % (1 << 8 * width)
    data[at:at + width] = put.to_bytes(width, "little")
    return put if restore else found


def gzip(data, streams, restore):
    if len(streams) != 1 or len(data) - streams[0].end < 8:
        return
    crc, _, plain = streams[0].sums
    shift(data, streams[0].end, crc, restore)
    shift(data, streams[0].end + 4, plain, restore)


class Zip:
    def __init__(self, data, streams, restore):
        self.data, self.streams, self.restore = data, streams, restore
        self.end = self.floor = 0

    def comment_fits(self, at):
        return len(self.data) - at >= 22 and word(self.data, at + 20, 2) == len(self.data) - at - 22

    def walk(self):
        data = self.data
        last = next((at for at in range(len(data) - 22, max(len(data) - 65557, 0) - 1, -1)
                     if data[at:at + 4] == END and self.comment_fits(at)), None)
        if last is None or any(self.comment_fits(at) for at in range(last + 13, last + 20)):
            return
        self.directory = last - word(data, last + 12)
        if self.directory < 0 or (self.streams and self.streams[-1].end > self.directory):
            return
        shift(data, last + 16, self.directory, self.restore)
        at = self.directory
        while last - at >= 46 and data[at:at + 4] == ENTRY:
            length = 46 + sum(word(data, at + field, 2) for field in (28, 30, 32))
            if length > last - at:
                break
            offset = shift(data, at + 42, self.end, self.restore)
            stream = self.member(offset, word(data, at + 20))
            if stream:
                self.sums(at + 16, stream)
            at += length

    def sums(self, at, stream):
        for i, value in enumerate(stream.sums):
            shift(self.data, at + 4 * i, value, self.restore)

    def member(self, offset, packed):
        """The listed stream of the member there, or None."""
        data, directory = self.data, self.directory
        if offset < self.floor or directory - offset < 30 or data[offset:offset + 4] != LOCAL:
            return None
        self.floor = offset + 30
        start = self.floor + word(data, offset + 26, 2) + word(data, offset + 28, 2)
        before = [stream for stream in self.streams if stream.start < offset]
        if start > directory or (before and before[-1].end > offset):
            return None
        behind = self.streams[len(before):]
        stream = behind[0] if behind and behind[0].start == start else None
        length = stream.sums[1] if stream else packed
        if length > directory - start:
            return None
        self.end, place = start + length, offset + 14
        if word(data, offset + 6, 2) & 8:
            place = self.descriptor(self.end)
        if stream and place and not (behind[1:] and behind[1].start < self.end):
            self.sums(place, stream)
        return stream

    def starts(self, at):
        return at == self.directory or (self.directory - at >= 4 and self.data[at:at + 4] == LOCAL)

    def descriptor(self, at):
        """Where its sums are, or None."""
        self.floor = at + 16
        if self.starts(at + 16):
            if self.data[at:at + 4] != DESCRIPTOR:
                return None
            self.end = at + 16
            return at + 4
        if not self.starts(at + 12):
            return None
        self.end = self.floor = at + 12
        return at


def zipped(data, streams, restore):
    Zip(data, streams, restore).walk()


class Elf:
    def __init__(self, data, stream, build_id, restore):
        self.data, self.build_id, self.restore = data, build_id, restore
        self.start, self.length = stream.start, stream.end - stream.start
        self.width = 8 if data[4] == 2 else 4
        self.header, self.row = (64, 64) if self.width == 8 else (52, 40)
        self.whole = 1 << 8 * self.width

    def fits(self):
        return self.length > 0 and self.start >= self.header and (self.width == 8 or len(self.data) < 1 << 32)

    def shifted(self, offset):
        if offset < self.start:
            return offset
        if offset < self.start + self.length:
            return offset + self.whole - self.length - self.start
        return offset - self.length

    def back(self, offset):
        if offset < self.start:
            return offset
        if offset >= self.whole - self.length:
            return offset - self.whole + self.length + self.start
        return offset + self.length

    def apart(self, start, length, other, other_length):
        return start + length <= other or other + other_length <= start

    def rows(self):
        """Places of the section headers."""
        at = 40 if self.width == 8 else 32
        found = word(self.data, at, self.width)
        put = self.back(found) if self.restore else self.shifted(found)
        self.data[at:at + self.width] = put.to_bytes(self.width, "little")
        table = put if self.restore else found
        count = word(self.data, 60 if self.width == 8 else 48, 2)
        self.table, self.table_length = table, count * self.row
        if table < self.header or table + self.table_length > len(self.data) or \
                not self.apart(table, self.table_length, self.start, self.length):
            return []
        return range(table, table + self.table_length, self.row)

    def pair(self, offset, length):
        empty = (self.start, 0), (self.whole - self.length, self.length)
        if self.restore:
            if (offset, length) == empty[0]:
                return self.start, self.length
            if (offset, length) == empty[1]:
                return self.start + self.length, 0
            return self.back(offset), length
        if (offset, length) == (self.start, self.length):
            return empty[0]
        if (offset, length) == (self.start + self.length, 0):
            return empty[1]
        return self.shifted(offset), length

    def sections(self, rows):
        for row in rows:
            at, width = row + (24 if self.width == 8 else 16), self.width
            pair = self.pair(word(self.data, at, width), word(self.data, at + width, width))
            self.data[at:at + 2 * width] = b"".join(value.to_bytes(width, "little") for value in pair)

    def note(self, rows):
        end, size = 0, len(self.build_id)
        for row in rows:
            at = row + (24 if self.width == 8 else 16)
            offset, length = word(self.data, at, self.width), word(self.data, at + self.width, self.width)
            if word(self.data, row + 4) != 7 or offset < end or offset < self.header or \
                    offset + length > len(self.data) or \
                    not self.apart(offset, length, self.start, self.length) or \
                    not self.apart(offset, length, self.table, self.table_length):
                continue
            end = offset + length
            begins = b"".join(value.to_bytes(4, "little") for value in (4, size, 3)) + b"GNU\0"
            if length < 16 + size or self.data[offset:offset + 16] != begins or not size:
                continue
            for i, by in enumerate(self.build_id):
                shift(self.data, offset + 16 + i, by, self.restore, 1)
            return


def debugdata(data, streams, build_id, restore):
    if len(streams) != 1 or len(data) < 64 or data[:4] != b"\x7fELF" or data[5] != 1 or data[4] not in (1, 2):
        return
    elf = Elf(data, streams[0], build_id, restore)
    if not elf.fits():
        return
    rows = elf.rows()
    if restore:
        elf.sections(rows)
    elf.note(rows)
    if not restore:
        elf.sections(rows)
