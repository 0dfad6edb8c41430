# SPDX-License-Identifier: GPL-2.0-or-later
"""An independent reader of bundles, the index, and the backend's documents, after specs/format/bundle.md, index.md and protocol.md.
Standard library only, and the zstd command. facts(PATH) gives what tests/golden/facts.c prints."""
import hashlib
import pathlib
import re
import struct
import xml.etree.ElementTree as tree
import xml.parsers.expat as expat

import debugdata
import patch
from coding import Numbers, inflate
from packed import DEBUGDATA, Recipe
from rpmfile import ALGORITHMS, CONFIG, DOC, Package, Refused, malformed

MAGIC = b"\x89WHT\r\n\x1a\n"
HEAD = struct.Struct("<8sBBBBIIIIIIQQ32s32s32s64s32s")
STEP, SUPPLEMENT_CONFIG, SUPPLEMENT_DOC = 1, 2, 3
PREFIX_MAX, SKELETON_MAX, TABLE_MAX, BUNDLE_MAX = (130 << 20) + 96, 512 << 20, 64 << 20, 1 << 30


def sha256(data):
    return hashlib.sha256(data).digest()


class Bundle:
    def __init__(self, data):
        malformed(data[:8] != MAGIC, "magic")
        if len(data) > 8 and data[8] != 1:
            raise Refused("unsupported", "version")
        malformed(len(data) < HEAD.size, "head")
        (_, _, self.kind, self.mode, zero, prefix_stored, self.prefix_length, correction_stored,
         self.correction_length, table_stored, table_length, groups_stored, self.package_size,
         self.old_id, self.prefix_digest, self.package_sha256, self.package_sha512,
         digest) = HEAD.unpack(data[:HEAD.size])
        step = self.kind == STEP
        malformed(zero or self.kind not in (1, 2, 3) or self.mode > 2, "head")
        malformed(step != (prefix_stored > 0) or step != (self.prefix_length > 0), "prefix")
        malformed((self.mode > 0) != (correction_stored > 0) or (self.mode > 0 and not step) or
                  (self.correction_length > 0 and self.mode == 0), "correction")
        malformed(step != any(self.old_id), "older version")
        if self.prefix_length > PREFIX_MAX or self.correction_length > SKELETON_MAX or \
                table_length > TABLE_MAX or len(data) > BUNDLE_MAX:
            raise Refused("over limit", "a part")
        rest = data[HEAD.size:]
        if sha256(rest) != digest:
            raise Refused("mismatch", "digest")
        malformed(len(rest) != prefix_stored + correction_stored + table_stored + groups_stored,
                  "parts")
        parts = []
        for length in (prefix_stored, correction_stored, table_stored, groups_stored):
            parts.append(rest[:length])
            rest = rest[length:]
        self.stored_prefix, self.stored_correction, table, groups = parts
        self.read_table(inflate(table, length=table_length), groups)

    def read_table(self, table, stored):
        numbers = Numbers(table)
        self.groups, self.entries, self.twins = [], [], []
        for _ in range(numbers.next(len(table))):
            codec, count, length = numbers.next(), numbers.next(1 << 20), numbers.next(len(stored))
            malformed(count == 0 or length > len(stored), "group")
            self.groups.append((codec, count, stored[:length]))
            stored = stored[length:]
        malformed(stored, "groups")
        files, file = [], 0
        for _, count, _ in self.groups:
            for i in range(count):
                code = numbers.next()
                difference = code >> 1 ^ -(code & 1)
                file += difference
                malformed(file < 0 or (i and difference <= 0), "files")
                files.append(file)
        self.entries = [[file, numbers.next()] for file in files]
        file = 0
        for i in range(numbers.next(len(table))):
            difference, original = numbers.next(), numbers.next()
            malformed(i and difference == 0, "twins")
            file += difference
            self.twins.append([file, original])
        self.read_recipes(numbers)
        malformed(numbers.at != len(table), "bytes follow the table")

    def read_recipes(self, numbers):
        self.recipes, self.plain = {}, {}
        entry = 0
        for i in range(numbers.next(len(self.entries))):
            step = numbers.next(len(self.entries))
            malformed(i and step == 0, "recipes")
            entry += step
            malformed(entry >= len(self.entries), "recipes")
            self.recipes[entry] = Recipe(numbers)
        first = 0
        for group, (_, count, _) in enumerate(self.groups):
            if any(entry in self.recipes for entry in range(first, first + count)):
                self.plain[group] = numbers.next(1 << 31), numbers.next(1 << 31)
            first += count

    def resolve(self, old, new):
        made = set()
        for number, entry in enumerate(self.entries):
            file, code = entry
            malformed(file >= len(new.files) or not new.files[file].has_content, "entry")
            malformed(file in made, "twice")
            made.add(file)
            same = old.by_path.get(new.files[file].path)
            malformed(code != 1 and self.kind != STEP, "base in a supplement")
            malformed(code >= 2 and code - 2 == same, "base of the same path as a number")
            base = None if code == 1 else same if code == 0 else code - 2
            recipe = self.recipes.get(number)
            malformed(recipe and code == 1 and recipe.old, "a recipe without a base")
            if code != 1:
                malformed(base is None or base >= len(old.files), "base")
                malformed(not old.files[base].plain or old.files[base].size == 0, "base")
            entry[1] = base
        malformed(self.twins and self.kind != STEP, "twin in a supplement")
        for file, original in self.twins:
            malformed(file >= len(new.files) or not new.files[file].has_content, "twin")
            malformed(file in made or original not in made, "twin")
            malformed(new.files[file].size != new.files[original].size, "twin")


