#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tests/demo on real packages and holds its figures to what whittle promises."""
import json
import pathlib
import subprocess
import sys

DEMO = pathlib.Path(__file__).resolve().parents[1] / "demo"
SHARE = 0.30  # of the whole packages' bytes, index and bundles and all metadata included


def main():
    """The exit status."""
    done = subprocess.run([DEMO, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    if done.returncode != 0:
        return 1
    result = json.loads(done.stdout.splitlines()[-1])
    failures = [] if result["twin_equal"] else ["the twin roots differ"]
    with_bundle = [package for package in result["packages"] if package["bundle_bytes"]]
    failures += ["%s has a bundle and was downloaded whole" % package["name"] for package in with_bundle if not package["assembled"]]
    if len(with_bundle) < len(result["packages"]) * 3 / 4:
        failures.append("only %d of %d packages have bundles" % (len(with_bundle), len(result["packages"])))
    if result["whittle"]["download_bytes"] > SHARE * sum(package["full_bytes"] for package in result["packages"]):
        failures.append("more than %.0f %% of the whole packages were served" % (100 * SHARE))
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
