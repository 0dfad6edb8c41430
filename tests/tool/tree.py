# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checks share: the files of a source tree, and how a check ends.

A check is a function that gives one line for each thing it finds. `check-NAME [TREE]` prints them; the exit status is 1
when there is one. Without TREE it looks at the tree that it is part of.
"""
import os
import pathlib
import sys

LEFT_OUT = {"build", "__pycache__"}  # beside everything whose name begins with a dot
OWN = pathlib.Path(__file__).resolve().parents[2]


def files(tree, *suffixes):
    """The files of a tree below its folders, sorted; with one of these suffixes if there are any."""
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT and not name.startswith("."))
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.is_file() and not name.startswith(".") and (not suffixes or path.suffix in suffixes):
                yield path


def first_line(path):
    """The first line of a file."""
    with open(path, "rb") as file:
        return file.readline(200)


def python_files(tree):
    """All Python, programs without a suffix included."""
    for path in files(tree):
        if path.suffix == ".py" or (not path.suffix and first_line(path).startswith(b"#!") and b"python" in first_line(path)):
            yield path


def cmake_files(tree):
    """All of CMake's."""
    for path in files(tree):
        if path.name == "CMakeLists.txt" or path.suffix == ".cmake":
            yield path


def main(check):
    """Runs a check from the command line."""
    tree = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else OWN
    found = list(check(tree))
    print("\n".join(found) if found else "nothing found")
    sys.exit(1 if found else 0)
