#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench's arithmetic: what it counts, adds up and draws, on folders and figures made here."""
import json
import math
import pathlib
import random
import sys
import tempfile
import types
import unittest
import unittest.mock
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from bench import load, native, packed, pairs, picture, publication, rivals, sizes, speed, table, tools  # noqa: E402

# Copies the new file through the patch, and says how long it took.
DECODER = """case $1 in diff) cat "$3" >"$4";; patch)
    if [ "$2" = --json ]; then shift; echo '{"decoder_cpu_s": 0.25}'; fi
    { cat "$3"; printf "%s"; } >"$4";; esac
"""
SVG = "{http://www.w3.org/2000/svg}"
INDEX = """<whittle version="1">
<package pkgid="aa"><bundle from="0011" size="300" sha256="c0"/><bundle from="0011" size="400" sha256="c4"/><bundle from="0022" size="20" sha256="c1"/><config size="9" sha256="c2"/></package>
<package pkgid="bb"><bundle from="0011" size="77" sha256="c3"/></package>
</whittle>"""


def fill(root, files):
    """Writes files: path -> content."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def program(path, text):
    """Writes a shell script."""
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


class InFolder(unittest.TestCase):
    """A test with a temporary folder."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)


class Load(unittest.TestCase):
    """What wrk says."""

    SAID = "  Latency Distribution\n     50%  402.00us\n     99%{p99}\n  9 requests in 1.00s, 2KB read\n{more}Requests/sec:  13592.30\n"

    def test_figures(self):
        self.assertEqual(load.parse(self.SAID.format(p99="   69.22ms", more="")), (13592.3, 69.22, 0))
        self.assertAlmostEqual(load.parse(self.SAID.format(p99="  950.00us", more=""))[1], 0.95)

    def test_failures(self):
        more = "  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 10\n"
        self.assertEqual(load.parse(self.SAID.format(p99="    1.50s ", more=more))[1:], (1500.0, 17))


class Changes(InFolder):
    """What a tool that works file by file has to send."""

    def test_only_what_the_older_version_lacks(self):
        fill(self.folder / "old", {"same": b"1", "changed": b"2", "gone": b"3", "a": b"4", "b": b"4", "emptied": b"5"})
        fill(self.folder / "new", {"same": b"1", "changed": b"22", "fresh": b"333", "a": b"44", "b": b"44", "emptied": b""})
        (self.folder / "new" / "link").symlink_to("fresh")
        found = pairs.changes(self.folder / "old", self.folder / "new")
        self.assertEqual([(change.new.name, change.old.name if change.old else None, change.bytes) for change in found],
                         [("a", "a", 2), ("changed", "changed", 2), ("fresh", None, 3)])


class Rivals(InFolder):
    """Which bytes go to which column."""

    def rivals(self):
        """One tool of each kind, with sizes that tell what was counted."""
        return [rivals.Rival("package", "", (), of_package=lambda pair, old, new, work: 1000),
                rivals.Rival("one", "", (), of_file=lambda old, new, work: 10), rivals.Rival("two", "", (), of_file=lambda old, new, work: 100)]

    def test_new_files_count_for_all_that_work_file_by_file(self):
        changes = [pairs.Change(pathlib.Path("o"), pathlib.Path("n"), 5), pairs.Change(pathlib.Path("p"), pathlib.Path("q"), 6),
                   pairs.Change(None, pathlib.Path("r"), 7)]
        package = types.SimpleNamespace(pair=types.SimpleNamespace(label="x", new=types.SimpleNamespace(bytes=9)), old=None, new=None,
                                        changes=changes)
        with unittest.mock.patch.object(rivals, "zstd_whole", lambda path: 3):
            found = sizes.rival_bytes([package], self.rivals(), self.folder)
        self.assertEqual(found, {("x", "package"): 1000, ("x", "one"): 23, ("x", "two"): 203})

    def test_zstd_starts_from_the_older_file(self):
        noise = random.Random(1).randbytes(100000)
        fill(self.folder, {"old": noise, "new": noise[:50000] + b"changed" + noise[50000:]})
        whole = rivals.zstd_whole(self.folder / "new")
        self.assertGreater(whole, 100000)
        self.assertLess(rivals.zstd_patch(self.folder / "old", self.folder / "new", self.folder), whole / 100)

    def test_a_patch_has_to_be_right(self):
        fill(self.folder, {"new": b"new", "again": b"now", "patch": b"1234"})
        with self.assertRaisesRegex(RuntimeError, "another file"):
            rivals.proved(self.folder / "new", self.folder)
        fill(self.folder, {"again": b"new"})
        self.assertEqual(rivals.proved(self.folder / "new", self.folder), 4)

    def test_failures_are_not_passed_over(self):
        with self.assertRaisesRegex(RuntimeError, "zstd"):
            rivals.zstd_whole(self.folder / "absent")
        with self.assertRaises(RuntimeError):
            tools.work_off([(1, "", lambda: 1), (2, "", lambda: rivals.zstd_whole(self.folder / "absent"))])

    def test_results_keep_the_order_of_the_tasks(self):
        self.assertEqual(tools.work_off([(weight, "", lambda weight=weight: -weight) for weight in (2, 3, 1)]), [-2, -3, -1])


