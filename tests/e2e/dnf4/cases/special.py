# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages with something special about them."""
import packages
from checks import check
from server import ADDRESS
from cases.common import OLD, NEW, BUNDLED, UPGRADED, case, expect

REPOSITORY = "[special]\nname=special\nbaseurl=http://%s/special\ngpgcheck=1\nexcludepkgs=%s\n"


def add_special(machine, *excluded):
    """Adds the repository of special packages, but for some names."""
    machine.append("/etc/yum.repos.d/matrix.repo", REPOSITORY % (ADDRESS, ",".join(excluded)))


@case
def obsoletes(bench):
    """A package under a new name has no older version to start from: whole; the others are assembled."""
    machine = bench.machine()
    add_special(machine)
    expect(machine.dnf("upgrade"), ["beta-2", "tall-2"], ["gamma-2", "heir-2"])
    machine.check_after(["heir-2", *NEW[1:]], ["heir-2 1", *UPGRADED[1:]])


@case
def installed_beside_each_other(bench):
    """A version that is installed beside the older one is assembled from that one, which stays."""
    machine = bench.machine()
    bench.install_special(machine, "kern-1")
    add_special(machine, "heir")
    expect(machine.dnf("upgrade"), [*BUNDLED[:2], "kern-2", "tall-2"], ["gamma-2"])
    machine.check_after([*NEW, "kern-1", "kern-2"], ["kern-2 2", *UPGRADED])


@case
def odd_name(bench):
    """Signs in name and version, and an epoch, which the names of files do not have."""
    machine, twin = bench.machine(), bench.machine("twin")
    for system in (machine, twin):
        bench.install_special(system, "odd++-3")
        add_special(system)
    expect(machine.dnf("upgrade", "odd++"), ["odd++-2~rc1^git+b"], [])
    machine.check_after([*OLD, "odd++-2~rc1^git+b"], ["odd++-2~rc1^git+b 2"])
    twin.dnf("upgrade", "odd++", "--disableplugin=whittle")
    machine.check_twin(twin)


@case
def odd_file_changed(bench):
    """A reason that names a file whose name is not UTF-8 costs that package, no other."""
    machine = bench.machine()
    bench.install_special(machine, "odd++-3")
    machine.append("/usr/share/odd++/" + packages.ODD_FILE, "changed\n")
    add_special(machine, "heir")
    run = machine.dnf("upgrade")
    expect(run, BUNDLED, ["gamma-2", "odd++-2~rc1^git+b"])
    check("/usr/share/odd++/a b \u20ac ?" in run.reason("odd++-2~rc1^git+b"), "the file is not named", run.output)
    machine.check_after([*NEW, "odd++-2~rc1^git+b"], [*UPGRADED, "odd++-2~rc1^git+b 2"])


@case
def modular(bench):
    """The packages of a module are assembled as any other."""
    modules = bench.work / "modules.yaml"
    modules.write_text(MODULE)
    packages.run("modifyrepo_c", "--mdtype", "modules", modules, bench.site / "main" / "repodata")
    machine = bench.machine()
    check("matrix" in machine.dnf("module", "enable", "matrix:one").output, "the module is not known")
    expect(machine.dnf("upgrade"), BUNDLED, ["gamma-2"])
    machine.check_after(NEW, UPGRADED)


MODULE = """---
document: modulemd
version: 2
data:
  name: matrix
  stream: one
  version: 1
  context: 00000000
  arch: x86_64
  summary: matrix
  description: matrix
  license:
    module: [MIT]
  artifacts:
    rpms: [alpha-0:1-1.noarch, alpha-0:2-1.noarch]
...
"""
