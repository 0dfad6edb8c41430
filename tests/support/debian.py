# SPDX-License-Identifier: GPL-2.0-or-later
"""A small corpus of real upgrades: Debian packages in their oldest and newest version that apt offers, as signed RPMs.

make(OUT, names) leaves OUT/old and OUT/new with packages and createrepo_c metadata, and OUT/key.asc.
"""
import dataclasses
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

import setup

NAMES = ["bluez", "git", "libgs9-common", "openssl", "perl-modules-5.36", "tzdata"]


@dataclasses.dataclass(frozen=True)
class Archive:
    """Where packages come from: options for apt, and options for rpmbuild that name the architecture."""
    apt: tuple = ()
    rpmbuild: tuple = ()


HOST = Archive()


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a package is called."""
    name: str
    version: str
    release: str
    noarch: bool = False

SPEC = """\
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
%global _build_id_links none
Name: {name}
Version: {version}
Release: {release}
Summary: {name} from Debian
License: see /usr/share/doc/{name}/copyright
AutoReqProv: no
{arch}
%description
Files of a Debian package.
%files -f {files}
"""


def is_older(left, right):
    """Debian's order of versions."""
    return subprocess.run(["dpkg", "--compare-versions", left, "lt", right], check=False).returncode == 0


def versions(name, archive=HOST):
    """The versions that apt offers, oldest first."""
    lines = setup.run("apt-cache", *archive.apt, "madison", name).splitlines()
    listed = {line.split("|")[1].strip() for line in lines if line.count("|") == 2}
    order = functools.cmp_to_key(lambda left, right: -1 if is_older(left, right) else int(is_older(right, left)))
    return sorted(listed, key=order)


def attribute(path):
    """What rpm should know of a file."""
    if path.startswith("/etc/"):
        return "%config(noreplace) "
    return "%doc " if path.startswith("/usr/share/doc/") else ""


def file_list(root):
    """The %files lines of everything below root; folders are left to the system."""
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted(files + links):
            path = os.path.join(folder, name)[len(str(root)):]
            yield '%s"%s"' % (attribute(path), path.replace("%", "%%"))


def split_version(version):
    """rpm's version and release from Debian's."""
    upstream, _, revision = version.rpartition(":")[2].rpartition("-")
    return (upstream or revision).replace("-", "_"), revision


def build(root, facts, out, work, archive=HOST):
    """One RPM from the files below root."""
    (work / "list").write_text("".join(line + "\n" for line in file_list(root)))
    (work / "spec").write_text(SPEC.format(name=facts.name, version=facts.version, release=facts.release,
                                           arch="BuildArch: noarch" if facts.noarch else "", files=work / "list"))
    defines = {"_topdir": work / "top", "_rpmdir": out, "_rpmfilename": "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
               "_binary_payload": "w19.zstdio", "_binary_filedigest_algorithm": "8", "__check_files": "%{nil}"}
    options = [word for item in defines.items() for word in ("--define", "%s %s" % item)]
    setup.run("rpmbuild", "-bb", "--quiet", "--noclean", *archive.rpmbuild, "--buildroot", root, *options, work / "spec")


def repackage(deb, out, work, archive=HOST):
    """One RPM from one Debian package file."""
    name, version, arch = setup.run("dpkg-deb", "--show", "--showformat=${Package} ${Version} ${Architecture}", deb).split()
    root = work / "files"
    shutil.rmtree(root, ignore_errors=True)
    setup.run("dpkg-deb", "--extract", deb, root)
    build(root, Facts(name, *split_version(version), arch == "all"), out, work, archive)


def sign_and_index(out, work):
    """Signs all packages with a throwaway key and makes the two repositories."""
    home = work / "gpg"
    home.mkdir(mode=0o700)
    environment = dict(os.environ, GNUPGHOME=str(home))
    setup.run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "demo@example.org", "rsa3072", "sign", "never", env=environment)
    (out / "key.asc").write_text(setup.run("gpg", "--armor", "--export", "demo@example.org", env=environment))
    for part in ("old", "new"):
        setup.run("rpmsign", "--define", "_gpg_name demo@example.org", "--define", "__gpg /usr/bin/gpg", "--define", "_gpg_path %s" % home,
                  "--addsign", *sorted((out / part).glob("*.rpm")))
        setup.run("createrepo_c", "--quiet", out / part)
    setup.run("gpgconf", "--homedir", home, "--kill", "gpg-agent")


def make(out, names=tuple(NAMES), archive=HOST):
    """Fills the folder out, which must not be there yet."""
    with tempfile.TemporaryDirectory(prefix="whittle-") as scratch:  # short: gpg's agent has a socket in it
        work = pathlib.Path(scratch)
        work.chmod(0o755)
        for name in names:
            offered = versions(name, archive)
            if len(offered) < 2:
                setup.say("%s: apt offers one version only, left out" % name)
                continue
            for part, version in (("old", offered[0]), ("new", offered[-1])):
                (out / part).mkdir(parents=True, exist_ok=True)
                setup.run("apt-get", "-q", *archive.apt, "download", "%s=%s" % (name, version), cwd=work)
                deb = next(work.glob("*.deb"))
                repackage(deb, out / part, work, archive)
                deb.unlink()
        sign_and_index(out, work)
