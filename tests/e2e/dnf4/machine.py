# SPDX-License-Identifier: GPL-2.0-or-later
"""The systems of a case: overlays over one installed root, whose changes go away with the case."""
import os
import pathlib
import re
import subprocess

import packages
from checks import check
from server import ADDRESS

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root", "TERM": "dumb"}


def check_status(argv, status, expected, output):
    """Fails the case when a program ends with another exit status than it should; None means any."""
    check(expected is None or status == expected, "%s: exit status %d" % (" ".join(argv), status), output)


def read_terminal(leader):
    """What is said at a terminal until all have left it; a line that is drawn again counts as a new one."""
    said = b""
    while True:
        try:
            said += os.read(leader, 65536)
        except OSError:  # how a terminal's end is told
            return re.sub("\r+\n?", "\n", said.decode("utf-8", "replace"))


class Run:
    """One run of dnf: what it said and what the server saw."""

    def __init__(self, code, output, requests):
        self.code = code
        self.output = output
        self.requests = requests

    def fetched(self, suffix):
        """Names of the files with a suffix that were served whole."""
        return sorted(path.rsplit("/", 1)[1] for path, status, _, _ in self.requests
                      if path.endswith(suffix) and status == 200)

    @property
    def bundles(self):
        """Names of the packages whose bundles were served: NAME-VERSION."""
        return sorted(re.sub(r"-1\.noarch\..*", "", name) for name in self.fetched(".wht"))

    @property
    def whole(self):
        """The packages that were served whole: NAME-VERSION."""
        return [name.replace("-1.noarch.rpm", "") for name in self.fetched(".rpm")]

    @property
    def assembled(self):
        """The packages that dnf was told were assembled: NAME-VERSION."""
        return sorted(re.findall(r"^\[DRPM[^]]*\] (\S+)-1\.noarch\.rpm \(whittle\): assembled", self.output, re.M))

    def reason(self, name):
        """Why a package was not assembled, empty when nothing was said."""
        found = re.search(r"^\[MIRROR\] %s-1\.noarch\.rpm \(whittle\): (.*); downloading" % re.escape(name), self.output, re.M)
        return found.group(1) if found else ""