def old_package(folder, name):
    """The installed version, and the contents of its files."""
    package = Package((folder / f"{name}.prefix").read_bytes())
    payload = inflate((folder / f"{name}.payload.zst").read_bytes())
    _, pieces = package.skeleton()
    contents, at = {}, 0
    for length, number in pieces:
        at += length
        for link in package.files[number].links:
            contents[link] = payload[at:at + package.files[number].size]
        at += package.files[number].size
    return package, contents


def hexdigest(package, content):
    return hashlib.new(ALGORITHMS[package.algorithm], content).hexdigest()


class Member:
    """An entry of a group, and its base and content as they are coded."""

    def __init__(self, entry, recipe, old, old_contents, new, room):
        self.file, base = entry
        self.recipe, self.size = recipe, new.files[self.file].size
        self.base = b"" if base is None else old_contents[base]
        self.parts, self.ids = [self.size], (b"", b"")
        if recipe:
            self.ids = b"" if base is None else old.build_id(base), new.build_id(self.file)
            self.base, self.old_parts = recipe.unpack(self.base, self.ids[0], room[0])
            self.parts = recipe.lengths(self.old_parts, room[1])
        malformed(len(self.base) > room[0] or self.length > room[1], "a group announces less than its members")

    @property
    def length(self):
        return sum(self.parts)

    def patched(self, streams):
        """The content as it is coded, from patches."""
        if not self.recipe or self.recipe.packing != DEBUGDATA or not self.recipe.old:
            return patch.member(streams, self.base, self.length)
        inner = self.old_parts[0]
        return b"".join(debugdata.member(
            streams, self.base[:inner], self.base[inner:], self.ids, *self.parts))

    def content(self, coded):
        if not self.recipe:
            return coded
        return self.recipe.pack(coded, self.parts, self.size, self.ids[1])


def members_of(bundle, group, first, old, old_contents, new):
    entries = bundle.entries[first:first + bundle.groups[group][1]]
    sums = [sum(len(old_contents[base]) for _, base in entries if base is not None),
            sum(new.files[file].size for file, _ in entries)]
    room, members = list(bundle.plain.get(group, sums)), []
    for i, entry in enumerate(entries):
        members.append(Member(entry, bundle.recipes.get(first + i), old, old_contents, new, room))
        room[0] -= len(members[-1].base)
        room[1] -= members[-1].length
    malformed(any(room), "a group announces more than its members")
    return members


