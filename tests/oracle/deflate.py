# SPDX-License-Identifier: GPL-2.0-or-later
"""Deflate streams by a model of their encoders (specs/format/deflate.md), slowly and plainly."""
from coding import Numbers
from deflate_blocks import Codes, Counter, Records, type_of, write_block
from deflate_match import MATCH_MAX, Matcher
from deflate_stream import DYNAMIC, OWN, STORED, BitWriter, parse
from rpmfile import malformed


def inflate(packed):
    """What the stream holds, and how long it is."""
    _, plain, stream = parse(packed)
    return plain, len(stream)


# ---- coder 1 ----------------------------------------------------------------------------------

class Departures:
    def __init__(self, numbers):
        self.numbers = numbers
        self.read()

    def read(self):
        done = self.numbers.at == len(self.numbers.data)
        self.until = None if done else self.numbers.next()

    def next(self, matcher):
        predicted = token = matcher.predict()
        if self.until is not None and self.until > 0:
            self.until -= 1
        elif self.until is not None:
            token = self.departure(matcher, predicted)
            self.read()
        matcher.take(token)
        return token

    def departure(self, matcher, predicted):
        code = self.numbers.next(2 * MATCH_MAX)
        if code == 0:
            token = matcher.literal()
        elif code & 1:
            malformed(predicted[0] == 1, "a departure at no distance")
            token = (code + 5) // 2, predicted[1]
        else:
            token = (code + 4) // 2, self.numbers.next(32767) + 1
            malformed(predicted[0] > 1 and predicted[1] == token[1], "a departure spelled at length")
        malformed(token == predicted, "a departure that is none")
        length, distance = token
        if length > 1:
            data, at = matcher.data, matcher.at
            malformed(length > MATCH_MAX or distance > at or length > len(data) - at, "a departure out of range")
            malformed(any(data[at + i] != data[at + i - distance] for i in range(length)), "a departure to other bytes")
        return token


def pass_stored(matcher, end):
    while matcher.at < end:
        token = matcher.predict()
        matcher.take(token if token[0] <= end - matcher.at else matcher.literal())


def pack(plain, parameters):
    numbers = Numbers(parameters)
    matcher = Matcher(numbers.next(0xffffffff), plain)
    counter = Counter(numbers.next(0xffffffff), matcher.style == "lazy")
    is_usual = numbers.at == len(parameters)
    records = None if is_usual else Records(numbers)
    departures, writer, final = Departures(numbers), BitWriter(), False
    while not final:
        record = records.next() if records else None
        start, tokens, end = matcher.at, [], None
        if record and record[0] == STORED:
            malformed(record[2] > len(plain) - start, "a block holds more than there is")
            pass_stored(matcher, start + record[2])
        elif record and record[2] is not None:
            for _ in range(record[2]):
                malformed(matcher.at == len(plain), "a block holds more than there is")
                tokens.append(departures.next(matcher))
        else:
            counter.begin()
            end = True if matcher.at == len(plain) else None
            while end is None:
                tokens.append(departures.next(matcher))
                end = counter.add(tokens[-1], matcher.at == len(plain))
        final = record[1] if record else end
        data = plain[start:matcher.at]
        kind = record[0] if record else type_of(tokens, len(data))
        write_block(writer, kind, final, tokens, data, record and record[3])
    malformed(matcher.at != len(plain) or departures.until is not None or (records and records.left),
              "the stream ends before what it should hold")
    return writer.bytes()


# ---- coder 2 ----------------------------------------------------------------------------------

def is_as_modelled(block, content_left, counter):
    """Does the model end the block as it ends, and where would it end at all?"""
    counter.begin()
    if not block.tokens:
        return content_left == 0
    end = None
    for i, token in enumerate(block.tokens):
        content_left -= token[0]
        end = counter.add(token, content_left == 0)
        if end is not None and i + 1 < len(block.tokens):
            return False
    return end is not None


