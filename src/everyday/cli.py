"""The ``healthsys`` command: every command of the book; each imports the heavy modules that it needs."""

from __future__ import annotations

import datetime
import errno
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import click

import healthsys
from compendium import escape
from compendium.errors import CompendiumError
from everyday.ledger.command import claims
from healthsys.errors import HealthsysError

#: What a path on the command line may be.
_PATH = click.Path(path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Family(click.Group):
    """Report the package's own errors as messages, not tracebacks, with exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (CompendiumError, HealthsysError) as error:
            raise click.ClickException(escape.lines(error)) from None
        except OSError as error:
            if error.filename is None and error.errno != errno.ENOSPC:
                raise
            place = f"'{error.filename}': " if error.filename else ""
            raise click.ClickException(escape.lines(f"{place}{error.strerror}; nothing was written there")) from None


@click.group(cls=_Family, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(healthsys.__version__, prog_name="healthsys")
def main() -> None:
    """Everyday Resilience: execute, check and extend the compendium."""


main.add_command(claims)

_jobs = click.option("--jobs", type=click.IntRange(min=1), help="How many at once (default: by the number of cores).")
_cold = click.option("--cold", is_flag=True, help="Start a new kernel for every run, not a copy of a warm one.")


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-p", "--parameter", "options", multiple=True, metavar="NAME=VALUE", help="Set a parameter of one run.")
@click.option("--force", is_flag=True, help="Run again even what has not changed.")
@_cold
@_jobs
def run(names: tuple[str, ...], options: tuple[str, ...], force: bool, cold: bool, jobs: int | None) -> None:
    """Execute the runs of notebooks/runs.yml, or those named, if anything changed."""
    from dataclasses import replace

    import nbformat

    from compendium import parameters, runs

    chosen = runs.select(names)
    if options:
        if len(chosen) != 1:
            raise click.UsageError("-p sets a parameter of one run; name exactly one")
        only = chosen[0]
        known = parameters.parameters_of(nbformat.read(only.notebook, as_version=4), label=only.notebook.name)
        given = parameters.parse_options(options, known, label=f"run '{only.name}'")
        checked = parameters.validate(given, known, label=f"run '{only.name}'", folder=Path.cwd())
        chosen = [replace(only, parameters={**only.parameters, **checked})]
    with _alone("healthsys run"):
        _execute(chosen, force=force, cold=cold, jobs=jobs)


def _alone(what: str) -> AbstractContextManager[None]:
    """Hold the build folder; say on the error stream who holds it, if somebody does."""
    from compendium import files

    return files.alone(what, lambda said: click.echo(said, err=True))


@main.command()
@click.option("--force", is_flag=True, help="Execute every run and build every page again.")
@_cold
@_jobs
@click.pass_obj
def build(ahead: Callable[[], None] | None, force: bool, cold: bool, jobs: int | None) -> None:
    """Execute what changed and build the book (book/_build/html/index.html)."""
    from compendium import state

    before = None if force else state.unchanged()
    if before is not None:
        count, *notes = before
        click.echo(f"runs: 0 executed, {count} unchanged, 0 failed")
        for note in notes:
            click.echo(note, err=True)
        click.echo("pages: 0 changed")
        _built(False)
        return
    from compendium import book, fingerprint, runs

    with _alone("healthsys build"):
        watch = state.Watch(book.written())
        chosen = runs.select(())
        watch.add(path for one in chosen for path in fingerprint.data_files(one))
        notes = _execute(chosen, force=force, cold=cold, jobs=jobs)
        changed = book.compose_pages(chosen)
        click.echo(f"pages: {len(changed)} changed")
        _built(book.build_pages(force=force, ahead=ahead))
        watch.remember([str(len(chosen)), *notes])


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Where to listen.")
def serve(port: int) -> None:
    """Serve the book on this computer; build what changes, and reload the browser. Ctrl-C ends it."""
    from compendium import serve

    serve.serve(_build_again, port=port, tell=lambda address: click.echo(f"serving {address} (Ctrl-C ends it)"))


def _build_again(ahead: Callable[[], None]) -> None:
    """Build as the command does, in a process of its own; ``ahead`` is called when changed pages are to be seen."""
    main(["build"], obj=ahead)


def _built(was_built: bool) -> None:
    """Say whether pages were built and where they are."""
    from compendium import paths

    state = "built" if was_built else "up to date"
    click.echo(f"book {state}: {(paths.build() / 'html' / 'index.html').relative_to(paths.root())}")


def _execute(chosen: list, *, force: bool, cold: bool, jobs: int | None) -> list[str]:
    """Execute runs with a progress bar and a line each; tell failures at the end; exit 1 if there are any.

    Returns what was said about the published record.
    """
    from tqdm import tqdm

    from compendium import execution, record

    with tqdm(total=len(chosen), unit="run", disable=None, leave=False) as bar:

        def tell(outcome: execution.Outcome) -> None:
            bar.update()
            if outcome.status != "unchanged":
                tqdm.write(f"{outcome.status:>9}  {outcome.run}  {outcome.seconds:.1f} s")

        outcomes = execution.execute_runs(chosen, force=force, cold=cold, jobs=jobs, tell=tell)
    counts = {state: sum(o.status == state for o in outcomes) for state in ("executed", "unchanged", "failed")}
    click.echo("runs: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    notes = []
    for outcome in outcomes:
        if outcome.warnings:
            click.echo(f"{outcome.run} wrote a warning:\n{outcome.warnings}", err=True)
        if outcome.status != "failed" and not record.recorded_path(outcome.run).is_file():
            notes.append(f"there is no published record of {outcome.run} yet: healthsys verify --accept")
        elif outcome.status != "failed":
            found = record.differences(outcome.run)
            notes += [f"differs from the record: {difference}" for difference in found[:5]]
            if len(found) > 5:
                notes.append(f"differs from the record: {outcome.run}: and {len(found) - 5} more places")
    for note in notes:
        click.echo(note, err=True)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        click.echo(f"\nFAILED {outcome.run}\n{outcome.message}", err=True)
    if failed:
        sys.exit(1)
    return notes


@main.command()
@click.argument("names", nargs=-1, metavar="[RUN]...")
@click.option("--only", metavar="PART,...", help="Check only these parts: environment, package, data, references, "
              "notebooks, runs, claims, book.")  # fmt: skip
@click.option("--accept", is_flag=True, help="Show how each named run differs, and make it the published record.")
@click.option("--why", default="", help="Why published results change (with --accept); shown on the page Corrections.")
@click.option("--out", type=_FOLDER, help="Folder of the report; book/_build/verification by default.")
@click.option("--json", "as_json", type=_FILE, metavar="FILE",
              help="Also write the report as JSON into FILE; --schema prints what it holds.")  # fmt: skip
@click.option("--schema", is_flag=True, help="Print the JSON schema of the report, and do nothing else.")
@_jobs
def verify(
    names: tuple[str, ...], only: str | None, accept: bool, why: str, out: Path | None, as_json: Path | None,
    schema: bool, jobs: int | None,
) -> None:  # fmt: skip
    """Check everything again: environment, data, notebooks, runs, claims, the book; exit with 1 if anything differs.

    Leaves book/_build/verification/report.html and report.json. With names, notebooks and runs are those.
    """
    from compendium import corrections, crate, files, record, runs, verdicts

    if schema:
        click.echo(files.as_json(verdicts.schema()), nl=False)
        return
    if accept and not names:
        raise click.UsageError("name the runs whose results to accept: healthsys verify --accept RUN")
    chosen = runs.select(names)
    if accept:
        for one in chosen:
            for difference in record.differences(one.name):
                click.echo(str(difference))
            corrections.append(corrections.moved(one.name), why=why)
            click.echo(f"results/{one.name}.json {'written' if record.accept(one.name) else 'already says so'}")
        crate.write_manifest()
        return
    everything = None if names else _all_notebooks()
    _verify(chosen, only=only, notebooks=everything, jobs=jobs, out=out, as_json=as_json)


def _verify(
    chosen: list, *, only: str | None, notebooks: list[Path] | None, jobs: int | None, out: Path | None,
    as_json: Path | None,
) -> None:  # fmt: skip
    """Check the parts asked for, print a short table and every difference, write the report; exit 1 on a mismatch."""
    import time

    from compendium import files, paths, verdicts, verification
    from healthsys.errors import nearest

    parts = [part.strip() for part in only.split(",")] if only else list(verification.PARTS)
    for part in parts:
        if part not in verification.PARTS:
            known = ", ".join(verification.PARTS)
            raise click.UsageError(f"there is no part '{part}'.{nearest(part, verification.PARTS)} There are: {known}")
    for folder in (out or paths.build() / "verification", *([as_json.resolve().parent] if as_json else ())):
        files.refuse_unwritable(folder)
    started = time.perf_counter()

    def tell(check: verification.Check) -> None:
        seconds = f"  {check.seconds:.1f} s" if check.seconds else ""
        click.echo(f"{'agrees' if check.agrees else 'DIFFERS':<8} {check.part:<10} {check.name}{seconds}")

    checks, seconds = verification.verify(chosen, parts=parts, notebooks=notebooks, jobs=jobs, tell=tell)
    seconds["total"] = time.perf_counter() - started
    found = verdicts.summary(checks, seconds, parts)
    for check in checks:
        for difference in check.differences:
            click.echo(verdicts.line(difference))
    click.echo(verdicts.table(found))
    where = found["machine"]
    click.echo(f"{where['system']}, {where['processor']}, {where['Python']}; {seconds['total']:.0f} s")
    click.echo(verdicts.times(found))
    if found["parts not checked"]:
        click.echo(f"not checked this time: {', '.join(found['parts not checked'])}")
    click.echo(f"report: {verdicts.write(found, out)}")
    if as_json:
        files.write_whole(as_json, files.as_json(found))
    differ = found["counts"]["total"]["differ"]
    do = "differs" if differ == 1 else "differ"
    click.echo(f"{differ} of {len(checks)} checks {do}" if differ else f"all {len(checks)} checks agree")
    if found["verdict"] != "agrees":
        sys.exit(1)


@main.command()
@click.option("--out", type=_FILE, help="The zip; book/_build/archive/ by default.")
def archive(out: Path | None) -> None:
    """Pack sources, data, results, the built book and an RO-Crate into one zip file, for example for Zenodo."""
    from compendium import archive as archiving

    with _alone("healthsys archive"):
        where, counts = archiving.write(out)
    pages = f"{counts['book']} files of the built book" if counts["book"] else "no built book (make book builds it)"
    click.echo(f"wrote {where}: {counts['sources']} source files, {pages}, {counts['bytes'] / 1e6:.1f} MB")


@main.command()
@click.argument("version")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Date of the release; today by default.")
def release(version: str, date: datetime.datetime | None) -> None:
    """Write a VERSION and its date into changelog, citation and packages (make release then builds and packs)."""
    from compendium import release as releasing

    day = date.date() if date else datetime.datetime.now(datetime.UTC).date()
    for name in releasing.prepare(version, day):
        click.echo(name)


@main.command()
@click.option("--out", type=_FILE, help="The PDF; book/_build/pdf/ by default.")
def pdf(out: Path | None) -> None:
    """Make one PDF of the built book, with bookmarks, contents and page numbers (needs Chromium)."""
    from compendium import printing

    where, pages = printing.write(out)
    click.echo(f"wrote {where}: {pages} pages, {where.stat().st_size / 1e6:.1f} MB")


@main.command(name="list")
def list_notebooks() -> None:
    """List the notebooks, with the question of each; * marks those that take your own file."""
    from compendium import catalogue

    for name, title, own in catalogue.notebooks():
        click.echo(f"{'*' if own else ' '} {name:<26} {title}")
    click.echo("\nhealthsys describe NOTEBOOK tells the files and settings of one")


def _completed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the notebooks that begin so, for a shell that completes names."""
    from compendium import paths

    return sorted(path.stem for path in paths.notebooks().glob(f"{incomplete}*.ipynb"))


@main.command()
@click.argument("notebook", shell_complete=_completed)
def describe(notebook: str) -> None:
    """Say what a NOTEBOOK answers, which files it takes, with their columns, and its settings."""
    from compendium import catalogue
    from everyday.check import columns_read

    click.echo(escape.lines(catalogue.described(notebook, columns_read(notebook))))


@main.command()
@click.argument("notebook", shell_complete=_completed)
@click.option("--out", required=True, type=_FOLDER, help="Folder of the files.")
def template(notebook: str, out: Path) -> None:
    """Write the files that a NOTEBOOK takes, each with its header and three example rows."""
    from compendium import catalogue
    from everyday.check import columns_read

    for path in catalogue.template(notebook, out, columns_read(notebook)):
        click.echo(f"wrote {path}")


@main.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("-p", "--parameter", "options", multiple=True, metavar="NAME=VALUE", help=(
    "column.NAME=MINE reads your column MINE as NAME; sheet, dates and comma say how an ambiguous file is read."))
def check(file: Path, options: tuple[str, ...]) -> None:
    """Say what a FILE is, which notebooks take it, and what is odd about it, before any report."""
    from compendium import parameters
    from compendium.errors import RunError
    from everyday import check as checking
    from healthsys.io import csv_files

    other = parameters.with_columns(options)
    if other:
        raise RunError(f"check: '-p {other[0]}' is none of the options of check: column.NAME, sheet, dates, comma")
    csv_files.refuse_absent([file])
    for line in checking.examined(file):
        click.echo(escape.lines(line))


class _Report(click.Command):
    """The command ``report``, whose help lists the notebooks."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from compendium import catalogue

        with formatter.section("Notebooks that take your own file"):
            formatter.write_dl([(name, title) for name, title, own in catalogue.notebooks() if own])


@main.command(cls=_Report)
@click.argument("notebook", shell_complete=_completed)
@click.option("-p", "--parameter", "options", multiple=True, metavar="NAME=VALUE", help=(
    "Set a parameter (healthsys describe NOTEBOOK lists them). column.NAME=MINE reads your column MINE as NAME; sheet, "
    "dates and comma say how an ambiguous file is read."))
@click.option("--out", required=True, type=_FOLDER, help="Folder of the report.")
@click.option("--title", default="", help="Title of the report (default: the notebook's question).")
@click.option("--organisation", default="", help="Whose report it is.")
@click.option("--date", "day", default="", help="Date of the report (default: today).")
@click.option("--contact", default="", help="Who answers questions about it.")
@click.option("--full", is_flag=True, help="All sections and the code, in place of the short edition.")
@click.option("--pdf", is_flag=True, help="Also print it as report.pdf (needs Chromium).")
def report(
    notebook: str, options: tuple[str, ...], out: Path, title: str, organisation: str, day: str, contact: str,
    full: bool, pdf: bool,
) -> None:  # fmt: skip
    """Run one notebook on your own data and write a single HTML page with its results.

    The page is a short edition of two to four printed pages: answer, one figure, one table, evidence and limits.
    """
    import datetime

    import nbformat

    from compendium import edition, parameters
    from compendium import report as reporting
    from compendium.runs import find_notebook
    from healthsys.io import csv_files

    path = find_notebook(notebook)
    source = nbformat.read(path, as_version=4)
    options = parameters.with_columns(options)
    other, options = parameters.routed(source, options)
    if other:
        click.echo(f"{notebook} needs a value that is empty; the notebook {other} answers without it")
        notebook, path = other, find_notebook(other)
        source = nbformat.read(path, as_version=4)
    known = parameters.parameters_of(source, label=path.name)
    given = parameters.parse_options(options, known, label=path.stem)
    own = [Path(given[name]) for name in parameters.own_sources(given, known) if name in given]
    csv_files.refuse_absent(path for path in own if path.exists())
    today = f"{datetime.date.today():%d %B %Y}".lstrip("0")
    cover = edition.Cover(title, organisation, day or today, contact)
    made = reporting.report(notebook, given, out=out, folder=Path.cwd(), cover=cover, full=full, pdf=pdf)
    for file in made:
        click.echo(f"wrote {file}")


@main.command()
@click.argument("notebook", shell_complete=_completed)
@click.option("--grid", required=True, type=_PATH,
              help="CSV or workbook with a row for each report, or a folder with a file for each.")  # fmt: skip
@click.option("--out", required=True, help="Folder of the reports, or an fsspec address (s3://…).")
@click.option("--scheduler", default="", help="Address of a Dask scheduler; this computer's cores by default.")
@click.option("--full", is_flag=True, help="All sections and the code in each report, in place of the short edition.")
@_jobs
def sweep(notebook: str, grid: Path, out: str, scheduler: str, full: bool, jobs: int | None) -> None:
    """Write one report per row of a grid, and an index; run it again to continue where it stopped."""
    from tqdm import tqdm

    from compendium import sweep as sweeping
    from healthsys.io import csv_files

    def read(path: Path, names: Iterable[str], empty: list[int]) -> csv_files.Records:
        return csv_files.records(path, label=path.name, wanted=names, empty=empty)

    with tqdm(unit="row", disable=None, leave=False) as bar:

        def tell(name: str, status: str) -> None:
            bar.update()
            if status == "failed":
                tqdm.write(f"   failed  {name}")

        counts = sweeping.sweep(
            notebook, grid, out=out, scheduler=scheduler, full=full, jobs=jobs, tell=tell, read=read
        )
    click.echo("rows: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    click.echo(f"wrote {out.rstrip('/')}/index.html, index.csv, results.csv")
    if counts["failed"]:
        click.echo("index.csv gives the reason for each failed report", err=True)
        sys.exit(1)


def _all_notebooks() -> list[Path]:
    """Return the notebooks of the book and of its exercises."""
    from compendium import paths

    return sorted([*paths.notebooks().glob("*.ipynb"), *paths.notebooks().glob("teaching/*.ipynb")])


@main.command()
def notebooks() -> None:
    """Execute notebooks/*.ipynb on their defaults and store normalised outputs (what strict nbval compares with)."""
    from compendium import execution, stored

    found = _all_notebooks()
    with execution.kernels_for(found):
        for path in found:
            state = "refreshed" if stored.refresh(path) else "unchanged"
            click.echo(f"{state:>9}  {path.name}")


@main.group(cls=_Family, invoke_without_command=True)
@click.option("--stamp", is_flag=True, help="Write the checksums of data and references again.")
@click.option("--licences", is_flag=True, help="Write the table of dependencies and licences again from the locks.")
@click.pass_context
def data(context: click.Context, stamp: bool, licences: bool) -> None:
    """List the bundled data sets, each checked against its schema."""
    from compendium import datasets

    if context.invoked_subcommand:
        return

    if licences:
        from compendium import dependencies

        click.echo(f"{dependencies.write()} written")
    for name in datasets.names():
        frame = datasets.load(name)
        click.echo(f"{name:<36} {frame.attrs['provenance']['kind']:<12} {len(frame):>6} rows")
    if stamp:
        from compendium import bibliography, stored

        click.echo(f"stamped {stored.stamp_data()} files")
        if bibliography.write():
            click.echo("book/references.csv written")


@data.command()
@click.argument("name")
@click.option("--from", "first", multiple=True, required=True, type=_PATH, metavar="FILE…",
              help="The official files, in the order that the data dictionary gives.")  # fmt: skip
@click.argument("more", nargs=-1, type=_PATH, metavar="")
def compute(name: str, first: tuple[Path, ...], more: tuple[Path, ...]) -> None:
    """Compute an aggregate again from the official FILEs and write it below data/published."""
    from compendium import stored
    from everyday import official

    path, other = official.write(name, [*first, *more])
    for file in other:
        click.echo(f"{file} is not the file from which the committed table was computed; compare before you commit")
    stored.stamp_data()
    click.echo(f"{path} written")


@main.command()
def synthetic() -> None:
    """Write every synthetic data set again from its generator."""
    from compendium import datasets, files
    from everyday import synthetic as generators

    for name, make in generators.GENERATORS.items():
        path = datasets.path_of(name)
        state = "written" if files.write_whole(path, generators.to_csv_bytes(make())) else "unchanged"
        click.echo(f"{state:>9}  {path.name}")


@main.group(cls=_Family)
def teach() -> None:
    """Teaching modules: make the editions, and a folder with separate data for each student."""


@teach.command("build")
@click.option("--pdf", is_flag=True, help="Print the slides as PDF too, where there is Chromium.")
def teach_build(pdf: bool) -> None:
    """Write the student's edition (without answers) and the instructor's edition of every module."""
    from compendium import paths
    from everyday.teaching import deck, editions

    with _alone("healthsys teach build"):
        counts = editions.build()
        for name, count in counts.items():
            click.echo(f"{(paths.build() / 'teaching' / name).relative_to(paths.root())}: {count} files")
        if pdf:
            printed = deck.print_slides()
            click.echo(f"slides.pdf: {printed} modules" if printed else "no slides.pdf: there is no Chromium")
    click.echo("open first: book/_build/teaching/instructor/index.html")


@teach.command()
@click.argument("file", type=_PATH)
@click.option("--seed", required=True, type=int, help="Seed of the roster; the same seed gives the same folders.")
@click.option("--out", required=True, type=_FOLDER, help="Folder to write into.")
@click.option("--module", "names", multiple=True, help="Only this module; may be repeated.")
def roster(file: Path, seed: int, out: Path, names: tuple[str, ...]) -> None:
    """Write a folder with separate data, and a key, for each student in FILE (a CSV file with a column id)."""
    from tqdm import tqdm

    from everyday.teaching import modules as known
    from everyday.teaching import roster as rosters

    chosen = known.select(names)
    with tqdm(unit="student", disable=None, leave=False) as bar:
        students = rosters.write(file, seed=seed, out=out, modules=chosen, tell=lambda _: bar.update())
    click.echo(f"{len(students)} students, {len(chosen)} modules: {out / 'students'}; the keys: {out / 'keys'}")


@teach.command()
@click.argument("submitted", type=_PATH)
@click.option("--out", required=True, type=_FOLDER, help="Folder to write into.")
@click.option("--roster", "keys", type=_PATH,
              help="Folder that `teach roster` wrote (default: the folder that holds SUBMITTED).")
@click.option("--module", "names", multiple=True, help="Only this module; may be repeated.")
@click.option("--criteria", type=click.Path(dir_okay=False, exists=True, path_type=Path),
              help="criteria.csv of an earlier marking, with your marks of the open question filled in.")
@click.option("--seconds", type=click.FloatRange(min=1), default=20, show_default=True, help="Time of a cell.")
@click.option("--megabytes", type=click.IntRange(min=300), default=2000, show_default=True, help="Memory.")
@click.option("--unsafe", is_flag=True, help="Run students' code without a sandbox, with your own rights.")
@_jobs
def mark(submitted: Path, out: Path, keys: Path | None, names: tuple[str, ...], criteria: Path | None, seconds: float,
         megabytes: int, unsafe: bool, jobs: int | None) -> None:  # fmt: skip
    """Mark the notebooks in SUBMITTED/<id>/<module>/ in a sandbox; write a register, a report and feedback."""
    from everyday.teaching import marking, sandbox
    from everyday.teaching import modules as known

    limits = sandbox.Limits(seconds, megabytes)
    done = marking.mark(
        submitted, keys=keys or submitted.parent, out=out, modules=known.select(names), limits=limits, unsafe=unsafe,
        criteria=criteria, jobs=jobs,
    )  # fmt: skip
    lines = sum(len(one.remarks) for one in done)
    click.echo(f"{len(done)} notebooks marked, {lines} lines in the report: {out}")


if __name__ == "__main__":
    main()
