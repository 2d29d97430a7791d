"""Times rendering: the whole step against a plain Spark copy of the same table and against itself without the checks of
pairs, and the tiers against Jinja itself.

Both are measured in this process, one after the other and several times over, so that the ratios hold on any machine.
The step goes from table `examples` to the committed table `pairs`, quarantine included; the copy reads the finished
`pairs` and writes them to another Delta table partitioned the same way. Input is made from a seed.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pyspark.sql import DataFrame

from taskmill.jobs import render
from taskmill.jobs.command import Options, bundled_conf, opened
from taskmill.jobs.run import STEPS
from taskmill.jobs.storage import tables
from taskmill.udfs.pair_checks.registry import CHECKS
from taskmill.udfs.rendering import native
from taskmill.udfs.rendering.bounds import Limits
from taskmill.udfs.rendering.plans import Template
from taskmill.udfs.rendering.rendered import RenderedRows
from taskmill.udfs.rendering.row_sets import rows_of_dicts

TASK_TYPE = "natural_language_inference"
TEMPLATES = 5
SEED = 20
WORDS = re.findall(
    r"\w+",
    "a the of and to in on at by with for from under over quiet late early old new small long cold green river harbour "
    "garden kitchen station letter music winter morning evening market window bridge mountain village doctor teacher "
    "neighbour child dog horse boat train opens closes carries finds keeps leaves writes reads sells repairs visits",
)
UNCHECKED = tuple(f"checks.severity.{name}=off" for name in CHECKS)
SLOW_ROWS, LOOP_ROWS = 200, 20_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_render", description=__doc__)
    parser.add_argument("--pairs", type=int, default=2_000_000, help=f"pairs to render, {TEMPLATES} an example")
    parser.add_argument("--rounds", type=int, default=3, help="times that render and copy are measured, in turn")
    parser.add_argument("--examples", type=Path, help="JSON Lines with the fields of the task type, used over and over")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = list(example_rows(options.examples, options.pairs // TEMPLATES))
        compare_with_jinja(read_templates(folder), rows[:LOOP_ROWS])
        conf = write_project(folder, rows)
        del rows
        compare_with_copy(conf, folder, options.rounds)


def example_rows(examples: Path | None, count: int) -> Iterator[dict[str, Any]]:
    """That many examples: those of the file with a number added, or made-up text; all different."""
    chance = random.Random(SEED)
    given = [json.loads(line) for line in examples.read_text(encoding="utf-8").splitlines()] if examples else []
    for number in range(count):
        if given:
            row = given[number % len(given)]
            yield {**row, "premise": f"{row['premise']} ({number})"}
        else:
            yield {
                "premise": f"{number} " + " ".join(chance.choices(WORDS, k=45)),
                "hypothesis": " ".join(chance.choices(WORDS, k=15)),
                "label": chance.randrange(3),
            }


def read_templates(folder: Path) -> list[Template]:
    """The wordings that are timed; writes the task type with these alone."""
    document = yaml.safe_load((bundled_conf().parent / "templates" / f"{TASK_TYPE}.yaml").read_text(encoding="utf-8"))
    document["templates"] = [one for one in document["templates"] if not one.get("inverts")][:TEMPLATES]
    (folder / "templates").mkdir()
    (folder / "templates" / f"{TASK_TYPE}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return [Template(one["name"], one["prompt"], one["response"]) for one in document["templates"]]


def write_project(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A pipeline file with one source: the examples as parquet."""
    (folder / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), folder / "data" / "examples.parquet", row_group_size=50_000)
    source = {
        "source": "made_up", "revision": str(SEED), "licence": "CC0-1.0", "language": "en", "split": "train",
        "read": {"format": "parquet", "path": "examples.parquet"},
        "tasks": {TASK_TYPE: {"premise": "premise", "hypothesis": "hypothesis", "label": "label"}},
    }  # fmt: skip
    (folder / "sources").mkdir()
    (folder / "sources" / "made_up.yaml").write_text(yaml.safe_dump(source), encoding="utf-8")
    conf = {"data": "data", "sources": ["sources"], "templates": ["templates"], "profile": "throughput"}
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(conf), encoding="utf-8")
    return folder / "pipeline.yaml"


