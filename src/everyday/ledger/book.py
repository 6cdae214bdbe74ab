"""The step of the build that writes the ledger's pages: it reads the project's files and returns texts."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from compendium import datasets, paths, record
from everyday.ledger import claims, pages


def recorded_values() -> dict[str, Any]:
    """Return the values that runs recorded, by ``run/name``: what was built last, else the published record."""
    found: dict[str, Any] = {}
    for folder in (paths.results(), paths.build() / "results"):
        for path in sorted(folder.glob("*.json")):
            values = record.values(json.loads(path.read_text(encoding="utf-8")))
            found |= {f"{path.stem}/{name}": value for name, value in values.items()}
    return found


def evaluated_ledger() -> pd.DataFrame:
    """Return the bundled ledger with recomputed verdicts, claims that use a chapter's result included."""
    return claims.evaluate(claims.load_ledger(), results=recorded_values())


def evaluated_file(name: str) -> pd.DataFrame:
    """Return a bundled file of claims that is not the ledger, evaluated: the template, or the worked example."""
    path = datasets.path_of(name)
    return claims.evaluate(claims.load_ledger(path), results=recorded_values(), label=path.name)


def book_pages() -> dict[str, str]:
    """Return every page that the ledger gives, by its path below ``book/``, such as ``evidence/index.md``.

    A project without a ledger gets none.
    """
    if "claims" not in datasets.names():
        return {}
    entries = paths.book() / "references.bib"
    bibliography = entries.read_text(encoding="utf-8") if entries.is_file() else ""
    evaluated = evaluated_ledger()
    template, example = (evaluated_file(name) for name in ("claims_template", "claims_example"))
    changes, readings = datasets.load("claims_changes"), datasets.load("claims_readings")
    found = pages.all_pages(evaluated, changes, readings, template, example, bibliography=bibliography)
    counts = pages.counts_table(evaluated, known=pages.sources(bibliography)).html
    found["counts-fragment.md"] = f'<div class="hs-computed hs-counts">{counts}</div>\n'
    return {f"evidence/{name}": text for name, text in found.items()}


def ledger_json() -> str:
    """Return the download ``data/claims.json``: the ledger with recomputed verdicts."""
    return pages.as_json(evaluated_ledger())