def decode(bundle, old, old_contents, new):
    """Contents that a bundle makes: file -> bytes, without groups whose bases are not there."""
    made, first = {}, 0
    for group, (codec, count, stored) in enumerate(bundle.groups):
        entries = bundle.entries[first:first + count]
        start, first = first, first + count
        if any(base is not None and base not in old_contents for _, base in entries):
            continue
        if codec not in (1, 2):
            raise Refused("unsupported", "codec")
        members = members_of(bundle, group, start, old, old_contents, new)
        total = sum(member.length for member in members)
        if codec == 1:
            whole, at = inflate(stored, b"".join(member.base for member in members), total), 0
            for member in members:
                made[member.file] = member.content(whole[at:at + member.length])
                at += member.length
            continue
        streams = patch.streams_of(stored, total, count)
        for member in members:
            made[member.file] = member.content(member.patched(streams))
        malformed(any(stream.at != len(stream.data) for stream in streams), "something is left over in a stream")
    return made


def skeleton_of(step, new):
    if step.mode != 2:
        skeleton, pieces = new.skeleton()
    if step.mode == 0:
        return skeleton, pieces
    correction = inflate(step.stored_correction, length=step.correction_length)
    if step.mode == 1:
        malformed(len(correction) != len(skeleton), "correction")
        return bytes(a ^ b for a, b in zip(skeleton, correction)), pieces
    numbers = Numbers(correction)
    pieces = [(numbers.next(), numbers.next()) for _ in range(numbers.next())]
    return correction[numbers.at:], pieces


def assemble(step, supplement, folder, older):
    old, contents = old_package(folder, older)
    if step.old_id != old.id:
        raise Refused("mismatch", "another version")
    prefix = bytearray(inflate(step.stored_prefix, old.header.bytes, step.prefix_length))
    new = Package(prefix)
    step.resolve(old, new)
    flag = {SUPPLEMENT_CONFIG: CONFIG, SUPPLEMENT_DOC: DOC}.get(supplement and supplement.kind, 0)
    kept = {n: data for n, data in contents.items() if not old.files[n].flags & flag}
    made = decode(step, old, kept, new)
    computed = {file for file, _ in step.entries + step.twins}
    if supplement:
        supplement.resolve(old, new)
        for file, content in decode(supplement, old, {}, new).items():
            made.setdefault(file, content)
    for twin, original in step.twins:
        made[twin] = made[original]
    for file in computed:
        text = hexdigest(new, made[file]).encode()
        for link in new.files[file].links:
            prefix[new.digest_at(link):new.digest_at(link) + len(text)] = text
    header = bytes(prefix[new.header.start:])
    for tag, name in ((269, "sha1"), (273, "sha256"), (279, "sha3_256")):
        if tag in new.signature.tags:
            text = hashlib.new(name, header).hexdigest().encode()
            at = new.signature.data_start + new.signature.tags[tag][2]
            if len(new.signature.raw(tag)) == len(text) + 1:
                prefix[at:at + len(text)] = text
    if sha256(prefix) != step.prefix_digest:
        raise Refused("mismatch", "prefix")
    new = Package(prefix)
    by_digest = {hexdigest(new, data): data for data in kept.values()}
    skeleton, pieces = skeleton_of(step, new)
    payload, at = b"", 0
    for length, file in pieces:
        content = made.get(file, by_digest.get(new.files[file].digest))
        if content is None:
            raise Refused("missing", "content")
        payload += skeleton[at:at + length] + content
        at += length
    payload += skeleton[at:]
    for tag, name in ((5097, "sha256"), (5122, "sha512"), (5124, "sha3_256")):
        for text in new.header.get(tag, []):
            if hashlib.new(name, payload).hexdigest() != text:
                raise Refused("mismatch", "payload")
    return new.rewritten(step.package_sha256, step.package_sha512) + payload


def bundle_facts(path):
    bundle = Bundle(path.read_bytes()) if "config" not in path.name and "doc" not in path.name \
        else None
    supplement = None
    if bundle is None:
        step = Bundle((path.parent / "step.wht").read_bytes())
        supplement = Bundle(path.read_bytes())
        malformed(supplement.kind == STEP, "kind")
        if supplement.prefix_digest != step.prefix_digest:
            raise Refused("mismatch", "another package")
    else:
        step = bundle
        malformed(step.kind != STEP, "kind")
    older = next((name + "-old" for name in ("packed", "patch") if name in path.name), "old")
    assembled = assemble(step, supplement, path.parent, older)
    shown = supplement or step
    return {
        "verdict": "ok", "kind": shown.kind, "correction": shown.mode,
        "package_size": shown.package_size,
        "groups": [[codec, count, len(stored)] for codec, count, stored in shown.groups],
        "entries": shown.entries, "twins": shown.twins,
        "assembled": hashlib.sha256(assembled).hexdigest(),
    }


