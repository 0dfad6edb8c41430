# SPDX-License-Identifier: GPL-2.0-or-later
"""MiniDebugInfo, after the section of that name in specs/format/patch.md: an outer ELF file and the inner one that it
holds, which is told from the outer one."""
import bisect
import struct

import elffile
import patch
import predict
from elffile import ALLOC, MASK, NOBITS, Record, word
from rpmfile import malformed

PATCHED, TOLD = 0, 1
SYMTAB, DYNSYM, NOTE = 2, 11, 7
SECTIONS_MAX, NAME_MAX, SHARED_MAX, NOTE_MAX = 256, 64, 4, 65536
SECTION = ("name", "type", "flags", "address", "offset", "length", "link", "info", "align", "entry")
SEGMENT = {True: ("kind", "flags", "offset", "address", "physical", "length", "memory", "align"),
           False: ("kind", "offset", "address", "physical", "length", "memory", "flags", "align")}
HEADER = ("type", "machine", "version", "entry", "segments", "sections", "flags", "length", "segment_length",
          "segment_count", "section_length", "section_count", "names")
FORM = {True: ("<HHIQQQIHHHHHH", "<IIQQQQQQ", "<IIQQQQIIQQ", "<IBBHQQ", 64, 56, 64),
        False: ("<HHIIIIIHHHHHH", "<IIIIIIII", "<IIIIIIIIII", "<IIIBBH", 52, 32, 40)}


class Tables(elffile.Elf):
    """A file of which only headers and sections are looked at."""

    def __init__(self, data):
        form = elffile.layout(data)
        malformed(form is None, "no ELF file")
        self.data = data
        self.wide, header, segment, section = form
        self.width = 8 if self.wide else 4
        self.headers_end = header
        offset = word(data, 24 + self.width, self.width)
        end = offset + word(data, 56 if self.wide else 44, 2) * segment
        if word(data, 16, 2) != elffile.RELOCATABLE and offset == header and end <= len(data):
            self.headers_end = end
        self.read_sections(section)


def raw_section(elf, number):
    form = FORM[elf.wide]
    at = word(elf.data, 24 + 2 * elf.width, elf.width) + number * form[6]
    return Record(**dict(zip(SECTION, struct.unpack_from(form[2], elf.data, at))))


def raw_segments(elf):
    form = FORM[elf.wide]
    return [Record(**dict(zip(SEGMENT[elf.wide], struct.unpack_from(form[1], elf.data, at))))
            for at in range(form[4], elf.headers_end, form[5])]


def raw_header(elf):
    return Record(**dict(zip(HEADER, struct.unpack_from(FORM[elf.wide][0], elf.data, 16))))


def put(out, form, at, record, names):
    size = struct.calcsize(form)
    if len(out) < at + size:
        out.extend(bytes(at + size - len(out)))
    limits = [{"B": 1, "H": 2, "I": 4, "Q": 8}[letter] for letter in form[1:]]
    struct.pack_into(form, out, at, *(record.__dict__[name] & (1 << 8 * width) - 1
                                      for name, width in zip(names, limits)))


def follow(record, before, after):
    for name, value in record.__dict__.items():
        if value == before.__dict__[name]:
            record.__dict__[name] = after.__dict__[name]


def first_of(elf, name):
    return next((i for i in range(1, len(elf.sections))
                 if elf.sections[i].text[:NAME_MAX] == name[:NAME_MAX]), 0)


class Symbols:
    def __init__(self, elf, kind):
        self.table = next((i for i in range(1, len(elf.sections)) if elf.sections[i].type == kind), 0)
        self.strings = elf.sections[self.table].link if self.table else 0
        data = elf.content(self.table) if self.table else b""
        names = elf.content(self.strings)
        names = names[:names.rfind(b"\0") + 1]
        form = FORM[elf.wide][3]
        order = ("string", "info", "other", "section", "value", "size") if elf.wide else \
            ("string", "value", "size", "info", "other", "section")
        self.list = []
        for at in range(0, len(data) - struct.calcsize(form) + 1, struct.calcsize(form)):
            symbol = Record(**dict(zip(order, struct.unpack_from(form, data, at))))
            start = symbol.string
            symbol.name = names[start:names.index(b"\0", start)] if 0 < start < len(names) else b""
            self.list.append(symbol)
        malformed(sum(len(s.name) for s in self.list) > SHARED_MAX * len(names), "names share too much")


def exports_of(elf):
    found = {}
    for symbol in Symbols(elf, DYNSYM).list:
        if symbol.section and symbol.name:
            found.setdefault(symbol.name, symbol)
    return found


