# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast single files are decoded: `whittle-repo patch` beside `zstd -d` of the same contents, in the same run.

Both as whole programs, which read, hash and write, and by themselves, from memory to memory, as both programs say.
"""
import filecmp
import json
import re

from bench import pairs, tools

LARGE = 4 << 20  # bytes; below, starting the program would be what is measured
FILES = 12
RUNS = 5
ELF = b"\x7fELF"


def has_patch(repo_tool):
    """Can this whittle-repo make and apply patches of single files?"""
    offered = tools.run(repo_tool, "--help").decode()
    return all(re.search(r"^  %s OLD %s$" % command, offered, re.MULTILINE) for command in (("diff", "NEW PATCH"), ("patch", "PATCH NEW")))


def is_elf(path):
    """Is it a program or library?"""
    with open(path, "rb") as file:
        return file.read(len(ELF)) == ELF


def large_files(chosen, work):
    """The largest changed ELF files of a corpus."""
    found = []
    for pair in chosen:
        roots = [work / "files" / pair.label / side for side in ("old", "new")]
        pairs.unpack(pair.old.path, roots[0])
        pairs.unpack(pair.new.path, roots[1])
        found += [change for change in pairs.changes(*roots) if change.old and change.bytes >= LARGE and is_elf(change.new)]
    return sorted(found, key=lambda change: -change.bytes)[:FILES]


def fastest(*argv):
    """CPU seconds of the fastest of a few runs."""
    return min(tools.measured(*argv)[0].cpu_s for _ in range(RUNS))


def decoder_seconds(*argv):
    """What whittle's decoder took in the fastest of a few runs."""
    return min(json.loads(tools.run(*argv))["decoder_cpu_s"] for _ in range(RUNS))


def zstd_seconds(packed, size):
    """What zstd's own benchmark takes for decoding once."""
    said = tools.run("zstd", "--quiet", "-b", "-d", "-i1", packed).decode()
    rates = re.findall(r"([0-9.]+) MB/s", said)
    if not rates:
        raise RuntimeError("zstd -b -d gives no rate: " + said)
    return size / 1e6 / float(rates[-1])


def measure(repo_tool, chosen, work):
    """MB of new content a CPU second, over all files; None where whittle-repo has no such command or nothing is large."""
    files = large_files(chosen, work) if has_patch(repo_tool) else []
    if not files:
        return None
    patch, packed, result = work / "file.patch", work / "file.zst", work / "file"
    seconds = dict.fromkeys(("whittle", "zstd", "whittle_program", "zstd_program"), 0.0)
    for change in files:
        tools.run(repo_tool, "diff", change.old, change.new, patch)
        seconds["whittle"] += decoder_seconds(repo_tool, "patch", "--json", change.old, patch, result)
        seconds["whittle_program"] += fastest(repo_tool, "patch", change.old, patch, result)
        if not filecmp.cmp(result, change.new, shallow=False):
            raise RuntimeError("%s: whittle-repo patch makes another file" % change.new)
        tools.run("zstd", "--quiet", "--force", "-19", "-o", packed, change.new)
        seconds["zstd"] += zstd_seconds(packed, change.bytes)
        seconds["zstd_program"] += fastest("zstd", "--quiet", "--force", "--decompress", "-o", result, packed)
    size = sum(change.bytes for change in files)
    return {"files": len(files), "bytes": size, **{tool: size / 1e6 / max(spent, 1e-6) for tool, spent in seconds.items()}}
