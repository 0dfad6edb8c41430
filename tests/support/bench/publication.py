# SPDX-License-Identifier: GPL-2.0-or-later
"""whittle's side: bundles of a corpus, published as a maintainer does it, and what their own tools say of them."""
import dataclasses
import json
import os
import pathlib
import shutil
import sys
import xml.etree.ElementTree

import setup
from bench import tools


@dataclasses.dataclass(frozen=True)
class Bundle:
    """The step that leads from one older version."""
    path: pathlib.Path
    bytes: int
    sha256: str


def programs(build):
    """The folder with whittle-repo and whittle: of a build that is there, or of the release build, brought up to date."""
    folder = build or setup.build("release")
    if not (folder / "bin" / "whittle-repo").exists():
        sys.exit("%s: no bin/whittle-repo in it" % folder)
    return folder / "bin"


def copy_package(source, target):
    """A hard link where that is possible: packages are only read."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def copy(repository, folder, pairs=None):
    """A copy of a repository's metadata and of all packages, or of those of some pairs, with metadata of their own."""
    folder.mkdir()
    for package in [pair.new.path for pair in pairs] if pairs else sorted(repository.glob("*.rpm")):
        copy_package(package, folder / package.name)
    if pairs:
        tools.run("createrepo_c", "--quiet", folder)
    else:
        shutil.copytree(repository / "repodata", folder / "repodata")


def index_file(repository):
    """The published index."""
    found = sorted((repository / "repodata").glob("*-whittle.xml.zst"))
    if len(found) != 1:
        raise RuntimeError("%s: %d indexes published" % (repository, len(found)))
    return found[0]


def steps(document):
    """(pkgid, first digits of the older header's SHA-256) -> (size, SHA-256), the smallest of several, from the text of an index."""
    found = {}
    for package in xml.etree.ElementTree.fromstring(document).iter("package"):
        for bundle in package.iter("bundle"):
            step = (int(bundle.get("size")), bundle.get("sha256"))
            key = (package.get("pkgid"), bundle.get("from"))
            found[key] = min(step, found.get(key, step))
    return found


def bundles(repository, pairs):
    """Pair -> its bundle, for the pairs that have one."""
    listed = steps(tools.run("zstd", "--decompress", "--stdout", "--quiet", index_file(repository)))
    found = {}
    for pair in pairs:
        step = listed.get((pair.new.pkgid, pair.old.header[:16]))
        if step:
            size, sha256 = step
            name = "%s-%s.%s.%s.wht" % (pair.new.name, pair.new.version, pair.new.arch, sha256[:16])
            found[pair] = Bundle(repository / "whittle" / name, size, sha256)
    return found


def explain(repo_tool, pair, bundle):
    """What is in a bundle, and what it would have been otherwise."""
    return json.loads(tools.run(repo_tool, "explain", "--json", bundle.path, pair.old.path, pair.new.path))


def codecs(all_explained):
    """Codec -> how many files it won, their bytes, and what is stored for them, over all bundles that were explained."""
    totals = {}
    for explained in all_explained:
        groups = set()
        for file in explained.get("files", []):
            if not file.get("codec"):
                continue
            total = totals.setdefault(file["codec"], {"files": 0, "bytes": 0, "stored": 0})
            total["files"] += 1
            total["bytes"] += file["size"]
            if file["group"] not in groups:
                groups.add(file["group"])
                total["stored"] += file["group_bytes"]
    return totals
