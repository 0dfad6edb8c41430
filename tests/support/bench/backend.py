# SPDX-License-Identifier: GPL-2.0-or-later
"""whittled on a corpus: how long a bundle takes that nobody has cut before, beside the download of the whole package, and how long it is."""
import contextlib
import http.client
import os
import pathlib
import re
import socket
import subprocess
import time
import xml.etree.ElementTree

from bench import cost, load, pairs, publication, table, tools

LINK = 100e6  # bits a second of the client that a cut must not keep waiting
FLOOR = 0.1  # seconds: a request that takes no longer makes nobody wait
LONG = 600  # seconds: until then something is broken, not slow
XML = {"Content-Type": "application/xml"}


def free_port():
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Daemon:
    """A whittled with nothing in its caches."""

    def __init__(self, programs, corpus, work):
        self.port = free_port()
        self.store = work / "store"
        self.store.mkdir(parents=True)
        self._said = work / "said"
        with open(self._said, "wb") as said:
            self._process = subprocess.Popen(
                [programs / "whittled", "--repo", corpus / "new", "--history", corpus / "old", "--catalogue", work / "catalogue", "--store",
                 self.store, "--listen", "127.0.0.1:%d" % self.port], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        self._wait()

    def _wait(self):
        for _ in range(LONG * 20):
            if self._process.poll() is not None:
                raise RuntimeError("whittled ended: " + self._said.read_text(errors="replace"))
            with contextlib.suppress(OSError):
                self.ask("GET", "/healthz")
                return
            time.sleep(0.05)
        raise RuntimeError("whittled does not answer")

    def ask(self, method, path, body=None):
        """The body of an answer that has to be good."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        connection.request(method, path, body, XML if body else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status != 200:
            raise RuntimeError("%s %s: status %d" % (method, path, answer.status))
        return text

    def cpu_s(self):
        """Processor time so far."""
        fields = pathlib.Path("/proc/%d/stat" % self._process.pid).read_text().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:13]) / os.sysconf("SC_CLK_TCK")

    def peak_bytes(self):
        """The most memory so far."""
        status = pathlib.Path("/proc/%d/status" % self._process.pid).read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M).group(1)) << 10

    def close(self):
        """Ends it."""
        self._process.terminate()
        self._process.wait()


@contextlib.contextmanager
def daemon(programs, corpus):
    """A fresh one, for as long as it is needed."""
    with tools.scratch() as folder:
        fresh = Daemon(programs, corpus, pathlib.Path(folder))
        try:
            yield fresh
        finally:
            fresh.close()


def request(wanted):
    """A report of untouched older packages."""
    packages = "".join('<package pkgid="%s"><installed header="%s"/></package>' % (pair.new.pkgid, pair.old.header) for pair in wanted)
    return '<?xml version="1.0" encoding="UTF-8"?>\n<upgrade version="1">%s</upgrade>\n' % packages


def answer_of(text):
    """(bytes, SHA-256) of the one bundle of an answer, or None for the whole package."""
    bundle = xml.etree.ElementTree.fromstring(text).find("package/bundle")
    return None if bundle is None else (int(bundle.get("size")), bundle.get("sha256"))


def cold_cut(programs, corpus, pair, repeats):
    """The best of several runs, each by a process of its own; package files may be in the system's cache."""
    runs = []
    for _ in range(repeats):
        with daemon(programs, corpus) as fresh:
            cpu, start = fresh.cpu_s(), time.monotonic()
            text = fresh.ask("POST", "/v1/upgrade", request([pair]))
            runs.append((time.monotonic() - start, fresh.cpu_s() - cpu, fresh.peak_bytes()))
    wall, cpu, peak = min(runs)
    bundle = answer_of(text)
    return {"name": pair.label, "full": pair.new.bytes, "limit_s": max(pair.new.bytes * 8 / LINK, FLOOR), "wall_s": wall, "cpu_s": cpu,
            "peak_bytes": peak, "bundle": bundle[0] if bundle else None}


def warm(programs, corpus, chosen, seconds):
    """Answers and bundles that are there already: requests a second, beside nginx with the same bundle in a file."""
    with daemon(programs, corpus) as fresh, tools.scratch() as scratch:
        body = request(chosen)
        fresh.ask("POST", "/v1/upgrade", body)
        found = [bundle for bundle in (answer_of(fresh.ask("POST", "/v1/upgrade", request([pair]))) for pair in chosen) if bundle]
        size, sha256 = sorted(found)[len(found) // 2]
        path = "/v1/bundle/%s.wht" % sha256
        work = pathlib.Path(scratch)
        site = work / "site"
        (site / "v1" / "bundle").mkdir(parents=True)
        (site / path[1:]).write_bytes(fresh.ask("GET", path))
        one, base = request(chosen[:1]), "http://127.0.0.1:%d" % fresh.port
        rows = [
            load.drive("answer, 1 package", base + "/v1/upgrade", seconds, work, body=one),
            load.drive("answer, %d packages" % len(chosen), base + "/v1/upgrade", seconds, work, body=body),
            load.drive("bundle, whittled", base + path, seconds, work),
        ]
        peak = fresh.peak_bytes()
        with load.nginx(work, site, free_port()) as address:
            rows.append(load.drive("bundle, nginx", address + path, seconds, work))
    return {"bundle_bytes": size, "peak_bytes": peak, "rows": rows}


def measure(options):
    """Everything, as one object."""
    tools.require(["wrk", "nginx", "rpm", "createrepo_c", "zstd"])
    programs = publication.programs(options.build)
    chosen = pairs.load(options.corpus, options.only)
    cold = [cold_cut(programs, options.corpus, pair, options.repeats) for pair in chosen]
    with tools.scratch() as scratch:
        _, published = cost.published(programs, options.corpus, chosen, options.only, pathlib.Path(scratch))
    for pair, row in zip(chosen, cold):
        row["published"] = published[pair].bytes if pair in published else None
    return {"processors": os.cpu_count(), "cold": cold, "warm": warm(programs, options.corpus, chosen, options.seconds)}


def text(result):
    """What `tests/bench backend` prints."""
    lines = ["bundles that nobody has cut before, %d processors; at most the time of the whole package at 100 Mbit/s, or %.1f s" % (
        result["processors"], FLOOR), "", table.line("", ["full", "at most s", "took s", "CPU s", "bundle", "published"], "")]
    for row in result["cold"]:
        bytes_of = [table.grouped(row[key]) if row[key] else "-" for key in ("bundle", "published")]
        cells = [table.grouped(row["full"]), "%.2f" % row["limit_s"], "%.2f" % row["wall_s"], "%.2f" % row["cpu_s"], *bytes_of]
        lines.append(table.line(row["name"], cells, "" if row["wall_s"] <= row["limit_s"] else "late"))
    both = [row for row in result["cold"] if row["bundle"] and row["published"]]
    if both:
        sums = [sum(row[key] for row in both) for key in ("bundle", "published")]
        lines += ["", "bundles cut have %.1f %% more bytes than those that are published" % (100 * sums[0] / sums[1] - 100)]
    warm_part = result["warm"]
    lines += ["", "what is there already; the bundle has %s bytes, whittled took %.0f MB" % (
        table.grouped(warm_part["bundle_bytes"]), warm_part["peak_bytes"] / 1e6), "", table.line("", ["requests/s", "p99 ms", "failed"], "")]
    lines += [table.line(row["name"], ["%.0f" % row["per_s"], "%.2f" % row["p99_ms"], str(row["failed"])], "") for row in warm_part["rows"]]
    return "\n".join(lines)
