# SPDX-License-Identifier: GPL-2.0-or-later
"""The repository of the dnf 4 matrix: small signed packages in two versions, published by whittle-repo.

    shell   provides /bin/sh, so that scriptlets have their dependency; the same in both repositories
    alpha   300 kB that do not change, files that do, two %config files, two %doc files, a scriptlet
    beta    the same with other contents
    gamma   nothing in common between the versions: not worth a bundle
    tall    a small package file with a large payload

Packages of a repository of their own, for the cases that are about them:

    kern    versions of it are installed beside each other
    odd++   a name, a version, an epoch and names of files that need care
    heir    alpha under a new name
    pressed text that is compressed by xz in the package itself: two bundles, one of which has it encoded again
"""
import lzma
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

OLD, NEW = "1", "2"
OTHER = "1.5"  # of alpha, in a repository of its own
SPECIAL = (("kern", "1"), ("kern", "2"), ("odd++", "3"), ("odd++", "1:2~rc1^git+b"), ("heir", "2"), ("pressed", "1"),
           ("pressed", "2"))
ODD_FILE = "a b \u20ac \udce4"  # the last is a byte that is not UTF-8
TAGS = {"shell": "Provides: /bin/sh", "kern": "Provides: installonlypkg(kernel)", "heir": "Obsoletes: alpha"}

SPEC = """\
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
Name: {name}
Version: {version}
Release: 1
Summary: {name}
License: MIT
BuildArch: noarch
AutoReqProv: no
{tags}
%description
{name}
%post
echo "{name}-{version} $1" >> /var/log/scriptlets
%files -f {files}
"""


