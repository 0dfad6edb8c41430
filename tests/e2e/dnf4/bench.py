# SPDX-License-Identifier: GPL-2.0-or-later
"""What a case of the dnf 4 matrix works with: machines, a web server, and what it changes in the published repositories.

Every case runs in a mount, process and network namespace of its own (see run.py): its mounts, its server and whatever it
started are gone with it, and all cases may use the same port.
"""
import contextlib
import hashlib
import re
import shutil
import subprocess
from xml.etree import ElementTree

import packages
from backend import ADDRESS, Backend
from machine import Machine
from server import Server


def read_metadata(repodata, kind):
    """Published metadata: its file and its document."""
    packed = next(repodata.glob("*-%s.xml*" % kind))
    program = ("zstd", "-dcf") if packed.suffix == ".zst" else ("gzip", "-dcf")
    document = subprocess.run([*program, packed], stdout=subprocess.PIPE, check=True).stdout
    return packed, ElementTree.ElementTree(ElementTree.fromstring(document))


METADATA = "http://linux.duke.edu/metadata/"
ElementTree.register_namespace("", METADATA + "common")  # libsolv takes no prefix for its names
ElementTree.register_namespace("rpm", METADATA + "rpm")


class Bench:
    """The set-up of one case."""

    def __init__(self, fixture, lower, work, whittle_repo):
        self.fixture = fixture
        self.backend = None
        self._lower = lower
        self._whittle_repo = whittle_repo
        self.work = work
        self.site = work / "site"
        self.offer("main", "bare", "special")
        self.server = Server(work, self.site, self.certificates)
        self._machines = []

    @property
    def certificates(self):
        """The folder with the authority's, the server's and a client's certificates."""
        return self.fixture / "certificates"

    def offer(self, *names):
        """Puts repositories of the fixture on the server."""
        for name in names:
            shutil.copytree(self.fixture / name, self.site / name)

    def machine(self, name="machine"):
        """A new system with the older packages."""
        machine = Machine(self, self._lower, name)
        self._machines.append(machine)
        machine.remember()
        return machine

    def close(self):
        """Stops the servers and takes the machines' file systems away, so that the folder can be removed."""
        self.server.close()
        if self.backend:
            self.backend.close()
        for machine in self._machines:
            packages.run("umount", "--recursive", "--lazy", machine.root)

    def bundles_of(self, package):
        """Bundles and supplements of a package (NAME-VERSION) in the published repository, the largest first."""
        found = (self.site / "main" / "whittle").glob(package + "-1.noarch.*.wht")
        return sorted(found, key=lambda path: -path.stat().st_size)

    @contextlib.contextmanager
    def index(self):
        """The published index: NAME-VERSION -> its bundle elements. What is changed in them is published."""
        with self.metadata("whittle") as document:
            names = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name.replace("-1.noarch.rpm", "")
                     for path in (self.site / "main").glob("*.rpm")}
            yield {names[package.get("pkgid")]: package.findall("bundle") for package in document}

    @contextlib.contextmanager
    def metadata(self, kind):
        """The root element of published metadata. What is changed in it is published."""
        repodata = self.site / "main" / "repodata"
        packed, tree = read_metadata(repodata, kind)
        yield tree.getroot()
        packed.unlink()
        changed = self.work / (kind + ".xml")
        tree.write(changed, encoding="utf-8", xml_declaration=True)
        packages.run("modifyrepo_c", "--no-compress", "--mdtype", kind, changed, repodata)

    def list_as(self, entries, package, data):
        """Makes the index list other bytes as the bundles of a package."""
        digest = hashlib.sha256(data).hexdigest()
        for entry in entries[package]:
            entry.set("size", str(len(data)))
            entry.set("sha256", digest)
        (self.site / "main" / "whittle" / ("%s-1.noarch.%s.wht" % (package, digest[:16]))).write_bytes(data)

    def publish_apart(self, *options):
        """The repository, published with other options, in a folder that is not served."""
        folder = self.work / "apart"
        shutil.copytree(self.site / "bare", folder)
        packages.run(self._whittle_repo, "publish", *options, folder)
        return folder

    def publish_for_backend(self, *options, with_older=False):
        """Publishes the repository anew: without bundles, since it has no older versions, unless they are wanted."""
        folder = self.site / "main"
        shutil.rmtree(folder)
        shutil.copytree(self.site / "bare", folder)
        for package in folder.glob("*-1-1.noarch.rpm") if not with_older else ():
            package.unlink()
        shutil.rmtree(folder / "repodata")
        packages.publish(folder, self._whittle_repo, *options)

    def start_backend(self, *, named=True, with_older=False, updateinfo=None):
        """Publishes the repository, whose index names a backend unless told otherwise, and starts that backend."""
        options = ["--backend=http://%s/" % ADDRESS] if named else []
        self.publish_for_backend(*options, with_older=with_older)
        if updateinfo:
            (self.work / "updateinfo.xml").write_text(updateinfo)
            packages.run("modifyrepo_c", "--mdtype", "updateinfo", self.work / "updateinfo.xml", self.site / "main/repodata")
        whittled = self._whittle_repo.parent / "whittled"
        self.backend = Backend(self.work, whittled, self.site / "main", [self.fixture / "old", self.fixture / "other"])

    def republish(self, checksum="sha256"):
        """Publishes the repository anew, without supplements for documentation."""
        shutil.rmtree(self.site / "main")
        shutil.copytree(self.site / "bare", self.site / "main")
        packages.run("createrepo_c", "-q", "--checksum", checksum, self.site / "main")
        packages.run(self._whittle_repo, "publish", self.site / "main")

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

    def install_special(self, machine, *names):
        """Installs packages of the repository of special ones: NAME-VERSION."""
        for name in names:
            shutil.copy(self.fixture / "special" / (name + "-1.noarch.rpm"), machine.path("/tmp"))
        files = ["/tmp/%s-1.noarch.rpm" % name for name in names]
        machine.run("rpm", "-i", *files)
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
