# SPDX-License-Identifier: GPL-2.0-or-later
"""What a case of the dnf 4 matrix works with: machines that are overlays over one installed root, and a web server.

Every case runs in a mount, process and network namespace of its own (see run.py): its mounts, its server and whatever it
started are gone with it, and all cases may use the same port.
"""
import base64
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import time
from xml.etree import ElementTree

import packages

ADDRESS = "127.0.0.1:8080"
USER, PASSWORD = "matrix", "secret"

NGINX = """\
daemon off; pid {work}/nginx.pid; error_log {work}/error.log; worker_processes 1; user root;
events {{ }}
http {{
  log_format line '$request_method $uri $status $body_bytes_sent $remote_user';
  access_log {work}/access.log line;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{
    listen {address};
    root {root};
    location /private/ {{ alias {root}/; auth_basic x; auth_basic_user_file {work}/users; }}
    location /slow/ {{ alias {root}/; }}
    location ~ ^/slow/(.*\.wht)$ {{ alias {root}/$1; limit_rate 400; }}
  }}
}}
"""


class Failure(Exception):
    """A case found something that is not as it has to be."""


def check(condition, message, *details):
    """Fails the case unless condition holds."""
    if not condition:
        raise Failure("\n".join([message, *map(str, details)]))


class Server:
    """nginx over a folder, with a log of what was served."""

    def __init__(self, work, root):
        self._log = work / "access.log"
        self._seen = 0  # lines of the log
        salt_and_hash = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
        (work / "users").write_text("%s:{SHA}%s\n" % (USER, salt_and_hash))
        (work / "nginx.conf").write_text(NGINX.format(work=work, root=root, address=ADDRESS))
        self._process = subprocess.Popen(["nginx", "-c", str(work / "nginx.conf"), "-e", str(work / "error.log")])
        for _ in range(100):
            if (work / "nginx.pid").exists() and (work / "nginx.pid").read_text().strip():
                return
            time.sleep(0.02)
        raise Failure("nginx does not start")

    def close(self):
        """Ends the server."""
        self._process.terminate()
        self._process.wait()

    def served(self):
        """What was served since the last call: (path, status, bytes, user)."""
        time.sleep(0.05)
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        fresh, self._seen = lines[self._seen:], len(lines)
        requests = []
        for line in fresh:
            fields = line.split(" ")
            requests.append((fields[1], int(fields[2]), int(fields[3]), fields[4]))
        return requests


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
        done = subprocess.run(["chroot", str(self.root), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"})
        check(code is None or done.returncode == code, "%s: exit status %d" % (" ".join(argv), done.returncode), done.stdout)
        return done.stdout

    def dnf(self, *argv, code=0, answer="-y"):
        """Runs dnf; answers all its questions with yes unless told otherwise."""
        return self.program("dnf", *(["--releasever=1"] + ([answer] if answer else []) + list(argv)), code=code)

    def program(self, *argv, code=0):
        """Runs a program of this system and reports what the server saw meanwhile."""
        self._bench.server.served()
        output = self.run(*argv, code=code)
        print("$", " ".join(argv), "\n" + output, flush=True)
        return Run(code, output, self._bench.server.served())

    def versions(self, *names):
        """NAME-VERSION of the installed packages of the matrix, or of those named."""
        listed = self.run("rpm", "-qa", "--qf", "%{NAME}-%{VERSION}\n").split()
        known = names or ("alpha", "beta", "gamma", "tall")
        return sorted(name for name in listed if name.rsplit("-", 1)[0] in known)

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
                    if not re.search(r"/(alpha|beta|gamma|tall)", path[len(str(self.root)):]):
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


def read_index(repodata):
    """A published index: its file and its document."""
    packed = next(repodata.glob("*whittle.xml*"))
    document = subprocess.run(["zstd", "-dcf", packed], stdout=subprocess.PIPE, check=True).stdout
    return packed, ElementTree.ElementTree(ElementTree.fromstring(document))


class Bench:
    """The set-up of one case."""

    def __init__(self, fixture, lower, work, whittle_repo):
        self.fixture = fixture
        self._lower = lower
        self._whittle_repo = whittle_repo
        self.work = work
        self.site = work / "site"
        for name in ("main", "bare"):
            shutil.copytree(fixture / name, self.site / name)
        self.server = Server(work, self.site)
        self._machines = []

    def machine(self, name="machine"):
        """A new system with the older packages."""
        machine = Machine(self, self._lower, name)
        self._machines.append(machine)
        machine.remember()
        return machine

    def close(self):
        """Stops the server and takes the machines' file systems away, so that the folder can be removed."""
        self.server.close()
        for machine in self._machines:
            packages.run("umount", "-R", machine.root)

    def bundles_of(self, package):
        """Bundles and supplements of a package (NAME-VERSION) in the published repository, the largest first."""
        found = (self.site / "main" / "whittle").glob(package + "-1.noarch.*.wht")
        return sorted(found, key=lambda path: -path.stat().st_size)

    @contextlib.contextmanager
    def index(self):
        """The published index: NAME-VERSION -> its bundle elements. What is changed in them is published."""
        repodata = self.site / "main" / "repodata"
        packed, tree = read_index(repodata)
        names = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name.replace("-1.noarch.rpm", "")
                 for path in (self.site / "main").glob("*.rpm")}
        yield {names[package.get("pkgid")]: package.findall("bundle") for package in tree.getroot()}
        packed.unlink()
        tree.write(self.work / "whittle.xml", encoding="utf-8", xml_declaration=True)
        packages.run("modifyrepo_c", "--no-compress", "--mdtype", "whittle", self.work / "whittle.xml", repodata)

    def list_as(self, entries, package, data):
        """Makes the index list other bytes as the bundles of a package."""
        digest = hashlib.sha256(data).hexdigest()
        for entry in entries[package]:
            entry.set("size", str(len(data)))
            entry.set("sha256", digest)
        (self.site / "main" / "whittle" / ("%s-1.noarch.%s.wht" % (package, digest[:16]))).write_bytes(data)

    def republish(self, *options):
        """Publishes the repository anew with other options."""
        shutil.rmtree(self.site / "main")
        shutil.copytree(self.site / "bare", self.site / "main")
        packages.run(self._whittle_repo, "publish", self.site / "main", *options)

    def install_again(self, machine, names, *options):
        """Installs older packages once more, with options of rpm."""
        files = []
        for name in names:
            shutil.copy(self.fixture / "old" / (name + "-1-1.noarch.rpm"), machine.path("/tmp"))
            files.append("/tmp/%s-1-1.noarch.rpm" % name)
        machine.run("rpm", "-e", "--nodeps", *names)
        machine.run("rpm", "-i", "--nodeps", *options, *files)
        for name in files:
            machine.path(name).unlink()
        machine.remember()

    def install_foreign(self, machine, name, version):
        """Replaces a package by a version of its own that no repository knows."""
        packages.build(name, version, self.work, self.work / "foreign")
        package = "/tmp/foreign.rpm"
        shutil.move(self.work / ("%s-%s-1.noarch.rpm" % (name, version)), machine.path(package))
        machine.run("rpm", "-U", "--oldpackage", "--nodeps", package)
        machine.path(package).unlink()
        machine.remember()

    def make_installroot(self, machine, path):
        """A second system inside the first one, with the older packages and just enough for their scriptlets."""
        root = machine.path(path)
        for folder in ("usr/bin", "usr/lib/x86_64-linux-gnu", "usr/lib64", "var/log", "tmp"):
            (root / folder).mkdir(parents=True)
        for link in ("bin", "lib", "lib64"):
            (root / link).symlink_to("usr/" + link)
        shutil.copy(machine.path("/usr/bin/dash"), root / "usr/bin/sh")
        libraries = re.findall(r"(/\S+) \(0x", machine.run("ldd", "/usr/bin/dash"))
        for library in libraries:
            target = root / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(machine.path(library), target)
        for package in (self.fixture / "old").glob("*.rpm"):
            shutil.copy(package, root / "tmp")
        machine.run("rpm", "--root", path, "--import", "/etc/matrix.asc")
        machine.run("rpm", "--root", path, "-i", *["%s/tmp/%s" % (path, file.name) for file in (root / "tmp").glob("*.rpm")])
        shutil.rmtree(root / "tmp")

    def offer_deltas(self, machine, *names):
        """Lists delta packages for some packages, and gives the machine a stand-in for the program that applies them."""
        records = []
        (self.site / "main" / "drpms").mkdir()
        for name in names:
            data = packages.noise(name + "delta", 1000)
            (self.site / "main" / "drpms" / (name + "-1_2.drpm")).write_bytes(data)
            records.append(DELTA.format(name=name, size=len(data), digest=hashlib.sha256(data).hexdigest()))
        (self.work / "prestodelta.xml").write_text("<prestodelta>%s</prestodelta>\n" % "".join(records))
        packages.run("modifyrepo_c", "--mdtype", "prestodelta", self.work / "prestodelta.xml", self.site / "main/repodata")
        shutil.copytree(self.site / "bare", machine.path("/srv/originals"))
        machine.write("/usr/bin/applydeltarpm", '#!/bin/sh\nexec cp "/srv/originals/${4##*/}" "$4"\n')
        machine.path("/usr/bin/applydeltarpm").chmod(0o755)


DELTA = """<newpackage name="{name}" epoch="0" version="2" release="1" arch="noarch">
<delta oldepoch="0" oldversion="1" oldrelease="1"><filename>drpms/{name}-1_2.drpm</filename>
<sequence>{name}-1-1-00000000000000000000000000000000</sequence><size>{size}</size>
<checksum type="sha256">{digest}</checksum></delta></newpackage>
"""