def functions_of(elf):
    """{start: length}"""
    found, number = {}, elf.number(".eh_frame")
    data = elf.content(number)
    for at, kind in predict.frame_fields(elf):
        if kind == "start":
            start = elf.sections[number].address + at + predict.signed(word(data, at, 4)) & MASK
            length = word(data, at + 4, 4)
            found[start] = min(length, found.get(start, length))
    return found


def pairs_of(old, fresh, walk):
    """{old start: new start}"""
    olds, news = sorted(old), sorted(fresh)
    numbers = {start: i for i, start in enumerate(news)}
    at = [numbers.get(walk.guess(start)) for start in olds]
    known = [i for i, number in enumerate(at) if number is not None]
    for low, high in zip(known, known[1:]):
        if at[low] < at[high] and at[high] - at[low] == high - low:
            for i in range(low + 1, high):
                at[i] = at[low] + i - low
    return {start: news[number] for start, number in zip(olds, at) if number is not None}


def names_table(names):
    whole = sorted(set(names) - {b""}, key=lambda name: name[::-1])
    hosts = {}
    for i, name in enumerate(whole):
        longer = [other for other in whole[i + 1:i + 2] if other.endswith(name)]
        hosts[name] = longer[0] if longer else name
    table, places = bytearray(1), {b"": 0}
    for name in names:
        if name and hosts[name] == name and name not in places:
            places[name] = len(table)
            table += name + b"\0"
    for name in reversed(whole):
        host = hosts[name]
        places[name] = places[host] + len(host) - len(name)
    return bytes(table), [places[name] for name in names]


