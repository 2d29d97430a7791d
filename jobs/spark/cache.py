"""Where taskmill keeps what it makes once per machine: the Delta jars, the class archives, the Spark logs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """TASKMILL_CACHE when it is set, else `taskmill` in the user's cache folder (XDG_CACHE_HOME or ~/.cache)."""
    named = os.environ.get("TASKMILL_CACHE")
    if named:
        return Path(named).expanduser().absolute()
    user_cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(user_cache).expanduser().absolute() / "taskmill"
