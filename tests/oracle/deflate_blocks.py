# SPDX-License-Identifier: GPL-2.0-or-later
"""Blocks of deflate streams as encoders make them: their codes and types, where they end, and records of those that
depart (specs/format/deflate.md, Blocks)."""
from deflate_stream import (CODE_ORDER, DISTANCE_BASE, DISTANCE_EXTRA, DYNAMIC, END, FIXED, FIXED_LENGTHS, OWN, STORED,
                            BitReader, BitWriter, Decoder, coded, codes_of, read_lengths, symbol_of)
from rpmfile import Refused, malformed


class Node:
    def __init__(self, weight, height, symbol=None):
        self.weight, self.height, self.symbol = weight, height, symbol
        self.parent, self.depth = None, 0

    def first_before(self, other):
        return (self.weight, self.height) <= (other.weight, other.height)


def sink(heap, place):
    node = heap[place]
    while 2 * place < len(heap):
        child = 2 * place
        if child + 1 < len(heap) and heap[child + 1].first_before(heap[child]):
            child += 1
        if node.first_before(heap[child]):
            break
        heap[place], place = heap[child], child
    heap[place] = node


def build(weights, limit):
    """Lengths of the code for these weights."""
    nodes = [Node(weight, 0, symbol) for symbol, weight in enumerate(weights) if weight]
    highest = nodes[-1].symbol if nodes else -1
    while len(nodes) < 2:
        symbol = 0
        if highest < 2:
            symbol = highest = highest + 1
        nodes.append(Node(1, 0, symbol))
    heap, taken = [None] + nodes, []
    for place in range(len(nodes) // 2, 0, -1):
        sink(heap, place)
    while len(heap) > 2:
        one = heap[1]
        last = heap.pop()
        if len(heap) > 1:
            heap[1] = last
            sink(heap, 1)
        two = heap[1]
        taken += [one, two]
        joined = Node(one.weight + two.weight, max(one.height, two.height) + 1)
        one.parent = two.parent = joined
        heap[1] = joined
        sink(heap, 1)
    counts, excess = [0] * (limit + 1), 0
    for node in reversed(taken):
        node.depth = node.parent.depth + 1
        if node.depth > limit:
            node.depth = limit
            excess += 1
        if node.symbol is not None:
            counts[node.depth] += 1
    lengths = [0] * max(len(weights), 2)
    if excess == 0:
        for node in taken:
            if node.symbol is not None:
                lengths[node.symbol] = node.depth
        return lengths
    while excess > 0:
        depth = limit - 1
        while counts[depth] == 0:
            depth -= 1
        counts[depth] -= 1
        counts[depth + 1] += 2
        counts[limit] -= 1
        excess -= 2
    order = [depth for depth in range(limit, 0, -1) for _ in range(counts[depth])]
    for depth, node in zip(order, [node for node in taken if node.symbol is not None]):
        lengths[node.symbol] = depth
    return lengths


def runs(lengths):
    """One row of code lengths as (symbol, extra bits, extra)."""
    out, at = [], 0
    while at < len(lengths):
        value = lengths[at]
        end = at
        while end < len(lengths) and lengths[end] == value:
            end += 1
        left, at = end - at, end
        if value:
            out.append((value, 0, 0))
            left -= 1
            while left >= 6:
                out.append((16, 2, 3))
                left -= 6
            if left >= 3:
                out.append((16, 2, left - 3))
                left = 0
        else:
            while left >= 138:
                out.append((18, 7, 127))
                left -= 138
            if left >= 3:
                out.append((17, 3, left - 3) if left <= 10 else (18, 7, left - 11))
                left = 0
        out += [(value, 0, 0)] * left
    return out


def trimmed(lengths, least):
    last = max((i for i, length in enumerate(lengths) if length), default=-1)
    return lengths[:max(last + 1, least)]


class Codes:
    """The model's codes of a block, and how they stand in the stream."""

    def __init__(self, tokens):
        weights = [0] * 286, [0] * 30
        weights[0][END] = 1
        for token in tokens:
            for kind, symbol, _, _ in coded(token):
                weights[kind][symbol] += 1
        self.lengths = trimmed(build(weights[0], 15), 257), trimmed(build(weights[1], 15), 1)
        spelled = runs(self.lengths[0]) + runs(self.lengths[1])
        used = [0] * 19
        for symbol, _, _ in spelled:
            used[symbol] += 1
        sizes = build(used, 7)
        count = max(4, max(i for i, place in enumerate(CODE_ORDER) if sizes[place]) + 1)
        writer = BitWriter()
        writer.bits(len(self.lengths[0]) - 257, 5)
        writer.bits(len(self.lengths[1]) - 1, 5)
        writer.bits(count - 4, 4)
        for place in CODE_ORDER[:count]:
            writer.bits(sizes[place], 3)
        codes = codes_of(sizes)
        for symbol, bits, extra in spelled:
            writer.code(codes[symbol])
            writer.bits(extra, bits)
        self.header = writer.bits_out


def body_bits(tokens, lengths):
    return lengths[0][END] + sum(lengths[kind][symbol] + bits
                                 for token in tokens for kind, symbol, bits, _ in coded(token))


def type_of(tokens, length):
    """Which type the model gives a block of so many bytes."""
    codes = Codes(tokens)
    dynamic = (3 + len(codes.header) + body_bits(tokens, codes.lengths) + 7) // 8
    fixed = (3 + body_bits(tokens, FIXED_LENGTHS) + 7) // 8
    if length <= 65535 and length + 4 <= min(dynamic, fixed):
        return STORED
    return FIXED if fixed <= dynamic else DYNAMIC


def write_block(writer, kind, final, tokens, data, header):
    """header: the bits of its own codes, or None for the model's."""
    writer.bits(final, 1)
    writer.bits(min(kind, DYNAMIC), 2)
    if kind == STORED:
        malformed(len(data) > 65535, "a stored block is too long")
        writer.align()
        writer.bits(len(data), 16)
        writer.bits(len(data) ^ 0xffff, 16)
        for byte in data:
            writer.bits(byte, 8)
        return
    if kind == FIXED:
        lengths = FIXED_LENGTHS
    elif kind == DYNAMIC:
        codes = Codes(tokens)
        lengths, header = codes.lengths, codes.header
    else:
        lengths = own_lengths(header)
    if kind >= DYNAMIC:
        writer.bits_out.extend(header)
    codes = codes_of(lengths[0]), codes_of(lengths[1])
    for token in tokens:
        for which, symbol, bits, extra in coded(token):
            malformed(symbol not in codes[which], "a symbol without a code")
            writer.code(codes[which][symbol])
            writer.bits(extra, bits)
    writer.code(codes[0][END])


def own_lengths(header):
    writer = BitWriter()
    writer.bits_out = list(header)
    reader = BitReader(writer.bytes())
    lengths = read_lengths(reader)
    malformed(reader.at != len(header), "codes of a block's own have other bits")
    Decoder(lengths[0])
    Decoder(lengths[1], True)
    return lengths


# ---- where blocks end -------------------------------------------------------------------------

class Counter:
    """Where a model ends a block."""

    def __init__(self, model, lazy):
        if not 1 <= model <= 10:
            raise Refused("unsupported", "no such model of blocks")
        self.model, self.lazy = model, lazy
        self.begin()

    def begin(self):
        self.count = self.matches = self.bits = self.content = self.before = 0

    def add(self, token, at_end):
        """None: the block goes on; False: it ends; True: it is the final one."""
        length, value = token
        self.before = self.content
        self.content += length
        self.count += 1
        self.bits += 8
        if length > 1:
            self.matches += 1
            self.bits += 5 + DISTANCE_EXTRA[symbol_of(value, DISTANCE_BASE)]
        last_literal = at_end and length == 1 and self.lazy
        if not last_literal and self.is_full():
            return False
        return True if at_end else None

    def is_full(self):
        if self.model < 10:
            return self.count == (1 << self.model + 6) - 1
        if self.count == 32767:
            return True
        return self.count % 4096 == 0 and self.matches < self.count // 2 and \
            self.bits // 8 < (self.before + self.lazy) // 2


def read_record(numbers):
    """Type, final, end (None where the model says), and the bits of codes of its own."""
    form, = numbers.bytes(1)
    malformed(form >> 4, "a block record's form")
    kind, end, header = form & 3, None, None
    malformed(kind == STORED and not form & 8, "a stored block without its length")
    if form & 8:
        end = numbers.next(65535 if kind == STORED else 1 << 63)
    if kind == OWN:
        count = numbers.next(1 << 16)
        data = numbers.bytes((count + 7) // 8)
        malformed(count % 8 and data[-1] >> count % 8, "bits follow a block's own codes")
        header = [data[i >> 3] >> (i & 7) & 1 for i in range(count)]
    return kind, bool(form & 4), end, header


class Records:
    """What is recorded of blocks; departures of symbols stand behind all of it."""

    def __init__(self, numbers):
        self.rows = [(numbers.next(), read_record(numbers)) for _ in range(numbers.next(len(numbers.data)))]
        self.passed = 0

    @property
    def left(self):
        return len(self.rows)

    def next(self):
        """What is recorded of the next block, or None."""
        if self.rows and self.rows[0][0] == self.passed:
            self.passed = 0
            return self.rows.pop(0)[1]
        self.passed += 1
        return None
