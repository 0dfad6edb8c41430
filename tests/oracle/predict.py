# SPDX-License-Identifier: GPL-2.0-or-later
"""The prediction of the method ELF: maps of what moved where, the table of what was learned, and
the walk over the references in copied regions. x86-64 only; other files are refused."""
import bisect

from elffile import (EXECUTABLE, MASK, NOBITS, RELA, RELOCATABLE, X86_64, address_in, segments_of,
                     word)
from rpmfile import Refused

GOLDEN = 0x9e3779b1
HERE4, FROM4 = 0x1b, 0x3b
STUB = 16
ADDRESS_TAGS = {3, 4, 5, 6, 7, 12, 13, 17, 23, 25, 26, 32, 36, 0x6ffffef5, 0x6ffffff0, 0x6ffffffc,
                0x6ffffffe}
STRING_TAGS = {1, 14, 15, 29}


def signed(value, bits=32):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


class Map:
    """Where old places are now. Of spans that overlap the longer one has the place, of equally
    long ones that which starts first; between spans the nearest decides, the one before on a tie.
    Spans: (from, to, shift)."""

    def __init__(self, spans):
        spans = sorted(spans, key=lambda span: (span[0] - span[1], span[0], span[2]))
        borders = sorted({border for span in spans for border in span[:2]})
        self.parts = []
        for start, end in zip(borders, borders[1:]):
            owner = next((span for span in spans if span[0] <= start and end <= span[1]), None)
            if owner:
                self.parts.append((start, end, owner[2]))
        self.starts = [part[0] for part in self.parts]

    def find(self, place):
        after = bisect.bisect_right(self.starts, place)
        before = self.parts[after - 1] if after else None
        behind = self.parts[after] if after < len(self.parts) else None
        if before and (not behind or place < before[1] or
                       place - before[1] <= behind[0] - place):
            return place + before[2] & MASK
        return place + behind[2] & MASK if behind else place

    def within(self, start, distance):
        """How far from the new start of something a place of it is."""
        return self.find(start + distance & MASK) - self.find(start) & MASK


def address_map(offsets, elf, fresh):
    spans = []
    for i, segment in enumerate(elf.segments):
        for start, end, shift in offsets.parts:
            start, end = max(start, segment.offset), min(end, segment.offset + segment.length)
            if start < end:
                old = segment.address + start - segment.offset
                new = address_in(fresh, start + shift & MASK)
                spans.append((old, old + end - start, signed(new - old, 64)))
        if i < len(fresh) and elf.type != RELOCATABLE and segment.memory > segment.length:
            end = segment.address + segment.memory
            new_end = fresh[i].address + fresh[i].memory
            spans.append((segment.address + segment.length, end, signed(new_end - end, 64)))
    return Map(spans)


