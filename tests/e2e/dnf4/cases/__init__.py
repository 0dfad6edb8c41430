# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases of the dnf 4 matrix, each a function of the bench. run.py runs one by its name."""
from cases import backends, bundles, caching, falling_back, installed, interrupting, originals, programs  # noqa: F401
from cases import reencoding, running, servers, special, supplements, upgrading  # noqa: F401
from cases.common import CASES  # noqa: F401
