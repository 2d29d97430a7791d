"""What a command takes: seconds, and the memory that all its processes hold at once. Standard library only."""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

EVERY = 0.25  # seconds between two looks at the memory


@dataclass(frozen=True)
class Measured:
    """Seconds, the highest number of bytes held at once, and the exit code."""

    seconds: float
    peak: int
    code: int


def measured(
    command: Sequence[str | Path], output: IO[str] | None = None, environment: Mapping[str, str] | None = None
) -> Measured:
    """Runs a command to its end; its messages go to `output`, or where ours go."""
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, held(process.pid))
            time.sleep(EVERY)
    return Measured(time.monotonic() - begun, peak, process.returncode)


def held(root: int) -> int:
    """Bytes in memory of a process and all that it started (Linux; what several share is divided among them, as a
    process that is just being started shares all with the one that starts it)."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:
            continue  # it has ended meanwhile
        children[int(lines["PPid"])].append(int(status.parent.name))
    wanted, total = [root], 0
    while wanted:
        pid = wanted.pop()
        total += _share(pid)
        wanted += children[pid]
    return total


def _share(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has ended meanwhile
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
