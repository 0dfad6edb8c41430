# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes through the compression: contents that are compressed themselves, patched inside."""
import functools

from bench import publication, table, tools

SHARES = {"predicted": "predicted", "departing": "departures", "tokens": "tokens", "liblzma": "liblzma", "kept": "kept", "left": "left"}
SUMS = {"files": "files", "bytes": "bytes", "plain_bytes": "plain", "share": "stored", "parameters_bytes": "parameters", "cpu_ms": "CPU ms"}


def explained(repo_tool, found):
    """Pair -> what `whittle-repo explain` says of its bundle, with both packages."""
    tasks = [(pair.new.bytes, "explaining " + pair.label, functools.partial(publication.explain, repo_tool, pair, bundle))
             for pair, bundle in found.items()]
    return dict(zip(found, tools.work_off(tasks)))


def outside(said):
    """Bytes of the bundle if nothing went through the compression."""
    return said["bytes"] - said["groups_bytes"] + said.get("as_they_are_bytes", said["groups_bytes"])


def row(name, said):
    """One package."""
    return {"name": name, "files": sum(packing["files"] for packing in said["packed"].values()),
            "stored": sum(packing["share"] for packing in said["packed"].values()),
            **{share: said["streams"][share] for share in SHARES}, "opaque": len(said["opaque"])}


def by_packing(all_said):
    """Packing -> the sums of all packages."""
    totals = {}
    for said in all_said:
        for packing, figures in said["packed"].items():
            total = totals.setdefault(packing, dict.fromkeys(SUMS, 0))
            for key in SUMS:
                total[key] += figures[key]
    return totals


def by_reason(all_said):
    """Why compressed contents are coded as they are: rows with their files and bytes, the most bytes first."""
    totals = {}
    for said in all_said:
        for content in said["opaque"]:
            total = totals.setdefault((content["packing"], content["reason"]), {"files": 0, "bytes": 0})
            total["files"] += 1
            total["bytes"] += content["size"]
    rows = [{"packing": packing, "reason": reason, **total} for (packing, reason), total in totals.items()]
    return sorted(rows, key=lambda row: -row["bytes"])


def summary(said):
    """All of it, of pair -> what was said."""
    rows = [row(pair.label, figures) for pair, figures in said.items()]
    total = {key: sum(each[key] for each in rows) for key in ("files", "stored", *SHARES, "opaque")}
    return {"packages": rows, "total": total, "packings": by_packing(said.values()), "opaque": by_reason(said.values())}


def text(result):
    """What `tests/bench bytes` prints of it."""
    keys = ("files", "stored", *SHARES, "opaque")
    lines = [table.line("inside", ["files", "stored", *SHARES.values(), "as they are"])]
    rows = [each for each in result["packages"] if each["files"] or each["opaque"]]
    lines += [table.line(each["name"], [table.grouped(each[key]) for key in keys]) for each in rows]
    lines += ["", table.line("total", [table.grouped(result["total"][key]) for key in keys]),
              "", table.line("by packing", list(SUMS.values()))]
    lines += [table.line(packing, [table.grouped(total[key]) for key in SUMS]) for packing, total in sorted(result["packings"].items())]
    lines += ["", "Changed files that are compressed themselves; stored: in proportion, of groups that hold others, too. The columns from predicted to left",
              "count compressed streams: made by an encoder's model alone, with departures from it, by their tokens, by liblzma; kept as the older file",
              "has them; left, because nothing makes them again. As they are: files that are not patched inside."]
    lines += ["%d of %s, %s bytes: %s" % (each["files"], each["packing"], table.grouped(each["bytes"]), each["reason"]) for each in result["opaque"]]
    return "\n".join(lines)