def no_doctype(data):
    def refuse(*_):
        raise Refused("malformed", "document type")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Refused("malformed", str(error)) from error


def number(text, low, high):
    malformed(text is None or not re.fullmatch("0|[1-9][0-9]*", text), "number")
    malformed(not low <= int(text) <= high, "number")
    return int(text)


def digits(text, pattern):
    malformed(text is None or not re.fullmatch(pattern, text), "digits")
    return text.lower()


def document(data, name, stored, ceiling):
    """The root element of a document."""
    if len(data) > stored:
        raise Refused("over limit", "as it comes")
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = inflate(data)
    if len(data) > ceiling:
        raise Refused("over limit", "inflated")
    no_doctype(data)
    root = tree.fromstring(data)
    malformed(root.tag != name, "root")
    if number(root.get("version"), 0, 1 << 64) != 1:
        raise Refused("unsupported", "version")
    return root


def index_facts(data):
    root = document(data, "whittle", 256 << 20, 256 << 20)
    backend = root.get("backend", "http://absent/")
    base_url = r"https?://[^/](.*/)?"
    malformed(len(backend) > 1024 or not re.fullmatch(base_url, backend) or not backend.endswith("/"), "backend")
    malformed(re.search(r"[^!-~]|[\"'<>&\\^`{|}@?#]", backend) is not None, "backend")
    packages = []
    for package in root.findall("package"):
        row = [digits(package.get("pkgid"), "[0-9a-f]{32,128}")]
        for element in package:
            kind = {"bundle": 1, "config": 2, "doc": 3}.get(element.tag)
            if not kind:
                continue
            start = digits(element.get("from"), "[0-9a-fA-F]{16}") if kind == 1 else "0" * 16
            digest = digits(element.get("sha256"), "[0-9a-fA-F]{64}")
            size = number(element.get("size"), HEAD.size, BUNDLE_MAX)
            cpu_ms = number(element.get("cpu-ms", "1"), 1, (1 << 32) - 1) if kind == 1 else 0
            row.append([kind, start, size, digest, cpu_ms if "cpu-ms" in element.keys() else 0])
        prefix = package.get("prefix")
        malformed(prefix is None and len(row) == 1, "neither bundle nor prefix")
        if prefix is not None:
            digits(prefix, "[0-9a-fA-F]{64}")
        ways = [(start, cpu_ms > 0) for kind, start, _, _, cpu_ms in row[1:] if kind == 1]
        malformed(len(set(ways)) != len(ways), "one version left twice")
        packages.append(row)
    packages.sort()
    ids = [row[0] for row in packages]
    malformed(len(set(ids)) != len(ids), "twice")
    return {"verdict": "ok", "packages": packages}


def one(element, names):
    """The one child of these names."""
    found = [child for child in element if child.tag in names]
    malformed(len(found) != 1, "not one of " + " ".join(names))
    return found[0]


def path_of(element):
    """The bytes that a path stands for."""
    text = element.get("path")
    malformed(text is None or not text.isascii() or len(text) > 3 * 4095, "path")
    spelling = r"[^%]|%[0-9A-F]{2}"
    malformed(not re.fullmatch("(?:%s)*" % spelling, text), "path")
    data = b""
    for part in re.findall(spelling, text):
        byte = int(part[1:], 16) if part[0] == "%" else ord(part)
        plain = 0x20 <= byte < 0x7f and chr(byte) not in "%\"<>&"
        malformed(plain != (part[0] != "%") or byte == 0, "another spelling")
        data += bytes([byte])
    malformed(data[:1] != b"/" or len(data) > 4095, "path")
    return data


def ascending(items):
    malformed(any(a >= b for a, b in zip(items, items[1:])), "out of order")


def differs_of(text, left):
    """Numbers of files, no more than are left."""
    if text is None:
        return []
    numbers = []
    for part in text.split(" "):
        ends = [number(end, 0, (1 << 20) - 1) for end in part.split("-")]
        malformed(len(ends) > 2 or (len(ends) == 2 and ends[0] >= ends[1]), "range")
        malformed(numbers and ends[0] <= numbers[-1] + 1, "adjacent")
        if ends[-1] - ends[0] + 1 > left - len(numbers):
            raise Refused("over limit", "files")
        numbers += range(ends[0], ends[-1] + 1)
    return numbers


