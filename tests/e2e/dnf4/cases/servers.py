# SPDX-License-Identifier: GPL-2.0-or-later
"""Mirrors, credentials, repositories."""
import hashlib
import shutil

from bench import METADATA, read_metadata
from checks import check
from server import ADDRESS, DEAD, PASSWORD, PROXY, SECURE, USER
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect


def list_mirrors(bench, *urls):
    """Serves a list of mirrors; returns the repository's setting for it."""
    (bench.site / "mirrors").write_text("".join("http://%s\n" % url for url in urls))
    return "mirrorlist=http://%s/mirrors" % ADDRESS


@case
def mirror_dead(bench):
    """The first mirror of a list does not answer: bundles come from the second."""
    machine = bench.machine()
    machine.repository("main", list_mirrors(bench, DEAD + "/main", ADDRESS + "/main"))
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def mirror_dead_fastestmirror(bench):
    """The same when dnf sorts the mirrors by their speed."""
    machine = bench.machine()
    machine.repository("main", list_mirrors(bench, DEAD + "/main", ADDRESS + "/main"), fastestmirror="1")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def mirror_without_bundles(bench):
    """The first mirror of a list has no bundles: they come from the second."""
    machine = bench.machine()
    shutil.copytree(bench.site / "main", bench.site / "partial")
    shutil.rmtree(bench.site / "partial" / "whittle")
    machine.repository("main", list_mirrors(bench, ADDRESS + "/partial", ADDRESS + "/main"))
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def mirror_with_wrong_bundles(bench):
    """The bundles of the first mirror are cut off or have other bytes: good ones come from the second."""
    machine = bench.machine()
    shutil.copytree(bench.site / "main", bench.site / "spoilt")
    for number, bundle in enumerate(sorted((bench.site / "spoilt" / "whittle").glob("*.wht"))):
        data = bundle.read_bytes()
        bundle.write_bytes(data[:-100] if number % 2 else bytes(len(data)))
    machine.repository("main", list_mirrors(bench, ADDRESS + "/spoilt", ADDRESS + "/main"))
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    asked = [path for path, _, _, _ in run.requests if path.startswith("/spoilt/whittle/")]
    check(asked, "the first mirror is not asked", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def metalink(bench):
    """A metalink whose first mirror does not answer."""
    machine = bench.machine()
    repomd = (bench.site / "main" / "repodata" / "repomd.xml").read_bytes()
    (bench.site / "metalink").write_text(METALINK.format(
        size=len(repomd), digest=hashlib.sha256(repomd).hexdigest(), dead=DEAD, address=ADDRESS))
    machine.repository("main", "metalink=http://%s/metalink" % ADDRESS)
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


METALINK = """<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/">
<files><file name="repomd.xml"><size>{size}</size>
<verification><hash type="sha256">{digest}</hash></verification>
<resources><url protocol="http" type="http" preference="100">http://{dead}/main/repodata/repomd.xml</url>
<url protocol="http" type="http" preference="90">http://{address}/main/repodata/repomd.xml</url></resources>
</file></files></metalink>
"""


@case
def basic_auth(bench):
    """Bundles are fetched with the repository's credentials."""
    machine = bench.machine()
    machine.repository("private/main", username=USER, password=PASSWORD)
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    users = {user for path, status, _, user in run.requests if path.endswith(".wht") and status == 200}
    check(users == {USER}, "bundles are fetched without credentials", users)
    machine.check_after(NEW, UPGRADED)


@case
def proxy(bench):
    """Bundles are fetched through the repository's proxy, with its password: only the proxy knows the server's name."""
    machine = bench.machine()
    machine.repository("main", "baseurl=http://repository.invalid/main", proxy="http://" + PROXY, proxy_username=USER,
                       proxy_password=PASSWORD)
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(run.bundles == BUNDLED, "bundles are not fetched through the proxy", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def client_certificate(bench):
    """Bundles are fetched with the repository's client certificate, from a server that its own authority vouches for."""
    machine = bench.machine()
    shutil.copytree(bench.certificates, machine.path("/etc/certificates"))
    settings = {"sslcacert": "ca.pem", "sslclientcert": "client.pem", "sslclientkey": "client.key"}
    machine.repository("main", "baseurl=https://%s/main" % SECURE,
                       **{option: "/etc/certificates/" + name for option, name in settings.items()})
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(run.bundles == BUNDLED, "bundles are not fetched", run.requests)
    machine.check_after(NEW, UPGRADED)


def location_of(metadata, name, version):
    """The element that says where a package is."""
    prefix = "{%scommon}" % METADATA
    for package in metadata.findall(prefix + "package"):
        if package.findtext(prefix + "name") == name and package.find(prefix + "version").get("ver") == version:
            return package.find(prefix + "location")
    raise KeyError(name)


@case
def location_escaped(bench):
    """Packages in a folder whose name is escaped in an address; their bundles lie where they always do."""
    folder = bench.site / "main" / "a b%20c+d"
    folder.mkdir()
    with bench.metadata("primary") as metadata:
        for name in ("alpha", "gamma"):
            package = bench.site / "main" / (name + "-2-1.noarch.rpm")
            package.rename(folder / package.name)
            location_of(metadata, name, "2").set("href", "%s/%s" % (folder.name, package.name))
    machine = bench.machine()
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def location_elsewhere(bench):
    """Packages that xml:base places on another server: bundles lie in the repository all the same."""
    elsewhere = bench.site / "elsewhere"
    elsewhere.mkdir()
    with bench.metadata("primary") as metadata:
        for name in ("alpha", "gamma"):
            location_of(metadata, name, "2").set("{http://www.w3.org/XML/1998/namespace}base", "http://%s/elsewhere" % ADDRESS)
            (bench.site / "main" / (name + "-2-1.noarch.rpm")).rename(elsewhere / (name + "-2-1.noarch.rpm"))
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check("/elsewhere/gamma-2-1.noarch.rpm" in [path for path, _, _, _ in run.requests], "gamma is not elsewhere", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def two_repositories(bench):
    """Packages come from a repository with bundles and from one without."""
    machine = bench.machine()
    machine.append("/etc/yum.repos.d/matrix.repo", "exclude=beta\n[second]\nname=second\nbaseurl=http://%s/bare\n"
                   "gpgcheck=1\nincludepkgs=beta\n" % ADDRESS)
    expect(machine.dnf("upgrade"), ["alpha-2", "tall-2"], ["beta-2", "gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def metadata_fresh(bench):
    """A plugin that is installed while the cached metadata is fresh gets its index at the next run."""
    machine = bench.machine()
    machine.dnf("makecache", "--disableplugin=whittle")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def repository_without_record(bench):
    """A repository without an index is not asked for it again and again."""
    machine = bench.machine()
    machine.repository("bare")
    first = machine.dnf("makecache")
    check(first.requests, "no metadata is fetched")
    for _ in range(3):
        run = machine.dnf("check-update", code=100)
        check(not run.requests, "metadata is fetched again", run.requests)
    expect(machine.dnf("upgrade"), [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def other_checksums(bench):
    """A repository whose packages have SHA-512 checksums; what is downloaded for later is known by them."""
    bench.republish("sha512")
    _, primary = read_metadata(bench.site / "main" / "repodata", "primary")
    kinds = {checksum.get("type") for checksum in primary.iter("{%scommon}checksum" % METADATA)}
    check(kinds == {"sha512"}, "the packages have other checksums", kinds)
    machine = bench.machine()
    expect(machine.dnf("upgrade", "--downloadonly"), BUNDLED, ["gamma-2"])
    expect(machine.dnf("upgrade"), [], [])
    machine.check_after(NEW, UPGRADED)


@case
def repo_gpgcheck(bench):
    """The repository's own signature is checked, which covers the index; without it dnf takes nothing from there."""
    shutil.copy(bench.fixture / "main.asc", bench.site / "main" / "repodata" / "repomd.xml.asc")
    machine = bench.machine()
    machine.repository("main", repo_gpgcheck="1")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def repo_gpgcheck_bad(bench):
    """An index that somebody exchanged behind the signature is not used, nor is anything else."""
    shutil.copy(bench.fixture / "main.asc", bench.site / "main" / "repodata" / "repomd.xml.asc")
    with bench.index() as entries:
        bench.list_as(entries, "alpha-2", b"exchanged")
    machine = bench.machine()
    machine.repository("main", repo_gpgcheck="1")
    run = machine.dnf("upgrade", code=1)
    expect(run, [], [])
    check(not [path for path, _, _, _ in run.requests if "whittle" in path], "the index is fetched", run.requests)
    machine.check_after(OLD, [])


@case
def unsigned(bench):
    """Unsigned packages are as good as their repository says with gpgcheck=0, and refused by dnf as always with gpgcheck=1."""
    bench.offer("unsigned")
    machine = bench.machine()
    machine.repository("unsigned")
    run = machine.dnf("upgrade", "alpha", code=1)
    check("is not signed" in run.output, "dnf does not say why", run.output)
    check(machine.versions() == OLD, "something is installed", machine.versions())
    machine.run("dnf", "clean", "packages")
    machine.repository("unsigned", gpgcheck="0")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def pkgverify_level_all(bench):
    """rpm itself demands signature and digests of every package."""
    machine = bench.machine()
    machine.write("/etc/rpm/macros.verify", "%_pkgverify_level all\n%_pkgverify_flags 0\n")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)
