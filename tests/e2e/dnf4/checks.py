# SPDX-License-Identifier: GPL-2.0-or-later
"""How a case of the dnf 4 matrix fails."""


class Failure(Exception):
    """A case found something that is not as it has to be."""


def check(condition, message, *details):
    """Fails the case unless condition holds."""
    if not condition:
        raise Failure("\n".join([message, *map(str, details)]))
