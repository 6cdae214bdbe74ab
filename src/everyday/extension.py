"""What this book has beyond its analyses: the claims ledger, the landing page, the teaching modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compendium import datasets, files, paths
from compendium.record import Difference
from compendium.verification import Check
from everyday import landing
from everyday.ledger import book as ledger
from everyday.teaching import editions, words
from everyday.teaching.modules import load_modules


def pages() -> dict[str, str]:
    """Return the further pages of the book by their path below ``book/``."""
    return ledger.book_pages() | words.book_pages() | landing.fragments()


def written() -> list[Path]:
    """Return what among the book's sources these pages are written to."""
    return [paths.book() / name for name in ("evidence", "analyses-fragment.md", "verdicts-fragment.md")]


def downloads(folder: Path) -> None:
    """Write the students' editions and the ledger for download among the built pages."""
    for module in load_modules():
        files.write_whole(folder / "teaching" / "files" / f"{module.name}.zip", editions.student_zip(module))
    if "claims" in datasets.names():
        (folder / "data" / "claims.json").write_text(ledger.ledger_json(), encoding="utf-8")


def checks(values: dict[str, Any]) -> list[Check]:
    """Check the committed verdict of every claim, where the project has a ledger.

    Parameters
    ----------
    values
        Recorded values by ``run/name``, which claims on a chapter's result use.
    """
    if "claims" not in datasets.names():
        return []
    from everyday.ledger import claims

    return [
        Check(
            "claims",
            claim["claim_id"],
            ()
            if claim["holds"]
            else (Difference("claims", claim["claim_id"], "verdict", claim["committed"], claim["verdict"]),),
            claim["committed"],
            claim["verdict"],
        )
        for claim in claims.evaluate(claims.load_ledger(), results=values).to_dict("records")
    ]