class Machine:
    """A system with dnf, whittle and the older packages: an overlay whose changes go away with the case."""

    def __init__(self, bench, lower, name):
        self._bench = bench
        folder = bench.work / name
        self.root = folder / "root"
        for part in ("root", "upper", "work"):
            (folder / part).mkdir(parents=True)
        packages.run("mount", "-t", "overlay", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s"
                     % (lower, folder / "upper", folder / "work"), self.root)
        packages.run("mount", "-t", "proc", "proc", self.root / "proc")
        self.repository("main")

    def path(self, name):
        """A path of this system as the case sees it."""
        return self.root / name.lstrip("/")

    def write(self, name, text):
        """Writes a file of this system."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)

    def append(self, name, text):
        """Adds a line to a file of this system."""
        self.write(name, self.path(name).read_text() + text)

    def repository(self, name, source=None, **options):
        """Writes the only repository of this system; by default it is a folder of the server."""
        lines = ["[matrix]", "name=matrix", source or "baseurl=http://%s/%s" % (ADDRESS, name)]
        settings = {"gpgcheck": "1", "gpgkey": "file:///etc/matrix.asc", "enabled": "1"}
        settings.update(options)
        lines += ["%s=%s" % item for item in settings.items()]
        self.write("/etc/yum.repos.d/matrix.repo", "\n".join(lines) + "\n")

    def run(self, *argv, code=0):
        """Runs a program of this system."""
        done = subprocess.run(self._command(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False, env=ENVIRONMENT)
        check_status(argv, done.returncode, code, done.stdout)
        return done.stdout

    def dnf(self, *argv, code=0, answer="-y"):
        """Runs dnf; answers all its questions with yes unless told otherwise."""
        return self.program("dnf", *(["--releasever=1"] + ([answer] if answer else []) + list(argv)), code=code)

    def program(self, *argv, code=0):
        """Runs a program of this system and reports what the server saw meanwhile."""
        self._bench.server.served()
        output = self.run(*argv, code=code)
        return self._report(argv, code, output)

    def start(self, *argv, output=None):
        """Starts a program of this system, in a process group of its own."""
        return subprocess.Popen(self._command(argv), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=ENVIRONMENT,
                                start_new_session=True)

    def terminal(self, *argv, typed, code=0):
        """Runs dnf on a terminal at which the answers to its questions were typed before."""
        self._bench.server.served()
        argv = ("dnf", "--releasever=1", *argv)
        leader, follower = os.openpty()
        os.write(leader, typed.encode())
        child = subprocess.Popen(self._command(argv), stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
                                 env=ENVIRONMENT)
        os.close(follower)
        output = read_terminal(leader)
        os.close(leader)
        check_status(argv, child.wait(), code, output)
        return self._report(argv, code, output)

    def _command(self, argv):
        return ["chroot", str(self.root), *argv]

    def _report(self, argv, code, output):
        print("$", " ".join(argv), "\n" + output, flush=True)
        return Run(code, output, self._bench.server.served())

    def package_folder(self):
        """The folder of the repository's packages in dnf's cache, which has to have its metadata."""
        metadata = next(self.path("/var/cache/dnf").glob("matrix-*/repodata"))
        folder = metadata.parent / "packages"
        folder.mkdir(exist_ok=True)
        return folder

    def versions(self):
        """NAME-VERSION of the installed packages."""
        listed = self.run("rpm", "-qa", "--qf", "%{NAME}-%{VERSION}\n").split()
        return sorted(name for name in listed if name.rsplit("-", 1)[0] not in ("shell", "gpg-pubkey"))

    def mount_cache(self, kind, options="rw"):
        """Puts a file system of its own at /cache, for --setopt=cachedir."""
        self.path("/cache").mkdir()
        packages.run("mount", "-t", kind, "-o", options, "none", self.path("/cache"))

    def remove_rpm_plugin(self):
        """Takes the rpm plugin away."""
        self.path(self.run("rpm", "--eval", "%{__transaction_whittle}").strip()).unlink()

    def wrap_command(self, script):
        """Puts a shell script before the command."""
        self.path("/usr/bin/whittle").rename(self.path("/usr/bin/whittle.real"))
        self.write("/usr/bin/whittle", '#!/bin/sh\n%s\nexec /usr/bin/whittle.real "$@"\n' % script)
        self.path("/usr/bin/whittle").chmod(0o755)

    def cached(self):
        """Paths of package files, bundles and temporary folders in all caches of this system."""
        found = []
        for cache in ("/var/cache/dnf", "/var/lib/dnf", "/cache"):
            for folder, folders, files in os.walk(self.path(cache)):
                for name in files + folders:
                    if name.endswith((".rpm", ".wht")) or name.startswith((".whittle", ".#")):
                        found.append(pathlib.Path(folder) / name)
        return found

    def check_after(self, expected, scriptlets=None, altered=()):
        """What has to hold after every case: versions, intact files, scriptlets ran once, an empty cache."""
        check(self.versions() == sorted(expected), "other versions are installed than expected", self.versions(), expected)
        said = self.run("rpm", "-Va", code=None).splitlines()
        verified = [line for line in said if line.split()[-1] not in altered]
        check(not verified, "rpm -Va finds differences", *verified)
        check(not self.cached(), "files are left in the cache", *self.cached())
        if scriptlets is not None:
            ran = self.path("/var/log/scriptlets").read_text().splitlines()
            check(sorted(ran) == sorted(scriptlets), "scriptlets did not run as they should", ran, scriptlets)
        check(self.keys == self.run("rpm", "-qa", "gpg-pubkey"), "the keys changed", self.run("rpm", "-qa", "gpg-pubkey"))

    def remember(self):
        """Notes what must be the same after the case."""
        self.keys = self.run("rpm", "-qa", "gpg-pubkey")
        self.write("/var/log/scriptlets", "")

    def check_twin(self, twin):
        """This system and its twin have the same files and the same package rows but for time and transaction."""
        here, there = self._inventory(), twin._inventory()
        names = sorted(name for name in {**here, **there} if here.get(name) != there.get(name))
        check(not names, "the twins' files differ", *names)
        rows, others = self._rows(), twin._rows()
        check(rows.keys() == others.keys(), "the twins' databases list other packages")
        for package, tags in rows.items():
            differing = [tag for tag in {**tags, **others[package]} if tags.get(tag) != others[package].get(tag)]
            check(not differing, "%s: tags differ between the twins' databases" % package, differing)

    def _inventory(self):
        """What is installed by the packages of the matrix: path -> all that an upgrade may change of it."""
        found = {}
        for top in ("/usr/share", "/etc"):
            for folder, _, files in os.walk(self.path(top)):
                for name in files:
                    path = os.path.join(folder, name)
                    if not re.search(r"/(alpha|beta|gamma|tall|kern|odd|pressed)", path[len(str(self.root)):]):
                        continue
                    status = os.lstat(path)
                    content = os.readlink(path) if os.path.islink(path) else pathlib.Path(path).read_bytes()
                    found[path[len(str(self.root)):]] = (
                        content, status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_nlink,
                        [(key, os.getxattr(path, key, follow_symlinks=False))
                         for key in os.listxattr(path, follow_symlinks=False)])
        return found

    def _rows(self):
        """The rpm database: NEVRA -> every tag of the header but the time and number of the transaction."""
        import rpm  # only the system's interpreter has it
        database = self.run("rpm", "--eval", "%{_dbpath}").strip()
        rpm.addMacro("_dbpath", str(self.path(database)))
        transaction = rpm.TransactionSet()
        transaction.setVSFlags(-1)
        try:
            return {header[rpm.RPMTAG_NEVRA]: {tag: header[tag] for tag in header.keys()
                                               if tag not in (rpm.RPMTAG_INSTALLTIME, rpm.RPMTAG_INSTALLTID)}
                    for header in transaction.dbMatch() if header[rpm.RPMTAG_NAME] != "gpg-pubkey"}
        finally:
            transaction.closeDB()
            rpm.delMacro("_dbpath")
