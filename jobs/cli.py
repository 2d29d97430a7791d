"""The `taskmill` command. Everything slow to import is imported where it is used, so that `--help` answers at once."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.jobs.command import FAILED, Options, load
from taskmill.jobs.commands.cli_audit import audit
from taskmill.jobs.commands.cli_compare import compare
from taskmill.jobs.commands.cli_folds import clusters_app, folds, report
from taskmill.jobs.commands.cli_gates import gates
from taskmill.jobs.commands.cli_mix import mix, select
from taskmill.jobs.commands.cli_models import paraphrase
from taskmill.jobs.commands.cli_options import Switch, with_options, with_session
from taskmill.jobs.commands.cli_ranking import rank_templates
from taskmill.jobs.commands.cli_review import review_app
from taskmill.jobs.commands.cli_scores import score
from taskmill.jobs.words import counted

if TYPE_CHECKING:
    from taskmill.jobs.context import Context

app = typer.Typer(
    name="taskmill",
    help="Turns supervised datasets into instruction-tuning pairs: Spark jobs over Delta tables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

templates_app = typer.Typer(no_args_is_help=True, help="Templates: what there is, and importing published collections.")
app.add_typer(templates_app, name="templates")
source_app = typer.Typer(no_args_is_help=True, help="Sources: what the catalog holds, and drafting new ones.")
app.add_typer(source_app, name="source")
app.add_typer(clusters_app, name="clusters")
app.add_typer(review_app, name="review")


class Dialect(str, Enum):
    """How template texts are to be read."""

    native = "native"
    promptsource = "promptsource"


class Collection(str, Enum):
    """A published format of templates."""

    promptsource = "promptsource"
    flan = "flan"
    super_natural_instructions = "super-natural-instructions"


@app.command("run")
@with_session()
def run_steps(
    context: Context,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="STEP", help="Only this step; may be repeated.")
    ] = None,
) -> None:
    """Every step in order, skipping what is up to date; ends with a funnel of where the rows went, and a report."""
    from taskmill.jobs.run import run_and_report

    run_and_report(context, tuple(only or ()))


@app.command()
@with_options("conf", "overrides", "verbose")
def check(options: Options) -> None:
    """Reads the configuration, sources and templates, and reports every mistake at once. Needs no Spark."""
    pipeline, catalog = load(options)
    if options.verbosity > 0:
        from taskmill.udfs.rendering.dialects import tier

        for name, task in catalog.tasks.items():
            typer.echo(
                f"  {name}: cluster {catalog.placing.pins.get(name, 'by similarity')}, "
                f"{counted(len(task.templates), 'template')}, {task.source.licence}"
            )
        for name, template in catalog.templates:
            used, forced_by = tier(template)
            typer.echo(f"  {name}/{template.name}: {used}" + (f", {forced_by}" if forced_by else ""))
    wordings = sum(len(task_type.templates) for task_type in catalog.task_types.values())
    typer.echo(
        f"no mistakes: {counted(len(catalog.sources), 'source')}, {counted(len(catalog.tasks), 'task')}, "
        f"{counted(len(catalog.task_types), 'task type')}, {counted(wordings, 'template')} (data: {pipeline.data})"
    )
    typer.echo(pipeline.near_duplicates.told(drawn=options.verbosity > 0))
    from taskmill.jobs.catalog.source_licences import licence_notices

    for notice in licence_notices(catalog, pipeline.licences):
        typer.echo(f"notice: {notice}")


@app.command()
@with_options()
def preview(
    options: Options,
    name: Annotated[
        str | None, typer.Argument(help="A task type, a source or a task; without it, give --in and --templates.")
    ] = None,
    count: Annotated[int, typer.Option("-n", help="Examples to show.", min=1)] = 1,
    template: Annotated[str | None, typer.Option("--template", help="Only this wording.")] = None,
    rows: Annotated[Path | None, typer.Option("--in", help="JSON Lines of fields to render instead.")] = None,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="For --in: a task type file, or published templates.")
    ] = None,
    dialect: Annotated[
        Dialect, typer.Option("--dialect", help="For --templates: native, or promptsource as published.")
    ] = Dialect.native,
    guards: Annotated[Switch, typer.Option("--guards", help="promptsource: refuse bad labels and None.")] = (Switch.on),
    truncate: Annotated[Switch, typer.Option("--truncate", help="promptsource: cut slots at 2,048 characters.")] = (
        Switch.on
    ),
    out: Annotated[
        Path | None, typer.Option("--out", help="Write one JSON line a row and wording here, instead of showing them.")
    ] = None,
) -> None:
    """Shows rendered pairs in the terminal: of a task type's own examples, of a source's, or of any file. Needs no
    Spark."""
    from taskmill.jobs.commands import preview as previews

    if rows is not None or templates is not None or out is not None:
        is_on = {name: switch is Switch.on for name, switch in (("guards", guards), ("truncate", truncate))}
        previews.render_file(rows, templates, out, template, dialect.value, **is_on)
    else:
        previews.show(options, name, count, template)


@app.command()
@with_options()
def explain(
    options: Options,
    asked: Annotated[
        str,
        typer.Argument(metavar="ID", help="An example_id, a pair_id, or a row_id of quarantine; 8 digits of it do."),
    ],
) -> None:
    """Why an example or a pair was dropped or kept, with both texts side by side. Needs no Spark."""
    from taskmill.jobs.commands.explain import show

    show(options, asked)


@app.command()
@with_session("export")
def export(
    context: Context,
    out: Annotated[str, typer.Option("--out", help="Folder or URI to write to.")],
    form: Annotated[str, typer.Option("--format", help="chat, prompt_completion, alpaca or text.")] = "chat",
    file_type: Annotated[str, typer.Option("--type", help="jsonl or parquet.")] = "jsonl",
    fold: Annotated[int | None, typer.Option("--fold", help="Hold this fold out, in a folder of its own.")] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="Only pairs of this split: train, validation or test.")
    ] = None,
    labels: Annotated[bool, typer.Option(help="Keep ids, task, cluster, fold, source, licence and languages.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    do_not_train: Annotated[
        bool, typer.Option("--include-do-not-train", help="Put what its owners ask not to train on with the rest.")
    ] = False,
    mixture: Annotated[
        str | None, typer.Option("--mixture", help="Train on this mixture, shuffled, in shards of even size.")
    ] = None,
    shards: Annotated[
        int | None, typer.Option("--shards", help="For --mixture: how many; else one for each 100,000 pairs.", min=1)
    ] = None,
) -> None:
    """Training files for the tools people train with."""
    from taskmill.jobs.export import Export
    from taskmill.jobs.export import run as run_export

    run_export(context, Export(form, file_type, out, fold, split, labels, overwrite, do_not_train, mixture, shards))


@app.command()
@with_session("leakage")
def leakage(
    context: Context,
    fold: Annotated[int | None, typer.Option("--fold", help="Only this fold; else all of them.")] = None,
    sample: Annotated[int, typer.Option("--sample", help="Held-out examples to draw.", min=1)] = 5_000,
) -> None:
    """Proves that no fold's training set has content of what is held out; exit code 1 when one has."""
    from taskmill.jobs.folds.leakage import run as look

    look(context, fold, sample)


