# SPDX-License-Identifier: GPL-2.0-or-later
"""The packages of a corpus, older and newer version side by side, and which of their files changed."""
import dataclasses
import hashlib
import os
import pathlib
import stat
import sys

from bench import tools

QUERY = "%{NAME} %{ARCH} %{VERSION}-%{RELEASE} %{NEVRA} %{SHA256HEADER}\n"


def sha256(path):
    """Of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@dataclasses.dataclass(frozen=True)
class Package:
    """A package file, and what of its header the bench asks for."""
    path: pathlib.Path
    name: str
    arch: str
    version: str
    nevra: str
    header: str  # SHA-256, by which the index names an older version

    @property
    def bytes(self):
        """Size of the file."""
        return self.path.stat().st_size

    @property
    def pkgid(self):
        """SHA-256 of the file, as createrepo_c writes it into the metadata."""
        return sha256(self.path).hex()


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two versions of one package, and what the tables call it."""
    label: str
    old: Package
    new: Package


@dataclasses.dataclass(frozen=True)
class Change:
    """A content that the older version does not have under the same path; old is None where there is no such path."""
    old: pathlib.Path
    new: pathlib.Path
    bytes: int


def read(path):
    """A package file's facts."""
    said = tools.run("rpm", "--query", "--package", "--nosignature", "--queryformat", QUERY, path).decode()
    return Package(path, *said.split())


def side(folder):
    """(name, arch) -> package, of one repository of a corpus."""
    if not folder.is_dir():
        sys.exit("%s: no such folder; a corpus has old and new" % folder)
    found = {}
    for package in map(read, sorted(folder.glob("*.rpm"))):
        if found.setdefault((package.name, package.arch), package) is not package:
            sys.exit("%s: more than one version of %s" % (folder, package.name))
    return found


def load(corpus, only=None):
    """All packages that are in both repositories of a corpus, by name."""
    old, new = side(corpus / "old"), side(corpus / "new")
    keys = sorted(key for key in new if key in old and (not only or key[0] in only))
    absent = sorted(set(only or ()) - {name for name, _ in keys})
    if absent or not keys:
        sys.exit("%s: not in both versions: %s" % (corpus, ", ".join(absent) or "any package"))
    names = [name for name, _ in keys]
    return [Pair(name if names.count(name) == 1 else name + "." + arch, old[name, arch], new[name, arch]) for name, arch in keys]


def unpack(package, folder):
    """The files of a package, without the times and modes that some tools would store."""
    folder.mkdir(parents=True)
    tools.run("bsdtar", "--extract", "--file", package, "--directory", folder, "--no-same-owner", "--no-same-permissions")
    for place, folders, files in os.walk(folder):
        for path in (os.path.join(place, name) for name in folders + files):
            if not os.path.islink(path):
                os.chmod(path, 0o755)
            os.utime(path, (0, 0), follow_symlinks=False)


def contents(root):
    """Path below root -> SHA-256, of all regular files that are not empty."""
    found = {}
    for place, _, files in os.walk(root):
        for name in files:
            path = pathlib.Path(place, name)
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_size > 0:
                found[path.relative_to(root)] = sha256(path)
    return found


def changes(old_root, new_root):
    """What a tool that works file by file has to send; the same step under several names counts once."""
    before, after = contents(old_root), contents(new_root)
    seen = set()
    found = []
    for path, digest in sorted(after.items()):
        step = (before.get(path), digest)
        if step[0] == digest or step in seen:
            continue
        seen.add(step)
        new = new_root / path
        found.append(Change(old_root / path if path in before else None, new, new.stat().st_size))
    return found
