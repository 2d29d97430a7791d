"""What a worker holds at once: long texts, many templates."""

from __future__ import annotations

import subprocess
import sys

import pytest

MEBIBYTE = 1024 * 1024
RENDER = """
import json, resource, sys
import pyarrow as pa
from taskmill.udfs.fields import FieldType
from taskmill.udfs.rendering.batches import pair_renderer
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.plans import Draw, RenderPlan, Template

prompt = "{{ text }} " + sys.argv[1]
templates = tuple((f"t{n}", Template(f"t{n}", f"Number {n}: {prompt}", "{{ label }}")) for n in range(20))
plan = RenderPlan(
    task="s.t", task_type="t", task_cluster="c", fold=0, choices=None, answer=None, templates=templates, draw=Draw(0),
    fields={"text": FieldType("text"), "label": FieldType("text")},
    limits=Limits(max_prompt_chars=2_000_000, max_value_size=2_000_000),
)
count = rows = 0
for start in range(0, 192, 64):  # as Spark sends them: 64 MiB at once
    texts = [json.dumps({"text": f"{n} " + "long text " * 100_000, "label": "yes"}) for n in range(start, start + 64)]
    batch = pa.record_batch({"task": ["s.t"] * 64, "example_id": [str(n) for n in range(64)], "fields": texts})
    del texts
    for out in pair_renderer({"s.t": plan}, ("example_id",))([batch]):
        count += out.num_rows
        assert out.nbytes < 32 * 1024 * 1024, out.nbytes
if sys.platform == "linux":  # where ru_maxrss begins with what the process that started this one held
    status = dict(line.split(":", 1) for line in open("/proc/self/status", encoding="utf-8"))
    print(count, int(status["VmHWM"].split()[0]) * 1024)
else:
    print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # bytes on macOS
"""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("", id="kernels"),
        pytest.param("{% for a in [1] recursive %}{{ a }}{% endfor %}", id="rows"),
    ],
)
def test_a_worker_stays_below_a_gibibyte_with_long_fields_and_many_templates(more: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RENDER, more], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    count, peak = map(int, done.stdout.split())
    assert count == 192 * 20
    assert peak < 1024 * MEBIBYTE, f"{peak / MEBIBYTE:.0f} MiB"