def run(*argv, **kwargs):
    """Runs a command of the test set-up; what it said is shown only when it fails."""
    done = subprocess.run([str(arg) for arg in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, **kwargs)
    if done.returncode != 0:
        raise RuntimeError("%s: exit status %d\n%s" % (" ".join(map(str, argv)), done.returncode, done.stdout))
    return done.stdout


def noise(seed, size):
    """Bytes that do not compress, the same in every run."""
    return random.Random(seed).randbytes(size)


def prose(seed, lines):
    """Text that compresses a little, the same in every run."""
    source = random.Random(seed)
    return "".join("%s line %d says %x\n" % (seed, line, source.getrandbits(64)) for line in range(lines)).encode()


def contents(name, version):
    """The files of a package: path -> (bytes, attribute of the spec's file list)."""
    share = "/usr/share/%s/" % name
    changing = prose(name, 60) + b"and version %s\n" % version.encode() + prose(name + version, 3)
    if name == "shell":
        return {}
    if name == "kern":
        return {share + version + "/image": (noise(name, 100000), ""), share + version + "/text": (changing, "")}
    if name == "pressed":
        text = prose(name, 3000) + changing + prose(name + "end", 3000)
        stream = lzma.compress(text, check=lzma.CHECK_CRC32, preset=6)
        return {share + "same.bin": (noise(name, 200000), ""), share + "text.xz": (stream, ""),
                share + "version": (version.encode(), "")}
    if name == "heir":
        return contents("alpha", version)
    if name == "gamma":
        return {share + "all.bin": (noise(name + version, 60000), "")}
    if name == "tall":
        return {share + "flat.txt": (prose(name, 200) * 2500, ""), share + "same.bin": (noise(name, 100000), ""),
                share + "version": (version.encode(), "")}
    files = {
        share + "same.bin": (noise(name, 300000), ""),
        share + "text": (changing, ""),
        "/etc/%s.conf" % name: (prose(name + "conf", 40), "%config(noreplace) "),
        "/etc/%s-new.conf" % name: (prose(name + "new", 40) + version.encode(), "%config(noreplace) "),
        "/usr/share/doc/%s/README" % name: (prose(name + "doc", 80), "%doc "),
        "/usr/share/doc/%s/NEWS" % name: (prose(name + "news", 80) + changing, "%doc "),
    }
    if name == "odd++":
        files[share + ODD_FILE] = (changing + b"odd", "")
    return files


def build(name, version, out, work):
    """Builds one package into the folder out; an epoch stands before the version."""
    epoch, _, version = version.rpartition(":")
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    lines = []
    for path, (data, attribute) in contents(name, version).items():
        target = root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        os.utime(target, (1600000000, 1600000000))
        lines.append('%s"%s"' % (attribute, path))
    (work / "files").write_bytes(os.fsencode("\n".join(lines) + "\n"))
    tags = "\n".join(filter(None, [TAGS.get(name), "Epoch: " + epoch if epoch else None]))
    (work / "spec").write_text(SPEC.format(name=name, version=version, files=work / "files", tags=tags))
    run("rpmbuild", "-bb", "--quiet", "--noclean", "--buildroot", root, "--define", "_topdir %s" % (work / "top"),
        "--define", "_rpmdir %s" % out, "--define", "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
        "--define", "_binary_payload w3.zstdio", "--define", "_binary_filedigest_algorithm 8", "--define",
        "__check_files %{nil}", "--define", "_invalid_encoding_terminates_build 0", "--define",
        "use_source_date_epoch_as_buildtime 1", work / "spec",
        env=dict(os.environ, SOURCE_DATE_EPOCH="1600000000"))


def make_key(home, exported, name):
    """A throwaway signing key; its public half goes to exported."""
    home.mkdir(mode=0o700, parents=True)
    (home / "parameters").write_text("%no-protection\nKey-Type: RSA\nKey-Length: 2048\nKey-Usage: sign\n"
                                     "Name-Real: {0}\nName-Email: {0}@example.org\n%commit\n".format(name))
    environment = dict(os.environ, GNUPGHOME=str(home))
    run("gpg", "--batch", "--gen-key", home / "parameters", env=environment)
    exported.write_text(subprocess.run(["gpg", "--armor", "--export"], env=environment, check=True, text=True,
                                       stdout=subprocess.PIPE).stdout)


def sign(home, name, packages):
    """Signs package files with the key in home."""
    run("rpmsign", "--define", "_gpg_name %s@example.org" % name, "--define", "__gpg /usr/bin/gpg", "--define",
        "_gpg_path %s" % home, "--addsign", *packages)


def publish(repo, whittle_repo, *options):
    """Makes repository metadata, whittle's included."""
    run("createrepo_c", "-q", repo)
    run(whittle_repo, "publish", repo, *options)


def build_all(out, whittle_repo):
    """Builds the repositories.

    out/old: the installed versions; out/main: published, of both versions, and out/main.asc, the signature of its
    repomd.xml; out/bare: the same without whittle; out/unsigned: the same with unsigned packages; out/other: published,
    with one more signed version that leads from the installed one; out/special: published, the packages of SPECIAL.
    """
    shutil.rmtree(out, ignore_errors=True)
    work = out / "work"
    for folder in (out / "old", out / "main", out / "other", out / "special", work):
        folder.mkdir(parents=True)
    for name in ("shell", "alpha", "beta", "gamma", "tall"):
        build(name, OLD, out / "old", work)
        if name != "shell":
            build(name, NEW, out / "main", work)
    build("alpha", OTHER, out / "other", work)
    for name, version in SPECIAL:
        build(name, version, out / "special", work)
    shutil.copytree(out / "main", out / "unsigned")
    with tempfile.TemporaryDirectory() as short:  # the agent's socket has a short path
        home = pathlib.Path(short) / "gpg"
        make_key(home, out / "key.asc", "matrix")
        sign(home, "matrix", [path for folder in ("old", "main", "other", "special") for path in (out / folder).glob("*.rpm")])
        for package in (out / "old").glob("*.rpm"):
            shutil.copy(package, out / "main")
        shutil.copytree(out / "main", out / "bare")
        run("createrepo_c", "-q", out / "bare")
        publish(out / "main", whittle_repo, "--supplement-docs")
        publish(out / "unsigned", whittle_repo, "--previous", out / "old")
        publish(out / "other", whittle_repo, "--previous", out / "old", "--no-reinstall")
        publish(out / "special", whittle_repo, "--reencode-limit=0")
        run("gpg", "--homedir", home, "--batch", "--armor", "--output", out / "main.asc", "--detach-sign",
            out / "main" / "repodata" / "repomd.xml")
        run("gpgconf", "--homedir", home, "--kill", "gpg-agent")
