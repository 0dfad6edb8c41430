# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as text for people."""
from bench import rivals, tools

TITLES = {"full": "full package", "outside": "outside", "whittle": "whittle", **{rival.key: rival.title for rival in rivals.ALL}}
WIDTH = 12


def grouped(number):
    """A number of bytes with its thousands apart."""
    return "{:,}".format(number).replace(",", " ")


def line(first, cells, last=""):
    """A row of the table."""
    return ("%-22s" % first + "".join("%*s" % (WIDTH, cell) for cell in cells) + "%9s" % last).rstrip()


def share(part, whole):
    """Per cent of the full packages."""
    return "%.2f %%" % (100 * part / whole)


def of_bytes(result):
    """What `tests/bench bytes` prints."""
    columns, total = result["columns"], result["total"]
    lines = [line("package", [TITLES[column] for column in columns], "of full")]
    for row in result["packages"]:
        lines.append(line(row["name"], [grouped(row[column]) for column in columns],
                          share(row["whittle"], row["full"]) if row["has_bundle"] else "whole"))
    shares = [share(total[column], total["full"]) for column in columns]
    lines += ["", line("total", [grouped(total[column]) for column in columns], shares[-1]), line("of full", shares)]
    skipped = [""] * (len(columns) - 1)
    lines += [line("whittle's index", [*skipped, grouped(result["index"])]),
              line("total with the index", [*skipped, grouped(total["whittle_and_index"])], share(total["whittle_and_index"], total["full"]))]
    lines += ["", "Full packages, deltarpm and whittle are all that is downloaded; the other columns are file contents without the package's header.",
              "What has no older file of the same path counts as zstd -19 in bsdiff, xdelta3 and zstd patch.",
              "Outside: whittle's bundles if files that are compressed themselves were patched as they are."]
    lines += codec_lines(result["codecs"])
    return "\n".join(lines + left_out_lines(result["left_out"]))


def codec_lines(codecs):
    """Which codec won how often."""
    if not codecs:
        return []
    lines = ["", line("whittle's codecs", ["files", "bytes", "stored"])]
    for name, won in sorted(codecs.items(), key=lambda item: -item[1]["files"]):
        lines.append(line(name, [grouped(won[key]) for key in ("files", "bytes", "stored")]))
    return lines


def usage_line(title, usage, floor):
    """CPU, time and memory of one tool."""
    peak = "%.0f" % (usage["peak_bytes"] / 1e6)
    return line("  " + title, ["%.2f" % usage["cpu_s"], "%.2f" % usage["wall_s"], peak if usage["peak_bytes"] > floor else "< " + peak])


def of_cost(result):
    """What `tests/bench cost` prints."""
    floor = result["own_peak_bytes"]
    lines = [line("", ["CPU s", "seconds", "peak MB"])]
    for side, count, programs in (("publisher", result["packages"], {"whittle": "whittle-repo publish", "deltarpm": "makedeltarpm"}),
                                  ("client", result["with_bundles"], {"whittle": "whittle assemble", "deltarpm": "applydeltarpm -r"})):
        lines.append("%s, %d packages" % (side, count))
        lines += [usage_line(programs[tool], usage, floor) for tool, usage in result[side].items()]
    decoder = result["decoder"]
    if decoder:
        lines += ["", line("decoding", ["MB a CPU s"]), "%d ELF files, %s bytes" % (decoder["files"], grouped(decoder["bytes"])),
                  line("  whittle-repo patch", ["%.0f" % decoder["whittle"]]), line("  zstd -d", ["%.0f" % decoder["zstd"]])]
    return "\n".join(lines + left_out_lines(result["left_out"]))


def left_out_lines(left_out):
    """The tools that are not here."""
    return ["left out: %s needs %s (Debian: %s)" % (TITLES[key], ", ".join(programs), " ".join(sorted({tools.PACKAGES[name] for name in programs})))
            for key, programs in left_out.items()]