class Whittle(InFolder):
    """What is read of a published repository."""

    def test_steps_of_the_index(self):
        """The smaller one of two bundles that lead from the same version counts."""
        self.assertEqual(publication.steps(INDEX), {("aa", "0011"): (300, "c0"), ("aa", "0022"): (20, "c1"), ("bb", "0011"): (77, "c3")})

    def test_a_group_of_files_is_stored_once(self):
        rows = [{"codec": "delta", "group": 0, "group_bytes": 50, "size": 7}, {"codec": "delta", "group": 0, "group_bytes": 50, "size": 8},
                {"codec": "whole", "group": 1, "group_bytes": 60, "size": 9}, {"size": 100}]
        found = publication.codecs([{"files": rows}, {"files": rows[:1]}])
        self.assertEqual(found, {"delta": {"files": 3, "bytes": 22, "stored": 100}, "whole": {"files": 1, "bytes": 9, "stored": 60}})

    def test_a_bundle_is_explained_with_both_packages(self):
        tool = program(self.folder / "whittle-repo", "printf '{\"said\": \"%s\"}' \"$*\"\n")
        old, new = (pairs.Package(self.folder / name, "x", "noarch", "1-1", "x-1-1.noarch", "00") for name in ("old", "new"))
        fill(self.folder, {"new": b"12"})
        pair = pairs.Pair("x", old, new)
        found = packed.explained(tool, {pair: publication.Bundle(pathlib.Path("b"), 1, "c0")})
        self.assertEqual(found, {pair: {"said": "explain --json b %s %s" % (old.path, new.path)}})


def explained(**more):
    """What is said of a bundle with one packed file of a hundred bytes, and a program."""
    files = [{"share": 30, "size": 100, "recipe": {"packing": "gzip"}}, {"share": 50, "inner_share": 4, "recipe": {"packing": "debugdata"}},
             {"share": 7, "method": "elf"}, {"size": 9}]
    gzip = {"files": 1, "bytes": 100, "plain_bytes": 300, "share": 30, "parameters_bytes": 2, "cpu_ms": 0}
    opaque = [{"packing": "zip", "reason": "it is odd", "size": 5}, {"packing": "gzip", "reason": "it is cut short", "size": 8}]
    return {"bytes": 120, "groups_bytes": 90, "files": files, "packed": {"gzip": gzip}, "opaque": opaque,
            "streams": {"predicted": 1, "departing": 2, "tokens": 3, "liblzma": 4, "kept": 5, "left": 6}, **more}


