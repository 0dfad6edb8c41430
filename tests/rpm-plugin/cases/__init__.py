# SPDX-License-Identifier: GPL-2.0-or-later
"""All cases by name."""
from cases import carriers, failing, installing, loading, memory  # noqa: F401
from cases.common import CASES, Bench  # noqa: F401
