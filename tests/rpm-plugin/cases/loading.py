# SPDX-License-Identifier: GPL-2.0-or-later
"""The module as the hosts load it."""
import json
import pathlib
import re

import kinds
from cases.common import case, check_names, names_of
from roots import check, check_equal

DESCRIPTORS = pathlib.Path(__file__).resolve().parents[1] / "descriptors.py"


@case
def in_python(bench):
    """librpm inside Python, with each kind of descriptor that a host may hand over."""
    for kind in ("file", "memfd", "nameless"):
        plain, other = bench.empty_twins(kind + "-")
        for root in (plain, other):  # hdrFromFdno() wants to know the keys
            root.rpm("--import", bench.fixture / "key.asc")
        for package in ("zstd", "xz", "twice"):
            plain.rpm("-i", *bench.originals(package))
            bench.home.run("/usr/bin/python3", "-B", DESCRIPTORS, other.folder, *bench.assembled(package), kind)
        check_names(other, *names_of(kinds.NEW, "zstd", "xz", "twice"))
        check_equal(plain, other)


@case
def canary(bench):
    """`whittle canary` tells whether the plugin is there."""
    whittle = bench.build / "bin/whittle"
    check("install here" in bench.home.run(whittle, "canary"), "the canary does not sing")
    check(json.loads(bench.home.run(whittle, "canary", "--json")) == {"works": True}, "the canary does not sing in JSON")
    check("rpm plugin" in bench.plain.run(whittle, "canary", status=1), "the canary does not name the plugin")
    check(json.loads(bench.plain.run(whittle, "canary", "--json", status=1))["works"] is False, "the canary sings without the plugin")


@case
def symbols(bench):
    """One symbol is exported, and only librpm and libc are needed."""
    exported = bench.plain.run("nm", "--dynamic", "--defined-only", bench.plugin)
    check([line.split()[-1] for line in exported.splitlines()] == ["whittle_hooks"], "other symbols are exported", exported)
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\.so", bench.plain.run("readelf", "--dynamic", bench.plugin))
    check("librpm" in needed and set(needed) <= {"librpm", "librpmio", "libc"}, "other libraries are needed", needed)