class Packed(unittest.TestCase):
    """What goes through the compression."""

    def test_groups_alone_are_exchanged(self):
        self.assertEqual([packed.outside(explained(as_they_are_bytes=200)), packed.outside(explained())], [230, 120])

    def summary(self):
        """Of two packages that are alike."""
        return packed.summary({pairs.Pair(name, None, None): explained() for name in "ab"})

    def test_sums(self):
        found = self.summary()
        self.assertEqual([each["name"] for each in found["packages"]], ["a", "b"])
        self.assertEqual(found["total"], {"files": 2, "stored": 60, "predicted": 2, "departing": 4, "tokens": 6, "liblzma": 8, "kept": 10, "left": 12,
                                          "opaque": 4})
        self.assertEqual(found["packings"], {"gzip": {"files": 2, "bytes": 200, "plain_bytes": 600, "share": 60, "parameters_bytes": 4, "cpu_ms": 0}})
        self.assertEqual([(each["reason"], each["files"], each["bytes"]) for each in found["opaque"]],
                         [("it is cut short", 2, 16), ("it is odd", 2, 10)])

    def test_table(self):
        said = [line.split() for line in packed.text(self.summary()).splitlines()]
        self.assertIn("a 1 30 1 2 3 4 5 6 2".split(), said)
        self.assertIn("total 2 60 2 4 6 8 10 12 4".split(), said)
        self.assertIn("gzip 2 200 600 60 4 0".split(), said)
        self.assertIn("2 of zip, 10 bytes: it is odd".split(), said)


class Native(unittest.TestCase):
    """Programs with MiniDebugInfo."""

    PAIR = pairs.Pair("xz-utils", None, types.SimpleNamespace(bytes=1000))

    def test_a_bundle_is_header_programs_and_other_files(self):
        found = native.row(self.PAIR, explained(as_they_are_bytes=200))
        self.assertEqual(found, {"name": "xz-utils", "full": 1000, "bundle": 120, "outside": 230, "header": 30, "others": 30, "programs": 60,
                                 "debugdata": 4, "prototype": native.PROTOTYPE["xz-utils"]})

    def test_what_is_over_its_limit_is_marked(self):
        self.assertEqual([native.verdict(part, 100, 1.15) for part in (114, 116)], ["1.14", "1.16 !"])

    def test_table(self):
        row = native.row(self.PAIR, explained(as_they_are_bytes=200))
        said = [line.split() for line in native.text([row, dict(row, name="other", prototype=None, debugdata=7)]).splitlines()]
        self.assertIn("xz-utils 1 000 230 120 30 30 60 2 383 0.03 4 0.03".split(), said)
        self.assertIn("other 1 000 230 120 30 30 60 7 0.06 !".split(), said)


def result():
    """Figures of three packages."""
    columns = ["full", "deltarpm", "whittle"]
    rows = [{"name": "a", "full": 100000, "deltarpm": 10000, "whittle": 100, "has_bundle": True},
            {"name": "b<", "full": 2000, "deltarpm": 4000, "whittle": 2000, "has_bundle": False},
            {"name": "c", "full": 1000, "deltarpm": 0, "whittle": 10, "has_bundle": True}]
    return {"columns": columns, "packages": rows, "index": 50, "total": sizes.summary(rows, columns, 50), "codecs": {},
            "left_out": {"bsdiff": ["bsdiff"]}}


class Figures(unittest.TestCase):
    """Text and picture."""

    def test_the_index_is_in_the_total_once(self):
        self.assertEqual(result()["total"], {"full": 103000, "deltarpm": 14000, "whittle": 2110, "whittle_and_index": 2160})

    def test_table(self):
        said = [line.split() for line in table.of_bytes(result()).splitlines()]
        self.assertIn("a 100 000 10 000 100 0.10 %".split(), said)
        self.assertIn("b< 2 000 4 000 2 000 whole".split(), said)
        self.assertIn("total with the index 2 160 2.10 %".split(), said)
        self.assertIn("median package 1.00 %".split(), said)
        self.assertIn("left out: bsdiff needs bsdiff (Debian: bsdiff)".split(), said)

    def test_bars_are_as_long_as_the_logarithm(self):
        root = xml.etree.ElementTree.fromstring(picture.draw(result()))
        bars = {(element.get("class"), float(element.get("width"))) for element in root.iter(SVG + "rect") if element.get("x") == str(picture.LEFT)}
        longest = picture.WIDTH - picture.LEFT - picture.RIGHT  # 200 per cent, three decades and a bit above 0.01
        decade = longest / (math.log10(200) + 2)
        for kind, decades in (("whittle", 1), ("whittle", 2), ("whittle", 4), ("deltarpm", 3), ("full", 4)):
            self.assertIn((kind, round(decade * decades, 1)), bars)
        self.assertEqual(max(width for _, width in bars), longest)

    def test_two_digits_count(self):
        self.assertEqual([picture.per_cent(value) for value in (0.0123, 0.5, 1.26, 9.94, 9.96, 43.2, 100)],
                         ["0.012 %", "0.50 %", "1.3 %", "9.9 %", "10 %", "43 %", "100 %"])


