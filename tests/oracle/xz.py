# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams of .xz by liblzma's raw encoder (specs/format/xz.md); the container is put together here."""
import lzma
import struct
import zlib

from coding import Numbers
from rpmfile import Refused, malformed

LZMA2 = 0x21
CHECKS = {0: 0, 1: 4, 4: 8, 10: 32}
EXTREME, SMALL, SIZES = 16, 32, 64
ALONE, FOR_EACH_BYTE = 1 << 20, 512


def unpack(packed):
    """What the stream at the start holds, and how long it is."""
    malformed(len(packed) < 13 or packed[12] == 0, "no .xz stream with a block")
    decoder = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=65 << 20)
    try:
        plain = decoder.decompress(packed)
    except lzma.LZMAError as error:
        malformed(True, str(error))
    malformed(not decoder.eof, "an .xz stream is cut short")
    return plain, len(packed) - len(decoder.unused_data)


def number(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def with_crc(data):
    return data + struct.pack("<I", zlib.crc32(data))


def check_of(kind, data):
    whole = lzma.compress(data, format=lzma.FORMAT_XZ, check=kind)
    size = CHECKS[kind]
    backward = (struct.unpack("<I", whole[-8:-4])[0] + 1) * 4
    end = len(whole) - 12 - backward
    return whole[end - size:end]


def dictionary_of(spelling):
    return 0xffffffff if spelling == 40 else (2 | spelling & 1) << spelling // 2 + 11


class Settings:
    def __init__(self, parameters):
        malformed(len(parameters) < 6, "parameters of an .xz stream")
        search, self.spelling, properties, kinds, self.header = parameters[:5]
        numbers = Numbers(parameters)
        numbers.at = 5
        self.block = numbers.next(1 << 62)
        malformed(numbers.at != len(parameters) or search & 128 or search & 15 > 9, "search of an .xz stream")
        malformed(self.spelling > 40 or self.header < 2, "header of an .xz stream")
        self.lc, self.lp, self.pb = properties % 9, properties // 9 % 5, properties // 45
        malformed(self.pb > 4 or self.lc + self.lp > 4, "properties of an .xz stream")
        self.check, self.filter = kinds & 15, kinds >> 4
        malformed(self.check not in CHECKS or (self.filter and not 4 <= self.filter <= 11), "kinds of an .xz stream")
        malformed(0 < self.block < 65536, "blocks of an .xz stream")
        self.preset = (search & 15) | (lzma.PRESET_EXTREME if search & EXTREME else 0)
        self.small, self.sizes = bool(search & SMALL), bool(search & SIZES)


def block_of(settings, plain, dictionary):
    """One block, its unpadded size."""
    lzma2 = {"id": lzma.FILTER_LZMA2, "preset": settings.preset, "dict_size": dictionary,
             "lc": settings.lc, "lp": settings.lp, "pb": settings.pb}
    chain = [{"id": settings.filter}] * bool(settings.filter) + [lzma2]
    data = lzma.compress(plain, format=lzma.FORMAT_RAW, filters=chain)
    header = bytes([settings.header, len(chain) - 1 | 0xc0 * settings.sizes])
    if settings.sizes:
        header += number(len(data)) + number(len(plain))
    if settings.filter:
        header += bytes([settings.filter, 0])
    header += bytes([LZMA2, 1, settings.spelling])
    room = settings.header * 4
    malformed(len(header) > room, "a block's header is too short")
    header = with_crc(header.ljust(room, b"\0"))
    check = check_of(settings.check, plain)
    return header + data + bytes(-len(data) % 4) + check, len(header) + len(data) + len(check)


def pack(plain, parameters):
    settings = Settings(parameters)
    size = settings.block or len(plain)
    blocks = [plain[at:at + size] for at in range(0, len(plain), size or 1)] or [b""]
    told = used = dictionary_of(settings.spelling)
    if settings.small:
        used = min(told, max(4096, len(blocks[0])))
    if used > ALONE and used // FOR_EACH_BYTE > len(plain):
        raise Refused("over limit", "an .xz stream's dictionary")
    flags = bytes([0, settings.check])
    out, records = b"\xfd7zXZ\0" + with_crc(flags), b""
    for block in blocks:
        made, unpadded = block_of(settings, block, used)
        out += made
        records += number(unpadded) + number(len(block))
    index = b"\0" + number(len(blocks)) + records
    index = with_crc(index + bytes(-len(index) % 4))
    footer = struct.pack("<I", len(index) // 4 - 1) + flags
    return out + index + struct.pack("<I", zlib.crc32(footer)) + footer + b"YZ"
