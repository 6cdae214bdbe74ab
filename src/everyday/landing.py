"""The landing page's pieces that are drawn from results: four analyses as figures, and the claims in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from compendium import escape, paths, plotting
from compendium.chapters import typeset
from compendium.plotting import canvas
from compendium.runs import load_runs
from everyday.ledger import book as ledger
from everyday.ledger import claims
from healthsys.plots import style
from healthsys.plots.style import COLOUR

#: Width and height of the small figures, in pixels.
WIDTH, HEIGHT = 312, 224


@dataclass(frozen=True)
class Card:
    """One analysis: its name, the run and the figure it is drawn from, the way it is drawn, its method note."""

    analysis: str
    question: str
    run: str
    figure: str
    title: str
    kind: str
    draw: Callable[..., Figure]
    method: str


def _titled(axes: Any, title: str) -> None:
    axes.set_title(title, fontsize=12.5, fontweight="normal", color=COLOUR["quiet"], loc="left")
    axes.tick_params(length=0)


def draw_climate(rows: pd.DataFrame, *, title: str, width: int) -> Figure:
    """Draw each dimension from the stagnant to the innovative mean, largest gap on top."""
    figure, axes = canvas(width, HEIGHT)
    rows = rows.assign(gap=(rows["innovative"] - rows["stagnant"]).abs()).sort_values("gap", ignore_index=True)
    for place, row in rows.iterrows():
        axes.plot([row["stagnant"], row["innovative"]], [place, place], color=COLOUR["faint"], linewidth=4, zorder=1)
    places = range(len(rows))
    axes.plot(rows["stagnant"], places, linestyle="none", color=COLOUR["context"], marker="o", markersize=5)
    axes.plot(rows["innovative"], places, linestyle="none", markersize=5.5, **style.marker("published"))
    axes.set_yticks(places, [name.replace("_", " ").capitalize() for name in rows["dimension"]])
    top = len(rows) - 1
    for column, role in (("stagnant", "quiet"), ("innovative", "subject")):
        axes.annotate(column, (rows[column][top], top), xytext=(0, 7), textcoords="offset points", ha="center",
                      color=COLOUR[role])  # fmt: skip
    axes.set_ylim(-0.6, len(rows) + 0.2)
    axes.spines["left"].set_visible(False)
    _titled(axes, title)
    return figure


def draw_trend(rows: pd.DataFrame, *, title: str, width: int) -> Figure:
    """Draw what was observed beside what the earlier course would have given."""
    import matplotlib.dates as mdates

    figure, axes = canvas(width, HEIGHT)
    days = pd.to_datetime(rows["period"])
    known = rows["counterfactual"].notna()
    axes.plot(days, rows["value"], color=COLOUR["subject"], linewidth=1.8)
    axes.plot(days[known], rows["counterfactual"][known], color=COLOUR["comparison"], linestyle="--", linewidth=1.8)
    for column, role, said in (("value", "subject", "observed"), ("counterfactual", "comparison", "earlier course")):
        last = rows[column].last_valid_index()
        axes.annotate(
            said, (days[last], rows[column][last]), xytext=(-2, 7), textcoords="offset points", ha="right",
            color=COLOUR[role],
        )  # fmt: skip
    axes.axvline(days[known].iloc[0], color=COLOUR["context"], linestyle=(0, (2, 2)), linewidth=1.2)
    axes.set_ylim(0, None)
    axes.xaxis.set_major_locator(mdates.YearLocator(3))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    _titled(axes, title)
    return figure


def draw_pairs(rows: pd.DataFrame, *, title: str, width: int) -> Figure:
    """Draw two groups for each printed pair of figures."""
    figure, axes = canvas(width, HEIGHT)
    places = range(len(rows))[::-1]
    for place, row in zip(places, rows.itertuples(), strict=True):
        both = [row.group_percent, row.reference_percent]
        axes.plot(both, [place, place], color=COLOUR["faint"], linewidth=4, zorder=1)
        axes.annotate(row.label, (0, place), xytext=(0, 7), textcoords="offset points", color=COLOUR["text"])
    axes.plot(rows["reference_percent"], places, linestyle="none", color=COLOUR["context"], marker="o", markersize=6,
              label="white or not disabled")  # fmt: skip
    axes.plot(rows["group_percent"], places, linestyle="none", markersize=6, label="BME or disabled",
              **style.marker("published"))  # fmt: skip
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.5, len(rows) - 0.2)
    axes.legend(loc="lower right", fontsize=12, handletextpad=0.2)
    _titled(axes, title)
    return figure


def draw_events(rows: pd.DataFrame, *, title: str, width: int) -> Figure:
    """Draw each coded event at its start: pressures above, responses by strategy below, then those without one."""
    import matplotlib.dates as mdates

    figure, axes = canvas(width, HEIGHT)
    names = ["pressure", *sorted(rows["strategy"].dropna().unique()), "other"]
    lane = rows["strategy"].fillna("other").where(rows["kind"] != "pressure", "pressure")
    for place, name in enumerate(reversed(names)):
        days = pd.to_datetime(rows.loc[lane == name, "start"]).sort_values()
        lift = days.groupby(days).cumcount() * 0.085
        role = "comparison" if name == "pressure" else "subject"
        axes.plot(days, place - 0.25 + lift, linestyle="none", marker="o", markersize=4.5, color=COLOUR[role])
    axes.set_yticks(range(len(names)), [name.capitalize() for name in reversed(names)])
    axes.set_ylim(-0.6, len(names) - 0.2)
    axes.xaxis.set_major_locator(mdates.YearLocator())
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    axes.spines["left"].set_visible(False)
    _titled(axes, title)
    return figure


CARDS = (
    Card("Organisational climate", "What sets innovative organisations apart from stagnant ones?", "climate-printed",
         "climate-profile", "Mean score, stagnant and innovative", "published", draw_climate, "method-climate"),
    Card("Service trends", "Did the service leave its course, and by how much?", "trend-england-waits", "segmented",
         "Median wait for treatment, England (weeks)", "published", draw_trend, "method-its"),
    Card("Pay and equality", "How far apart are the experiences of staff, as reported?", "review-equality", "pairs",
         "Percent of staff, as reported", "published", draw_pairs, "method-equality"),
    Card("Narratives of change", "What do people do when stress is routine?", "resilience-area-south", "timeline",
         "Events in Area South by first month", "our own coding of a published account", draw_events, "method-coding"),
)  # fmt: skip


def analyses() -> str:
    """Return the four cards: figure, question and finding, each leading to its chapter; none without its run."""
    cards = [_card(card) for card in CARDS if card.run in load_runs()]
    return f'<div class="hs-cards hs-computed">{"".join(cards)}</div>\n'


def _card(card: Card) -> str:
    record = json.loads((paths.build() / "results" / f"{card.run}.json").read_text(encoding="utf-8"))
    found = record["figures"][card.figure]
    rows = pd.DataFrame(found["rows"], columns=found["columns"])
    drawing = plotting.drawing(
        card.draw, rows, title=card.title, name=f"card-{card.run}", width=WIDTH, alt=found["alt"]
    )
    return (
        f'<section class="hs-card"><div class="hs-glance">{drawing}</div>'
        f'<p class="hs-analysis">{escape.html(card.analysis)}</p>'
        f'<h3><a href="analyses/{card.run}.html">{escape.html(card.question)}</a></h3>'
        f"<p>{escape.html(typeset(record['results']['finding']['text']))}</p>"
        f'<p class="hs-kind">Data: {escape.html(card.kind)}. '
        f'<a href="reference/methods.html#{card.method}">Method</a></p></section>'
    )


def verdicts() -> str:
    """Return the claims by verdict in one line, each leading to the table of claims."""
    counted = claims.counts(ledger.evaluated_ledger()).iloc[-1]
    cells = "".join(f"<div><dt>{name}</dt><dd>{counted[name]}</dd></div>" for name in (*claims.VERDICTS, "all"))
    return f'<dl class="hs-numbers hs-verdicts hs-computed">{cells}</dl>\n'


def fragments() -> dict[str, str]:
    """Return the pieces by their path below ``book/``; none in a project without the ledger and the four runs."""
    runs = load_runs()
    if not all(card.run in runs for card in CARDS):
        return {}
    return {"analyses-fragment.md": analyses(), "verdicts-fragment.md": verdicts()}
