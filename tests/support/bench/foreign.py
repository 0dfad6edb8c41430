# SPDX-License-Identifier: GPL-2.0-or-later
"""A corpus of the same shape from packages of an architecture that this machine does not have.

apt works in a state folder of its own, so that the machine's architectures and lists stay as they are.
"""
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

import debian
import setup
from bench import publication

# Debian's name of an architecture -> rpm's, and the packages that are taken from it.
ARCHITECTURES = {
    "arm64": ("aarch64", ("libssl3", "openssh-server", "dovecot-core", "containerd", "perl-base", "php8.2-cli", "libc6", "samba-libs")),
    "i386": ("i686", ("libssl3", "openssh-server", "perl-base", "libc6", "openssl", "samba-libs")),
}
NEEDS = ["dpkg-dev", "rpm", "createrepo-c", "gnupg"]
KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def sources():
    """The suites of Debian itself that this machine's apt knows, as lines of a sources.list."""
    said = setup.run("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    trusted = "[signed-by=%s] " % KEYRING if KEYRING.exists() else ""
    found = {"deb %s%s" % (trusted, line.removeprefix("Debian ")) for line in said.splitlines() if line.startswith("Debian ")}
    if not found:
        sys.exit("apt knows no archive of Debian: run apt-get update")
    return sorted(found)


def private_apt(folder, architecture):
    """Options that make apt work for an architecture in a folder of its own, with fresh lists there."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text("".join(line + "\n" for line in sources()))
    settings = {"Dir::State": folder / "state", "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
                "Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "/dev/null", "APT::Architecture": architecture,
                "APT::Architectures::": architecture, "Acquire::Retries": "5"}
    options = tuple(word for key, value in settings.items() for word in ("-o", "%s=%s" % (key, value)))
    done = subprocess.run(["apt-get", "-q", *options, "update"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:  # apt passes over what it cannot verify, the rest may do
        setup.say("not all lists of %s packages are to be had: %s" % (architecture, done.stderr.strip().partition("\n")[0]))
    return options


def fill(folder, architecture):
    """Makes the corpus; tells whether it has all packages that it should have."""
    target, names = ARCHITECTURES[architecture]
    with tempfile.TemporaryDirectory(prefix="whittle-apt-") as apt:
        pathlib.Path(apt).chmod(0o755)  # apt downloads as a user of its own
        archive = debian.Archive(private_apt(pathlib.Path(apt), architecture), ("--target", target))
        upgraded = [name for name in names if len(debian.versions(name, archive)) > 1]
        if not upgraded:
            sys.exit("apt offers no package of %s in two versions" % architecture)
        debian.make(folder, names, archive)
    return len(upgraded) == len(names)


def copy(source, out):
    """A corpus of its own, with what it shares of the packages linked."""
    out.mkdir(parents=True)
    for part in ("old", "new"):
        publication.copy(source / part, out / part)
    shutil.copy(source / "key.asc", out)


def make(options):
    """Gives the corpus, made once and kept where it came out complete."""
    if options.out.exists():
        sys.exit("%s: it is there already" % options.out)
    setup.install(NEEDS)
    recipe = repr(ARCHITECTURES[options.architecture]).encode()
    kept = setup.CACHE / ("corpus-%s-%s" % (options.architecture, hashlib.sha256(recipe).hexdigest()[:12]))
    if kept.is_dir():
        copy(kept, options.out)
        return
    setup.say("making a repository of %s packages (once, some minutes)" % options.architecture)
    setup.CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".corpus-", dir=setup.CACHE) as folder:
        unfinished = pathlib.Path(folder) / "corpus"
        unfinished.mkdir()
        complete = fill(unfinished, options.architecture)
        copy(unfinished, options.out)
        if complete:
            unfinished.rename(kept)
