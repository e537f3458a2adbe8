"""The machine that a figure was measured on."""

import os
import platform


def machine() -> str:
    """Cores, architecture and Python: enough to judge a figure by, nothing that names the machine."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
