"""What a pipeline file may say, and how it is read: overrides, and places beside the file.

Unknown keys are refused, as in every file of the configuration.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import StrictInt, StrictStr

from taskmill.jobs.configuration.config import read_model
from taskmill.jobs.configuration.form_settings import FormSettings
from taskmill.jobs.configuration.gate_settings import Gates
from taskmill.jobs.configuration.positions import load_document
from taskmill.jobs.configuration.safety_settings import PersonalData, Sensitive
from taskmill.jobs.configuration.settings import (
    Checks,
    Clusters,
    Contamination,
    HeldOutTasks,
    Licences,
    Limits,
    NearDuplicates,
    Review,
)
from taskmill.jobs.configuration.values import Count, Frozen, PromptLanguage, Share, TemplatesPerExample, Text
from taskmill.jobs.errors import ConfigError


class Pipeline(Frozen):
    """conf/pipeline.yaml: where things are, and every number of a run."""

    data: StrictStr = "data"
    tables: StrictStr = "warehouse"
    sources: tuple[StrictStr, ...]
    templates: tuple[StrictStr, ...]
    seed: StrictInt = 20
    folds: Count | Literal["each_cluster"] | tuple[tuple[Text, ...], ...] = 5
    cluster_rules: tuple[StrictStr, ...] = ()
    mixtures: tuple[StrictStr, ...] = ()
    clusters: Clusters = Clusters()
    held_out_tasks: HeldOutTasks = HeldOutTasks()
    prompt_language: PromptLanguage = "en"
    language_check: Share = 0.1
    near_duplicates: NearDuplicates = NearDuplicates()
    contamination: Contamination = Contamination()
    gates: Gates = Gates()
    held_out_examples: Share = 0.05
    licences: Licences = Licences()
    templates_per_example: TemplatesPerExample = "all"
    draw: Literal["hash", "dealt"] = "hash"
    checks: Checks = Checks()
    personal_data: PersonalData = PersonalData()
    sensitive: Sensitive = Sensitive()
    review: Review = Review()
    forms: FormSettings = FormSettings()
    limits: Limits = Limits()
    profile: Literal["quick", "throughput"] = "quick"
    driver_memory: StrictStr | None = None
    report: bool | StrictStr = True
    spark: Mapping[str, StrictStr | bool | int] = {}


def load_pipeline(path: Path, overrides: Sequence[str] = (), tables: str | None = None) -> Pipeline:
    """The configuration of a run: the file, then `key=value` overrides (dotted keys, YAML values), then `tables`.

    Places in the file are relative to the file; those given as overrides, and all table roots, to the working folder.

    Raises:
        ConfigError: with all mistakes of the file and the overrides.
    """
    document = load_document(path)
    values = document.value if isinstance(document.value, dict) else {}
    for key in ("sources", "templates", "cluster_rules", "mixtures"):
        if isinstance(values.get(key), list):
            values[key] = [_beside(path, str(item)) for item in values[key]]
    if isinstance(values.get("data", "data"), str):
        values["data"] = _beside(path, values.get("data", "data"))
    for override in overrides:
        _apply_override(values, override)
    if tables is not None:
        values["tables"] = tables
    pipeline, mistakes = read_model(Pipeline, document)
    if pipeline is None:
        raise ConfigError("\n".join(mistakes))
    return pipeline


def _beside(path: Path, place: str) -> str:
    """The place as seen from the file's folder, without `..` on the way unless that would lead elsewhere."""
    if "://" in place:
        return place
    joined = str(Path(path.parent, place))
    short = os.path.normpath(joined)
    return short if os.path.realpath(short) == os.path.realpath(joined) else joined


def _apply_override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f"--set {override!r}: write key=value, as in --set folds=4")
    *parents, last = key.strip().split(".")
    for parent in parents:
        inner = values.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"--set {override!r}: {parent!r} is a value, and has no {last!r}")
        values = inner
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override!r}: the value is not valid YAML") from error
