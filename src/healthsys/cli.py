"""The ``healthsys`` command: every door of the compendium. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import healthsys
from healthsys.errors import HealthsysError
from healthsys.evidence.command import claims


class _Family(click.Group):
    """Report the package's own errors as messages, not tracebacks, with exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except HealthsysError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Family, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(healthsys.__version__, prog_name="healthsys")
def main() -> None:
    """Everyday Resilience: execute, check and extend the compendium."""


main.add_command(claims)

_jobs = click.option("--jobs", type=click.IntRange(min=1), help="How many runs at once; one per core by default.")


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-p", "--parameter", "options", multiple=True, metavar="NAME=VALUE", help="Set a parameter of one run.")
@click.option("--force", is_flag=True, help="Execute also what has not changed.")
@_jobs
def run(names: tuple[str, ...], options: tuple[str, ...], force: bool, jobs: int | None) -> None:
    """Execute the runs of notebooks/runs.yml, or those named; only what changed."""
    from dataclasses import replace

    import nbformat

    from healthsys.publishing import parameters, runs

    chosen = runs.select(names)
    if options:
        if len(chosen) != 1:
            raise click.UsageError("-p sets a parameter of one run; name exactly one")
        only = chosen[0]
        known = parameters.parameters_of(nbformat.read(only.notebook, as_version=4), label=only.notebook.name)
        given = parameters.parse_options(options, known, label=f"run '{only.name}'")
        checked = parameters.validate(given, known, label=f"run '{only.name}'", folder=Path.cwd())
        chosen = [replace(only, parameters={**only.parameters, **checked})]
    _execute(chosen, force=force, jobs=jobs)


@main.command()
@click.option("--force", is_flag=True, help="Execute every run and build every page again.")
@_jobs
def build(force: bool, jobs: int | None) -> None:
    """Execute what changed and build the book: leaves book/_build/html/index.html."""
    from healthsys import paths
    from healthsys.publishing import book, runs

    chosen = runs.select(())
    _execute(chosen, force=force, jobs=jobs)
    changed = book.compose_pages(chosen)
    click.echo(f"pages: {len(changed)} changed")
    built = book.build_pages(force=force)
    state = "built" if built else "up to date"
    click.echo(f"book {state}: {(paths.build() / 'html' / 'index.html').relative_to(paths.root())}")


