"""The ``healthsys`` command: every command of the book; each imports the heavy modules that it needs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import healthsys
from compendium import escape
from compendium.errors import CompendiumError
from everyday.ledger.command import claims
from healthsys.errors import HealthsysError


class _Family(click.Group):
    """Report the package's own errors as messages, not tracebacks, with exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (CompendiumError, HealthsysError) as error:
            raise click.ClickException(escape.lines(error)) from None


@click.group(cls=_Family, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(healthsys.__version__, prog_name="healthsys")
def main() -> None:
    """Everyday Resilience: execute, check and extend the compendium."""


main.add_command(claims)

_jobs = click.option("--jobs", type=click.IntRange(min=1), help="How many runs at once (default: one per core).")
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
    _execute(chosen, force=force, cold=cold, jobs=jobs)


@main.command()
@click.option("--force", is_flag=True, help="Execute every run and build every page again.")
@_cold
@_jobs
def build(force: bool, cold: bool, jobs: int | None) -> None:
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

    watch = state.Watch(book.written())
    chosen = runs.select(())
    watch.add(path for one in chosen for path in fingerprint.data_files(one))
    notes = _execute(chosen, force=force, cold=cold, jobs=jobs)
    changed = book.compose_pages(chosen)
    click.echo(f"pages: {len(changed)} changed")
    _built(book.build_pages(force=force))
    watch.remember([str(len(chosen)), *notes])


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
@click.option("--only", metavar="PART,...", help="Check only these: environment, data, notebooks, runs, claims.")
@click.option("--accept", is_flag=True, help="Show how each named run differs, and make it the published record.")
@click.option("--why", default="", help="Why published results change (with --accept); shown on the page Corrections.")
@_jobs
def verify(names: tuple[str, ...], only: str | None, accept: bool, why: str, jobs: int | None) -> None:
    """Check environment, data, notebooks, every run and every claim again; exit with 1 if anything differs.

    Leaves book/_build/verification/report.html and report.json. With names, notebooks and runs are those.
    """
    from compendium import corrections, crate, record, runs

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
    _verify(chosen, only=only, notebooks=everything, jobs=jobs)


def _verify(chosen: list, *, only: str | None, notebooks: list[Path] | None, jobs: int | None) -> None:
    """Check the parts asked for, print a short table and every difference, write the report; exit 1 on a mismatch."""
    import time

    from compendium import verdicts, verification
    from healthsys.errors import nearest

    parts = [part.strip() for part in only.split(",")] if only else list(verification.PARTS)
    for part in parts:
        if part not in verification.PARTS:
            known = ", ".join(verification.PARTS)
            raise click.UsageError(f"there is no part '{part}'.{nearest(part, verification.PARTS)} There are: {known}")
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
    click.echo(f"report: {verdicts.write(found)}")
    differ = found["counts"]["total"]["differ"]
    click.echo(f"{differ} of {len(checks)} checks differ" if differ else f"all {len(checks)} checks agree")
    if found["verdict"] != "agrees":
        sys.exit(1)


@main.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The zip; book/_build/archive/ by default."
)
def archive(out: Path | None) -> None:
    """Pack sources, data, results, the built book and an RO-Crate into one zip file, for example for Zenodo."""
    from compendium import archive as archiving

    where, counts = archiving.write(out)
    pages = f"{counts['book']} files of the built book" if counts["book"] else "no built book (make book builds it)"
    click.echo(f"wrote {where}: {counts['sources']} source files, {pages}, {counts['bytes'] / 1e6:.1f} MB")


@main.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The PDF; book/_build/pdf/ by default.")
def pdf(out: Path | None) -> None:
    """Make one PDF of the built book, with bookmarks, contents and page numbers (needs Chromium)."""
    from compendium import printing

    where, pages = printing.write(out)
    click.echo(f"wrote {where}: {pages} pages, {where.stat().st_size / 1e6:.1f} MB")


@main.command()
@click.argument("notebook")
@click.option("-p", "--parameter", "options", multiple=True, metavar="NAME=VALUE", help="Set a parameter.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the report.")
def report(notebook: str, options: tuple[str, ...], out: Path) -> None:
    """Run one notebook on your own data and write a single HTML page with its results."""
    import nbformat

    from compendium import parameters
    from compendium import report as reporting
    from compendium.runs import find_notebook

    path = find_notebook(notebook)
    known = parameters.parameters_of(nbformat.read(path, as_version=4), label=path.name)
    given = parameters.parse_options(options, known, label=path.stem)
    click.echo(f"wrote {reporting.report(notebook, given, out=out, folder=Path.cwd())}")


@main.command()
@click.argument("notebook")
@click.option("--grid", required=True, type=click.Path(dir_okay=False, path_type=Path), help="CSV: one row per report.")
@click.option("--out", required=True, help="Folder of the reports, or an fsspec address (s3://…).")
@click.option("--scheduler", default="", help="Address of a Dask scheduler; this computer's cores by default.")
@_jobs
def sweep(notebook: str, grid: Path, out: str, scheduler: str, jobs: int | None) -> None:
    """Write one report per row of a grid, and an index; run it again to continue where it stopped."""
    from tqdm import tqdm

    from compendium import sweep as sweeping

    with tqdm(unit="row", disable=None, leave=False) as bar:

        def tell(name: str, status: str) -> None:
            bar.update()
            if status == "failed":
                tqdm.write(f"   failed  {name}")

        counts = sweeping.sweep(notebook, grid, out=out, scheduler=scheduler, jobs=jobs, tell=tell)
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


@main.command()
@click.option("--stamp", is_flag=True, help="Write size and SHA-256 of every file into the data package.")
@click.option("--licences", is_flag=True, help="Write the table of dependencies and licences again from the locks.")
def data(stamp: bool, licences: bool) -> None:
    """List the bundled data sets, each checked against its schema."""
    from compendium import datasets

    if licences:
        from compendium import dependencies

        click.echo(f"{dependencies.write()} written")
    for name in datasets.names():
        frame = datasets.load(name)
        click.echo(f"{name:<36} {frame.attrs['provenance']['kind']:<12} {len(frame):>6} rows")
    if stamp:
        from compendium import stored

        click.echo(f"stamped {stored.stamp_data()} files")


@main.command()
def synthetic() -> None:
    """Write every synthetic data set again from its generator."""
    from compendium import datasets, files, paths
    from everyday import synthetic as generators

    for name, make in generators.GENERATORS.items():
        path = paths.data() / datasets.describe(name)["path"]
        state = "written" if files.write_whole(path, generators.to_csv_bytes(make())) else "unchanged"
        click.echo(f"{state:>9}  {path.name}")


@main.group(cls=_Family)
def teach() -> None:
    """Teaching modules: make the editions, and a folder with separate data for each student."""


@teach.command("build")
def teach_build() -> None:
    """Write the student's edition (without answers) and the instructor's edition of every module."""
    from compendium import paths
    from everyday.teaching import editions

    counts = editions.build()
    for name, count in counts.items():
        click.echo(f"{(paths.build() / 'teaching' / name).relative_to(paths.root())}: {count} files")


@teach.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seed", required=True, type=int, help="Seed of the roster; the same seed gives the same folders.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write into.")
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


if __name__ == "__main__":
    main()
