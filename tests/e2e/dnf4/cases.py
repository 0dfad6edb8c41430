# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases of the dnf 4 matrix, each a function of the bench. run.py runs one by its name.

alpha, beta and tall have bundles, gamma has none: every upgrade also covers a package without data.
"""
import os
import re
import shutil
import signal
import subprocess
import time

import packages
from bench import ADDRESS, PASSWORD, USER, check, read_index

OLD = ["alpha-1", "beta-1", "gamma-1", "tall-1"]
NEW = ["alpha-2", "beta-2", "gamma-2", "tall-2"]
BUNDLED = ["alpha-2", "beta-2", "tall-2"]
UPGRADED = ["alpha-2 2", "beta-2 2", "gamma-2 2", "tall-2 2"]
CASES = {}


def case(function):
    """Registers a case under its name with dashes."""
    CASES[function.__name__.replace("_", "-")] = function
    return function


def expect(run, assembled, whole):
    """Checks which packages a run assembled and which it downloaded whole."""
    check(run.assembled == sorted(assembled), "other packages are assembled than expected", run.assembled, assembled)
    check(run.whole == sorted(whole), "other packages are downloaded whole than expected", run.whole, whole)


def upgrade_without(machine, package, *parts, **after):
    """Upgrades and checks that one package is downloaded whole, with a line that says each of the parts."""
    run = machine.dnf("upgrade")
    expect(run, [name for name in BUNDLED if name != package], [package, "gamma-2"])
    for part in parts:
        check(re.search(part, run.reason(package)), "the reason for the whole package does not say: %s" % part, run.output)
    machine.check_after(NEW, UPGRADED, **after)
    return run


# The upgrade itself

@case
def upgrade(bench):
    """Assembled packages install and leave the same system as the ordinary upgrade does."""
    machine, twin = bench.machine(), bench.machine("twin")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(re.search(r"Whittle assembled 3 of 4 packages: .* saved\)", run.output), "the savings are not said")
    machine.check_after(NEW, UPGRADED)
    plain = twin.dnf("upgrade", "--disableplugin=whittle")
    expect(plain, [], NEW)
    twin.check_after(NEW, UPGRADED)
    machine.check_twin(twin)


@case
def answer_no(bench):
    """Nothing is fetched or written before the prompt is answered."""
    machine = bench.machine()
    run = machine.dnf("upgrade", "--assumeno", answer=None, code=1)
    expect(run, [], [])
    check(run.bundles == [], "bundles are fetched before the prompt", run.bundles)
    machine.check_after(OLD, [])


@case
def distro_sync(bench):
    """distro-sync assembles."""
    machine = bench.machine()
    expect(machine.dnf("distro-sync"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def reinstall(bench):
    """A reinstallation is assembled from the installed files of the same version."""
    machine = bench.machine()
    machine.dnf("upgrade")
    machine.remember()
    run = machine.dnf("reinstall", "alpha", "gamma")
    check("alpha-2" in run.assembled and "alpha-2" not in run.whole, "alpha is not assembled", run.output)
    machine.check_after(NEW, ["alpha-2 2", "gamma-2 2"])


@case
def downgrade(bench):
    """A version that nothing leads to is downloaded whole, and the way back up is assembled again."""
    machine = bench.machine()
    machine.dnf("upgrade")
    machine.remember()
    run = machine.dnf("downgrade", "alpha")
    check(sorted(run.assembled + run.whole) == ["alpha-1"], "alpha-1 is not fetched once", run.output)
    machine.check_after(["alpha-1", *NEW[1:]])
    expect(machine.dnf("upgrade", "alpha"), ["alpha-2"], [])
    machine.check_after(NEW)


@case
def history_undo(bench):
    """Undoing an upgrade works as without whittle, redoing it assembles."""
    machine = bench.machine()
    machine.dnf("upgrade")
    run = machine.dnf("history", "undo", "last")
    check(sorted(run.assembled + run.whole) == OLD, "the older packages are not fetched once each", run.output)
    machine.check_after(OLD)
    machine.dnf("history", "undo", "last")
    machine.check_after(NEW)


# Falling back

@case
def bundle_missing(bench):
    """A bundle that no mirror has."""
    for bundle in bench.bundles_of("alpha-2"):
        bundle.unlink()
    upgrade_without(bench.machine(), "alpha-2", "404")


@case
def index_missing(bench):
    """A mirror that lacks the index serves an ordinary upgrade."""
    next((bench.site / "main" / "repodata").glob("*whittle.xml*")).unlink()
    machine = bench.machine()
    expect(machine.dnf("upgrade"), [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def index_wrong(bench):
    """So does one whose index is not what repomd.xml says."""
    index = next((bench.site / "main" / "repodata").glob("*whittle.xml*"))
    index.write_bytes(packages.noise("index", index.stat().st_size))
    machine = bench.machine()
    expect(machine.dnf("upgrade"), [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def index_garbage(bench):
    """And one whose index is noise that repomd.xml vouches for."""
    noise = bench.work / "whittle.xml"
    noise.write_text("<whittle version='1'><package pkgid='x'>")
    packages.run("modifyrepo_c", "--no-compress", "--mdtype", "whittle", noise, bench.site / "main" / "repodata")
    machine = bench.machine()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.output.count("[MIRROR] 4 packages (whittle)") == 1, "the common reason is not said once", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def index_kept(bench):
    """The index is fetched once for as long as its metadata are fresh, and cleaned with them."""
    machine = bench.machine()

    def fetches(run):
        return [path for path, _, _, _ in run.requests if "-whittle.xml" in path]
    check(len(fetches(machine.dnf("upgrade", "alpha"))) == 1, "the index is not fetched once")
    check(not fetches(machine.dnf("upgrade", "beta")), "the index is fetched again")
    machine.dnf("clean", "metadata")
    left = list(machine.path("/var/cache/dnf").rglob("*whittle*"))
    check(not left, "the index is left by dnf clean", *left)
    check(len(fetches(machine.dnf("upgrade"))) == 1, "the index is not fetched once after cleaning")
    machine.check_after(NEW, UPGRADED)


@case
def bundle_truncated(bench):
    """A bundle that ends early."""
    for bundle in bench.bundles_of("alpha-2"):
        bundle.write_bytes(bundle.read_bytes()[:-100])
    upgrade_without(bench.machine(), "alpha-2", "length|size")


@case
def bundle_wrong(bench):
    """A bundle with other bytes of the same length."""
    for bundle in bench.bundles_of("alpha-2"):
        bundle.write_bytes(packages.noise("wrong", bundle.stat().st_size))
    upgrade_without(bench.machine(), "alpha-2", "checksum")


@case
def bundle_garbage_listed(bench):
    """A bundle of noise that the index vouches for: the command refuses it."""
    with bench.index() as entries:
        bench.list_as(entries, "alpha-2", packages.noise("listed", 5000))
    upgrade_without(bench.machine(), "alpha-2", ".")


def exchange_bundles(bench):
    """Serves a bundle of beta as alpha's, with an index that vouches for it."""
    with bench.index() as entries:
        step = max(entries["beta-2"], key=lambda entry: int(entry.get("size")))  # from beta-1, not from beta-2
        found = [path for path in bench.bundles_of("beta-2") if path.name.endswith(".%s.wht" % step.get("sha256")[:16])]
        bench.list_as(entries, "alpha-2", found[0].read_bytes())


