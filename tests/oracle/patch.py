# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups of patches, after specs/format/patch.md: streams, copies, corrections."""
import elffile
import predict
from coding import Numbers, inflate
from rpmfile import malformed

CONTROL, GAP, VALUE, EXTRA = range(4)
PLAIN, ELF = 0, 1
HEADERS_MAX = 64 << 10


class Bytes:
    """A stream that is taken in pieces."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        malformed(length > len(self.data) - self.at, "a stream is cut short")
        self.at += length
        return self.data[self.at - length:self.at]


def streams_of(stored, output_length, members):
    numbers = Numbers(stored)
    lengths = []
    for stream in range(4):
        ceiling = output_length + members * (4096 if stream == CONTROL else 32)
        raw, frame = numbers.next(ceiling), numbers.next(len(stored))
        malformed((raw == 0) != (frame == 0), "an empty stream with a frame, or the reverse")
        lengths.append((raw, frame))
    malformed(numbers.at + sum(frame for _, frame in lengths) != len(stored), "frames")
    frames, streams = Bytes(stored[numbers.at:]), []
    for raw, frame in lengths:
        piece = frames.take(frame)
        streams.append(inflate(piece, length=raw) if raw else b"")
    return [Numbers(streams[CONTROL]), Numbers(streams[GAP]),
            Bytes(streams[VALUE]), Bytes(streams[EXTRA])]


def zigzag(code):
    return code >> 1 if code % 2 == 0 else -(code + 1 >> 1)


def copies_of(control, old_length, new_length):
    """[(new offset, old offset, length)]"""
    copies, new_end, old_end = [], 0, 0
    count = control.next((len(control.data) - control.at) // 3)
    for _ in range(count):
        new = new_end + control.next()
        old = old_end + zigzag(control.next())
        length = control.next() + 1
        malformed(old < 0 or old + length > old_length, "a copy outside of the old content")
        malformed(new + length > new_length, "a copy outside of the new content")
        copies.append((new, old, length))
        new_end, old_end = new + length, old + length
    return copies


def corrections_of(gap, value, copies):
    """New offset -> difference. Runs are counted in copied bytes, whatever lies between copies."""
    places = [new + i for new, _, length in copies for i in range(length)]
    differences, at = {}, 0
    while at < len(places):
        at += gap.next(len(places) - at)
        if at == len(places):
            break
        length = gap.next(len(places) - at - 1) + 1
        for place, byte in zip(places[at:at + length], value.take(length)):
            differences[place] = byte
        at += length
    return differences


def member(streams, old, length, walks=None):
    """One content; the walk that predicted it, if any, is added to walks."""
    control, gap, value, extra = streams
    method = control.next(ELF)
    elf, headers_end = None, 0
    if method == ELF:
        elf = elffile.Elf(old)
        headers_end = control.next(min(length, HEADERS_MAX))
    copies = copies_of(control, len(old), length)
    offsets = predict.Map((start, start + size, new - start) for new, start, size in copies)
    starts = None
    if elf and elf.type == elffile.RELOCATABLE:
        starts = [0] + [offsets.find(section.offset) + zigzag(control.next(elffile.MASK))
                        for section in elf.sections[1:]]
    differences = corrections_of(gap, value, copies)
    out, end = bytearray(length), 0
    for new, _, size in copies + [(length, 0, 0)]:
        out[end:new] = extra.take(new - end)
        end = new + size
    for new, start, size in copies:
        out[new:new + size] = bytes(
            old[start + i] + differences.get(new + i, 0) & 255 for i in range(size))
    if elf:
        walk = predict.Walk(elf, out, differences, offsets, headers_end, starts)
        walk.run(copies)
        if walks is not None:
            walks.append(walk)
    return bytes(out)


def group(stored, olds, sizes):
    """The contents of a group: one for each base (empty for none) and size."""
    streams = streams_of(stored, sum(sizes), len(sizes))
    contents = [member(streams, old, size) for old, size in zip(olds, sizes)]
    for stream in streams:
        malformed(stream.at != len(stream.data), "something is left over in a stream")
    return contents
