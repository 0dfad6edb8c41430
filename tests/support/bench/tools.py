# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of others that the bench runs: where they come from, what they cost, how far a long run is."""
import concurrent.futures
import dataclasses
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

# Program -> the Debian package that has it.
PACKAGES = {"makedeltarpm": "deltarpm", "applydeltarpm": "deltarpm", "bsdiff": "bsdiff", "bspatch": "bsdiff", "xdelta3": "xdelta3", "zstd": "zstd",
            "casync": "casync", "zck": "zchunk", "zck_delta_size": "zchunk", "bsdtar": "libarchive-tools", "rpm": "rpm", "createrepo_c": "createrepo-c",
            "wrk": "wrk", "nginx": "nginx-light"}


def missing(programs):
    """Those of the programs that are not installed."""
    return [program for program in programs if not shutil.which(program)]


def require(programs):
    """Ends the run where one of the programs is not installed."""
    absent = missing(programs)
    if absent:
        sys.exit("not installed: %s (Debian packages: %s); --install installs them"
                 % (", ".join(absent), " ".join(sorted({PACKAGES[program] for program in absent}))))


def run(*argv, **options):
    """What a program that has to succeed says, as bytes."""
    argv = [str(arg) for arg in argv]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    if done.returncode != 0:
        raise RuntimeError("%s: exit status %d\n%s" % (" ".join(argv), done.returncode, done.stderr.decode("utf-8", "replace")))
    return done.stdout


def scratch():
    """A temporary folder with room for unpacked packages."""
    return tempfile.TemporaryDirectory(prefix="whittle-bench-", dir=os.environ.get("TMPDIR", "/var/tmp"))


@dataclasses.dataclass
class Usage:
    """What running programs took."""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_bytes: int = 0

    def __add__(self, other):
        """One after the other: the time of both, the memory of the larger."""
        return Usage(self.cpu_s + other.cpu_s, self.wall_s + other.wall_s, max(self.peak_bytes, other.peak_bytes))


def own_peak():
    """This process's own memory. Linux hands it on to a program that it starts, so no smaller peak can be measured."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured(*argv, given=b"", **options):
    """Runs a program that has to succeed: (what it and its children took, what it says)."""
    argv = [str(arg) for arg in argv]
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as trouble:
        source.write(given)
        source.seek(0)
        start = time.monotonic()
        child = subprocess.Popen(argv, stdin=source, stdout=output, stderr=trouble, **options)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            trouble.seek(0)
            raise RuntimeError("%s: exit status %d\n%s" % (" ".join(argv), child.returncode, trouble.read().decode("utf-8", "replace")))
        output.seek(0)
        return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024), output.read()


class Progress:
    """A line on standard error that says how much of the work is done; silent where nobody watches."""

    def __init__(self, total):
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()

    def step(self, weight, what):
        """Some more is done."""
        self._done += weight
        if self._shown:
            print("\r\033[K%3d %%  %s" % (100 * self._done // max(self._total, 1), what), end="", file=sys.stderr, flush=True)

    def close(self):
        """Leaves no trace of the line."""
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def work_off(tasks):
    """Runs tasks (weight, label, function) on all processors, heaviest first; gives their results in the order of the tasks."""
    progress = Progress(sum(weight for weight, _, _ in tasks))
    results = [None] * len(tasks)
    order = sorted(range(len(tasks)), key=lambda number: -tasks[number][0])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {pool.submit(tasks[number][2]): number for number in order}
        try:
            for future in concurrent.futures.as_completed(futures):
                number = futures[future]
                results[number] = future.result()
                progress.step(*tasks[number][:2])
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            progress.close()
    return results