@case
def bundle_of_another_package(bench):
    """A bundle that leads to another validly signed package, vouched for by the index under this name."""
    exchange_bundles(bench)
    run = upgrade_without(bench.machine(), "alpha-2", ".")
    check("beta-2" in run.assembled, "beta is not assembled", run.output)


def serve_other_version(bench):
    """Serves the bundle that leads to another signed version of alpha as alpha-2's, and vouches for it."""
    _, document = read_index(bench.fixture / "other" / "repodata")
    digest = document.find("package/bundle").get("sha256")
    other = bench.fixture / "other" / "whittle" / ("alpha-1.5-1.noarch.%s.wht" % digest[:16])
    with bench.index() as entries:
        bench.list_as(entries, "alpha-2", other.read_bytes())


@case
def bundle_of_another_version(bench):
    """The same with another version of the package itself, as a mirror would that wants an old hole back."""
    serve_other_version(bench)
    upgrade_without(bench.machine(), "alpha-2", "1[.]5|pkgid|package|prefix")


@case
def bundle_of_another_version_gpgcheck_off(bench):
    """Without signature checks too."""
    serve_other_version(bench)
    machine = bench.machine()
    machine.repository("main", gpgcheck="0")
    upgrade_without(machine, "alpha-2", ".")


@case
def local_file_changed(bench):
    """A file that the bundle relies on was changed."""
    machine = bench.machine()
    machine.append("/usr/share/alpha/text", "changed by hand\n")
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def local_file_missing(bench):
    """A file that the bundle relies on is gone."""
    machine = bench.machine()
    machine.path("/usr/share/alpha/text").unlink()
    upgrade_without(machine, "alpha-2", "/usr/share/alpha/text")


