# SPDX-License-Identifier: GPL-2.0-or-later
"""Private roots and homes for the host's rpm: nothing of the host is changed, and only the plugins of a test are loaded."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import twin  # noqa: E402

DBPATH = "/var/lib/rpm"
MACROS = pathlib.Path(__file__).resolve().parents[2] / "plugin/rpm/macros.transaction_whittle"


class Failure(Exception):
    """Something is not as it has to be."""


def check(condition, message, *details):
    """Fails the case unless condition holds."""
    if not condition:
        raise Failure("\n".join([message, *map(str, details)]))


class Home:
    """A home folder: rpm reads ~/.rpmmacros, which names a folder of plugins with one plugin or none."""

    def __init__(self, folder, plugin):
        self.folder = folder
        plugins = folder / "plugins"
        plugins.mkdir(parents=True)
        lines = ["%%_dbpath %s" % DBPATH, "%%__plugindir %s" % plugins]
        if plugin:
            (plugins / "whittle.so").symlink_to(plugin)
            lines.append(MACROS.read_text().strip())
        (folder / ".rpmmacros").write_text("\n".join(lines) + "\n")

    def run(self, *argv, status=0, wrapper=(), text="", only_output=False):
        """Runs a command in this home on a text; gives what it printed.

        status: the exit statuses to expect, one or a tuple, None for any but 0. wrapper: a command before the command.
        only_output: leave the error stream out.
        """
        argv = [str(arg) for arg in (*wrapper, *argv)]
        done = subprocess.run(argv, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE if only_output else subprocess.STDOUT,
                              text=True, errors="replace", check=False, env=dict(os.environ, HOME=str(self.folder), LC_ALL="C.UTF-8"))
        statuses = status if isinstance(status, tuple) else (status,)
        expected = done.returncode != 0 if status is None else done.returncode in statuses
        check(expected, "%s: exit status %d" % (" ".join(argv), done.returncode), done.stdout, done.stderr or "")
        return done.stdout


class Root:
    """A root with an rpm database, worked on by rpm in a home."""

    def __init__(self, folder, home, copy_of=None):
        self.folder = folder
        self.home = home
        if copy_of:
            subprocess.run(["cp", "-a", copy_of, folder], check=True)
        else:
            folder.mkdir()

    def rpm(self, *argv, **options):
        """Runs rpm on this root."""
        return self.home.run("rpm", "--root", self.folder, *argv, **options)

    def names(self):
        """The packages that the database lists; keys are none."""
        listed = self.rpm("-qa", "--queryformat", "%{NAME}-%{VERSION}\n").split()
        return sorted(name for name in listed if not name.startswith("gpg-pubkey-"))

    def files(self):
        """All that is there but for the database and what is no business of packages."""
        return twin.inventory(str(self.folder), DBPATH)

    def scriptlets(self):
        """What the scriptlets have logged."""
        log = self.folder / "scriptlets"
        return log.read_text().splitlines() if log.exists() else []

    def check_verified(self):
        """rpm finds every file as its package has it."""
        found = self.rpm("-Va")
        check(found == "", "rpm -Va has something to say", found)


def check_equal(plain, other):
    """Files and database rows of two roots are the same, scriptlets ran in the same order."""
    check(plain.scriptlets() == other.scriptlets(), "other scriptlets", plain.scriptlets(), other.scriptlets())
    for root in (plain, other):
        if (root.folder / "scriptlets").exists():
            os.utime(root.folder / "scriptlets", (0, 0))
    differences = list(twin.compare(str(plain.folder), str(other.folder), DBPATH))
    check(not differences, "the roots differ", *differences)
