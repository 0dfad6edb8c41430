# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/check and tests/demo need on a machine: packages, builds, chroots. Each is made once and kept.

Chroots live in a cache folder outside the tree (WHITTLE_CACHE, default /var/cache/whittle-tests), named by a digest of
their recipe: a changed recipe makes a new one, and a half-made one never gets its name.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("WHITTLE_CACHE", "/var/cache/whittle-tests"))

BUILD_NEEDS = ["cmake", "gcc", "make", "pkg-config", "librpm-dev", "libzstd-dev", "libxml2-dev", "libssl-dev", "libjson-c-dev",
               "liblzma-dev", "libsolv-dev", "libsolvext-dev", "libdivsufsort-dev", "libmicrohttpd-dev", "libsqlite3-dev",
               "libpq-dev", "libcurl4-openssl-dev", "libcmocka-dev", "rpm"]
CHECK_NEEDS = ["clang-format", "mandoc", "libxml2-utils", "python3", "python3-rpm", "zstd", "xz-utils", "cpio"]
HOST_NEEDS = ["debootstrap", "createrepo-c", "nginx-light", "gnupg", "openssl", "iproute2", "zstd", "python3", "python3-rpm", "valgrind",
              "dpkg-dev", "rpm", "postgresql", "python3-swift"]
CEPH_NEEDS = ["radosgw", "ceph-mon", "ceph-osd"]
BENCH_NEEDS = ["deltarpm", "bsdiff", "xdelta3", "zstd", "casync", "zchunk", "libarchive-tools", "rpm", "createrepo-c",
               "wrk", "nginx-light"]

# Name of a chroot -> the suite, debootstrap's script for it, what is in it beside the base.
CHROOTS = {
    "bookworm": ("bookworm", None, [
        "dnf", "dnf-plugins-core", "python3-systemd", "rpm", "dash", "libcurl4", "libjson-c5", "libxml2", "libzstd1",
        "libssl3", "libsolv1", "libsolvext1"]),
}
# rpm's unshare plugin cannot work in a plain chroot and would fail every scriptlet.
CHROOT_REMOVES = ["usr/lib/x86_64-linux-gnu/rpm-plugins/unshare.so", "usr/lib64/rpm-plugins/unshare.so",
                  "usr/lib/rpm/macros.d/macros.transaction_unshare"]


def say(text):
    """One line of progress."""
    print("==>", text, file=sys.stderr, flush=True)


def run(*argv, quiet=True, **options):
    """Runs a command; its output is shown only when it fails."""
    argv = [str(arg) for arg in argv]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if quiet else None,
                          stderr=subprocess.STDOUT if quiet else None, text=True, errors="replace", check=False, **options)
    if done.returncode != 0:
        sys.exit("%s: exit status %d\n%s" % (" ".join(argv), done.returncode, done.stdout or ""))
    return done.stdout


def require_root():
    """Chroots and mounts are root's."""
    if os.geteuid() != 0:
        sys.exit("run this as root: it makes chroots and mounts")


def is_installed(package):
    """Is a Debian package of the host installed?"""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout == "installed"


def install(packages):
    """Installs what is missing of these packages on the host."""
    missing = sorted({package for package in packages if not is_installed(package)})
    if not missing:
        return
    say("installing " + " ".join(missing))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run("apt-get", "-q", "-o", "Acquire::Retries=5", "update", env=environment)
    run("apt-get", "-q", "-y", "-o", "Acquire::Retries=5", "-o", "Dpkg::Use-Pty=0", "install", "--no-install-recommends",
        *missing, env=environment)


def build(preset, *definitions):
    """Configures and builds a preset; gives its folder."""
    say("building the %s preset" % preset)
    run("cmake", "--preset", preset, *definitions, cwd=TREE)
    run("cmake", "--build", "--preset", preset, "--parallel", str(os.cpu_count()), cwd=TREE)
    return TREE / "build" / preset


def mirror():
    """The archive that this machine's apt uses."""
    lines = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages").splitlines()
    for line in lines:
        address, release = line.split(" ", 1)
        if "-" not in release:  # neither -updates nor -security
            return address
    sys.exit("apt knows no archive to make a chroot from: run apt-get update")


def chroot(name):
    """The folder of a chroot, made where it is missing. Never change what is in it: use an overlay."""
    suite, script, packages = CHROOTS[name]
    recipe = repr((CHROOTS[name], CHROOT_REMOVES)).encode()
    folder = CACHE / ("%s-%s" % (name, hashlib.sha256(recipe).hexdigest()[:12]))
    if folder.is_dir():
        return folder
    say("making the %s chroot (once)" % name)
    install(["debootstrap"])
    CACHE.mkdir(parents=True, exist_ok=True)
    for stale in CACHE.glob(name + "-*"):
        shutil.rmtree(stale)
    unfinished = pathlib.Path(tempfile.mkdtemp(prefix=".%s-" % name, dir=CACHE))
    unfinished.chmod(0o755)
    try:
        run("debootstrap", "--variant=minbase", "--include=" + ",".join(packages), suite, unfinished, mirror(), *filter(None, [script]))
        for path in CHROOT_REMOVES:
            (unfinished / path).unlink(missing_ok=True)
        shutil.rmtree(unfinished / "var/cache/apt/archives", ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder
