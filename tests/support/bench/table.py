# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as text for people."""
import statistics

from bench import rivals, tools

TITLES = {"full": "full package", "outside": "outside", "whittle": "whittle", **{rival.key: rival.title for rival in rivals.ALL}}
WIDTH = 12
CLIENT_LIMIT = 0.05  # of applydeltarpm's CPU time
NATIVE_CLIENT_LIMIT = 0.15  # the same where liblzma has to encode


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
    median = statistics.median(row["whittle"] / row["full"] for row in result["packages"])
    lines += [line("median package", [*skipped, ""], share(median, 1))]
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


def client_lines(result, limit):
    """What the client is measured by: deltarpm's CPU time, and the largest file."""
    client, lines = result["client"], []
    if "deltarpm" in client:
        ratio = client["whittle"]["cpu_s"] / max(client["deltarpm"]["cpu_s"], 1e-6)
        lines.append("  %.1f %% of applydeltarpm's CPU time, to be at most %.0f %%" % (100 * ratio, 100 * limit))
    beyond = client["whittle"]["peak_bytes"] - result["largest_file_bytes"]
    return lines + ["  peak %.1f MiB beyond the largest file (%.1f MiB), to be at most 64" % (beyond / 2 ** 20, result["largest_file_bytes"] / 2 ** 20)]


def side_lines(result, what, limit, floor):
    """Publisher and client over one corpus."""
    lines = []
    for side, count, programs in (("publisher", result["packages"], {"whittle": "whittle-repo publish", "deltarpm": "makedeltarpm"}),
                                  ("client", result["with_bundles"], {"whittle": "whittle assemble", "deltarpm": "applydeltarpm -r"})):
        lines.append("%s, %d %s" % (side, count, what))
        lines += [usage_line(programs[tool], usage, floor) for tool, usage in result[side].items()]
    return lines + client_lines(result, limit)


def decoder_lines(decoder):
    """The decoder's speed, in memory and as a program."""
    if not decoder:
        return []
    rows = (("whittle, in memory", "whittle"), ("zstd -b -d", "zstd"), ("whittle-repo patch", "whittle_program"), ("zstd -d", "zstd_program"))
    return ["", line("decoding", ["MB/s"]), "%d ELF files, %s bytes" % (decoder["files"], grouped(decoder["bytes"])),
            *(line("  " + title, ["%.0f" % decoder[key]]) for title, key in rows)]


def of_cost(result):
    """What `tests/bench cost` prints."""
    floor = result["own_peak_bytes"]
    lines = [line("", ["CPU s", "seconds", "peak MB"])] + side_lines(result, "packages", CLIENT_LIMIT, floor)
    if result["native"]:
        lines += ["", *side_lines(result["native"], "packages with MiniDebugInfo", NATIVE_CLIENT_LIMIT, floor)]
    lines += decoder_lines(result["decoder"])
    return "\n".join(lines + left_out_lines(result["left_out"]))


def left_out_lines(left_out):
    """The tools that are not here."""
    return ["left out: %s needs %s (Debian: %s)" % (TITLES[key], ", ".join(programs), " ".join(sorted({tools.PACKAGES[name] for name in programs})))
            for key, programs in left_out.items()]