class Cost(InFolder):
    """CPU, memory, speed."""

    def test_sum_of_runs(self):
        self.assertEqual(tools.Usage(1, 2, 30) + tools.Usage(4, 5, 6), tools.Usage(5, 7, 30))

    def test_a_program_that_fails_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "exit status 3\nbad luck"):
            tools.measured("sh", "-c", "echo bad luck >&2; exit 3")

    def test_given_lines_reach_the_program(self):
        usage, said = tools.measured("cat", given=b"a line\n")
        self.assertEqual(said, b"a line\n")
        self.assertGreater(usage.peak_bytes, 0)

    def decode(self, repo_tool, spoiled=b""):
        """Measures a corpus of one package with one ELF file and one text."""
        fill(self.folder, {"o/elf": speed.ELF + b"old", "n/elf": speed.ELF + b"new", "o/text": b"old text", "n/text": b"new text"})
        pair = pairs.Pair("x", types.SimpleNamespace(path=self.folder / "o"), types.SimpleNamespace(path=self.folder / "n"))
        text = repo_tool + DECODER % spoiled.decode()

        def unpack(source, target):
            fill(target, {path.name: path.read_bytes() for path in source.iterdir()})

        with unittest.mock.patch.object(pairs, "unpack", unpack), unittest.mock.patch.object(speed, "LARGE", 1), \
                unittest.mock.patch.object(speed, "zstd_seconds", lambda packed, size: size / 2e6):
            return speed.measure(program(self.folder / "whittle-repo", text), [pair], self.folder)

    HELP = 'if [ "$1" = --help ]; then printf "  diff OLD NEW PATCH\\n  patch OLD PATCH NEW\\n"; fi\n'

    def test_decoder_is_timed_on_programs(self):
        found = self.decode(self.HELP)
        self.assertEqual((found["files"], found["bytes"]), (1, 7))
        self.assertAlmostEqual(found["whittle"], 7 / 1e6 / 0.25)  # as the program says
        self.assertAlmostEqual(found["zstd"], 2)

    def test_zstd_says_its_own_speed(self):
        fill(self.folder, {"file": random.Random(1).randbytes(1000) * 1000})
        tools.run("zstd", "--quiet", self.folder / "file")
        self.assertGreater(speed.zstd_seconds(self.folder / "file.zst", 1000000), 0)

    def test_decoder_has_to_be_right(self):
        with self.assertRaisesRegex(RuntimeError, "another file"):
            self.decode(self.HELP, b"!")

    def client(self, whittle_s, peak):
        """Figures of a client, as text."""
        usage = {"cpu_s": whittle_s, "wall_s": 1, "peak_bytes": peak}
        rival = {"cpu_s": 10, "wall_s": 1, "peak_bytes": 1}
        figures = {"client": {"whittle": usage, "deltarpm": rival}, "largest_file_bytes": 30 << 20}
        return [table.client_lines(dict(figures, client=client), 0.15) for client in (figures["client"], {"whittle": usage})]

    def test_client_beside_its_limits(self):
        both, alone = self.client(1.25, 40 << 20)
        self.assertEqual(both, ["  12.5 % of applydeltarpm's CPU time, to be at most 15 %",
                                "  peak 10.0 MiB beyond the largest file (30.0 MiB), to be at most 64"])
        self.assertEqual(alone, both[1:])

    def test_decoder_is_left_out_where_there_is_none(self):
        self.assertIsNone(self.decode("if [ $1 = --help ]; then echo '  publish REPO'; fi\n"))


if __name__ == "__main__":
    unittest.main()
