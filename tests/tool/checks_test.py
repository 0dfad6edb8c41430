#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The checks can fail: nothing is found in a small clean tree, and each fault seeded into it is found by its check."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OWN = HERE.parents[1]
LICENCE = "SPDX-License-Identifier: GPL-2.0-or-later"
C = "/* %s */\n" % LICENCE
PYTHON = "# %s\n" % LICENCE

CLEAN = {
    "metadata/include/whittle/top.h": C + '#include "whittle/middle.h"\n',
    "metadata/include/whittle/middle.h": C + "#include <stdint.h>\n",
    "metadata/base/inner.h": C,
    "metadata/base/top.c": C + '#include "whittle/top.h"\n\n#include <zstd.h>\n\n#include "base/inner.h"\n',
    "metadata/CMakeLists.txt": "target_link_libraries(whittle_metadata\n  PUBLIC whittle_flags PkgConfig::RPM\n  PRIVATE PkgConfig::ZSTD)\n",
    "repo-tools/tool.h": C,
    "repo-tools/tool.c": C + '#include "tool.h"\n\n#include "whittle/top.h"\n',
    "repo-tools/CMakeLists.txt": "target_link_libraries(whittle-repo PRIVATE whittle::metadata Threads::Threads)\n",
    "client/fetch/fetch.h": C,
    "client/fetch/fetch.c": C + '#include "fetch/fetch.h"\n\n#include <rpm/rpmts.h>\n\n'
    + "/* not goto */\nconst char *text(void)\n{\n    return \"goto // \\\" system(\";\n}\n",
    "client/CMakeLists.txt": "target_link_libraries(whittle PRIVATE whittle::metadata PkgConfig::RPM)\n",
    "plugin/rpm/shim.c": C + "#include <rpm/header.h>\n",
    "plugin/rpm/CMakeLists.txt": "target_link_libraries(whittle_rpm PRIVATE PkgConfig::RPM)\n",
    "plugin/dnf4/shim.py": PYTHON + "import os\n\nimport dnf.util\n\nprint(os, dnf)\n",
    "tests/program": "#!/usr/bin/python3\n" + PYTHON + "print(1)\n",
    "README.md": "# A name, of sorts\n\n[a page](specs/page.md#the-way-it-is), [here](#a-name-of-sorts), [there](https://example.org/),\n"
                 "`[code](nowhere.md)`, [![picture](specs/page.md)](specs)\n",
    "specs/page.md": "## The way it is\n\n```\n[code](nowhere.md)\n```\n",
}
COPIED = [".clang-format", "CMakePresets.json", "CMakeLists.txt", "specs/format/index.rng", "specs/format/upgrade.rng",
          "specs/format/instructions.rng", "tests/golden/vectors", "client/whittle/whittle.8",
          "plugin/dnf4/dnf-whittle.8", "plugin/rpm/rpm-plugin-whittle.8", "repo-tools/whittle-repo.8",
          "repo-tools/whittled/whittled.8"]


def append(text):
    """A fault: more text at a file's end; makes the file where there is none."""
    return lambda old: (old or "") + text


def replace(what, by):
    """A fault: other text in a file."""
    def change(old):
        if what not in old:
            raise ValueError("%r is not there" % what)
        return old.replace(what, by)
    return change


