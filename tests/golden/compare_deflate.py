#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Deflate streams of every model, as the library makes them: the oracle must make the same ones. Usage: PROGRAM, which
writes them into a folder."""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
import deflate


def check(folder, case):
    def part(name):
        return (folder / f"{case}.{name}").read_bytes()

    packed = part("packed")
    assert deflate.inflate(packed + b"behind") == (part("plain"), len(packed)), f"case {case}: it holds something else"
    assert deflate.pack(part("plain"), part("parameters")) == packed, f"case {case}: another stream of the model"
    assert deflate.tokens_unpack(packed) == (part("symbols"), len(packed)), f"case {case}: other symbols"
    assert deflate.tokens_pack(part("symbols"), b"") == packed, f"case {case}: another stream of its symbols"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([sys.argv[1], folder], check=True)
        cases = sorted(folder.glob("*.packed"))
        assert len(cases) > 80, "no streams"
        for case in cases:
            check(folder, case.stem)


if __name__ == "__main__":
    main()
