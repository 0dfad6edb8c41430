# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams of RFC 1951: bits, codes, and how one comes apart (specs/format/deflate.md)."""
from rpmfile import malformed

STORED, FIXED, DYNAMIC, OWN = 0, 1, 2, 3
LENGTH_EXTRA = [0] * 8 + [k // 4 for k in range(4, 24)] + [0]
DISTANCE_EXTRA = [0, 0] + [k // 2 for k in range(28)]
CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
END = 256


def bases(start, extra):
    values = []
    for bits in extra:
        values.append(start)
        start += 1 << bits
    return values


LENGTH_BASE = bases(3, LENGTH_EXTRA[:28]) + [258]
DISTANCE_BASE = bases(1, DISTANCE_EXTRA)
FIXED_LENGTHS = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, [5] * 30


def symbol_of(value, starts):
    return max(i for i, start in enumerate(starts) if start <= value)


def coded(token):
    """A symbol of RFC 1951 for the length or literal, and what follows it: (kind, symbol, extra bits, extra)."""
    length, value = token
    if length == 1:
        return [(0, value, 0, 0)]
    one, two = symbol_of(length, LENGTH_BASE), symbol_of(value, DISTANCE_BASE)
    return [(0, 257 + one, LENGTH_EXTRA[one], length - LENGTH_BASE[one]),
            (1, two, DISTANCE_EXTRA[two], value - DISTANCE_BASE[two])]


class BitReader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def bits(self, count):
        malformed(self.at + count > 8 * len(self.data), "a deflate stream is cut short")
        value = 0
        for i in range(count):
            value |= (self.data[(self.at + i) >> 3] >> ((self.at + i) & 7) & 1) << i
        self.at += count
        return value


class BitWriter:
    def __init__(self):
        self.bits_out = []

    def bits(self, value, count):
        self.bits_out.extend(value >> i & 1 for i in range(count))

    def align(self):
        self.bits_out.extend([0] * (-len(self.bits_out) % 8))

    def code(self, code):
        value, count = code
        self.bits_out.extend(value >> i & 1 for i in reversed(range(count)))

    def bytes(self):
        self.align()
        return bytes(sum(bit << i for i, bit in enumerate(self.bits_out[at:at + 8]))
                     for at in range(0, len(self.bits_out), 8))


def codes_of(lengths):
    """RFC 1951, 3.2.2: symbol -> (code, length)."""
    codes, code = {}, 0
    for length in range(1, 16):
        code <<= 1
        for symbol, own in enumerate(lengths):
            if own == length:
                codes[symbol] = code, length
                code += 1
    return codes


class Decoder:
    def __init__(self, lengths, may_be_poor=False):
        used = sum(1 << (15 - length) for length in lengths if length)
        poor = [length for length in lengths if length] in ([], [1])
        malformed(used != 1 << 15 and not (may_be_poor and poor), "a code of a deflate stream")
        self.symbols = {(code, length): symbol for symbol, (code, length) in codes_of(lengths).items()}

    def next(self, reader):
        code = 0
        for length in range(1, 16):
            code = code << 1 | reader.bits(1)
            if (code, length) in self.symbols:
                return self.symbols[code, length]
        malformed(True, "no such code in a deflate stream")


def read_lengths(reader):
    literals, distances, count = reader.bits(5) + 257, reader.bits(5) + 1, reader.bits(4) + 4
    malformed(literals > 286 or distances > 30, "a deflate block has too many codes")
    sizes = [0] * 19
    for place in CODE_ORDER[:count]:
        sizes[place] = reader.bits(3)
    decoder, lengths = Decoder(sizes), []
    while len(lengths) < literals + distances:
        symbol = decoder.next(reader)
        if symbol < 16:
            lengths.append(symbol)
            continue
        malformed(symbol == 16 and not lengths, "nothing to repeat in a deflate block")
        value, bits, least = ((lengths or [0])[-1], 2, 3) if symbol == 16 else (0, 3, 3) if symbol == 17 else (0, 7, 11)
        lengths += [value] * (reader.bits(bits) + least)
    malformed(len(lengths) > literals + distances, "a deflate block repeats too much")
    malformed(lengths[END] == 0, "a deflate block has no end")
    return lengths[:literals], lengths[literals:]


class Block:
    """type, final, tokens (literals for stored bytes), and how its codes stand in the stream."""

    def __init__(self, kind, final):
        self.kind, self.final, self.tokens, self.header = kind, final, [], []


def parse(packed):
    """The stream at the start: blocks, what they hold, the stream's bytes."""
    reader, blocks, plain = BitReader(packed), [], bytearray()
    while not blocks or not blocks[-1].final:
        block = Block(None, bool(reader.bits(1)))
        block.kind = reader.bits(2)
        malformed(block.kind == 3, "a deflate block of type 3")
        blocks.append(block)
        if block.kind == STORED:
            malformed(reader.bits(-reader.at % 8) != 0, "padding that is not zero")
            length, check = reader.bits(16), reader.bits(16)
            malformed(length ^ check != 0xffff, "a stored block's length")
            data = bytes(reader.bits(8) for _ in range(length))
            plain += data
            block.tokens = [(1, byte) for byte in data]
            continue
        start = reader.at
        lengths = read_lengths(reader) if block.kind == DYNAMIC else FIXED_LENGTHS
        block.header = [packed[i >> 3] >> (i & 7) & 1 for i in range(start, reader.at)]
        fixed = block.kind == FIXED
        literals = Decoder(lengths[0])
        distances = Decoder(list(lengths[1]) + [5] * 2 * fixed, not fixed)
        while (symbol := literals.next(reader)) != END:
            if symbol < 256:
                block.tokens.append((1, symbol))
                plain.append(symbol)
                continue
            malformed(symbol > 285, "no such length in a deflate stream")
            extra = reader.bits(LENGTH_EXTRA[symbol - 257])
            malformed(symbol == 284 and extra == 31, "a length of 258 in its other spelling")
            length = LENGTH_BASE[symbol - 257] + extra
            place = distances.next(reader)
            malformed(place > 29, "no such distance in a deflate stream")
            distance = DISTANCE_BASE[place] + reader.bits(DISTANCE_EXTRA[place])
            malformed(distance > len(plain), "a distance before a stream's start")
            block.tokens.append((length, distance))
            for _ in range(length):
                plain.append(plain[-distance])
    malformed(reader.bits(-reader.at % 8) != 0, "padding that is not zero")
    return blocks, bytes(plain), packed[:reader.at // 8]
