#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Patches of files with MiniDebugInfo, as the publisher makes them: the oracle must make the same new files. Usage: PROGRAM,
which writes them into a folder."""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
import debugdata
from coding import Numbers
from patch import Bytes


def check(folder, case):
    def part(name):
        return (folder / f"{case}.{name}").read_bytes()

    streams = [Numbers(part("control")), Numbers(part("gap")), Bytes(part("value")), Bytes(part("extra"))]
    inner, outer = debugdata.member(streams, part("old-inner"), part("old-outer"), (part("old-id"), part("id")),
                                    len(part("inner")), len(part("outer")))
    assert outer == part("outer"), f"case {case}: another outer file"
    assert inner == part("inner"), f"case {case}: another inner file"
    for stream in streams:
        assert stream.at == len(stream.data), f"case {case}: something is left over"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], folder], check=True)
        cases = sorted(folder.glob("*.inner"))
        assert len(cases) > 5, "no patches"
        for case in cases:
            check(folder, case.stem)


if __name__ == "__main__":
    main()
