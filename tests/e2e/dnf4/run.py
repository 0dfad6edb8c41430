#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sets up the dnf 4 matrix and runs its cases, each in namespaces of its own.

    run.py set-up  --fixture DIR --chroot ROOT --build DIR    builds packages and the root that all cases start from
    run.py list                                               the names of all cases
    run.py case NAME --fixture DIR --chroot ROOT --build DIR  runs one
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import traceback

import bench
import cases
import certificates
import checks
import packages

INSIDE = "WHITTLE_MATRIX_INSIDE"


def enter_namespaces():
    """Runs this program again with mounts, processes and a loopback network that end with it."""
    if os.environ.get(INSIDE):
        packages.run("ip", "link", "set", "lo", "up")
        return
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation=private", "--net", "--pid", "--fork", "--kill-child",
                          "--mount-proc", sys.executable, *sys.argv])


def set_up(options):
    """Builds the fixture: the packages, and a layer over the chroot with whittle and the older packages."""
    packages.build_all(options.fixture, options.build / "bin" / "whittle-repo")
    certificates.make_all(options.fixture / "certificates")
    layer = options.fixture / "layer"
    with tempfile.TemporaryDirectory(dir=options.fixture) as scratch:
        root = pathlib.Path(scratch) / "root"
        for folder in (layer, root, pathlib.Path(scratch) / "work"):
            folder.mkdir()
        packages.run("mount", "-t", "overlay", "overlay", "-o",
                     "lowerdir=%s,upperdir=%s,workdir=%s/work" % (options.chroot, layer, scratch), root)
        try:
            fill_layer(options, root)
        finally:
            packages.run("umount", "-R", root)


def fill_layer(options, root):
    """Installs whittle, dnf's configuration and the older packages into a root."""
    packages.run("mount", "-t", "proc", "proc", root / "proc")
    packages.run("cmake", "--install", options.build, "--prefix", "/usr", env=dict(os.environ, DESTDIR=str(root)))
    (root / "etc/dnf/plugins/local.conf").write_text("[main]\nenabled = false\n")
    (root / "etc/dnf/dnf.conf").write_text("[main]\ngpgcheck=1\nmetadata_expire=3600\n")
    (root / "etc/yum.repos.d").mkdir(parents=True, exist_ok=True)
    for stale in (root / "etc/yum.repos.d").iterdir():
        stale.unlink()
    shutil.copy(options.fixture / "key.asc", root / "etc/matrix.asc")
    shutil.copytree(options.fixture / "old", root / "tmp/old")
    packages.run("chroot", root, "rpm", "--import", "/etc/matrix.asc")
    packages.run("chroot", root, "rpm", "-i", *["/tmp/old/" + path.name for path in (root / "tmp/old").glob("*.rpm")])
    shutil.rmtree(root / "tmp/old")


def run_case(options):
    """Runs one case; True when it passes."""
    with tempfile.TemporaryDirectory(prefix="whittle-", dir="/var/tmp") as work:
        os.chmod(work, 0o755)
        lower = "%s:%s" % (options.fixture / "layer", options.chroot)
        site = bench.Bench(options.fixture, lower, pathlib.Path(work), options.build / "bin/whittle-repo")
        try:
            cases.CASES[options.name](site)
        except checks.Failure as failure:
            print("FAILED:", failure)
            return False
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            return False
        finally:
            site.close()
    return True


def main():
    """Takes the command line apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    for name in ("set-up", "case"):
        command = commands.add_parser(name)
        if name == "case":
            command.add_argument("name", choices=sorted(cases.CASES))
        for option in ("--fixture", "--chroot", "--build"):
            command.add_argument(option, type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.command == "list":
        print("\n".join(cases.CASES))
        return 0
    enter_namespaces()
    options.fixture.mkdir(parents=True, exist_ok=True)
    if options.command == "set-up":
        set_up(options)
        return 0
    return 0 if run_case(options) else 1


if __name__ == "__main__":
    sys.exit(main())
