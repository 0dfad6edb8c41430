# SPDX-License-Identifier: GPL-2.0-or-later
"""Package prefixes, file lists, payload skeletons and rewritten signature headers, by the rules of
specs/format and of rpm's manual; shares no code with the library."""
import hashlib
import re
import stat
import struct

HEADER_MAGIC = bytes.fromhex("8eade80100000000")
CONFIG, DOC, GHOST = 1, 2, 64
BUILD_ID_MAX = 64
ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224",
              12: "sha3_256"}
KEPT = {267, 268, 269, 270, 271, 273, 274, 275, 276, 277, 278, 279, 1000, 1007}
DROPPED = {1001, 1002, 1003, 1004, 1005, 1006}
RESERVED = {999, 1008}
CARRIED = {1002: 259, 1004: 261, 1005: 262}


class Refused(Exception):
    """verdict: one of the words of tests/golden/facts.c."""

    def __init__(self, verdict, reason):
        super().__init__(reason)
        self.verdict = verdict


def malformed(condition, reason):
    if condition:
        raise Refused("malformed", reason)


class Header:
    """One rpm header: its bytes, and tag -> (type, count, offset, decoded values)."""

    def __init__(self, data, at, entries_max):
        malformed(len(data) < at + 16 or data[at:at + 8] != HEADER_MAGIC, "no header")
        count, length = struct.unpack(">II", data[at + 8:at + 16])
        if count > entries_max or length > 64 << 20:
            raise Refused("over limit", "header")
        self.start, self.end = at, at + 16 + 16 * count + length
        malformed(self.end > len(data), "header is cut short")
        self.data_start = at + 16 + 16 * count
        self.bytes = data[at:self.end]
        self.tags = {}
        for i in range(count):
            tag, kind, offset, number = struct.unpack(
                ">IIiI", data[at + 16 + 16 * i:at + 32 + 16 * i])
            self.tags[tag] = (kind, number, offset)
        self.store = data[self.data_start:self.end]
        self.order = [struct.unpack(">I", data[at + 16 + 16 * i:at + 20 + 16 * i])[0]
                      for i in range(count)]

    def raw(self, tag):
        """The bytes of a tag's data."""
        kind, count, offset = self.tags[tag]
        if kind in (6, 8, 9):
            end = offset
            for _ in range(count):
                end = self.store.index(b"\0", end) + 1
            return self.store[offset:end]
        return self.store[offset:offset + count * {2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind]]

    def get(self, tag, default=None):
        if tag not in self.tags:
            return default
        kind, count, _ = self.tags[tag]
        if kind in (6, 8, 9):
            texts = [text.decode() for text in self.raw(tag).split(b"\0")[:-1]]
            return texts[0] if kind == 6 else texts
        if kind == 7:
            return self.raw(tag)
        return list(struct.unpack(f">{count}{ {3: 'H', 4: 'I', 5: 'Q'}[kind] }", self.raw(tag)))


class File:
    pass


