# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernel modules, each compressed as a kernel's build does it: what a step costs in bytes, and in time to compress again.

Two kernels that apt offers are fetched; their modules become packages of one name, older and newer.
"""
import functools
import hashlib
import pathlib
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree

import debian
import setup
from bench import cost, pairs, publication, table, tools

NAME = "kernel-modules"
KERNEL = re.compile(r"linux-image-\d+\.\d+\.\d+-\d+-amd64")
XZ = ("xz", "--check=crc32", "--lzma2=dict=1MiB")
NEEDS = ["dpkg-dev", "rpm", "createrepo-c", "gnupg", "xz-utils", "zstd"]


def kernels():
    """Name -> version of the kernels that apt offers, oldest first."""
    names = filter(KERNEL.fullmatch, setup.run("apt-cache", "pkgnames", "linux-image-").split())
    offered = {name: debian.versions(name) for name in names}
    newest = {name: versions[-1] for name, versions in offered.items() if versions}
    by_version = functools.cmp_to_key(lambda left, right: -1 if debian.is_older(newest[left], newest[right]) else 1)
    return {name: newest[name] for name in sorted(newest, key=by_version)}


def extract(deb, part, root):
    """The modules below one folder of /lib/modules/RELEASE."""
    root.mkdir()
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "--extract", "--directory", root, "--wildcards", "./lib/modules/*/%s/*.ko" % part], stdin=archive.stdout, check=True)


def compress(root):
    """Each module by itself."""
    found = sorted(root.rglob("*.ko"))
    tools.work_off([(module.stat().st_size, "xz " + module.name, functools.partial(tools.run, *XZ, module)) for module in found])
    return len(found)


def fill(folder, chosen, part):
    """Makes the corpus of two kernels, as (name, version)."""
    with tempfile.TemporaryDirectory(prefix="whittle-") as scratch:
        work = pathlib.Path(scratch)
        work.chmod(0o755)  # apt downloads as a user of its own
        for side, (name, version) in zip(("old", "new"), chosen):
            setup.say("fetching and compressing the modules of " + name)
            (folder / side).mkdir()
            setup.run("apt-get", "-q", "download", "%s=%s" % (name, version), cwd=work)
            deb = next(work.glob("*.deb"))
            root = work / "files"
            shutil.rmtree(root, ignore_errors=True)
            extract(deb, part, root)
            deb.unlink()
            if compress(root) == 0:
                raise RuntimeError("%s: no modules in %s" % (name, part))
            debian.build(root, debian.Facts(NAME, *debian.split_version(version)), folder / side, work)
        debian.sign_and_index(folder, work)


def corpus(names, part):
    """The corpus of two kernels, made once and kept."""
    offered = kernels()
    absent = sorted(set(names or ()) - set(offered))
    if absent or len(offered) < 2:
        raise RuntimeError("apt offers no two kernels" if not absent else "apt does not offer " + " ".join(absent))
    chosen = [(name, offered[name]) for name in names or list(offered)[-2:]]
    recipe = repr((chosen, part, XZ, tools.run("xz", "--version"))).encode()
    kept = setup.CACHE / ("modules-" + hashlib.sha256(recipe).hexdigest()[:12])
    if not kept.is_dir():
        setup.CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".modules-", dir=setup.CACHE) as folder:
            unfinished = pathlib.Path(folder) / "corpus"
            unfinished.mkdir()
            fill(unfinished, chosen, part)
            unfinished.rename(kept)
    return kept, [name for name, _ in chosen]


def steps(document, pair):
    """The bundles that lead from a pair's older version to its newer one: (size, SHA-256, milliseconds of encoding)."""
    for package in xml.etree.ElementTree.fromstring(document).iter("package"):
        for bundle in package.iter("bundle"):
            if (package.get("pkgid"), bundle.get("from")) == (pair.new.pkgid, pair.old.header[:16]):
                yield int(bundle.get("size")), bundle.get("sha256"), int(bundle.get("cpu-ms", 0))


def rows(programs, pair, repository, work):
    """What each way of the step costs, measured by assembling it."""
    document = tools.run("zstd", "--decompress", "--stdout", "--quiet", publication.index_file(repository))
    for number, (size, sha256, cpu_ms) in enumerate(sorted(steps(document, pair), reverse=True)):
        name = "%s-%s.%s.%s.wht" % (pair.new.name, pair.new.version, pair.new.arch, sha256[:16])
        bundle = publication.Bundle(repository / "whittle" / name, size, sha256)
        folder = work / str(number)
        folder.mkdir()
        usage = cost.assembled(programs, {pair: bundle}, folder)
        yield {"bytes": size, "stated_s": cpu_ms / 1000, "measured_s": usage.cpu_s, "peak_bytes": usage.peak_bytes}


def measure(options):
    """Everything, as one object."""
    setup.require_root()
    setup.install(NEEDS)
    programs = publication.programs(options.build)
    folder, names = corpus(options.kernels, options.part)
    pair, = pairs.load(folder)
    with tools.scratch() as scratch:
        work = pathlib.Path(scratch)
        usage, _ = cost.published(programs, folder, [pair], None, work)
        found = list(rows(programs, pair, work / "repository", work))
    return {"kernels": names, "part": options.part, "full": pair.new.bytes, "publish_s": usage.cpu_s, "publish_peak_bytes": usage.peak_bytes,
            "bundles": found}


def text(result):
    """What `tests/bench modules` prints."""
    full = result["full"]
    lines = ["modules of %s in %s" % (" and ".join(result["kernels"]), result["part"]), "",
             table.line("", ["bytes", "stated s", "CPU s", "peak MB"], "of full"), table.line("full package", [table.grouped(full)])]
    for row in result["bundles"]:
        cells = [table.grouped(row["bytes"]), "%.1f" % row["stated_s"], "%.1f" % row["measured_s"], "%.0f" % (row["peak_bytes"] / 1e6)]
        lines.append(table.line("whittle, encoded anew" if row["stated_s"] else "whittle", cells, table.share(row["bytes"], full)))
    if not result["bundles"]:
        lines.append("no bundle is worth it")
    lines += ["", "publishing took %.1f CPU s and %.0f MB" % (result["publish_s"], result["publish_peak_bytes"] / 1e6)]
    return "\n".join(lines)
