# SPDX-License-Identifier: GPL-2.0-or-later
"""What the cases share."""
import kinds
from roots import Home, Root, check

CASES = {}


def case(function):
    """Makes a case of a function; its name is the case's."""
    CASES[function.__name__.replace("_", "-")] = function
    return function


class Bench:
    """What a case works with: packages, homes with and without the plugin, roots."""

    def __init__(self, fixture, build, work):
        self.fixture = fixture
        self.build = build
        self.work = work
        self.plugin = build / "plugin/rpm/whittle.so"
        self.plain = Home(work / "plain-home", None)
        self.home = Home(work / "home", self.plugin)

    def originals(self, *names, version=kinds.NEW):
        """Paths of original packages: of these kinds, or all."""
        folder = "new" if version == kinds.NEW else "old"
        return [self.fixture / folder / ("kind-%s-%s.rpm" % (name, version)) for name in names or kinds.KINDS]

    def assembled(self, *names):
        """The new packages, assembled."""
        return [self.fixture / "assembled" / path.name for path in self.originals(*names)]

    def empty_twins(self, name=""):
        """Two empty roots; the second one has the plugin."""
        return Root(self.work / (name + "plain"), self.plain), Root(self.work / (name + "twin"), self.home)

    def upgradable_twins(self):
        """Two roots with the old versions of all packages; the second one has the plugin."""
        base = self.fixture / "base"
        return Root(self.work / "plain", self.plain, base), Root(self.work / "twin", self.home, base)


def names_of(version, *names):
    """What a root lists that has these kinds, or all."""
    return sorted("kind-%s-%s" % (name, version) for name in names or kinds.KINDS)


def check_names(root, *expected):
    """The root's database lists these packages."""
    check(root.names() == sorted(expected), "other packages than expected", root.names(), sorted(expected))
