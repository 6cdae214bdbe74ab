"""The landing page's pieces that come from results: three findings with their figures, the claims in one line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import nbformat
from markupsafe import Markup

from compendium import execution, harvest, paths, policy
from compendium.chapters import load, typeset
from compendium.generated import kind_shown
from compendium.runs import load_runs
from everyday.ledger import book as ledger
from everyday.ledger import claims, pages


@dataclass(frozen=True)
class Card:
    """One finding: its topic, its run and the figure of that page which carries it."""

    topic: str
    run: str
    figure: str


#: The first is drawn over the whole width.
CARDS = (
    Card("Service trends", "occupancy-four-hour", "slopes"),
    Card("Organisational climate", "autonomy-burnout", "slopes"),
    Card("Pay and equality", "nhs-gender-pay-gap", "years"),
)


def findings() -> str:
    """Return the cards: figure, question and finding, each leading to its page."""
    return policy.rendered("cards.html", package="everyday", cards=map(_card, CARDS))


def _card(card: Card) -> dict[str, Any]:
    run, chapter = load_runs()[card.run], load()[card.run]
    record = json.loads((paths.build() / "results" / f"{card.run}.json").read_text(encoding="utf-8"))
    return {
        "run": card.run,
        "topic": card.topic,
        "wide": card == CARDS[0],
        "drawing": Markup(_drawing(card, wide=card == CARDS[0])),
        "question": typeset(chapter.question or run.title),
        "finding": typeset(record["results"]["finding"]["text"]),
        "kind": kind_shown(run, chapter.kind),
    }


def _drawing(card: Card, *, wide: bool) -> str:
    """Return the drawing of a figure as its page has it: for a phone, or for both widths."""
    executed = nbformat.read(execution.executed_path(card.run), as_version=4)
    for cell in executed.cells:
        for output in cell.get("outputs", ()):
            figure = output.get("data", {}).get(harvest.FIGURE_TYPE)
            if figure and figure["name"] == card.figure:
                markup = "".join(output["data"]["text/html"])
                parts = re.findall(r'<div class="hs-(?:wide|narrow)".*?</svg></div>', markup, re.S)
                return "".join(parts) if wide else re.search(r"<svg.*</svg>", parts[-1], re.S)[0]
    raise KeyError(f"{card.run} has no figure '{card.figure}'")


def verdicts() -> str:
    """Return the strongest results in words, and the claims by kind of check: how many hold of how many compared."""
    evaluated = ledger.evaluated_ledger()
    counted = claims.counts_by_kind(evaluated).set_index("check_kind")
    compared = counted["holds"] + counted["does not hold"]
    said = {
        kind: f"{counted.loc[kind, 'holds']} of {compared[kind]}" if compared[kind] else str(counted.loc[kind, "all"])
        for kind in claims.KINDS
    }
    said["calculated, judged or unseen, without a comparison"] = str(
        counted.loc["all", "nothing compared"] - counted.loc["not checkable from the text", "all"]
    )
    cells = "".join(f"<div><dt>{name}</dt><dd>{number}</dd></div>" for name, number in said.items())
    counts = f'<dl class="hs-numbers hs-verdicts hs-computed">{cells}</dl>\n'
    return f"{pages.strongest(evaluated, folder='evidence/')}\n{counts}"


def fragments() -> dict[str, str]:
    """Return the pieces by their path below ``book/``; none in a project without the runs of the cards."""
    runs = load_runs()
    if not all(card.run in runs for card in CARDS):
        return {}
    return {"findings-fragment.md": findings(), "verdicts-fragment.md": verdicts()}