app.command()(audit)
app.command()(compare)
app.command()(folds)
app.command()(mix)
app.command()(select)
app.command()(score)
app.command()(paraphrase)
app.command()(gates)
app.command()(report)


@source_app.command("list")
@with_options()
def list_sources(options: Options) -> None:
    """Shows every source with its licence, languages and task types, and its rows once it has been read."""
    from taskmill.jobs.commands.listings import show_sources

    pipeline, catalog = load(options)
    show_sources(catalog, pipeline.tables)


@source_app.command("add")
@with_options("conf", "overrides")
def add_source(
    options: Options,
    path: Annotated[str, typer.Argument(help="A file, a glob in quotes, or a folder.")],
    out: Annotated[Path | None, typer.Option("--out", help="File to write; else one beside the other sources.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the source; else that of the folder or file.")] = None,
) -> None:
    """Looks at files and writes the draft of a source, with TODO where a person must decide. Needs no Spark."""
    from taskmill.jobs.guessing.source_draft import add_source as add

    add(options, path, out, name)


templates_app.command("rank")(rank_templates)


@templates_app.command("list")
@with_options("conf", "overrides")
def list_templates(options: Options) -> None:
    """Shows how many wordings each task type has in each language."""
    from taskmill.jobs.commands.listings import show_wordings

    show_wordings(load(options)[1])


@templates_app.command("import")
def import_templates(
    kind: Annotated[Collection, typer.Argument(help="What the path holds.")],
    path: Annotated[Path, typer.Argument(help="A published file, or a folder of them.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the task type files.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of the same name.")] = False,
) -> None:
    """Converts published templates to task types, as far as nothing is lost, and says what it leaves and why."""
    from taskmill.jobs.imports.convert import run_import

    sys.exit(run_import(kind.value, path, out, overwrite))


@app.command()
def doctor() -> None:
    """Versions, Java, jars, and whether workers can import what they need."""
    from taskmill.jobs.commands.doctor import run_doctor

    sys.exit(run_doctor())


def main() -> None:
    """The entry point of the `taskmill` command."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("stopped; run the same command again to go on", err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
