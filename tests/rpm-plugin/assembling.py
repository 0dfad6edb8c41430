# SPDX-License-Identifier: GPL-2.0-or-later
"""Assembles packages with the real programs: whittle-repo publishes, whittle selects and assembles from a root."""
import hashlib
import json
import shutil

import kinds
import roots


def answers(home, whittle, command, requests):
    """Runs `whittle COMMAND` on requests; gives the last answer to each, by id."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    printed = home.run(whittle, command, text=lines)
    return {answer["id"]: answer for answer in map(json.loads, printed.splitlines())}


def wanted(selected, answer):
    """The answer, which must be of that kind."""
    roots.check(answer["answer"] == selected, "whittle answers otherwise", answer)
    return answer


def publish(out, home, whittle_repo):
    """Makes out/repo, with bundles from the old to the new packages; gives the path of its index."""
    repo = out / "repo"
    repo.mkdir()
    for package in [*(out / "old").glob("*.rpm"), *(out / "new").glob("*.rpm")]:
        shutil.copy(package, repo)
    kinds.run("createrepo_c", "--quiet", repo)
    home.run(whittle_repo, "publish", repo)
    return next((repo / "repodata").glob("*whittle.xml*"))


def assemble_all(out, home, programs):
    """Fills out/assembled with the new packages, each assembled from its older version in out/base."""
    index = publish(out, home, programs / "whittle-repo")
    base = roots.Root(out / "base", home)
    base.rpm("--import", out / "key.asc")
    base.rpm("-i", *sorted((out / "old").glob("*.rpm")))
    (out / "assembled").mkdir()
    requests = {}
    for number, package in enumerate(sorted((out / "new").glob("*.rpm"))):
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        requests[number] = {"id": number, "nevra": "%s-1.noarch" % package.stem, "root": str(base.folder), "digest": digest,
                            "destination": str(out / "assembled" / package.name)}
    selected = answers(home, programs / "whittle", "select", [
        {"id": number, "index": str(index), "pkgid": request["digest"], "nevra": request["nevra"], "root": request["root"],
         "size": 1 << 20, "rate": 0}
        for number, request in requests.items()])
    for number, request in requests.items():
        request["bundles"] = [{"path": str(out / "repo" / bundle["location"]), "size": bundle["size"], "sha256": bundle["sha256"]}
                              for bundle in wanted("select", selected[number])["bundles"]]
        request["checksum"] = {"type": "sha256", "value": request.pop("digest")}
        request["budget"] = 1 << 30
    for answer in answers(home, programs / "whittle", "assemble", requests.values()).values():
        wanted("assembled", answer)