# Check, file, what is done to it, what the check has to say.
FAULTS = [
    ("layers", "metadata/base/top.c", append('#include "tool.h"\n'), 'metadata may not include "tool.h"'),
    ("layers", "metadata/base/top.c", append('#include "../../repo-tools/tool.h"\n'), "metadata may not include"),
    ("layers", "metadata/include/whittle/top.h", append('#include "base/inner.h"\n'), "metadata/include may not include"),
    ("layers", "metadata/base/top.c", append("#include <rpm/rpmts.h>\n"), "metadata may not use <rpm/rpmts.h>"),
    ("layers", "metadata/base/top.c", append("#include <sys/socket.h>\n"), "metadata may not use <sys/socket.h>"),
    ("layers", "metadata/base/top.c", append("#include <glib/glib.h>\n"), "<glib/glib.h> belongs to no library"),
    ("layers", "client/fetch/fetch.c", append('#include "../../repo-tools/tool.h"\n'), "client may not include"),
    ("layers", "client/fetch/fetch.c", append('#  include "tool.h"\n'), "client may not include"),
    ("layers", "repo-tools/tool.c", append('#include "fetch/fetch.h"\n'), "repo-tools may not include"),
    ("layers", "repo-tools/tool.c", append('#include "base/inner.h"\n'), "repo-tools may not include"),
    ("layers", "plugin/rpm/shim.c", append('#include "whittle/top.h"\n'), "plugin/rpm may not include"),
    ("layers", "plugin/rpm/shim.c", append("#include <json-c/json.h>\n"), "plugin/rpm may not use"),
    ("layers", "plugin/dnf4/shim.py", append("import requests\n"), "imports requests"),
    ("layers", "plugin/dnf4/shim.py", append("from . import other\n"), "imports ."),
    ("layers", "client/CMakeLists.txt", replace("whittle::metadata", "whittle::repo"), "client may not link whittle::repo"),
    ("layers", "metadata/CMakeLists.txt", append("target_link_libraries(x PUBLIC PkgConfig::CURL)\n"), "metadata may not link PkgConfig::CURL"),
    ("layers", "client/CMakeLists.txt", append("target_sources(whittle PRIVATE ${PROJECT_SOURCE_DIR}/repo-tools/tool.c)\n"), "names repo-tools"),
    ("layers", "metadata/include/whittle/middle.h", append('#include "whittle/top.h"\n'),
     "a ring of includes: metadata/include/whittle/middle.h metadata/include/whittle/top.h"),
    ("layers", "client/fetch/fetch.h", append('#include "fetch/fetch.h"\n'), "a ring of includes: client/fetch/fetch.h"),
    ("shape", "repo-tools/tool.c", append("void f(void)\n{\n    goto out;\n}\n"), "tool.c:7: goto: goto"),
    ("shape", "repo-tools/tool.c", append("char *b = alloca(4);\n"), "alloca"),
    ("shape", "repo-tools/tool.c", append("int s = system(x);\n"), "a shell"),
    ("shape", "repo-tools/tool.c", append("FILE *s = popen (x, y);\n"), "a shell"),
    ("shape", "repo-tools/tool.c", append("long n = strtol(x, 0, 10);\n"), "numbers without a bound"),
    ("shape", "repo-tools/tool.c", append("int n = sscanf(x, y);\n"), "numbers without a bound"),
    ("shape", "repo-tools/tool.c", append("char *n = gets(x);\n"), "writing without a bound"),
    ("shape", "repo-tools/tool.c", append("int n = sprintf(x, y);\n"), "writing without a bound"),
    ("shape", "repo-tools/tool.c", append("char *n = strtok(x, y);\n"), "hidden state"),
    ("shape", "repo-tools/tool.c", append("\tint n;\n"), "tool.c:5: a tab"),
    ("shape", "specs/page.md", append("text \n"), "trailing blanks"),
    ("shape", "specs/page.md", append("\n"), "does not end with one newline"),
    ("shape", "metadata/CMakeLists.txt", append("# end"), "does not end with one newline"),
    ("shape", "client/fetch/bare.h", append("int x;\n"), "client/fetch/bare.h: no SPDX line"),
    ("shape", "plugin/dnf4/shim.py", replace(LICENCE, "later"), "shim.py: no SPDX line"),
    ("shape", "tests/program", replace(LICENCE, "later"), "tests/program: no SPDX line"),
    ("shape", "specs/part.cmake", append("set(x 1)\n"), "specs/part.cmake: no SPDX line"),
    ("shape", "client/tool.h", append(C), "one name: client/tool.h repo-tools/tool.h"),
    ("format", "repo-tools/tool.c", append("int  x;\n"), "clang-format -i"),
    ("schema", "specs/format/index.rng", replace("[0-9a-f]{16}", "[0-9a-f]*"), "bad-index-from-short.xml: the schema accepts it"),
    ("schema", "specs/format/index.rng", replace("[0-9a-f]{64}", "[0-9a-f]{32}"), "index.xml: the schema refuses it"),
    ("schema", "specs/format/index.rng", replace("[0-9a-f]{64}", "[0-9a-f]{32}"), "index.xml.zst: the schema refuses it"),
    ("schema", "specs/format/upgrade.rng", replace("|7F|", "|"), "upgrade-every-byte.xml: the schema refuses it"),
    ("schema", "specs/format/instructions.rng", replace("<value>reboot</value>", "<text/>"),
     "bad-instructions-suggest-unknown.xml: the schema accepts it"),
    ("man", "client/whittle/whittle.8", append(".Foo\n"), "whittle.8"),
    ("man", "client/whittle/whittle.8", None, "whittle.8: not there"),
    ("presets", "CMakePresets.json", replace('"version": 3', '"version": 4'), "version 4 instead of 3"),
    ("presets", "CMakePresets.json", replace('"minor": 21', '"minor": 23'), "another CMake"),
    ("presets", "CMakePresets.json", replace('"inherits": "base"', '"inherits": "basis"'), "inherits from nothing"),
    ("presets", "CMakePresets.json", replace('"configurePreset": "dev"', '"configurePreset": "base"'), "is of no preset"),
    ("links", "README.md", append("[x](specs/nowhere.md)\n"), "README.md: specs/nowhere.md is not there"),
    ("links", "README.md", append("[x](specs/page.md#nowhere)\n"), "has no such heading"),
    ("links", "README.md", append("[x](#nowhere)\n"), "has no such heading"),
    ("links", "README.md", append("![x](picture.png)\n"), "picture.png is not there"),
    ("links", "README.md", append("[x]\n\n[x]: nowhere.md\n"), "nowhere.md is not there"),
    ("links", "README.md", append('<img src="nowhere.svg">\n'), "nowhere.svg is not there"),
    ("links", "specs/page.md", append("[x](../../outside.md)\n"), "outside.md is not there"),
    ("python", "tests/program", append("print(\n"), "tests/program"),
    ("python", "plugin/dnf4/shim.py", append("match x:\n    case 1:\n        pass\n"), "plugin/dnf4/shim.py"),
]


