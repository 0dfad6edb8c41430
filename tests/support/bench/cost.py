# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to make deltas and to use them: CPU time and memory of whittle beside deltarpm, one processor each."""
import dataclasses
import filecmp
import json
import os
import pathlib
import sys

from bench import native, pairs, publication, speed, tools

PLENTY = 1 << 50  # bytes that an assembled file may take
DELTARPM = ("makedeltarpm", "applydeltarpm")


def published(programs, corpus, chosen, only, work):
    """whittle's publisher: (what it took, pair -> bundle). Bundles for reinstallation are nothing that deltarpm has."""
    repository = work / "repository"
    publication.copy(corpus / "new", repository, chosen if only else None)
    usage, _ = tools.measured(programs / "whittle-repo", "publish", repository, "--previous", corpus / "old", "--jobs", "1", "--no-reinstall")
    return usage, publication.bundles(repository, chosen)


def delta_of(pair, work):
    """Where the delta of a pair lies."""
    return work / (pair.label + ".drpm")


def made_deltas(chosen, work, progress):
    """deltarpm's publisher."""
    total = tools.Usage()
    for pair in chosen:
        usage, _ = tools.measured("makedeltarpm", pair.old.path, pair.new.path, delta_of(pair, work))
        total += usage
        progress.step(pair.new.bytes, "makedeltarpm, " + pair.label)
    return total


def applied_deltas(chosen, work, progress):
    """deltarpm's client, from the older package file."""
    total = tools.Usage()
    for pair in chosen:
        result = work / "applied.rpm"
        usage, _ = tools.measured("applydeltarpm", "-r", pair.old.path, delta_of(pair, work), result)
        if not filecmp.cmp(result, pair.new.path, shallow=False):
            raise RuntimeError("%s: applydeltarpm makes another package" % pair.label)
        total += usage
        progress.step(pair.new.bytes, "applydeltarpm, " + pair.label)
    return total


def installed(chosen, work, environment):
    """A root with the older packages in it. Debian's rpm has its database below HOME."""
    root = work / "root"
    root.mkdir()
    tools.run("rpm", "--root", root, "--install", "--nodeps", "--noscripts", "--notriggers", "--noplugins", "--nosignature", "--ignorearch",
              *(pair.old.path for pair in chosen), env=environment)
    return root


def with_plugin(build, work):
    """An environment in which rpm has the plugin of a build folder, which is installed nowhere."""
    home = work / "home"
    home.mkdir()
    (home / ".rpmmacros").write_text("%%__plugindir %s\n%%__transaction_whittle %%{__plugindir}/whittle.so\n" % (build / "plugin" / "rpm"))
    return dict(os.environ, HOME=str(home))


def request(number, pair, bundle, root, target):
    """A line for `whittle assemble`, see specs/format/commands.md."""
    return {"id": number, "nevra": pair.new.nevra, "root": str(root), "budget": PLENTY, "destination": str(target / pair.new.path.name),
            "bundles": [{"path": str(bundle.path), "size": bundle.bytes, "sha256": bundle.sha256}],
            "checksum": {"type": "sha256", "value": pair.new.pkgid}}


def assembled(programs, found, work):
    """whittle's client, from installed files, with the proof of the rpm plugin that every run begins with."""
    target = work / "assembled"
    target.mkdir()
    environment = with_plugin(programs.parent, work)
    root = installed(found, work, environment)
    lines = [json.dumps(request(number, pair, bundle, root, target)) for number, (pair, bundle) in enumerate(found.items())]
    usage, said = tools.measured(programs / "whittle", "assemble", "--jobs", "1", given=("\n".join(lines) + "\n").encode(),
                                 env=environment)
    answers = [answer for answer in map(json.loads, said.splitlines()) if answer["answer"] != "progress"]
    refused = [answer.get("reason", "?") for answer in answers if answer["answer"] != "assembled"]
    if refused or len(answers) != len(found):
        raise RuntimeError("whittle assemble answered %d of %d requests; %s" % (len(answers), len(found), "; ".join(refused) or "none is refused"))
    return usage


def largest_file(found):
    """Bytes of the largest file of the new packages."""
    sizes = (tools.run("rpm", "--query", "--package", "--nosignature", "--queryformat", "[%{LONGFILESIZES} ]", pair.new.path) for pair in found)
    return max(int(size) for said in sizes for size in said.split())


def sides(programs, corpus, chosen, only, work):
    """Publisher and client, over one corpus. Deltarpm is left out where it is not installed."""
    rival = not tools.missing(DELTARPM)
    weight = sum(pair.new.bytes for pair in chosen)
    progress = tools.Progress(weight * (4 if rival else 2))
    publisher, client = {}, {}
    work.mkdir()
    publisher["whittle"], found = published(programs, corpus, chosen, only, work)
    if not found:
        sys.exit("%s: no package has a bundle" % corpus)
    progress.step(weight, "whittle-repo publish")
    client["whittle"] = assembled(programs, found, work)
    progress.step(weight, "whittle assemble")
    if rival:
        publisher["deltarpm"] = made_deltas(chosen, work, progress)
        client["deltarpm"] = applied_deltas(found, work, progress)
    progress.close()
    plain = [{tool: dataclasses.asdict(usage) for tool, usage in side.items()} for side in (publisher, client)]
    return {"packages": len(chosen), "with_bundles": len(found), "publisher": plain[0], "client": plain[1], "largest_file_bytes": largest_file(found)}


def native_sides(programs, work):
    """The same of the packages with MiniDebugInfo; None where there are none."""
    corpus = native.corpus()
    return sides(programs, corpus, pairs.load(corpus), None, work) if corpus else None


def measure(options):
    """Everything, as one object."""
    if os.geteuid() != 0:
        sys.exit("run this as root: packages are installed into a root of their own")
    tools.require(["rpm", "bsdtar", "zstd"] + (["createrepo_c"] if options.only else []))
    chosen = pairs.load(options.corpus, options.only)
    programs = publication.programs(options.build)
    with tools.scratch() as folder:
        work = pathlib.Path(folder)
        result = sides(programs, options.corpus, chosen, options.only, work / "corpus")
        result["native"] = None if options.only else native_sides(programs, work / "native")
        result["decoder"] = speed.measure(programs / "whittle-repo", chosen, work)
    return dict(result, own_peak_bytes=tools.own_peak(), left_out={} if "deltarpm" in result["client"] else {"deltarpm": list(DELTARPM)})