@case
def docs_without_supplement(bench):
    """Documentation was left out and the repository has no supplement for it."""
    bench.republish()
    machine = bench.machine()
    bench.install_again(machine, ["alpha", "beta"], "--nodocs")
    run = machine.dnf("upgrade")
    check("alpha-2" in run.whole and "beta-2" in run.whole, "alpha and beta are not downloaded whole", run.output)
    check("tall-2" in run.assembled, "tall is not assembled", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def unknown_old_version(bench):
    """No bundle starts from what is installed."""
    machine = bench.machine()
    bench.install_foreign(machine, "alpha", "0.5")
    run = machine.dnf("upgrade")
    expect(run, ["beta-2", "tall-2"], ["alpha-2", "gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def no_user_attributes(bench):
    """The cache's file system has no user attributes: assembled all the same, for this run."""
    machine = bench.machine()
    machine.mount_cache("ramfs")
    expect(machine.dnf("upgrade", "--setopt=cachedir=/cache"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def no_user_attributes_keepcache(bench):
    """Assembled files that cannot carry a mark are removed all the same."""
    machine = bench.machine()
    keep_cache(machine)
    machine.mount_cache("ramfs")
    expect(machine.dnf("upgrade", "--setopt=cachedir=/cache"), BUNDLED, ["gamma-2"])
    kept = sorted(path.name for path in machine.cached())
    check(kept == ["gamma-2-1.noarch.rpm"], "other packages are kept than expected", kept)


@case
def no_user_attributes_downloadonly(bench):
    """Where a later run could not know an assembled file, nothing is assembled for it."""
    machine = bench.machine()
    machine.mount_cache("ramfs")
    options = ("upgrade", "--setopt=cachedir=/cache")
    run = machine.dnf(*options, "--downloadonly")
    expect(run, [], NEW)
    check("no user attributes" in run.reason("alpha-2"), "the reason is not said", run.output)
    expect(machine.dnf(*options, "-C"), [], [])
    machine.check_after(NEW, UPGRADED)


@case
def no_rpm_plugin(bench):
    """Without the rpm plugin nothing is assembled, and one line says so."""
    machine = bench.machine()
    machine.remove_rpm_plugin()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.bundles == [], "bundles are fetched in vain", run.bundles)
    check(run.output.count("Whittle is inactive") == 1, "it is not said once", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def disk_full(bench):
    """A cache that has room for the whole packages but not for the assembled ones."""
    machine = bench.machine()
    machine.mount_cache("tmpfs", "size=8m")
    run = machine.dnf("upgrade", "--setopt=cachedir=/cache")
    expect(run, ["alpha-2", "beta-2"], ["gamma-2", "tall-2"])
    check(run.reason("tall-2"), "the reason is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def disk_nearly_full(bench):
    """A cache that has room for the whole packages only."""
    machine = bench.machine()
    machine.mount_cache("tmpfs", "size=1000k")
    run = machine.dnf("upgrade", "--setopt=cachedir=/cache")
    expect(run, [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def disk_shared_with_the_system(bench):
    """A cache on a file system that packages are installed to leaves room for that."""
    machine = bench.machine()
    packages.run("mount", "-t", "tmpfs", "-o", "size=30m", "none", machine.path("/opt"))
    run = machine.dnf("upgrade", "--setopt=cachedir=/opt/cache")
    expect(run, [], NEW)
    check("not enough free space" in run.output, "the reason is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def command_crashes(bench):
    """A crash of the command costs the assembly, not the upgrade."""
    machine = bench.machine()
    machine.wrap_command('case $1 in assemble) kill -SEGV $$;; esac')
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    machine.check_after(NEW, UPGRADED)


@case
def command_missing(bench):
    """Without the command the plugin is inactive and says so."""
    machine = bench.machine()
    machine.path("/usr/bin/whittle").unlink()
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check("Whittle is inactive: /usr/bin/whittle" in run.output, "it is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def bad_signature(bench):
    """What the command wrote does not pass dnf's signature check: the whole package."""
    machine = bench.machine()
    machine.write("/usr/bin/spoil", SPOIL)
    machine.path("/usr/bin/spoil").chmod(0o755)
    machine.wrap_command('case $1 in assemble) exec /usr/bin/spoil;; esac')
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    machine.check_after(NEW, UPGRADED)


SPOIL = """#!/usr/bin/python3
import json, subprocess, sys
requests = sys.stdin.buffer.read()
places = {json.loads(line)["id"]: json.loads(line)["destination"] for line in requests.splitlines()}
said = subprocess.run(["/usr/bin/whittle.real", "assemble"], input=requests, stdout=subprocess.PIPE).stdout
for line in said.splitlines():
    answer = json.loads(line)
    if answer["answer"] == "assembled":
        with open(places[answer["id"]], "r+b") as package:
            package.seek(-2000, 2)
            package.write(b"spoiled")
sys.stdout.buffer.write(said)
"""


# Supplements

@case
def config_edited(bench):
    """Edited configuration comes from the config supplement; the edits stay, as in an ordinary upgrade."""
    machine, twin = bench.machine(), bench.machine("twin")
    for system in (machine, twin):
        for name in ("alpha", "alpha-new"):
            system.append("/etc/%s.conf" % name, "edited\n")
            os.utime(system.path("/etc/%s.conf" % name), (1700000000, 1700000000))
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check(len([name for name in run.fetched(".wht") if name.startswith("alpha")]) == 2, "no supplement is fetched", run.requests)
    check(machine.path("/etc/alpha-new.conf.rpmnew").exists(), "no .rpmnew file")
    check("edited" in machine.path("/etc/alpha-new.conf").read_text(), "the edit is lost")
    altered = ("/etc/alpha.conf", "/etc/alpha-new.conf")
    machine.check_after(NEW, UPGRADED, altered=altered)
    twin.dnf("upgrade", "--disableplugin=whittle")
    machine.check_twin(twin)


@case
def docs_left_out(bench):
    """A system without documentation upgrades through the doc supplement and stays without."""
    machine, twin = bench.machine(), bench.machine("twin")
    for system in (machine, twin):
        bench.install_again(system, ["alpha", "beta"], "--nodocs")
    run = machine.dnf("upgrade", "--setopt=tsflags=nodocs")
    expect(run, BUNDLED, ["gamma-2"])
    check(not machine.path("/usr/share/doc/alpha/README").exists(), "documentation is installed")
    machine.check_after(NEW, UPGRADED)
    twin.dnf("upgrade", "--setopt=tsflags=nodocs", "--disableplugin=whittle")
    machine.check_twin(twin)


# The cache

def keep_cache(machine, *settings):
    """Makes dnf keep packages, and with keep=1 whittle too."""
    machine.append("/etc/dnf/dnf.conf", "\nkeepcache=1\n")
    machine.append("/etc/dnf/plugins/whittle.conf", "".join("\n%s\n" % setting for setting in settings))


def empty_cache(machine):
    """Removes the packages that keepcache=1 kept, so that the common checks hold."""
    machine.run("dnf", "clean", "packages")


@case
def keepcache(bench):
    """keepcache=1 keeps whole packages; assembled ones go all the same."""
    machine = bench.machine()
    keep_cache(machine)
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    kept = sorted(path.name for path in machine.cached())
    check(kept == ["gamma-2-1.noarch.rpm"], "other packages are kept than expected", kept)
    empty_cache(machine)
    machine.check_after(NEW, UPGRADED)


@case
def keepcache_keep(bench):
    """With keep=1 they stay, and the next reinstallation takes them from the cache."""
    machine = bench.machine()
    keep_cache(machine, "keep=1")
    machine.dnf("upgrade")
    check(len(machine.cached()) == 4, "not all packages are kept", *machine.cached())
    run = machine.dnf("reinstall", "alpha")
    expect(run, [], [])
    check(run.bundles == [] and "Already downloaded" in run.output, "the cached package is not taken", run.output)
    empty_cache(machine)
    machine.check_after(NEW)


@case
def downloadonly_then_upgrade(bench):
    """What --downloadonly assembled is taken by the next run."""
    machine = bench.machine()
    expect(machine.dnf("upgrade", "--downloadonly"), BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "something is installed", machine.versions())
    run = machine.dnf("upgrade")
    expect(run, [], [])
    check(run.output.count("Already downloaded") == 4, "the cached packages are not taken", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def downloadonly_then_plugin_off(bench):
    """Also when the dnf plugin is off by then."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    expect(machine.dnf("upgrade", "--disableplugin=whittle"), [], [])
    machine.check_after(NEW, UPGRADED)


@case
def downloadonly_then_cacheonly(bench):
    """Also without network."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    run = machine.dnf("upgrade", "-C")
    check(not run.requests, "-C asks the server", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def downloadonly_then_no_rpm_plugin(bench):
    """What was assembled while the rpm plugin was there is not handed to an rpm without it."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly")
    machine.remove_rpm_plugin()
    expect(machine.dnf("upgrade"), [], BUNDLED)
    machine.check_after(NEW, UPGRADED)


@case
def garbage_in_cache(bench):
    """Files that stand under the packages' names are examined, not trusted."""
    machine = bench.machine()
    machine.dnf("makecache")
    folder = next(path.parent for path in machine.path("/var/cache/dnf").glob("matrix-*/repodata")) / "packages"
    folder.mkdir()
    sizes = {"alpha": 1000, "beta": (bench.site / "main/beta-2-1.noarch.rpm").stat().st_size, "tall": 500000}
    for name, size in sizes.items():
        (folder / ("%s-2-1.noarch.rpm" % name)).write_bytes(packages.noise(name, size))
    os.setxattr(folder / "beta-2-1.noarch.rpm", "user.whittle.assembled", b"1")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def whole_package_in_cache(bench):
    """A package that is in the cache already is neither fetched nor assembled."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly", "--disableplugin=whittle", "alpha")
    expect(machine.dnf("upgrade"), ["beta-2", "tall-2"], ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


# Where the original bytes are wanted

def check_original(bench, folder):
    """Checks that all packages in a folder are the repository's."""
    found = sorted(folder.rglob("*.rpm"))
    check(found, "no packages in %s" % folder)
    for package in found:
        check(package.read_bytes() == (bench.site / "main" / package.name).read_bytes(), "%s: not the original" % package.name)


@case
def destdir(bench):
    """--downloadonly --destdir, dnf download and dnf reposync deliver the original packages."""
    machine = bench.machine()
    machine.dnf("upgrade", "--downloadonly", "--destdir=/destdir")
    check_original(bench, machine.path("/destdir"))
    machine.dnf("download", "--downloaddir=/download", "alpha", "beta")
    check_original(bench, machine.path("/download"))
    machine.dnf("reposync", "--download-path=/synced")
    check_original(bench, machine.path("/synced"))
    machine.check_after(OLD, [])


@case
def local_files(bench):
    """Packages from the command line and from a repository on this machine are left alone."""
    machine = bench.machine()
    shutil.copytree(bench.site / "main", machine.path("/srv/local"))
    expect(machine.dnf("upgrade", "/srv/local/alpha-2-1.noarch.rpm"), [], [])
    machine.repository("main", "baseurl=file:///srv/local")
    expect(machine.dnf("upgrade"), [], [])
    check_original(bench, machine.path("/srv/local"))
    machine.check_after(NEW, UPGRADED)


# Other ways to run dnf

@case
def offline_upgrade(bench):
    """A transaction that is tested and stored for a later boot, applied from the cache alone."""
    machine = bench.machine()
    store = ("--setopt=cachedir=/var/lib/dnf/system-upgrade",)
    expect(machine.dnf("upgrade", *store, "--setopt=tsflags=test"), BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "something is installed", machine.versions())
    run = machine.dnf("upgrade", *store, "-C")
    check(not run.requests, "applying asks the server", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def installroot(bench):
    """Sources come from the root that is upgraded, never from the host."""
    machine = bench.machine()
    bench.make_installroot(machine, "/mnt/root")
    run = machine.dnf("upgrade", "--installroot=/mnt/root", "--setopt=reposdir=/etc/yum.repos.d")
    expect(run, BUNDLED, ["gamma-2"])
    check(machine.versions() == OLD, "the host changed", machine.versions())
    inside = machine.run("rpm", "--root", "/mnt/root", "-qa", "--qf", "%{NAME}-%{VERSION}\n").split()
    check(set(NEW) <= set(inside), "the root is not upgraded", inside)
    check(not machine.run("rpm", "--root", "/mnt/root", "-Va"), "rpm -Va finds differences in the root")


@case
def installroot_changed(bench):
    """A file that is intact on the host and changed in the root is not taken from the host."""
    machine = bench.machine()
    bench.make_installroot(machine, "/mnt/root")
    machine.append("/mnt/root/usr/share/alpha/text", "changed\n")
    run = machine.dnf("upgrade", "--installroot=/mnt/root", "--setopt=reposdir=/etc/yum.repos.d")
    expect(run, ["beta-2", "tall-2"], ["alpha-2", "gamma-2"])


@case
def key_not_imported(bench):
    """The key is imported after the download as always."""
    machine = bench.machine()
    machine.run("rpm", "-e", *machine.run("rpm", "-qa", "gpg-pubkey").split())
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check("Key imported successfully" in run.output, "the key is not imported", run.output)
    machine.keys = machine.run("rpm", "-qa", "gpg-pubkey")
    machine.check_after(NEW, UPGRADED)


@case
def tsflags_noplugins(bench):
    """Inactive where rpm plugins are switched off."""
    machine = bench.machine()
    run = machine.dnf("upgrade", "--setopt=tsflags=noplugins")
    expect(run, [], NEW)
    check(run.bundles == [], "bundles are fetched in vain", run.bundles)
    machine.check_after(NEW, UPGRADED)


@case
def cacheonly(bench):
    """Nothing is assembled from the cache alone; what is missing is missing."""
    machine = bench.machine()
    machine.dnf("makecache")
    run = machine.dnf("upgrade", "-C", code=1)
    check(not run.requests, "-C asks the server", run.requests)
    machine.check_after(OLD, [])


@case
def switched_off(bench):
    """enabled=0 in the configuration."""
    machine = bench.machine()
    settings = machine.path("/etc/dnf/plugins/whittle.conf")
    settings.write_text(settings.read_text().replace("enabled=1", "enabled=0"))
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(not [line for line in run.requests if "whittle" in line[0]], "the index is fetched", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def configuration_damaged(bench):
    """Values that make no sense are said and passed over."""
    machine = bench.machine()
    machine.append("/etc/dnf/plugins/whittle.conf", "\njobs=many\npercentage=\nkeep=perhaps\n")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2"])
    check('jobs: "many"' in run.output, "it is not said", run.output)
    machine.check_after(NEW, UPGRADED)


@case
def percentage(bench):
    """Bundles that save too little are not fetched."""
    machine = bench.machine()
    machine.append("/etc/dnf/plugins/whittle.conf", "\npercentage=0\n")
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.bundles == [], "bundles are fetched", run.bundles)
    machine.check_after(NEW, UPGRADED)


@case
def automatic(bench):
    """dnf-automatic downloads and applies."""
    machine = bench.machine()
    machine.write("/etc/dnf/automatic.conf", "[commands]\nupgrade_type=default\ndownload_updates=yes\napply_updates=yes\n"
                  "random_sleep=0\n[emitters]\nemit_via=stdio\n[email]\n[command]\n[command_email]\n[base]\ndebuglevel=2\n")
    machine.write("/etc/dnf/vars/releasever", "1\n")
    machine.append("/etc/dnf/dnf.conf", "\nreleasever=1\n")
    run = machine.program("python3", "-c", "import dnf.automatic.main as automatic; automatic.main([])")
    check(run.bundles and run.whole == ["gamma-2"], "packages are not assembled", run.requests, run.output)
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
def deltarpm(bench):
    """Delta packages serve what whittle leaves, and only that."""
    machine = bench.machine()
    bench.offer_deltas(machine, "beta", "gamma")
    machine.append("/etc/dnf/dnf.conf", "\ndeltarpm=1\ndeltarpm_percentage=100\n")
    run = machine.dnf("upgrade")
    check(run.fetched(".drpm") == ["gamma-1_2.drpm"], "other deltas are fetched than expected", run.requests)
    expect(run, BUNDLED, [])
    machine.path("/usr/bin/applydeltarpm").unlink()
    machine.check_after(NEW, UPGRADED)


@case
def local_plugin(bench):
    """The plugin that copies packages into a repository of its own keeps whittle away, said once."""
    machine = bench.machine()
    machine.write("/etc/dnf/plugins/local.conf", "[main]\nenabled = true\n[createrepo]\nenabled = false\n")
    run = machine.dnf("upgrade")
    expect(run, [], NEW)
    check(run.output.count("Whittle is inactive") == 1, "it is not said once", run.output)
    check_original(bench, machine.path("/var/lib/dnf/plugins/local"))
    machine.path("/etc/dnf/plugins/local.conf").write_text("[main]\nenabled = false\n")
    shutil.rmtree(machine.path("/var/lib/dnf/plugins"))
    machine.check_after(NEW, UPGRADED)


# Servers

@case
def mirror_dead(bench):
    """The first mirror of a list does not answer: bundles come from the second."""
    machine = bench.machine()
    (bench.site / "mirrors").write_text("http://127.0.0.1:9/main\nhttp://%s/main\n" % ADDRESS)
    machine.repository("main", "mirrorlist=http://%s/mirrors" % ADDRESS)
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def mirror_dead_fastestmirror(bench):
    """The same when dnf sorts the mirrors by their speed."""
    machine = bench.machine()
    (bench.site / "mirrors").write_text("http://127.0.0.1:9/main\nhttp://%s/main\n" % ADDRESS)
    machine.repository("main", "mirrorlist=http://%s/mirrors" % ADDRESS, fastestmirror="1")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def mirror_without_bundles(bench):
    """The first mirror of a list has no bundles: they come from the second."""
    machine = bench.machine()
    shutil.copytree(bench.site / "main", bench.site / "partial")
    shutil.rmtree(bench.site / "partial" / "whittle")
    (bench.site / "mirrors").write_text("http://{0}/partial\nhttp://{0}/main\n".format(ADDRESS))
    machine.repository("main", "mirrorlist=http://%s/mirrors" % ADDRESS)
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


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
def gpgcheck_off(bench):
    """Without signature checks the chain from repomd.xml holds: another package's bundle is still refused."""
    exchange_bundles(bench)
    machine = bench.machine()
    machine.repository("main", gpgcheck="0")
    upgrade_without(machine, "alpha-2", ".")


@case
def two_repositories(bench):
    """Packages come from a repository with bundles and from one without."""
    machine = bench.machine()
    machine.append("/etc/yum.repos.d/matrix.repo", "exclude=beta\n[second]\nname=second\nbaseurl=http://%s/bare\n"
                   "gpgcheck=1\nincludepkgs=beta\n" % ADDRESS)
    expect(machine.dnf("upgrade"), ["alpha-2", "tall-2"], ["beta-2", "gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def pkgverify_level_all(bench):
    """rpm itself demands signature and digests of every package."""
    machine = bench.machine()
    machine.write("/etc/rpm/macros.verify", "%_pkgverify_level all\n%_pkgverify_flags 0\n")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


# Interrupts and surroundings

def interrupt(machine, *argv, when, delay):
    """Sends SIGINT to dnf's process group a while after it said something; returns its output."""
    process = subprocess.Popen(["chroot", str(machine.root), *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    output = ""
    for line in process.stdout:
        output += line
        if when in line:
            time.sleep(delay)
            os.killpg(process.pid, signal.SIGINT)
    print(output, flush=True)
    check(process.wait() != 0, "dnf goes on after an interrupt", output)
    return output


@case
def interrupt_while_fetching(bench):
    """An interrupt during the transfer of bundles ends dnf and leaves nothing."""
    machine = bench.machine()
    machine.repository("slow/main")
    machine.dnf("makecache")
    interrupt(machine, "dnf", "--releasever=1", "-y", "upgrade", when="Downloading Packages", delay=0.7)
    machine.check_after(OLD, [])


@case
def interrupt_while_assembling(bench):
    """An interrupt during the assembly ends dnf and leaves nothing."""
    machine = bench.machine()
    machine.wrap_command('case $1 in assemble) /usr/bin/whittle.real "$@"; exec sleep 60;; esac')
    interrupt(machine, "dnf", "--releasever=1", "-y", "upgrade", when="[DRPM 3/3]", delay=0.3)
    machine.check_after(OLD, [])


@case
def killed_run(bench):
    """What a killed run left is removed by the next one."""
    machine = bench.machine()
    machine.dnf("makecache")
    folder = next(path.parent for path in machine.path("/var/cache/dnf").glob("matrix-*/repodata")) / "packages"
    (folder / ".whittle-stale").mkdir(parents=True)
    (folder / ".whittle-stale" / "0-0.wht").write_text("stale")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


@case
def quiet_and_locales(bench):
    """Without a meter, and in the C locale."""
    machine = bench.machine()
    run = machine.program("env", "LC_ALL=C", "dnf", "--releasever=1", "-y", "-q", "upgrade")
    check(run.whole == ["gamma-2"], "packages are not assembled", run.requests)
    machine.check_after(NEW, UPGRADED)


@case
def ordinary_user(bench):
    """A user who is not root gets no index and no messages."""
    machine = bench.machine()
    run = machine.program("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp",
                          "dnf", "--releasever=1", "repoquery", "alpha")
    check("hittle" not in run.output, "whittle speaks", run.output)
    check(not [line for line in run.requests if "whittle" in line[0]], "the index is fetched", run.requests)
    machine.check_after(OLD, [])