def make_tree(tree):
    """A tree that no check has anything to say about."""
    for path in COPIED:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        if (OWN / path).is_dir():
            shutil.copytree(OWN / path, tree / path)
        else:
            shutil.copy(OWN / path, tree / path)
    for path, text in CLEAN.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)


def run(check, tree):
    """What a check prints, and its exit status."""
    done = subprocess.run([HERE / ("check-" + check), tree], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode, done.stdout


def seeded(tree, check, place, fault, expected):
    """Why the check is no good, or None."""
    path = tree / place
    before = path.read_text() if path.exists() else None
    path.unlink(missing_ok=True)
    if fault:
        path.write_text(fault(before))
    status, printed = run(check, tree)
    path.unlink(missing_ok=True)
    if before is not None:
        path.write_text(before)
    if status == 1 and expected in printed and "Traceback" not in printed:
        return None
    return "check-%s does not find \"%s\" in %s: status %d\n%s" % (check, expected, place, status, printed)


def main():
    """The exit status."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder).resolve() / "tree"
        make_tree(tree)
        for check in sorted({fault[0] for fault in FAULTS} | {path.name[len("check-"):] for path in HERE.glob("check-*")}):
            status, printed = run(check, tree)
            if status != 0:
                failures.append("check-%s finds something in a clean tree:\n%s" % (check, printed))
        failures += filter(None, (seeded(tree, *fault) for fault in FAULTS))
    print("\n".join(failures) if failures else "%d faults found" % len(FAULTS))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