def model_of(blocks, length):
    best, most = None, -1
    for model in (8, 9, 10, 7, 6, 5, 4, 3, 2, 1):
        counter, left, known = Counter(model, True), length, 0
        for block in blocks:
            if block.kind != STORED:
                known += is_as_modelled(block, left, counter)
            left -= sum(token[0] for token in block.tokens)
        if known > most:
            best, most = model, known
    return best


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def record_of(block, left, counter):
    """The record of a block, or None for one that is as the model has it."""
    size = sum(token[0] for token in block.tokens)
    if block.kind == STORED:
        return bytes([4 * block.final | 8]) + varint(size)
    ends = is_as_modelled(block, left, counter)
    counter.begin()
    final = not block.tokens
    for token in block.tokens:
        left -= token[0]
        final = counter.add(token, left == 0) is True
    kind = block.kind
    if kind == DYNAMIC and Codes(block.tokens).header != block.header:
        kind = OWN
    if ends and final == block.final and kind == type_of(block.tokens, size):
        return None
    record = bytes([kind | 4 * block.final | 8 * (not ends)])
    if not ends:
        record += varint(len(block.tokens))
    if kind == OWN:
        writer = BitWriter()
        writer.bits_out = list(block.header)
        record += varint(len(block.header)) + writer.bytes()
    return record


def tokens_unpack(packed):
    """How coder 2 spells the stream at the start, and how long it is."""
    blocks, plain, stream = parse(packed)
    out, literals = bytearray(), bytearray()
    for token in (token for block in blocks for token in block.tokens):
        if token[0] == 1:
            literals.append(token[1])
            continue
        out += varint(len(literals)) + literals + bytes([token[0] - 3]) + (token[1] - 1).to_bytes(2, "little")
        literals.clear()
    if literals:
        out += varint(len(literals)) + literals
    model = model_of(blocks, len(plain))
    counter, left, until, records = Counter(model, True), len(plain), 0, []
    for block in blocks:
        record = record_of(block, left, counter)
        left -= sum(token[0] for token in block.tokens)
        if record is None:
            until += 1
        else:
            records.append(varint(until) + record)
            until = 0
    part = varint(model) + varint(len(records)) + b"".join(records)
    return bytes(out) + part + len(part).to_bytes(4, "little"), len(stream)


def read_tokens(data):
    numbers, tokens = Numbers(data), []
    while numbers.at < len(data):
        count = numbers.next(len(data))
        tokens += [(1, byte) for byte in numbers.bytes(count)]
        if numbers.at == len(data):
            malformed(count == 0, "a sequence of nothing")
            break
        match = numbers.bytes(3)
        tokens.append((match[0] + 3, int.from_bytes(match[1:], "little") + 1))
        malformed(tokens[-1][1] > 32768, "a distance is too large")
    return tokens


def tokens_pack(plain, parameters):
    malformed(parameters or len(plain) < 4, "symbols with parameters, or none")
    length = int.from_bytes(plain[-4:], "little")
    malformed(length > len(plain) - 4, "symbols are cut short")
    tokens, numbers = read_tokens(plain[:len(plain) - 4 - length]), Numbers(plain[len(plain) - 4 - length:-4])
    counter, writer, final, at = Counter(numbers.next(0xffffffff), True), BitWriter(), False, 0
    records = Records(numbers)
    while not final:
        record = records.next()
        start, end = at, None
        if record and record[2] is not None:
            at += record[2]
            malformed(at > len(tokens), "a block holds more than there is")
        else:
            counter.begin()
            end = True if at == len(tokens) else None
            while end is None:
                at += 1
                end = counter.add(tokens[at - 1], at == len(tokens))
        final, mine = record[1] if record else end, tokens[start:at]
        stored = record and record[0] == STORED
        malformed(stored and any(token[0] > 1 for token in mine), "a stored block with a match")
        kind = record[0] if record else type_of(mine, sum(token[0] for token in mine))
        malformed(kind == STORED and not record, "a stored block without a record")
        data = bytes(token[1] for token in mine) if stored else b""
        write_block(writer, kind, final, mine, data, record and record[3])
    malformed(at != len(tokens) or records.left or numbers.at != len(numbers.data), "symbols are left over")
    return writer.bytes()
