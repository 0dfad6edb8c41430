#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the system as a whole has to do, line by line: what in the tree does it, and which tests prove it.

    claims_test.py BUILD    each file is there, each test is registered, and tests/check runs it
    claims_test.py --table  the lines, for people

BUILD is a build folder of the dev preset. A test is named as ctest shows it, with the function in it that counts behind a
colon where it is a program of many. Those of package managers are registered in another build: their list is asked.
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
MATRIX = TREE / "tests" / "e2e" / "dnf4" / "run.py"

# Number, what is claimed, who does it, who proves it.
CLAIMS = [
    ("C1", "the client reports an upgrade request to a server", ["client/backend/question.c", "client/backend/post.c"],
     ["unit.client_asking_test", "unit.client_post_test", "dnf4.backend-oldest"]),
    ("C2", "the request has the file information of the local software", ["metadata/upgrade/upgrade_write.c", "client/observe/report.c"],
     ["unit.metadata_upgrade_test:reads_both_forms_and_passes_over_what_it_does_not_know", "dnf4.backend-told-as-reported"]),
    ("C3", "that is name and version of each file: its digest as found on the disk", ["client/observe/disk.c", "client/observe/listing.c"],
     ["unit.client_report_test:looks_into_files_that_are_younger", "unit.client_listing_test", "dnf4.backend-local-files"]),
    ("C4", "the server compares by file name and version with the latest version", ["repo-tools/whittled/desk.c", "repo-tools/differences.c"],
     ["backend.protocol:test_list", "unit.repo_differences_test:finds_the_counterpart_by_name_then_size"]),
    ("C5", "it determines the difference of files: same, changed, new, gone, renamed", ["repo-tools/differences.c", "repo-tools/cut.c"],
     ["unit.repo_differences_test:known_contents_need_no_entry", "unit.repo_differences_test:equal_contents_are_twins_of_the_most_dependable",
      "backend.protocol:test_differs"]),
    ("C6", "it determines the difference of versions: which lie between", ["repo-tools/whittled/between.c", "repo-tools/whittled/catalogue_queries.c"],
     ["unit.backend_catalogue_test:lists_versions_as_rpm_orders_them", "dnf4.backend-middle", "dnf4.backend-downgrade"]),
    ("C7", "new and changed files make a list of what is to be updated", ["metadata/plan/plan.c", "repo-tools/bundle_build.c"],
     ["unit.metadata_plan_test", "backend.protocol:test_step"]),
    ("C8", "it finds the operations of all versions that are higher than the client's",
     ["repo-tools/whittled/between.c", "metadata/operations/changes.c", "repo-tools/whittled/advisories.c"],
     ["backend.protocol:test_order_and_operations", "dnf4.backend-suggests-a-reboot"]),
    ("C9", "it merges them: each once, in order, what is superseded dropped", ["metadata/operations/operations.c"],
     ["unit.metadata_operations_test:merging_is_one_after_the_other"]),
    ("C10", "the server sends instructions: the list of files and the list of operations",
     ["metadata/upgrade/instructions_write.c", "specs/format/instructions.rng"],
     ["unit.metadata_instructions_test", "golden.instructions-every-kind.xml", "backend.protocol:test_answer_is_what_is_specified"]),
    ("C11", "the client downloads, and makes the files that are to be updated", ["client/select/settle.c", "metadata/assemble/assembly.c"],
     ["unit.metadata_assembly_test:gives_the_published_package", "unit.client_settle_test", "dnf4.backend-unknown-version"]),
    ("C12", "the client executes the local operations: rpm's own transaction", ["plugin/rpm", "plugin/dnf4/whittle.py"],
     ["dnf4.backend-twin", "dnf4.obsoletes", "dnf4.config-edited"]),
    ("C13", "what is downloaded is verified and fetched again; files in use are replaced", ["client/assemble/package.c", "metadata/assemble/produce.c"],
     ["unit.metadata_assembly_test:survives_any_changed_byte", "dnf4.bundle-damaged-listed", "dnf4.backend-down-in-the-middle",
      "dnf4.backend-of-another-mind"]),
    ("C14", "an upgrading module in the client, an upgrading service module in the server, and the modules of each",
     ["client/backend/consult.c", "repo-tools/whittled/desk.c", "repo-tools/whittled/between.c", "repo-tools/whittled/cutter.c",
      "metadata/operations/operations.c", "repo-tools/whittled/answers.c"], ["tool.layers", "backend.protocol:test_once_for_many"]),
    ("C15", "the database of installed software is as after any upgrade", ["plugin/rpm"], ["dnf4.backend-twin", "dnf4.backend-reinstall"]),
]


def run(*argv):
    """What a program says that has to succeed."""
    return subprocess.run([str(arg) for arg in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True).stdout


def registered(build):
    """Name -> (labels, what it runs) of each test that is not switched off."""
    found = {}
    for test in json.loads(run("ctest", "--test-dir", build, "--show-only=json-v1"))["tests"]:
        properties = {entry["name"]: entry["value"] for entry in test["properties"]}
        if not properties.get("DISABLED"):
            found[test["name"]] = (properties.get("LABELS", []), " ".join(test.get("command", [])))
    return found


def matrix():
    """The cases of dnf 4, which are registered where its chroot is."""
    return {"dnf4." + name for name in run(sys.executable, "-B", MATRIX, "list").split()}


def labels_that_are_run():
    """Those that tests/check knows."""
    text = (TREE / "tests" / "check").read_text()
    return set(re.findall(r'"(\w+)"', " ".join(re.findall(r"^(?:SANITIZED|REAL) = (.*)$", text, re.M))))


def source_of(name):
    """The text of a test that has functions."""
    kind, program = name.split(".", 1)
    if kind == "unit":
        layer, file = program.split("_", 1)
        return (TREE / "tests" / "unit" / layer / (file + ".c")).read_text()
    return (TREE / "tests" / kind / (program + "_test.py")).read_text()


class Claims(unittest.TestCase):
    """Nothing of the table is missing."""

    BUILD = None

    def test_numbers(self):
        """All of them, once."""
        self.assertEqual([claim[0] for claim in CLAIMS], ["C%d" % number for number in range(1, 16)])

    def test_files(self):
        """What does it is there."""
        for number, _, files, _ in CLAIMS:
            for file in files:
                self.assertTrue((TREE / file).exists(), "%s: %s" % (number, file))

    def test_tests(self):
        """What proves it is registered and run."""
        here, cases, run_labels = registered(self.BUILD), matrix(), labels_that_are_run() | {"backend"}
        for number, _, _, tests in CLAIMS:
            for test in tests:
                name, _, function = test.partition(":")
                with self.subTest(number, test=test):
                    if name.startswith("dnf4."):
                        self.assertIn(name, cases)
                        continue
                    self.assertIn(name, here)
                    self.assertTrue(run_labels & set(here[name][0]))
                    if function:
                        self.assertRegex(source_of(name), r"(cmocka_unit_test\w*\(|def )%s\b" % function)


def main():
    """The table, or the tests of it."""
    if sys.argv[1:] == ["--table"]:
        for number, claim, files, tests in CLAIMS:
            print("%-4s %s\n     by    %s\n     tests %s" % (number, claim, ", ".join(files), ", ".join(tests)))
        return
    Claims.BUILD = sys.argv.pop(1)
    unittest.main()


if __name__ == "__main__":
    main()