def packages_of(root):
    """Pairs of a pkgid and its element."""
    packages = [(digits(package.get("pkgid"), "[0-9a-f]{32,128}"), package) for package in root.findall("package")]
    malformed(len({pkgid for pkgid, _ in packages}) != len(packages), "twice")
    return packages


def upgrade_facts(data):
    rows, left = [], 65536
    root = document(data, "upgrade", 1 << 20, 8 << 20)
    malformed(root.get("reencode", "no") != "no", "reencode")
    for pkgid, package in packages_of(root):
        installed = one(package, ["installed"])
        header = digits(installed.get("header"), "[0-9a-fA-F]{64}")
        differs = differs_of(installed.get("differs"), left)
        files = [[path_of(file), number(file.get("size"), 0, (1 << 63) - 1), digits(file.get("sha256"), "[0-9a-fA-F]{64}")]
                 for file in installed.findall("file")]
        ascending([path for path, _, _ in files])
        malformed(differs and files, "both forms")
        left -= len(differs) + len(files)
        if left < 0:
            raise Refused("over limit", "files")
        rows.append([pkgid, header, bool(files), differs, [[path.hex(), *rest] for path, *rest in files]])
    return {"verdict": "ok", "reencode": "reencode" not in root.keys(), "packages": rows}


def answer_of(package):
    """What facts.c prints of an answer."""
    answer = one(package, ["bundle", "whole", "list"])
    if answer.tag == "list":
        return "list"
    if answer.tag == "whole":
        reason = answer.get("reason", "")
        malformed(not re.fullmatch("[ -~]{1,511}", reason), "reason")
        return reason.encode().hex()
    cpu_ms = number(answer.get("cpu-ms"), 1, (1 << 32) - 1) if "cpu-ms" in answer.keys() else 0
    counts = [number(answer.get(name), 0, 1 << 20) for name in ("kept", "patched", "fetched")]
    return [digits(answer.get("from"), "[0-9a-fA-F]{16}"), number(answer.get("size"), HEAD.size, BUNDLE_MAX),
            digits(answer.get("sha256"), "[0-9a-fA-F]{64}"), cpu_ms, *counts, number(answer.get("saved"), 0, (1 << 64) - 1)]


def operations_of(package):
    """Suggestion, advisories, operations."""
    found = package.findall("operations")
    malformed(len(found) > 1, "operations twice")
    if not found:
        return [0, [], []]
    suggestions = [None, "restart", "relogin", "reboot"]
    malformed(found[0].get("suggest") not in suggestions, "suggestion")
    advisories = found[0].get("advisories")
    advisories = [] if advisories is None else advisories.split(" ")
    malformed(not all(re.fullmatch("[!-~]{1,255}", name) for name in advisories), "advisories")
    kinds = ["remove", "keep", "replace"]
    operations = [(kinds.index(element.tag), path_of(element)) for element in found[0] if element.tag in kinds]
    ascending([path for _, path in operations])
    return [suggestions.index(found[0].get("suggest")), advisories, [[kind, path.hex()] for kind, path in operations]]


def instructions_facts(data):
    packages = packages_of(document(data, "instructions", 16 << 20, 16 << 20))
    return {"verdict": "ok", "packages": [[pkgid, answer_of(package), *operations_of(package)] for pkgid, package in packages]}


def prefix_facts(data):
    rewritten = Package(data).rewritten(b"\x11" * 32, b"\x22" * 64)
    return {"verdict": "ok", "length": len(rewritten),
            "rewritten": hashlib.sha256(rewritten).hexdigest()}


def facts(path):
    try:
        if path.suffix == ".prefix":
            return prefix_facts(path.read_bytes())
        if "upgrade" in path.name:
            return upgrade_facts(path.read_bytes())
        if "instructions" in path.name:
            return instructions_facts(path.read_bytes())
        if ".xml" in path.name:
            return index_facts(path.read_bytes())
        return bundle_facts(path)
    except Refused as refusal:
        return {"verdict": refusal.verdict}
