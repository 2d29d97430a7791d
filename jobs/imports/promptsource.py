"""Published promptsource templates to native task types, where a native wording renders every row alike.

A dataset becomes one task type for each list of choices. Its fields have the names of the columns, as far as names
allow, and types that follow from what the templates do with them. Each wording is then rendered beside the template it
comes from, on made-up rows; one that differs is refused, as is one that `taskmill check` finds fault with.
Left out of account are nulls, labels out of range, and `|||` in texts inside lists and structs, where promptsource
itself takes them for the end of the prompt. What else a file counts on stands at its head.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from taskmill.jobs.catalog.promptsource_files import FILE_NAME, file_in, published_name, read_published
from taskmill.jobs.catalog.template_checks import CHECK_LIMITS
from taskmill.jobs.configuration.values import NAME
from taskmill.jobs.errors import ConfigError
from taskmill.jobs.imports.equal_renderings import NOTHING, FailsError, Row, RowMaker, Trial, trial
from taskmill.jobs.imports.field_uses import ConflictError, Use, field_type
from taskmill.jobs.imports.jinja_sources import renamed, variables
from taskmill.jobs.imports.jinja_uses import CHOICES
from taskmill.jobs.imports.published_wordings import Candidate, candidate
from taskmill.jobs.imports.task_types import (
    Import,
    ImportedType,
    NotConvertedError,
    Refused,
    Wording,
    checked_type,
    is_reserved,
    settled,
    valid_name,
)
from taskmill.udfs.rendering.promptsource import PublishedTemplate, parts_of_row
from taskmill.udfs.rendering.promptsource_environment import Draws

MISLEADING = frozenset({"answer", "choices", "examples", "explanation", "fields"})  # keys of a file, in its mistakes
MANY = 10  # items that a list is tried with
SECOND_NAME = "options"  # for a column `choices`, which means something else here


def merged_uses(found: Iterable[Mapping[str, Use]]) -> dict[str, Use]:
    """What several templates together do with each column."""
    merged: dict[str, Use] = {}
    for uses in found:
        for name, use in uses.items():
            merged.setdefault(name, Use()).add(use)
    return merged


@dataclass
class _Pool:
    """Candidates that fit into one task type: the same choices, and no column used in two ways."""

    choices: tuple[str, ...] | str | None
    members: list[Candidate] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)

    def take(self, found: Candidate) -> bool:
        """Adds the candidate if it fits."""
        merged = merged_uses([self.uses, found.uses])
        try:
            for name, use in merged.items():
                field_type(use, name)
        except ConflictError:
            return False
        self.members.append(found)
        self.uses = merged
        return True


def convert(path: Path) -> Import:
    """The task types of a published file, or of every one below a folder.

    Raises:
        ConfigError: if there is no such file, or none of them can be read.
    """
    files = [file_in(path)] if file_in(path).is_file() else sorted(path.rglob(FILE_NAME))
    if not files:
        raise ConfigError(f"{path}: no {FILE_NAME} is there")
    found = Import()
    unreadable: list[str] = []
    for file in files:
        try:
            found += convert_dataset(published_name(file), read_published(file))
        except ConfigError as error:
            unreadable += error.mistakes
    if unreadable and not (found.task_types or found.refused):
        raise ConfigError("\n".join(unreadable))
    return found + Import((), tuple(Refused(mistake, FILE_NAME, "it cannot be read") for mistake in unreadable))


def convert_dataset(name: str, templates: Iterable[PublishedTemplate]) -> Import:
    """The task types of one dataset, the one with most wordings first; every template is converted or refused."""
    found: list[Candidate] = []
    result = Import()
    for template in templates:
        try:
            found.append(candidate(template))
        except NotConvertedError as error:
            result += Import((), (Refused(name, template.name, error.reason, error.detail),))
    for pool in _pools(found):
        result += _convert_pool(name, pool)
    task_types: list[ImportedType] = []
    for task_type in sorted(result.task_types, key=lambda task_type: -len(task_type.wordings)):
        task_types.append(replace(task_type, name=valid_name(name, [other.name for other in task_types], "dataset")))
    if len(task_types) > 1:
        # They are made of the same rows, so none may be trained on while another is held out.
        task_types = [replace(task_type, task_cluster=task_types[0].name) for task_type in task_types]
    return Import(tuple(task_types), result.refused)


def _pools(found: Iterable[Candidate]) -> Iterator[_Pool]:
    """The candidates by their choices; those that do without go where they fit, the largest first."""
    pools: list[_Pool] = []
    others: list[Candidate] = []
    for member in found:
        if not member.is_indexed:
            others.append(member)
        elif not any(pool.choices == member.choices and pool.take(member) for pool in pools):
            pools.append(_pool_of(member))
    pools.sort(key=lambda pool: -len(pool.members))
    for member in others:
        if any(pool.choices == member.choices and pool.take(member) for pool in pools):
            continue
        plain = member.without_choices()
        if not any(pool.take(plain) for pool in pools):
            pools.append(_pool_of(plain))
    return iter(pools)


def _pool_of(member: Candidate) -> _Pool:
    pool = _Pool(member.choices)
    pool.take(member)
    return pool


def _convert_pool(origin: str, pool: _Pool) -> Import:
    """One task type, or none if no wording is left; what is refused takes its uses of the columns with it."""
    result = Import()
    members, choices = pool.members, pool.choices
    while members:
        if not any(member.is_indexed for member in members):
            members, choices = [member.without_choices() for member in members], None
        converted = _Draft(origin, members, choices).converted()
        gone = {refused.template for refused in converted.refused}
        members = [member for member in members if member.published.name not in gone]
        result += Import((), converted.refused)
        if not gone:
            return result + converted
    return result


class _Draft:
    """A task type for some candidates: names and types of its fields, its answer, and each wording tried."""

    def __init__(self, origin: str, members: Sequence[Candidate], choices: tuple[str, ...] | str | None) -> None:
        self.origin, self.members = origin, members
        uses = merged_uses(member.uses for member in members)
        self.names = _field_names(uses)  # column -> field
        self.uses = {self.names[column]: use for column, use in uses.items()}
        self.fields = {name: field_type(use, name) for name, use in self.uses.items()}
        self.choices = self.names[choices] if isinstance(choices, str) else choices
        self.answer = self._answer()
        self.least: dict[str, int] = {}  # list fields, and how few or many items their lists may have
        self.most: dict[str, int] = {}

    def converted(self) -> Import:
        """The task type with the wordings that render alike and have no mistakes, and those that do not."""
        wordings: list[Wording] = []
        for member in self.members:
            wordings.append(self._wording(member, [*MISLEADING, *(other.name for other in wordings)]))
        task_type = ImportedType(
            name=valid_name(self.origin, default="dataset"),
            description=f"What the promptsource templates of {self.origin} ask for.",
            fields=self.fields, answer=self.answer, wordings=tuple(wordings), choices=self.choices,
        )  # fmt: skip
        refused: list[Refused] = []
        for member, wording in zip(self.members, wordings, strict=True):
            try:
                self._check(member, wording, task_type)
            except NotConvertedError as error:
                refused.append(Refused(self.origin, wording.origin, error.reason, error.detail))
        if refused:
            return Import((), tuple(refused))
        return settled(replace(task_type, notes=tuple(self._notes())), self.origin)

    def _answer(self) -> str:
        """The choice, or else the field that most responses read and their prompts do not."""
        score: Counter[str] = Counter()
        for member in self.members:
            asked = self._read(member.response)
            score.update(asked)
            score.update(asked - self._read(member.prompt))
        choices = [name for name, kind in self.fields.items() if kind == "choice"]
        return max(choices or self.fields, key=lambda name: score[name])

    def _read(self, half: str) -> set[str]:
        return {self.names[token.text] for token in variables(half) if token.text in self.names}

    def _wording(self, member: Candidate, taken: Sequence[str]) -> Wording:
        used = {token.text for half in (member.prompt, member.response) for token in variables(half)}
        new = {column: name for column, name in self.names.items() if column != name} | {CHOICES: "choices"}
        for name in sorted((used - set(new)) & set(new.values())):
            # A name that the template sets itself, and that now means something else.
            new[name] = valid_name(f"{name}_here", [*used, *new.values(), *self.names])
        return Wording(
            name=valid_name(member.published.name, taken),
            prompt=renamed(member.prompt, new),
            response=renamed(member.response, new),
            language=member.published.language,
            inverts=self.answer not in self._read(member.response),
            origin=member.published.name,
        )

    def _check(self, member: Candidate, wording: Wording, task_type: ImportedType) -> None:
        answer_choices = member.published.answer_choices if member.names_choices else None
        original = replace(member.published, answer_choices=answer_choices, guards=False, truncate=False)
        columns = {name: column for column, name in self.names.items()}

        def expected(row: Row) -> tuple[str, ...]:
            named = {columns[name]: value for name, value in row.items()}
            found = parts_of_row(original, named, Draws(0), CHECK_LIMITS)
            if found.reason is not None:
                raise FailsError(f"promptsource fails: {found.detail or found.reason}")
            return found.parts

        tried = replace(trial(task_type, wording, expected), is_conditional=member.is_conditional)
        maker = RowMaker(checked_type(task_type).field_types, self.uses, self.choices)
        tried.check(maker.rows())
        read = self._read(member.prompt) | self._read(member.response)
        for name, count in maker.list_fields():
            if name in read:
                self._try_lengths(tried, maker, name, count)

    def _try_lengths(self, tried: Trial, maker: RowMaker, name: str, count: int) -> None:
        """Notes how few and how many items the lists of a field may have."""

        def holds(items: int) -> bool:
            try:
                tried.check(maker.rows(name, items))
            except NotConvertedError as error:
                return error.reason == NOTHING
            return True

        if not holds(0):
            self.least[name] = max(count, self.least.get(name, 0))
        if not holds(MANY):
            most = next((items for items in range(MANY - 1, count, -1) if holds(items)), count)
            self.most[name] = min(most, self.most.get(name, MANY))

    def _notes(self) -> Iterator[str]:
        yield f"Converted from the promptsource templates of {self.origin}."
        other = [f"{name} ({column})" for column, name in self.names.items() if column != name]
        if other:
            yield f"Fields that have other names than their columns: {', '.join(other)}."
        for name, use in self.uses.items():
            if use.item is not None and "stripped" in use.item.marks:
                yield f"For texts in {name} without white space at their ends: promptsource strips choices."
        for bound, fields in (("least", self.least), ("most", self.most)):
            for name, count in fields.items():
                yield f"For rows with at {bound} {count} items in {name}: of others promptsource prints less."


def _field_names(columns: Iterable[str]) -> dict[str, str]:
    """A valid name for each column: its own if that is one."""
    columns = list(columns)
    names = {column: column for column in columns if NAME.fullmatch(column) and not is_reserved(column)}
    for column in columns:
        if column not in names:
            wanted = SECOND_NAME if is_reserved(column) else column
            names[column] = valid_name(wanted, names.values(), "field")
    return {column: names[column] for column in columns}