class Package:
    """A prefix with its parts and its file list."""

    def __init__(self, prefix):
        malformed(prefix[:4] != bytes.fromhex("edabeedb"), "no package")
        self.prefix = bytes(prefix)
        self.signature = Header(self.prefix, 96, 32)
        at = (self.signature.end + 7) // 8 * 8
        malformed(any(self.prefix[self.signature.end:at]), "padding")
        self.header = Header(self.prefix, at, 65535)
        malformed(self.header.end != len(self.prefix), "bytes follow the prefix")
        self.id = hashlib.sha256(self.header.bytes).digest()
        self.algorithm = self.header.get(5011, [1])[0]
        self.files = self._files()
        self.by_path = {file.path: file.number for file in self.files}

    def _files(self):
        get = self.header.get
        names = get(1117, [])
        folders = get(1118, [])
        self.stripped = 5008 in self.header.tags
        sizes = get(5008) if self.stripped else get(1028, [])
        columns = {"mode": 1030, "mtime": 1034, "flags": 1037, "inode": 1096, "device": 1095,
                   "rdev": 1033, "link": 1036, "digest": 1035}
        files = []
        for i, name in enumerate(names):
            file = File()
            file.number, file.path, file.size = i, folders[get(1116)[i]] + name, sizes[i]
            for key, tag in columns.items():
                setattr(file, key, get(tag)[i])
            file.plain = stat.S_ISREG(file.mode) and not file.flags & GHOST
            file.links = [i]
            files.append(file)
        rings = {}
        for file in files:
            if file.plain and file.inode:
                rings.setdefault((file.device, file.inode), []).append(file.number)
        for ring in rings.values():
            for number in ring:
                files[number].links = ring
        for file in files:
            file.has_content = file.plain and file.size > 0 and file.number == file.links[-1]
        return files

    def digest_at(self, number):
        """Where in the prefix a file's hex digest stands."""
        at = self.header.data_start + self.header.tags[1035][2]
        for file in self.files[:number]:
            at += len(file.digest) + 1
        return at

    def build_id(self, number):
        """What a link tells of a file; empty for none."""
        for file in self.files:
            told = re.match("/usr/lib/[.]build-id/([0-9a-f]{2})/(?:.*/)?((?:[0-9a-f]{2})+)$", file.path)
            if told and stat.S_ISLNK(file.mode) and file.link == "../../../.." + self.files[number].path and \
                    len(told[2]) < 2 * BUILD_ID_MAX:
                return bytes.fromhex(told[1] + told[2])
        return b""

    def skeleton(self):
        """(skeleton bytes, [(skeleton length before the content, file)])."""
        out, pieces, taken, length = bytearray(), [], 0, 0

        def put(data):
            nonlocal length
            out.extend(data)
            length += len(data)

        def pad():
            put(bytes(-length % 4))

        def newc(name, ino=0, mode=0, links=1, mtime=0, size=0, rdev=0):
            fields = (ino, mode, 0, 0, links, mtime, size, 0, 0, rdev >> 8 & 255, rdev & 255,
                      len(name) + 1, 0)
            put(b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0")
            pad()

        def member(file):
            nonlocal taken, length
            link = stat.S_ISLNK(file.mode)
            shown = file.size if link or (file.plain and file.number == file.links[-1]) else 0
            if self.stripped:
                put(b"07070X%08x" % file.number)
                pad()
            else:
                newc(("." if file.path.startswith("/") else "") + file.path, file.inode, file.mode,
                     len(file.links), file.mtime, shown, file.rdev)
            if link:
                put(file.link.encode())
            elif file.has_content:
                pieces.append((len(out) - taken, file.number))
                taken = len(out)
                length += file.size
            pad()

        for file in self.files:
            if not file.flags & GHOST and len(file.links) == 1:
                member(file)
        for file in self.files:
            if len(file.links) > 1 and file.links[0] == file.number:
                for number in file.links:
                    member(self.files[number])
        newc("TRAILER!!!")
        return bytes(out), pieces

    def rewritten(self, sha256, sha512):
        """The prefix of the assembled package."""
        tags = self.signature.tags
        for tag in tags:
            if tag != 62 and tag not in KEPT | DROPPED | RESERVED:
                raise Refused("unsupported", f"tag {tag}")
        order = self.signature.order
        malformed(order != sorted(set(order)), "order")
        for tag in tags:
            content = self.signature.raw(tag)
            malformed(not content or len(content) < tags[tag][1], "data")
            malformed(tag in CARRIED and tags[tag][0] != 7, "not binary")
            malformed(tag == 1004 and len(content) != 16, "MD5")
        if {1002, 1005, 1006} & set(tags) and not {267, 268, 278} & set(tags):
            raise Refused("unsupported", "no signature over the header alone")
        entries = sorted((CARRIED[tag], self.signature.raw(tag)) for tag in tags if tag in CARRIED)
        entries += [(5118, b"\x08" + sha256), (5118, b"\x0a" + sha512)]
        carrier = b"WHTCARR\x01" + struct.pack(">I", len(entries))
        carrier += b"".join(struct.pack(">II", tag, len(data)) + data for tag, data in entries)
        place = next((tag for tag in (999, 1008) if tag in tags), 999 if 279 in tags else 1008)
        if place in tags:
            carrier = carrier.ljust(len(self.signature.raw(place)), b"\0")
        items = {tag: (tags[tag][0], tags[tag][1], self.signature.raw(tag))
                 for tag in tags if tag in KEPT}
        items[place] = (7, len(carrier), carrier)
        index, data = b"", b""
        for tag, (kind, count, content) in sorted(items.items()):
            data += bytes(-len(data) % {3: 2, 4: 4, 5: 8}.get(kind, 1))
            index += struct.pack(">IIII", tag, kind, len(data), count)
            data += content
        index = struct.pack(">IIII", 62, 7, len(data), 16) + index
        data += struct.pack(">IIiI", 62, 7, -len(index), 16)
        signature = HEADER_MAGIC + struct.pack(">II", len(index) // 16, len(data)) + index + data
        return (self.prefix[:96] + signature + bytes(-len(signature) % 8) + self.header.bytes)
