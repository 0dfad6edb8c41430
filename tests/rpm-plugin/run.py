#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the rpm plugin in the host's own rpm, in private roots.

    run.py set-up FIXTURE --build DIR     builds packages and assembles them, for all cases
    run.py list                           the names of all cases
    run.py case NAME FIXTURE --build DIR  runs one
"""
import argparse
import pathlib
import shutil
import sys
import tempfile
import traceback

import assembling
import cases
import kinds
import roots


def set_up(options):
    """Makes the fixture anew."""
    shutil.rmtree(options.fixture, ignore_errors=True)
    options.fixture.mkdir(parents=True)
    kinds.build_all(options.fixture, options.fixture / "work")
    home = roots.Home(options.fixture / "home", options.build / "plugin/rpm/whittle.so")
    assembling.assemble_all(options.fixture, home, options.build / "bin")
    return 0


def run_case(options):
    """Runs one case; the exit status."""
    with tempfile.TemporaryDirectory(prefix="whittle-", dir="/var/tmp") as work:
        try:
            cases.CASES[options.name](cases.Bench(options.fixture, options.build, pathlib.Path(work)))
        except roots.Failure as failure:
            print("FAILED:", failure)
            return 1
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            return 1
    return 0


def main():
    """Takes the command line apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list")
    for name in ("set-up", "case"):
        command = commands.add_parser(name)
        if name == "case":
            command.add_argument("name", choices=sorted(cases.CASES))
        command.add_argument("fixture", type=pathlib.Path)
        command.add_argument("--build", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if options.command == "list":
        print("\n".join(cases.CASES))
        return 0
    return set_up(options) if options.command == "set-up" else run_case(options)


if __name__ == "__main__":
    sys.exit(main())