def _execute(chosen: list, *, force: bool, jobs: int | None) -> None:
    """Execute runs with a progress bar and a line each; tell failures at the end; exit 1 if there are any."""
    from tqdm import tqdm

    from healthsys.publishing import execution, record

    with tqdm(total=len(chosen), unit="run", disable=None, leave=False) as bar:

        def tell(outcome: execution.Outcome) -> None:
            bar.update()
            if outcome.status != "unchanged":
                tqdm.write(f"{outcome.status:>9}  {outcome.run}  {outcome.seconds:.1f} s")

        outcomes = execution.execute_runs(chosen, force=force, jobs=jobs, tell=tell)
    counts = {state: sum(o.status == state for o in outcomes) for state in ("executed", "unchanged", "failed")}
    click.echo("runs: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    for outcome in outcomes:
        if outcome.warnings:
            click.echo(f"{outcome.run} wrote to its error stream:\n{outcome.warnings}", err=True)
        if outcome.status != "failed" and not record.recorded_path(outcome.run).is_file():
            click.echo(f"there is no published record of {outcome.run} yet: healthsys verify --accept", err=True)
        elif outcome.status != "failed":
            found = record.differences(outcome.run)
            for difference in found[:5]:
                click.echo(f"differs from the record: {difference}", err=True)
            if len(found) > 5:
                click.echo(f"differs from the record: {outcome.run}: and {len(found) - 5} more places", err=True)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    for outcome in failed:
        click.echo(f"\nFAILED {outcome.run}\n{outcome.message}", err=True)
    if failed:
        sys.exit(1)


@main.command()
@click.argument("names", nargs=-1, metavar="[RUN]...")
@click.option("--accept", is_flag=True, help="Show the difference of each named run and take it as the record.")
@_jobs
def verify(names: tuple[str, ...], accept: bool, jobs: int | None) -> None:
    """Execute every run afresh and compare each result with the published record in results/; exit 1 on a mismatch."""
    from healthsys.publishing import record, runs

    if accept and not names:
        raise click.UsageError("name the runs whose results to accept: healthsys verify --accept RUN")
    chosen = runs.select(names)
    if accept:
        for one in chosen:
            for difference in record.differences(one.name):
                click.echo(str(difference))
            click.echo(f"results/{one.name}.json {'written' if record.accept(one.name) else 'already says so'}")
        return
    _execute(chosen, force=True, jobs=jobs)
    wrong = [difference for one in chosen for difference in record.differences(one.name)]
    for difference in wrong:
        click.echo(str(difference))
    click.echo(f"{len(chosen)} runs executed, {len(wrong)} differences from the record")
    if wrong:
        sys.exit(1)


@main.command()
@click.argument("notebook")
@click.option("-p", "--parameter", "options", multiple=True, metavar="NAME=VALUE", help="Set a parameter.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the report.")
def report(notebook: str, options: tuple[str, ...], out: Path) -> None:
    """One notebook on your own data, as a single HTML page with its results."""
    import nbformat

    from healthsys.publishing import parameters
    from healthsys.publishing import report as reporting
    from healthsys.publishing.runs import find_notebook

    path = find_notebook(notebook)
    known = parameters.parameters_of(nbformat.read(path, as_version=4), label=path.name)
    given = parameters.parse_options(options, known, label=path.stem)
    click.echo(f"wrote {reporting.report(notebook, given, out=out, folder=Path.cwd())}")


@main.command()
def notebooks() -> None:
    """Execute notebooks/*.ipynb on their defaults and store normalised outputs (what strict nbval compares with)."""
    from healthsys import paths
    from healthsys.publishing import stored

    for path in sorted([*paths.notebooks().glob("*.ipynb"), *paths.notebooks().glob("teaching/*.ipynb")]):
        state = "refreshed" if stored.refresh(path) else "unchanged"
        click.echo(f"{state:>9}  {path.name}")


@main.command()
@click.option("--stamp", is_flag=True, help="Write size and SHA-256 of every file into the data package.")
def data(stamp: bool) -> None:
    """List the bundled data sets, each checked against its schema."""
    from healthsys import datasets

    for name in datasets.names():
        frame = datasets.load(name)
        click.echo(f"{name:<36} {frame.attrs['provenance']['kind']:<12} {len(frame):>6} rows")
    if stamp:
        from healthsys.publishing import stored

        click.echo(f"stamped {stored.stamp_data()} files")


@main.command()
def synthetic() -> None:
    """Write every synthetic data set again from its generator."""
    from healthsys import datasets, paths
    from healthsys import synthetic as generators
    from healthsys.publishing import files

    for name, make in generators.GENERATORS.items():
        path = paths.data() / datasets.describe(name)["path"]
        state = "written" if files.write_whole(path, generators.to_csv_bytes(make())) else "unchanged"
        click.echo(f"{state:>9}  {path.name}")


@main.group(cls=_Family)
def teach() -> None:
    """Teaching modules: editions, and a folder of their own data for each student."""


@teach.command("build")
def teach_build() -> None:
    """Write the student's edition (no answers) and the instructor's of every module."""
    from healthsys import paths
    from healthsys.publishing.teaching import editions

    counts = editions.build()
    for name, count in counts.items():
        click.echo(f"{(paths.build() / 'teaching' / name).relative_to(paths.root())}: {count} files")


@teach.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seed", required=True, type=int, help="Seed of the roster; the same one gives the same folders.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write into.")
@click.option("--module", "names", multiple=True, help="Only this module; may be repeated.")
def roster(file: Path, seed: int, out: Path, names: tuple[str, ...]) -> None:
    """Write a folder per student of FILE (a CSV file with a column id) with their own data, and a key for each."""
    from tqdm import tqdm

    from healthsys.publishing.teaching import modules as known
    from healthsys.publishing.teaching import roster as rosters

    chosen = known.select(names)
    with tqdm(unit="student", disable=None, leave=False) as bar:
        students = rosters.write(file, seed=seed, out=out, modules=chosen, tell=lambda _: bar.update())
    click.echo(f"{len(students)} students, {len(chosen)} modules: {out / 'students'}; keys for the lecturer: {out / 'keys'}")


if __name__ == "__main__":
    main()