class Inner:
    """What is known of the inner file: old files, the new outer one, and the walk that made it."""

    def __init__(self, old_inner, walk, outer, ids):
        self.inner, self.old, self.outer, self.walk, self.ids = \
            Tables(old_inner), walk.elf, elffile.Elf(outer), walk, ids
        malformed(len({self.inner.wide, self.old.wide, self.outer.wide}) > 1, "classes")
        self.symbols = Symbols(self.inner, SYMTAB)
        self.old_exports, self.exports = exports_of(self.old), exports_of(self.outer)
        self.old_functions, self.functions = functions_of(self.old), functions_of(self.outer)
        self.pairs = pairs_of(self.old_functions, self.functions, walk)
        malformed(not self.symbols.table or
                  max(len(elf.sections) for elf in (self.inner, self.old, self.outer)) > SECTIONS_MAX, "sections")
        self.plan()

    # ---- sections

    def plan(self):
        self.told, self.moved = [raw_section(self.inner, 0)], {}
        self.told[0].__dict__.update(text="", old=0, outer=0)
        for number, section in enumerate(self.outer.sections):
            if number == 0 or not section.flags & ALLOC:
                continue
            old, old_outer = first_of(self.inner, section.text), first_of(self.old, section.text)
            if old_outer and not old:
                continue
            told = raw_section(self.outer, number)
            if old_outer:
                told = raw_section(self.inner, old)
                follow(told, raw_section(self.old, old_outer), raw_section(self.outer, number))
            elif told.type != NOTE:
                told.type = NOBITS
            self.add(told, section.text, old, number)
            if told.type != NOBITS:
                told.content = self.content(told, old_outer)
                told.length = len(told.content)
        others = len(self.told)
        for number, section in enumerate(self.inner.sections):
            if number and not section.flags & ALLOC:
                self.add(raw_section(self.inner, number), section.text, number, 0)
                self.told[-1].content = self.inner.content(number)
        for told in self.told[others:]:
            if told.link < len(self.inner.sections):
                told.link = self.moved.get(told.link, 0)
        self.table, self.strings, self.names = (
            self.moved.get(number, 0)
            for number in (self.symbols.table, self.symbols.strings, raw_header(self.inner).names))
        malformed(not (self.table and self.strings and self.names) or self.strings == self.names, "tables")

    def add(self, told, text, old, outer):
        told.__dict__.update(text=text, old=old, outer=outer)
        if old:
            self.moved[old] = len(self.told)
        self.told.append(told)

    def content(self, told, old_outer):
        old = self.inner.content(told.old) if told.old else None
        if old is not None:
            before = self.old.content(old_outer) if old_outer else None
            if before is None or len(old) > NOTE_MAX or add_id(before, self.ids[0]) != old:
                return old
        return add_id(self.outer.content(told.outer), self.ids[1])

    # ---- symbols

    def tell(self, names, olds, renamed, differences):
        """The true symbols, with columns corrected; then the told file."""
        self.names_list, width = names, 8 if self.inner.wide else 4
        table, places = names_table(names)
        symbols = [Record(name=name) for name in names]
        at = 0

        def column(field, size, guess):
            nonlocal at
            for i, symbol in enumerate(symbols):
                value = guess(i) & (1 << 8 * size) - 1
                true = bytes(byte + differences.get(at + k, 0) & 255
                             for k, byte in enumerate(value.to_bytes(size, "little")))
                symbol.__dict__[field] = int.from_bytes(true, "little")
                at += size
                if field == "value":
                    self.taken.add(symbol.value)

        old = [self.symbols.list[number] if number is not None else None for number in olds]
        self.taken = {export.value for export in self.exports.values()}
        self.taken |= {self.old_value(symbol) for symbol in old if symbol and has_section(symbol)}
        starts = sorted(self.functions)
        column("value", width, lambda i: self.old_value(old[i]) if old[i] else self.new_value(symbols, i, starts))
        column("size", width, lambda i: self.old_size(old[i], symbols[i].value) if old[i] else
               self.new_size(symbols[i]))
        column("section", 2, lambda i: self.section(old[i], symbols[i].value))
        for field, first in (("info", 2), ("other", 0)):
            column(field, 1, lambda i: old[i].__dict__[field] if old[i] and not renamed[i] else
                   symbols[i - 1].__dict__[field] if i else first)
        column("string", 4, lambda i: places[i])
        return self.compose(symbols, table)

    def old_value(self, old):
        if not has_section(old):
            return old.value
        before, after = self.old_exports.get(old.name), self.exports.get(old.name)
        if before and after and before.value == old.value:
            return after.value
        if old.value in self.pairs:
            return self.pairs[old.value]
        return self.walk.guess(old.value) if self.old.in_image(old.value) else old.value

    def new_value(self, symbols, i, starts):
        if symbols[i].name in self.exports:
            return self.exports[symbols[i].name].value
        before = symbols[i - 1].value if i else 0
        for start in starts[bisect.bisect_left(starts, before):]:
            if start not in self.taken:
                return start
        return before

    def old_size(self, old, value):
        if not has_section(old) or old.size == 0:
            return old.size
        if self.old_functions.get(old.value) == old.size and value in self.functions:
            return self.functions[value]
        if old.name in self.exports and self.exports[old.name].value == value:
            return self.exports[old.name].size
        last = old.value + old.size - 1
        if self.old.in_image(old.value) and self.old.in_image(last):
            return self.walk.addresses.find(last) + 1 - value
        return old.size

    def new_size(self, symbol):
        export = self.exports.get(symbol.name)
        if export and export.value == symbol.value:
            return export.size
        return self.functions.get(symbol.value, 0)

    def section(self, old, value):
        if old and not has_section(old):
            return old.section
        moved = self.moved.get(old.section, 0) if old else 0
        return moved or next((i for i, told in enumerate(self.told) if i and told.flags & ALLOC and
                              (value - told.address & MASK) < told.length), 0)

    # ---- the file

    def compose(self, symbols, strings):
        form, told = FORM[self.inner.wide], self.told
        order = ("string", "info", "other", "section", "value", "size") if self.inner.wide else \
            ("string", "value", "size", "info", "other", "section")
        table = bytearray()
        for symbol in symbols:
            put(table, form[3], len(table), symbol, order)
        told[self.table].content = bytes(table)
        told[self.table].info = next((i for i, symbol in enumerate(symbols) if symbol.info >= 16), len(symbols))
        told[self.strings].content = strings
        named = [t for t in told[1:] if not t.outer] + [t for t in told[1:] if t.outer]
        texts, places = names_table([t.text.encode("latin-1")[:NAME_MAX] for t in named])
        for section, place in zip(named, places):
            section.name = place
        told[self.names].content = texts
        for number in (self.table, self.strings, self.names):
            told[number].length = len(told[number].content)
        self.place()
        out = bytearray()
        for section in told[1:]:
            if section.type != NOBITS:
                end = section.offset + section.length
                out.extend(bytes(max(0, end - len(out))))
                out[section.offset:end] = section.content
        self.lay_segments(out)
        self.lay_header(out)
        return bytes(out)

    def place(self):
        self.page = next((s.align for s in raw_segments(self.inner) if s.kind == 1), 0)
        if not 1 << 12 <= self.page <= 1 << 21 or self.page & self.page - 1:
            self.page = 1 << 12
        self.end = self.last = self.outer.headers_end
        self.old_end = self.old_last = self.inner.headers_end
        for told in self.told[1:]:
            old = raw_section(self.inner, told.old) if told.old else None
            if told.type == NOBITS:
                told.offset = self.empty_place(told, old)
                self.last = told.offset
            else:
                if not old or not old.flags & ALLOC and old.offset == align(self.old_end, old.align):
                    told.offset = align(self.end, told.align)
                else:
                    told.offset = self.end + max(0, old.offset - self.old_end)
                self.last = self.end = told.offset + told.length
            if old:
                self.old_last = old.offset
                if old.type != NOBITS:
                    self.old_last = self.old_end = old.offset + old.length

    def empty_place(self, told, old):
        if not old or old.offset == self.old_last:
            return self.last
        if (old.offset ^ old.address) % self.page == 0:
            return old.offset - old.offset % self.page + told.address % self.page
        return old.offset

    def lay_segments(self, out):
        form = FORM[self.inner.wide]
        inner, old = raw_segments(self.inner), raw_segments(self.old)
        for i, segment in enumerate(raw_segments(self.outer)):
            if i < len(inner) and i < len(old):
                told = Record(**inner[i].__dict__)
                follow(told, old[i], segment)
                if inner[i].offset not in (0, old[i].offset) and \
                        (inner[i].offset ^ inner[i].address) % self.page == 0:
                    told.offset = inner[i].offset - inner[i].offset % self.page + told.address % self.page
                if inner[i].length not in (0, old[i].length):
                    self.end_segment(told, inner[i].offset + inner[i].length)
                segment = told
            put(out, form[1], form[4] + i * form[5], segment, SEGMENT[self.inner.wide])

    def end_segment(self, segment, end):
        for told in self.told[1:]:
            if told.old and told.type != NOBITS:
                old = raw_section(self.inner, told.old)
                if old.offset + old.length == end:
                    segment.length = told.offset + told.length - segment.offset
                    return

    def lay_header(self, out):
        form = FORM[self.inner.wide]
        header = raw_header(self.inner)
        start = self.end
        if header.sections == align(self.old_end, self.inner.width):
            start = align(self.end, self.inner.width)
        elif header.sections > self.old_end:
            start += header.sections - self.old_end
        follow(header, raw_header(self.old), raw_header(self.outer))
        header.sections, header.section_count, header.names = start, len(self.told), self.names
        out.extend(bytes(max(0, form[4] - len(out))))
        out[:16] = self.inner.data[:16]
        put(out, form[0], 16, header, HEADER)
        for i, told in enumerate(self.told):
            put(out, form[2], start + i * form[6], told, SECTION)


