# SPDX-License-Identifier: GPL-2.0-or-later
"""How long this machine's liblzma takes to encode: by search, dictionary and length of the content.

Python calls the same library as whittle does; a dictionary as long as the content is whittle's small one.
"""
import lzma
import time

LENGTHS = (16 << 10, 256 << 10, 4 << 20)
PRESETS = (0, 1, 2, 3, 4, 5, 6, 6 | lzma.PRESET_EXTREME)
DICTIONARIES = (256 << 10, 1 << 20, 8 << 20)
SHORTEST_S = 0.05  # of measuring one figure


def seconds(content, preset, dictionary):
    """CPU seconds of encoding once."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": preset, "dict_size": dictionary}]
    start = time.process_time()
    runs = 0
    while runs == 0 or time.process_time() - start < SHORTEST_S:
        lzma.compress(content, check=lzma.CHECK_CRC32, filters=filters)
        runs += 1
    return (time.process_time() - start) / runs


def measure(files):
    """Rows of (file, bytes, preset, dictionary or 0 for a small one, CPU seconds)."""
    found = []
    for file in files:
        whole = file.read_bytes()
        for length in sorted({min(length, len(whole)) for length in LENGTHS}):
            for preset in PRESETS:
                for dictionary in (0, *(size for size in DICTIONARIES if size > length)):
                    used = dictionary or max(length, 4096)
                    found.append((file.name, length, preset, dictionary, seconds(whole[:length], preset, used)))
    return found


def text(rows):
    """What `tests/bench xz` prints."""
    lines = ["%-24s%10s  %-6s%12s%10s%10s" % ("file", "bytes", "preset", "dictionary", "ms", "s a MB")]
    for name, length, preset, dictionary, spent in rows:
        search = "%d%s" % (preset & 31, "e" if preset & lzma.PRESET_EXTREME else "")
        lines.append("%-24s%10d  %-6s%12s%10.2f%10.3f" % (name[:23], length, search, dictionary or "small", spent * 1e3, spent / length * 1e6))
    return "\n".join(lines)
