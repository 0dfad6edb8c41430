#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py FACTS VECTOR: the library and the oracle must say the same of a test vector."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
import oracle  # noqa: E402


def main():
    program, vector = sys.argv[1], pathlib.Path(sys.argv[2])
    answer = subprocess.run([program, vector.parent, vector.name], capture_output=True, text=True)
    if answer.returncode != 0:
        sys.exit(f"{vector.name}: the library gives no answer: {answer.stderr}")
    library = json.loads(answer.stdout)
    own = oracle.facts(vector)
    print(f"library: {json.dumps(library)}\noracle:  {json.dumps(own)}\n{answer.stderr}", end="")
    if library != own:
        sys.exit(f"{vector.name}: library and oracle differ")
    if vector.name.startswith("bad-") == (own["verdict"] == "ok"):
        sys.exit(f"{vector.name}: its name says something else")


main()
