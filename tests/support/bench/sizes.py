# SPDX-License-Identifier: GPL-2.0-or-later
"""What a client downloads for the step from the older version to the new one, tool by tool."""
import functools
import pathlib
import tempfile

from bench import native, packed, pairs, publication, rivals, tools


class Unpacked:
    """A pair with the files of both versions, and what changed between them."""

    def __init__(self, pair, work):
        self.pair = pair
        self.old, self.new = work / pair.label / "old", work / pair.label / "new"
        pairs.unpack(pair.old.path, self.old)
        pairs.unpack(pair.new.path, self.new)
        self.changes = pairs.changes(self.old, self.new)


def in_folder(work, function, *args):
    """Calls function(*args, folder) with an empty folder of its own."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        return function(*args, pathlib.Path(folder))


def tasks_of(unpacked, present, work):
    """What there is to compute for a pair: tasks as work_off takes them, each behind the columns that its bytes go to."""
    by_file = [rival.key for rival in present if rival.of_file]
    found = []
    for rival in present:
        if rival.of_package:
            call = functools.partial(in_folder, work, rival.of_package, unpacked.pair, unpacked.old, unpacked.new)
            found.append(([rival.key], (unpacked.pair.new.bytes, call)))
        for change in unpacked.changes if rival.of_file else ():
            if change.old:
                found.append(([rival.key], (change.bytes, functools.partial(in_folder, work, rival.of_file, change.old, change.new))))
    for change in unpacked.changes if by_file else ():
        if not change.old:
            found.append((by_file, (change.bytes, functools.partial(rivals.zstd_whole, change.new))))
    return [(columns, (weight, "%s, %s" % (unpacked.pair.label, columns[0]), call)) for columns, (weight, call) in found]


def rival_bytes(unpacked, present, work):
    """(package, column) -> bytes."""
    found = {(package.pair.label, rival.key): 0 for package in unpacked for rival in present}
    keyed = [(package.pair.label, *task) for package in unpacked for task in tasks_of(package, present, work)]
    for (label, columns, _), size in zip(keyed, tools.work_off([task for _, _, task in keyed])):
        for column in columns:
            found[label, column] += size
    return found


def whittle_bytes(options, programs, chosen, work):
    """Pair -> its bundle where it has one, bytes of the index, and pair -> what the bundle is explained by."""
    repository = work / "repository"
    publication.copy(options.corpus / "new", repository, chosen if options.only else None)
    tools.run(programs / "whittle-repo", "publish", repository, "--previous", options.corpus / "old")
    found = publication.bundles(repository, chosen)
    return found, publication.index_file(repository).stat().st_size, packed.explained(programs / "whittle-repo", found)


def summary(rows, columns, index):
    """The total of each column, and whittle's with the index that every client fetches."""
    total = {column: sum(row[column] for row in rows) for column in columns}
    total["whittle_and_index"] = total["whittle"] + index
    return total


def measure(options):
    """Everything, as one object. A package without a bundle is downloaded whole."""
    tools.require(["rpm", "bsdtar", "zstd"] + (["createrepo_c"] if options.only else []))
    chosen = pairs.load(options.corpus, options.only)
    absent = {rival.key: tools.missing(rival.programs) for rival in rivals.ALL}
    present = [rival for rival in rivals.ALL if not absent[rival.key]]
    programs = publication.programs(options.build)
    with tools.scratch() as folder:
        work = pathlib.Path(folder)
        bundles, index, said = whittle_bytes(options, programs, chosen, work)
        unpacked = tools.work_off([(pair.new.bytes, "unpacking " + pair.label, functools.partial(Unpacked, pair, work)) for pair in chosen])
        others = rival_bytes(unpacked, present, work)
    rows = []
    for pair in chosen:
        row = {"name": pair.label, "old": pair.old.version, "new": pair.new.version, "full": pair.new.bytes}
        row.update({rival.key: others[pair.label, rival.key] for rival in present})
        row["outside"] = packed.outside(said[pair]) if pair in said else row["full"]
        row["whittle"] = bundles[pair].bytes if pair in bundles else row["full"]
        rows.append(dict(row, has_bundle=pair in bundles))
    columns = ["full", *(rival.key for rival in present), "outside", "whittle"]
    return {"columns": columns, "packages": rows, "index": index, "total": summary(rows, columns, index),
            "codecs": publication.codecs(said.values()), "packed": packed.summary(said), "native": None if options.only else native.sizes(programs),
            "left_out": {key: programs for key, programs in absent.items() if programs}}