def compare_with_copy(conf: Path, folder: Path, rounds: int) -> None:
    base = folder / "base"
    with opened(Options(conf, str(base), verbosity=-1)) as context:
        for name in list(STEPS)[: list(STEPS).index(render.STEP)]:
            STEPS[name](context)
    render_seconds, bare_seconds, copy_seconds = [], [], []
    for turn in range(rounds + 1):  # the first round warms all up
        bare, root = folder / f"bare{turn}", folder / f"tables{turn}"
        shutil.copytree(base, bare)
        shutil.copytree(base, root)
        with opened(Options(conf, str(bare), UNCHECKED, verbosity=-1)) as context:
            bare_seconds.append(timed(partial(render.run, context)))
        shutil.rmtree(bare)
        with opened(Options(conf, str(root), verbosity=-1)) as context:
            render_seconds.append(timed(partial(render.run, context)))
            pairs = context.warehouse.read(tables.PAIRS)
            copy_seconds.append(timed(partial(plain_copy, pairs, folder / f"copy{turn}")))
            count = pairs.count()
            text = pairs.selectExpr("sum(octet_length(prompt) + octet_length(response)) AS bytes").collect()[0]["bytes"]
    by_round = ratios(render_seconds[1:], bare_seconds[1:])
    best, copied = min(render_seconds[1:]), min(copy_seconds[1:])
    print(f"pairs                    {count:>12,}   {text / 1e6:,.0f} MB of text")
    print(f"render, whole step       {best:>10.1f} s   {count / best:,.0f} pairs/s, {text / 1e6 / best:,.0f} MB/s")
    print(f"with checks / without    {best / min(bare_seconds[1:]):>12.2f}   by round: {by_round}")
    print(f"plain copy of pairs      {copied:>10.1f} s   {count / copied:,.0f} pairs/s")
    print(f"render / copy            {best / copied:>12.2f}   by round: {ratios(render_seconds[1:], copy_seconds[1:])}")
    print(f"on disk: pairs / copy    {disk(root / 'pairs') / disk(folder / f'copy{turn}'):>12.2f}")
    print(f"peak memory of a worker  {worker_peak() / 1e6:>10,.0f} MB")


def plain_copy(pairs: DataFrame, target: Path) -> None:
    pairs.write.format("delta").partitionBy("task_cluster").save(str(target))


def compare_with_jinja(templates: list[Template], rows: list[dict[str, Any]]) -> None:
    """The same pairs, in this process: `from_string` for every row, templates compiled once, and our two tiers."""
    from jinja2 import Environment

    choices = ["Yes", "Maybe", "No"]
    named = [{**row, "choices": choices} for row in rows]
    environment = Environment()
    environment.filters.update(native_filters())
    halves = [(template.prompt, template.response) for template in templates]
    compiled = [[environment.from_string(half) for half in pair] for pair in halves]

    def parsed_again() -> int:
        for row in named[:SLOW_ROWS]:
            for pair in halves:
                for half in pair:
                    Environment.from_string(environment, half).render(**row)
        return SLOW_ROWS * len(halves)

    def compiled_once() -> int:
        for row in named:
            for pair in compiled:
                for half in pair:
                    half.render(**row)
        return len(named) * len(compiled)

    def by_rows() -> int:
        for template in templates:
            RenderedRows.all_alone(len(named), lambda row, one=template: native.render_row(one, named[row], Limits()))
        return len(named) * len(templates)

    def by_kernels() -> int:
        found = rows_of_dicts(named, [""] * len(named))
        for template in templates:
            native.render_rows(template, found, Limits())
        return len(named) * len(templates)

    ways: dict[str, Callable[[], int]] = {
        "from_string for each row": parsed_again, "compiled once, render()": compiled_once,
        "our rows tier": by_rows, "our kernels tier": by_kernels,
    }  # fmt: skip
    speeds = {name: max(way() / timed(way) for _ in range(3)) for name, way in ways.items()}
    for name, speed in speeds.items():
        print(f"{name:<25}{speed:>12,.0f} pairs/s   1 / {speeds['our kernels tier'] / speed:,.1f}")
    shares = [native.tier(template)[0] for template in templates]
    print(f"tiers of the templates     {', '.join(sorted(set(shares)))}")


def native_filters() -> dict[str, Any]:
    from taskmill.udfs.rendering.filters import OURS

    return dict(OURS)


def timed(work: Callable[[], Any]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def ratios(numerators: list[float], denominators: list[float]) -> str:
    return ", ".join(f"{one / other:.2f}" for one, other in zip(numerators, denominators, strict=True))


def disk(table: Path) -> int:
    """Bytes of the newest version of a Delta table, by its log."""
    from deltalake import DeltaTable

    return sum(DeltaTable(str(table)).get_add_actions(flatten=True)["size_bytes"].to_pylist())


def worker_peak() -> int:
    """Bytes that the largest of Spark's Python workers has held at once (`VmHWM` of Linux; 0 where that is unknown)."""
    peaks = [0]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if "pyspark.daemon" in (process / "cmdline").read_text(encoding="utf-8", errors="replace"):
                status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
                peaks.append(int(status["VmHWM"].split()[0]) * 1024)
        except (OSError, KeyError):
            continue  # it has ended meanwhile
    return max(peaks)


if __name__ == "__main__":
    main()
