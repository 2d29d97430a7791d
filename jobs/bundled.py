"""Where the files are that come with the program."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def bundled_conf() -> Path:
    """The folder of the configuration files that come with the program."""
    return Path(str(files("taskmill.conf").joinpath("__init__.py"))).resolve().parent