class Stretch:
    """The part of a region that a copy brings along."""

    def __init__(self, walk, region, start, end, shift):
        self.region, self.start, self.end, self.shift = region, start, end, shift
        self.old_shift = region.address - region.offset
        self.new_shift = 0
        if walk.elf.type != RELOCATABLE:
            self.new_shift = address_in(walk.fresh, start + shift) - (start + shift)

    def records(self, length, first=0):
        """Where in the old file whole records begin; counted from the region's start."""
        base = self.region.offset + first
        skipped = max(0, -(-(self.start - base) // length))
        return range(base + skipped * length, self.end - length + 1, length)


class Walk:
    """out: has copies and corrections already; differences: those corrections by new offset."""

    def __init__(self, elf, out, differences, offsets, headers_end, starts):
        self.elf, self.old, self.out, self.differences = elf, elf.data, out, differences
        self.offsets, self.headers_end, self.starts = offsets, headers_end, starts
        self.addresses, self.fresh = None, []
        for name in (".BTF", ".gopclntab"):
            if elf.number(name):
                raise Refused("beyond the oracle", name)
        if elf.machine != X86_64 or not elf.wide:
            raise Refused("beyond the oracle", "machine")
        self.log = 12
        while self.log < 18 and len(out) >> 6 >= 1 << self.log:
            self.log += 1
        self.lessons = {}
        self.frames = list(frame_fields(elf))
        code = [region for region in elf.regions if region.kind == "code"]
        self.code = (min((region.address for region in code), default=0),
                     max((region.address + region.length for region in code), default=0))
        self.absolute = elf.type == EXECUTABLE and elf.low > 0

    def run(self, copies):
        for new, old, length in copies:
            shift, end = new - old, old + length
            if not self.addresses:
                headers = max(old, min(end, self.headers_end - shift))
                self.range(old, headers, shift, True)
                if new + length <= self.headers_end:
                    continue
                self.ready()
                old = headers
            self.range(old, end, shift, False)

    def ready(self):
        if self.elf.type == RELOCATABLE:
            self.fresh = self.elf.segments
        else:
            self.fresh = segments_of(bytes(self.out[:self.headers_end]), len(self.out))
        self.addresses = address_map(self.offsets, self.elf, self.fresh)

    def range(self, start, end, shift, headers):
        for region in self.elf.regions:
            if (region.kind in ("header", "segments")) != headers:
                continue
            low, high = max(start, region.offset), min(end, region.end)
            if low < high:
                walk = getattr(self, "walk_" + region.kind.replace(" ", "_"))
                walk(Stretch(self, region, low, high, shift))

    # ---- words

    def get(self, offset, width):
        return word(self.old, offset, width)

    def put(self, at, width, value):
        """Writes a prediction and gives what it becomes with its corrections."""
        for i, byte in enumerate((value & (1 << 8 * width) - 1).to_bytes(width, "little")):
            self.out[at + i] = byte + self.differences.get(at + i, 0) & 255
        return word(self.out, at, width)

    def place(self, target):
        place = (target - self.elf.low & 0xffffffff) + 1 & 0xffffffff
        return place, (place * GOLDEN & 0xffffffff) >> 32 - self.log

    def guess(self, target):
        place, slot = self.place(target)
        known, shift = self.lessons.get(slot, (0, 0))
        return target + shift & MASK if known == place else self.addresses.find(target)

    def learn(self, target, now):
        place, slot = self.place(target)
        shift = signed(now - target, 64)
        if place and shift == signed(shift):
            self.lessons[slot] = (place, shift)

    def refer(self, at, width, target, base=0):
        """A reference: the distance of a target from a new base, signed in four bytes."""
        guess = self.guess(target) - base & (1 << 8 * width) - 1
        now = self.put(at, width, guess)
        if now != guess:
            self.learn(target, base + (signed(now) if width == 4 else now) & MASK)
        return now

    # ---- headers

    def moved_range(self, offset, length):
        start = self.offsets.find(offset)
        if length == 0:
            return start, 0
        return start, self.offsets.find(offset + length - 1 & MASK) + 1 - start

    def walk_header(self, stretch):
        if stretch.start > 24 or stretch.end < 48:
            return
        entry = self.get(24, 8)
        offset = self.elf.offset_of(entry) if entry else None
        if offset is not None:
            self.put(24 + stretch.shift, 8, entry + self.offsets.find(offset) - offset)
        self.put(40 + stretch.shift, 8, self.offsets.find(self.get(40, 8)))

    def walk_segments(self, stretch):
        for old in stretch.records(56):
            at = old + stretch.shift
            offset, address, _, length, memory = (self.get(old + 8 * i, 8) for i in range(1, 6))
            start, new_length = self.moved_range(offset, length)
            start = self.put(at + 8, 8, start)
            address = self.put(at + 16, 8, address + start - offset)
            self.put(at + 24, 8, address)
            new_length = self.put(at + 32, 8, new_length)
            self.put(at + 40, 8, memory + new_length - length)

    def walk_sections(self, stretch):
        for old in stretch.records(64):
            at = old + stretch.shift
            in_file = self.get(old + 4, 4) != NOBITS
            address, offset, length = (self.get(old + 16 + 8 * i, 8) for i in range(3))
            start, new_length = self.moved_range(offset, length if in_file else 0)
            if address and self.elf.in_image(address):
                self.refer(at + 16, 8, address)
            if offset:
                self.put(at + 24, 8, start)
            if in_file and length:
                self.put(at + 32, 8, new_length)

    # ---- code

    def walk_code(self, stretch):
        self.code_in(stretch, stretch.start, stretch.end)

    def code_in(self, stretch, at, end):
        while at + 5 <= end:
            field, target = self.operand(at, end, stretch.old_shift)
            if field is None:
                at += 1
                continue
            new = field + stretch.shift
            self.refer(new, 4, target, new + stretch.new_shift + 4)
            at = field + 4

    def operand(self, at, end, old_shift):
        """The field of four bytes behind an opcode at that place, and its target."""
        byte, after = self.old[at], self.old[at + 1]
        relative = byte & 0xc7 == 0x05
        if byte & 0xfe == 0xe8 or relative:
            field = at + 1
        elif byte == 0x0f and after & 0xf0 == 0x80:
            field = at + 2
        else:
            return None, None
        if field + 4 > end:
            return None, None
        value = signed(self.get(field, 4))
        target = field + old_shift + 4 + value & MASK
        if relative and -128 <= value <= 127 or not self.elf.in_image(target):
            return None, None
        return field, target

    def walk_stubs(self, stretch):
        rows = self.elf.number(".rela.plt")
        for stub in stretch.records(STUB):
            code = self.old[stub:stub + STUB]
            field = None
            if code[0] == 0xff and code[6] == 0x68:
                field = stub + 7
            elif code[0] == 0xf3 and code[4] == 0x68:
                field = stub + 5
            if field is None:
                self.code_in(stretch, stub, stub + STUB)
                continue
            self.code_in(stretch, stub, field - 1)
            number = self.get(field, 4)
            if rows and 24 * number < self.elf.sections[rows].length:
                moved = self.offsets.within(self.elf.sections[rows].offset, 24 * number)
                self.put(field + stretch.shift, 4, moved // 24)
            self.code_in(stretch, field + 4, stub + STUB)

    # ---- data

    def walk_pointers(self, stretch):
        for old in stretch.records(8):
            target = self.get(old, 8)
            if target and self.elf.in_image(target):
                self.refer(old + stretch.shift, 8, target)

    def leads_to_code(self, at, base):
        target = base + signed(self.get(at, 4)) & MASK
        return target if self.code[0] <= target < self.code[1] else None

    def walk_constants(self, stretch):
        """Tables of displacements, at least two from the place of the first; and pointers in
        programs that are not at 0."""
        at, base = next(iter(stretch.records(4)), stretch.end), 0
        while at + 4 <= stretch.end:
            target = self.leads_to_code(at, base) if base else None
            if target is None:
                base = 0
                if self.absolute and (at + stretch.old_shift) % 8 == 0 and \
                        at + 8 <= stretch.end and self.elf.in_image(self.get(at, 8)):
                    self.refer(at + stretch.shift, 8, self.get(at, 8))
                    at += 8
                    continue
                here = at + stretch.old_shift & MASK
                target = self.leads_to_code(at, here)
                if target is not None and at + 8 <= stretch.end and \
                        self.leads_to_code(at + 4, here) is not None:
                    base = here
            if base:
                new_base = base - stretch.old_shift + stretch.shift + stretch.new_shift
                self.refer(at + stretch.shift, 4, target, new_base)
            at += 4

    def walk_frames(self, stretch):
        start = stretch.region.offset
        for offset, kind in self.frames:
            old = start + offset
            if old < stretch.start:
                continue
            if old + 4 > stretch.end:
                break
            at = old + stretch.shift
            value = self.get(old, 4)
            if kind == "cie":
                self.put(at, 4, at - self.offsets.find(old - value & MASK))
            elif kind == "length":
                self.frame_length(stretch, old, value)
            else:
                self.location(stretch, old)

    def location(self, stretch, old):
        """A reference that counts from itself."""
        target = old + stretch.old_shift + signed(self.get(old, 4)) & MASK
        at = old + stretch.shift
        if self.elf.in_image(target):
            self.refer(at, 4, target, at + stretch.new_shift)

    def frame_length(self, stretch, old, length):
        start = old - 4 + stretch.old_shift + signed(self.get(old - 4, 4)) & MASK
        last = start + length - 1 & MASK
        if length and self.elf.in_image(start) and self.elf.in_image(last):
            end = self.addresses.find(last) + 1
            self.put(old + stretch.shift, 4, end - self.guess(start))

    def walk_frame_index(self, stretch):
        region, rows = stretch.region, 12
        head = self.old[region.offset:region.offset + 4]
        if region.length < rows or head[1] != HERE4 or head[3] != FROM4:
            return
        pointer = region.offset + 4
        if stretch.start <= pointer and pointer + 4 <= stretch.end:
            self.location(stretch, pointer)
        new_base = self.addresses.find(region.address)
        for old in stretch.records(4, rows):
            target = region.address + signed(self.get(old, 4)) & MASK
            if self.elf.in_image(target):
                self.refer(old + stretch.shift, 4, target, new_base)

    # ---- tables of the linkers

    def section(self, number):
        """A section, or None for a number that is none."""
        return self.elf.sections[number] if number < len(self.elf.sections) else None

    def bases(self, number):
        """What values in a section count from: old and new."""
        if self.elf.type != RELOCATABLE or not self.section(number):
            return 0, 0
        return self.section(number).offset, self.starts[number]

    def moved_string(self, table, string):
        section = self.section(table)
        if section is None or string >= section.length:
            return string
        return self.offsets.within(section.offset, string)

    def moved_index(self, table, index):
        """Of a symbol."""
        if index >= table.length // 24:
            return index
        return self.offsets.within(table.offset, 24 * index) // 24

    def walk_symbols(self, stretch):
        strings = self.section(stretch.region.section).link
        for old in stretch.records(24):
            at = old + stretch.shift
            self.put(at, 4, self.moved_string(strings, self.get(old, 4)))
            number, value, size = self.get(old + 6, 2), self.get(old + 8, 8), self.get(old + 16, 8)
            base, new_base = self.bases(number)
            target = value + base & MASK
            if number == 0 or number >= 0xff00 or not self.elf.in_image(target):
                continue
            now = self.refer(at + 8, 8, target, new_base) + new_base
            last = target + size - 1 & MASK
            if size and self.elf.in_image(last):
                self.put(at + 16, 8, self.addresses.find(last) + 1 - now)

    def walk_relocations(self, stretch):
        table = self.section(stretch.region.section)
        symbols = self.section(table.link)
        base, new_base = self.bases(table.info)
        for old in stretch.records(24 if table.type == RELA else 16):
            at = old + stretch.shift
            target = self.get(old, 8) + base & MASK
            if self.elf.in_image(target):
                self.refer(at, 8, target, new_base)
            kind, symbol = self.get(old + 8, 4), self.get(old + 12, 4)
            if symbol and symbols:
                self.put(at + 8, 8, self.moved_index(symbols, symbol) << 32 | kind)
            if table.type == RELA:
                self.addend(at + 16, self.get(old + 16, 8), kind, table.link, symbol)

    def addend(self, at, addend, kind, table, symbol):
        if self.elf.type != RELOCATABLE:
            if kind in (8, 37) and self.elf.in_image(addend):
                self.refer(at, 8, addend)
            return
        symbols = self.elf.content(table)
        if symbol >= len(symbols) // 24 or symbols[24 * symbol + 4] & 15 != 3:
            return
        number = word(symbols, 24 * symbol + 6, 2)
        bias = 4 if kind in (2, 4) else 0
        section = self.section(number)
        if number == 0 or section is None or addend + bias & MASK >= section.length:
            return
        target = section.offset + addend + bias & MASK
        self.refer(at, 8, target, self.starts[number] + bias)

    def walk_dynamic(self, stretch):
        strings = self.section(stretch.region.section).link
        for old in stretch.records(16):
            tag, value, at = self.get(old, 8), self.get(old + 8, 8), old + stretch.shift + 8
            if tag in ADDRESS_TAGS and self.elf.in_image(value):
                self.refer(at, 8, value)
            elif tag in STRING_TAGS:
                self.put(at, 8, self.moved_string(strings, value))

    def walk_hash(self, stretch):
        region = stretch.region
        symbols = self.section(self.section(region.section).link)
        if region.length < 16 or symbols is None:
            return
        buckets, _, filters, _ = (self.get(region.offset + 4 * i, 4) for i in range(4))
        first, end = 16 + 8 * filters, 16 + 8 * filters + 4 * buckets
        if end > region.length:
            return
        for old in stretch.records(4, first):
            symbol = self.get(old, 4)
            if symbol and old + 4 <= region.offset + end:
                self.put(old + stretch.shift, 4, self.moved_index(symbols, symbol))

    def walk_needs(self, stretch):
        self.versions(stretch, record=16, name=4, first=8, following=12, part=16, part_name=8)

    def walk_definitions(self, stretch):
        self.versions(stretch, record=20, name=None, first=12, following=16, part=8, part_name=0)

    def versions(self, stretch, record, name, first, following, part, part_name):
        strings = self.section(stretch.region.section).link
        at, end = stretch.region.offset, stretch.region.end
        fields = []
        while at + record <= end:
            distance = self.get(at + following, 4)
            limit = at + distance if record <= distance <= end - at else end
            if name is not None:
                fields.append(at + name)
            place, step = at, self.get(at + first, 4)
            while part <= step and place + step + part <= limit:
                place += step
                fields.append(place + part_name)
                step = self.get(place + part - 4, 4)
            if limit == end:
                break
            at = limit
        for old in fields:
            if old >= stretch.start and old + 4 <= stretch.end:
                self.put(old + stretch.shift, 4, self.moved_string(strings, self.get(old, 4)))


# ---- unwind tables

def leb(data, at):
    while data[at] & 0x80:
        at += 1
    return at + 1


def augmentation(record):
    """(letters of a record of four bytes relative to the field: R, L; whether it has data)."""
    try:
        if record[8] != 1 or record[9] != ord("z"):
            return set()
        end = record.index(0, 9)
        at = leb(record, leb(record, end + 1)) + 1
        at = leb(record, at)
        found = set()
        for letter in record[10:end].decode("latin-1"):
            if letter in "RL":
                if record[at] == HERE4:
                    found.add(letter)
                else:
                    found.discard(letter)
                at += 1
            elif letter == "P":
                at += 1 + (4 if record[at] & 7 == 3 else 8)
                if at > len(record):
                    return set()
            elif letter not in "SB":
                break
        return found
    except (IndexError, ValueError):
        return set()


def frame_fields(elf):
    """(offset in .eh_frame, kind) of each field that is predicted, ascending."""
    number = elf.number(".eh_frame")
    data = elf.content(number) if number else b""
    if len(data) > 0xffffffff >> 2:
        return
    at = 0
    while at + 8 <= len(data):
        length = word(data, at, 4)
        end = at + 4 + length
        if length < 4 or end > len(data):
            break
        back = word(data, at + 4, 4)
        cie = at + 4 - back
        if back and cie >= 0 and cie + 8 <= len(data) and \
                cie + 4 + word(data, cie, 4) <= len(data):
            limit = min(cie + 4 + word(data, cie, 4), cie + 64)
            letters = augmentation(data[cie:limit])
            yield at + 4, "cie"
            if "R" in letters and end - at >= 16:
                yield at + 8, "start"
                yield at + 12, "length"
                if "L" in letters and end - at >= 21 and data[at + 16] == 4:
                    yield at + 17, "lsda"
        at = end
