# SPDX-License-Identifier: GPL-2.0-or-later
"""ELF files as prediction sees them: segments, sections, regions. Little-endian, both classes.
Whatever lies outside of the file is left out."""
import struct

from rpmfile import malformed

MASK = (1 << 64) - 1
RELOCATABLE, EXECUTABLE = 1, 2
X86_64, I386 = 62, 3
NOBITS, RELA = 8, 4
WRITE, ALLOC, EXECUTE = 1, 2, 4
IMAGE_MAX = 1 << 32
SEGMENTS_MAX = 16

TYPED = {2: "symbols", 11: "symbols", 4: "relocations", 9: "relocations", 6: "dynamic",
         14: "pointers", 15: "pointers", 16: "pointers", 19: "pointers", 0x6ffffff6: "hash",
         0x6ffffffe: "needs", 0x6ffffffd: "definitions"}
NAMED = {".eh_frame": "frames", ".eh_frame_hdr": "frame index", ".gopclntab": "go table",
         ".typelink": "go links", ".itablink": "pointers", ".rodata": "constants"}


class Record:
    def __init__(self, **fields):
        self.__dict__.update(fields)


def word(data, at, width):
    return int.from_bytes(data[at:at + width], "little")


def inside(offset, length, whole):
    return offset + length <= whole


def layout(data):
    """(wide, header, segment, section lengths), or None for what is no such file."""
    if len(data) < 64 or data[:4] != b"\x7fELF" or data[5] != 1:
        return None
    return {1: (False, 52, 32, 40), 2: (True, 64, 56, 64)}.get(data[4])


def segments_of(start, whole):
    """Loaded segments, as far as the first bytes of a file of that length have their headers."""
    form = layout(start)
    if form is None:
        return []
    wide, _, record, _ = form
    offset = word(start, 32, 8) if wide else word(start, 28, 4)
    count = word(start, 56 if wide else 44, 2)
    found = []
    if not inside(offset, count * record, len(start)):
        return []
    names = ["kind", "offset", "address", "physical", "length", "memory"]
    if wide:
        names.insert(1, "flags")
    for at in range(offset, offset + count * record, record):
        segment = Record(**dict(zip(names, struct.unpack_from(
            "<IIQQQQQ" if wide else "<IIIIII", start, at))))
        if segment.kind != 1 or not inside(segment.offset, segment.length, whole) or \
                not segment.length <= segment.memory < IMAGE_MAX or \
                segment.address >= MASK - IMAGE_MAX:
            continue
        if any(segment.offset < other.offset + other.length and
               other.offset < segment.offset + segment.length for other in found):
            continue
        if len(found) < SEGMENTS_MAX:
            found.append(segment)
    return found


def address_in(segments, offset):
    """Where a byte of the file is in memory: by the last segment that starts at or before it."""
    best = None
    for segment in segments:
        if segment.offset <= offset and (best is None or segment.offset >= best.offset):
            best = segment
    return offset if best is None else best.address + offset - best.offset & MASK


class Elf:
    def __init__(self, data):
        form = layout(data)
        malformed(form is None, "no ELF file")
        self.data = data
        self.wide, header, segment, section = form
        self.width = 8 if self.wide else 4
        self.type, self.machine = word(data, 16, 2), word(data, 18, 2)
        self.headers_end, self.segments = header, []
        if self.type == RELOCATABLE:
            self.segments = [Record(offset=0, length=len(data), address=0, memory=len(data))]
        else:
            offset = word(data, 24 + self.width, self.width)
            end = offset + word(data, 56 if self.wide else 44, 2) * segment
            if offset == header and end <= len(data):
                self.headers_end = end
                self.segments = segments_of(data, len(data))
        malformed(not self.segments, "no image")
        self.low = min(segment.address for segment in self.segments)
        self.high = max(segment.address + segment.memory for segment in self.segments)
        malformed(self.high - self.low >= IMAGE_MAX, "the image is too large")
        self.read_sections(section)
        self.find_regions(header, section)

    def read_sections(self, record):
        data = self.data
        self.sections_at = word(data, 24 + 2 * self.width, self.width)
        count, names = struct.unpack_from("<HH", data, 60 if self.wide else 48)
        if not inside(self.sections_at, count * record, len(data)):
            count = 0
        fields = ("name", "type", "flags", "address", "offset", "length", "link", "info", "align",
                  "entry")
        self.sections = [Record(**dict(zip(fields, struct.unpack_from(
            "<IIQQQQIIQQ" if self.wide else "<IIIIIIIIII", data, self.sections_at + i * record))))
            for i in range(count)]
        for section in self.sections:
            if section.type != NOBITS and not inside(section.offset, section.length, len(data)):
                section.length = 0
        texts = self.content(names)
        texts = texts[:texts.rfind(b"\0") + 1]
        for section in self.sections:
            name = section.name
            section.text = texts[name:texts.index(b"\0", name)].decode("latin-1") \
                if name < len(texts) else ""

    def content(self, number):
        if number >= len(self.sections) or self.sections[number].type == NOBITS:
            return b""
        section = self.sections[number]
        return self.data[section.offset:section.offset + section.length]

    def number(self, name):
        """Of the first section of that name, 0 for none."""
        return next((i for i, section in enumerate(self.sections)
                     if i > 0 and section.text == name), 0)

    def kind(self, section):
        if section.type in TYPED:
            return TYPED[section.type]
        if section.type == NOBITS:
            return None
        if section.text == ".BTF":
            return "btf"
        if not section.flags & ALLOC:
            return None
        if section.text == ".plt" and self.machine in (X86_64, I386):
            return "stubs"
        if section.text in NAMED:
            return NAMED[section.text]
        if section.flags & EXECUTE:
            return "code"
        return "pointers" if section.flags & WRITE else None

    def find_regions(self, header, record):
        found = [("header", 0, 0, header), ("segments", 0, header, self.headers_end - header),
                 ("sections", 0, self.sections_at, len(self.sections) * record)]
        found += [(self.kind(section), i, section.offset, section.length)
                  for i, section in enumerate(self.sections) if i > 0 and self.kind(section)]
        self.regions, end = [], 0
        for kind, number, offset, length in sorted(found, key=lambda row: (row[2], row[1])):
            if length == 0 or not inside(offset, length, len(self.data)) or offset < end:
                continue
            address = offset
            if self.type != RELOCATABLE:
                address = self.sections[number].address if number else \
                    address_in(self.segments, offset)
            self.regions.append(Record(kind=kind, section=number, offset=offset, length=length,
                                       end=offset + length, address=address))
            end = offset + length

    def in_image(self, address):
        return self.low <= address < self.high

    def offset_of(self, address):
        """The byte of the file that is at an address, or None."""
        for segment in self.segments:
            if segment.address <= address < segment.address + segment.length:
                return segment.offset + address - segment.address
        return None
