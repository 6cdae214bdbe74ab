"""What this book has beyond its analyses: the claims ledger, the landing page, the teaching modules.

Each function imports what it calls: a build that finds everything kept needs none of the methods.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compendium import datasets, files, kept, paths

if TYPE_CHECKING:
    from compendium.record import Difference
    from compendium.verification import Check


def pages() -> dict[str, str]:
    """Return the further pages of the book by their path below ``book/``."""
    from everyday import landing
    from everyday.ledger import book as ledger
    from everyday.teaching import pages

    return ledger.book_pages() | pages.book_pages() | landing.fragments()


def written() -> list[Path]:
    """Return what among the book's sources these pages are written to."""
    return [paths.book() / name for name in ("evidence", "findings-fragment.md", "verdicts-fragment.md")]


def downloads(folder: Path) -> None:
    """Write the students' editions and the ledger for download among the built pages."""
    sources = kept.sources()
    for described in sorted((paths.notebooks() / "teaching").glob("*.yml")):
        name, made_from = f"{described.stem}.zip", [*sources, *described.parent.glob(f"{described.stem}.*")]
        made_from += [path for path in [paths.book() / "teaching" / "get-ready.md"] if path.is_file()]
        content = kept.kept(name, functools.partial(_student_zip, described.stem), of=made_from)
        files.write_whole(folder / "teaching" / "files" / name, content)
    if "claims" in datasets.names():
        content = kept.kept("claims", _ledger, of=[*sources, *kept.files_below(paths.results())])
        (folder / "data" / "claims.json").write_bytes(content)


def _student_zip(name: str) -> bytes:
    from everyday.teaching import editions, modules

    return editions.student_zip(modules.select((name,))[0])


def _ledger() -> bytes:
    from everyday.ledger import book as ledger

    return ledger.ledger_json().encode()


def checks(values: dict[str, Any]) -> list[Check]:
    """Check the committed verdict of every claim, and its words against its inputs, where the project has a ledger.

    A row that cannot be evaluated differs, with its fault; the other rows are checked all the same.

    Parameters
    ----------
    values
        Recorded values by ``run/name``, which claims on a chapter's result use.
    """
    if "claims" not in datasets.names():
        return []
    import pandas as pd

    from compendium.record import Difference
    from compendium.verification import Check
    from everyday.ledger import claims
    from healthsys.errors import DataError

    path = datasets.path_of("claims")
    ledger = pd.read_csv(path, dtype="str", keep_default_na=False).fillna("")
    found = []
    for row in range(len(ledger)):
        name = ledger["claim_id"][row]
        try:
            (claim,) = claims.evaluate(ledger.iloc[[row]], results=values).to_dict("records")
            found.append(Check("claims", name, _differences(claim), claim["committed"], claim["verdict"]))
        except (DataError, ValueError, SyntaxError) as error:
            found.append(Check("claims", name, (Difference("claims", name, "row", "a claim", str(error)),)))
    return found


def _differences(claim: dict[str, Any]) -> tuple[Difference, ...]:
    """Return what is wrong with an evaluated claim: its verdict, and a number that its words do not give."""
    from compendium.record import Difference
    from everyday.ledger import wording

    name, found = claim["claim_id"], []
    if claim["committed"] != claim["verdict"]:
        found.append(Difference("claims", name, "verdict", claim["committed"], claim["verdict"]))
    if name not in wording.ELSEWHERE and (unsaid := wording.unsaid(claim)):
        found.append(Difference("claims", name, "words", f"{', '.join(unsaid)} in the words", claim["printed"]))
    return tuple(found)