def has_section(symbol):
    return 0 < symbol.section < 0xff00


def align(value, alignment):
    if alignment < 2 or alignment & alignment - 1:
        return value
    return -(-value // alignment) * alignment


def add_id(content, build_id):
    length = len(build_id)
    if length == 0 or len(content) < 16 + length or content[:16] != struct.pack("<III", 4, length, 3) + b"GNU\0":
        return content
    added = bytes(a + b & 255 for a, b in zip(content[16:], build_id))
    return content[:16] + added + content[16 + length:]


def names_of(streams, inner):
    """[names], [numbers of old symbols], [renamed]"""
    control, _, _, extra = streams
    count = control.next()
    copies = patch.copies_of(control, len(inner.symbols.list), count)
    olds = [None] * count
    for new, old, length in copies:
        olds[new:new + length] = range(old, old + length)
    left = sorted(set(range(len(inner.symbols.list))) - set(olds))
    names, renamed, place, copied = [], [], 0, list(olds)
    for i in range(count):
        renamed.append(False)
        if copied[i] is not None:
            names.append(inner.symbols.list[copied[i]].name)
            continue
        code, stem = control.next(), b""
        if code:
            place += patch.zigzag(code - 1)
            malformed(not 0 <= place < len(left), "none of those that are left")
            olds[i], renamed[i] = left[place], True
            stem = inner.symbols.list[left[place]].name.split(b".")[0]
            place += 1
        end = extra.data.index(b"\0", extra.at)
        names.append(stem + extra.take(end - extra.at))
        extra.take(1)
    return names, olds, renamed


def member(streams, old_inner, old_outer, ids, inner_length, outer_length):
    """(inner, outer); ids: old and new build-id, or empty"""
    walks = []
    outer = patch.member(streams, old_outer, outer_length, walks)
    if streams[0].next(TOLD) == PATCHED:
        return patch.member(streams, old_inner, inner_length), outer
    malformed(not walks, "an outer file without prediction")
    inner = Inner(old_inner, walks[0], outer, ids)
    names, olds, renamed = names_of(streams, inner)
    length = len(names) * (24 if inner.inner.wide else 16)
    differences = patch.corrections_of(streams[1], streams[2], [(0, 0, length)] if length else [])
    told = inner.tell(names, olds, renamed, differences)
    return patch.member(streams, told, inner_length), outer
