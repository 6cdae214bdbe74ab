"""``healthsys claims``: recompute every claim, of the bundled ledger or of a reader's own file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compendium import escape


@click.command()
@click.option("--source", "source_key", metavar="KEY", help="Only the claims of one source.")
@click.option("--json", "as_json", is_flag=True, help="Print the claims as JSON, with recomputed verdicts.")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="Your own file of claims, in the layout of data/templates/claims_template.csv.",
)
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), help="Write the audit page of your file here.")
def claims(source_key: str | None, as_json: bool, path: Path | None, page: Path | None) -> None:
    """Check every claim of the sources again; exit 1 if a committed verdict is no longer right.

    A claim's verdict is computed from the values that its source reports, its check and the kind of the check
    (arithmetic, same in two places, list as announced, original source, tested on data, or not checkable from the
    text). A check that cannot fail is refused. An empty verdict in your own file is filled in and does not fail.
    """
    from everyday.ledger import claims as ledger
    from everyday.ledger import pages
    from everyday.ledger.book import recorded_values

    label = path.name if path else "claims.csv"
    evaluated = ledger.evaluate(ledger.load_ledger(path), results=recorded_values(), label=label)
    if source_key is not None:
        evaluated = pages.of_source(evaluated, source_key, label=label)
    wrong = evaluated[~evaluated["holds"]]
    if page is not None:
        text = "\n".join(pages.source_page(evaluated, key) for key in dict.fromkeys(evaluated["source_key"]))
        page.write_text(text, encoding="utf-8")
    if as_json:
        click.echo(pages.as_json(evaluated), nl=False)
    else:
        for row in evaluated.to_dict("records"):
            said = f"{row['verdict']:<18} {row['check_kind']:<28} {row['claim_id']:<36} {row['shown']}"
            click.echo(escape.lines(said.rstrip()))
        for table in (ledger.counts_by_kind(evaluated), ledger.counts(evaluated)):
            click.echo(f"\n{table.to_string(index=False)}")
    for row, claim in wrong.iterrows():
        said = (
            f"{label}: row {row + 2}, claim '{claim['claim_id']}', column 'verdict': committed '{claim['committed']}', "
            f"recomputed '{claim['verdict']}'; correct the inputs or the check, or accept the new verdict in the file"
        )
        click.echo(escape.lines(said), err=True)
    click.echo(f"{len(evaluated)} claims checked, {len(wrong)} verdicts no longer hold", err=as_json)
    if len(wrong):
        sys.exit(1)
