"""The figures of a climate study, each with caption and alternative text computed from the same results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from compendium import plotting
from compendium.recording import text_of
from healthsys.climate.agreement import CUSTOMARY
from healthsys.climate.change import VERDICTS
from healthsys.climate.dimensions import REVERSED
from healthsys.climate.profile import PLACES, holds_stagnant
from healthsys.climate.quality import agreement_words
from healthsys.climate.sensitivity import trust_variants
from healthsys.climate.study import Study
from healthsys.climate.words import (
    below_stagnant,
    interval,
    joined,
    largest_shortfall,
    percent_of,
    points,
    sentence,
    variant_words,
)

#: Pixels of height for each dimension.
ROW = 38

#: Shorter names for a phone.
SHORT = {
    "challenge": "Challenge",
    "trust": "Trust",
    "playfulness": "Playfulness",
    "risk_taking": "Risk taking",
    "idea_support": "Idea support",
    "idea_time": "Idea time",
}


def _names(study: Study, dimensions: list[str], *, width: int) -> list[str]:
    """Name the rows, shorter on a phone; conflict says that lower is better."""
    narrow = width < plotting.WIDE
    names = []
    for key in dimensions:
        name = SHORT.get(key, study.labels[key]) if narrow else study.labels[key]
        names.append(f"{name}\n(lower is better)" if key in REVERSED else name)
    return names


def _rows(axes: Axes, names: list[str], *, top: float = 0.9) -> None:
    """Lay out one row a dimension, the first on top, without the axis line."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -top)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def draw_profile(study: Study, *, width: int) -> Figure:
    """Draw each dimension as an arrow from stagnant to innovative, with the organisation's score and interval on it."""
    table = study.profile
    narrow = width < plotting.WIDE
    figure, axes = plotting.canvas(width, 70 + ROW * len(table))
    colour = plotting.COLOUR
    printed = study.shown is None
    for row, entry in enumerate(table.itertuples()):
        band = {"arrowstyle": "simple,tail_width=0.62,head_width=1.15,head_length=0.75", "facecolor": colour["faint"],
                "edgecolor": colour["context"], "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0,
                "mutation_scale": 15}  # fmt: skip
        axes.annotate("", xy=(entry.innovative, row), xytext=(entry.stagnant, row), arrowprops=band, zorder=1)
        if printed:
            mark = plotting.marker("published", colour["context"])
            axes.plot([entry.stagnant], [row], linestyle="none", markersize=7, zorder=2, **mark)
        else:
            axes.plot([entry.stagnant] * 2, [row - 0.24, row + 0.24], color=colour["context"], linewidth=2, zorder=1)
        if printed or pd.isna(entry.score):
            continue
        below = entry.place == PLACES[0]
        tone = colour["comparison"] if below else colour["subject"]
        axes.plot([entry.lower, entry.upper], [row, row], color=tone, linewidth=2.4, zorder=2, solid_capstyle="butt")
        style = plotting.marker(study.wave.kind, tone)
        axes.plot([entry.score], [row], linestyle="none", markersize=8, zorder=3, **style)
    if printed:
        _benchmark_values(axes, table)
    else:
        _score_column(axes, table, narrow=narrow)
    _key(axes, table.iloc[0])
    _rows(axes, _names(study, table["dimension"].tolist(), width=width))
    axes.set_xlim(0, 300)
    axes.set_xticks(range(0, 301, 100 if narrow else 50))
    axes.set_xlabel("score (points on 0–300)")
    return figure


def _key(axes: Axes, first: Any) -> None:
    """Name both ends of the first arrow; on the first row only, so that the words do not repeat."""
    ends = (("stagnant", first["stagnant"]), ("innovative", first["innovative"]))
    left = "stagnant" if first["stagnant"] <= first["innovative"] else "innovative"
    for word, value in ends:
        side = "right" if word == left else "left"
        nudge = 14 if word == left else -14
        axes.annotate(word, (value, -0.36), ha=side, va="bottom", color=plotting.COLOUR["quiet"], fontsize=12,
                      xytext=(nudge, 0), textcoords="offset points")  # fmt: skip


def _benchmark_values(axes: Axes, table: pd.DataFrame) -> None:
    """Write both printed means at the ends of their arrow."""
    for row, entry in enumerate(table.itertuples()):
        low, high = sorted((entry.stagnant, entry.innovative))
        style = {"va": "center", "color": plotting.COLOUR["text"], "textcoords": "offset points"}
        axes.annotate(f"{low}", (low, row), xytext=(-9, 0), ha="right", **style)
        axes.annotate(f"{high}", (high, row), xytext=(9, 0), ha="left", **style)


def _score_column(axes: Axes, table: pd.DataFrame, *, narrow: bool) -> None:
    """Write each score at the right edge; where it is short of stagnant, say so."""
    edge = axes.get_yaxis_transform()
    for row, entry in enumerate(table.itertuples()):
        below = entry.place == PLACES[0]
        said = "–" if pd.isna(entry.score) else points(entry.score)
        open_place = below and holds_stagnant({name: getattr(entry, name) for name in ("lower", "upper", "stagnant")})
        if below and not narrow:
            said += " short of stagnant" + ("\n(interval includes it)" if open_place else "")
        elif below:
            arrow = "▼" if entry.dimension not in REVERSED else "▲"
            said += f" ({arrow})" if open_place else f" {arrow}"
        tone = plotting.COLOUR["comparison"] if below else plotting.COLOUR["text"]
        axes.text(1.02, row, said, transform=edge, va="center", color=tone, fontweight="bold")


def profile_figure(study: Study) -> dict[str, Any]:
    """Name, caption, alternative text and data of :func:`draw_profile`.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> profile_figure(open_printed())["alt"][:65]
    'Nine dimensions of climate, each an arrow from the mean of stagna'
    """
    table = study.profile
    source = "Benchmarks: Bolden et al. 2021, Table 4, after Ekvall 1996 (small, old, Swedish sample)."
    kept = ["dimension", "stagnant", "innovative"]
    if study.shown is None:
        first, last = table.iloc[0], table.iloc[-1]
        alt = (
            "Nine dimensions of climate, each an arrow from the mean of stagnant to the mean of innovative "
            f"organisations on 0 to 300. The longest is {first['label'].lower()}, from {first['stagnant']} to "
            f"{first['innovative']}; the "
            f"shortest {last['label'].lower()}, from {last['stagnant']} to {last['innovative']}. Conflict alone points "
            "to the lower score."
        )
        caption = f"What separates innovative from stagnant organisations, widest gap first. {source}"
        return {"name": "climate-profile", "caption": caption, "alt": alt, "drawn": table[kept]}
    who = "a synthetic practice" if study.wave.kind == "synthetic" else "the organisation"
    counts = table["place"].value_counts()
    below = below_stagnant(study)
    parts = [f"{counts.get(PLACES[1], 0)} lie between them"]
    if counts.get(PLACES[2], 0):
        parts.append(f"{counts[PLACES[2]]} at or past the innovative one")
    if below:
        parts.append(f"short of the stagnant one: {joined(below)}")
    alt = (
        f"Profile of {who} on nine dimensions of climate against two benchmarks, by point estimate: "
        f"{', '.join(parts)}. {sentence(largest_shortfall(study))}."
    )
    shown = study.shown
    mark = (
        "; ▼ (for conflict ▲) marks a score short of stagnant, in brackets where its interval includes it"
        if below
        else ""
    )
    caption = (
        f"{study.wave.provenance['title']}: mean of team means with {round(study.level * 100, 6):g} % intervals (t on "
        f"team means), largest shortfall first; n = {len(shown.scores)} people of {len(shown.teams)} shown teams. The "
        f"arrow runs from stagnant to innovative organisations{mark}. {source}"
    )
    kept += ["score", "lower", "upper", "position", "shortfall", "place"]
    return {"name": "climate-profile", "caption": caption, "alt": alt, "drawn": table[kept]}


def draw_change(study: Study, *, width: int) -> Figure:
    """Draw the change of each dimension with its interval around the line of no change."""
    table = study.change
    narrow = width < plotting.WIDE
    figure, axes = plotting.canvas(width, 80 + ROW * len(table))
    tones = {"better": "subject", "worse": "comparison"}
    for row, entry in enumerate(table.itertuples()):
        if pd.isna(entry.change):
            continue
        verdict = entry.verdict if isinstance(entry.verdict, str) else ""
        tone = plotting.COLOUR[tones.get(verdict.split(",")[0], "context")]
        axes.plot([entry.lower, entry.upper], [row, row], color=tone, linewidth=2.4, solid_capstyle="butt")
        style = plotting.marker(study.wave.kind, tone)
        axes.plot([entry.change], [row], linestyle="none", markersize=8, zorder=3, **style)
        said = points(entry.change, sign=True)
        firm = verdict in tones
        if firm:
            said += f" {verdict}"
        elif verdict.endswith("alone"):
            said += f" {verdict}".replace(", ", "\n" if narrow else ", ")
        edge = axes.get_yaxis_transform()
        bold = "bold" if firm else "normal"
        axes.text(1.02, row, said, transform=edge, va="center", color=tone, fontweight=bold)
    axes.plot([0, 0], [-0.5, len(table) - 0.5], color=plotting.COLOUR["text"], linewidth=1, zorder=0)
    reach = np.nanmax(np.abs(table[["change", "lower", "upper"]].to_numpy(dtype=float)), initial=10) * 1.05
    axes.set_xlim(-reach, reach)
    axes.annotate("no change", (0, -0.62), ha="center", va="bottom", color=plotting.COLOUR["quiet"], fontsize=12)
    axes.spines["left"].set_visible(False)
    _rows(axes, _names(study, table["dimension"].tolist(), width=width))
    axes.set_xlabel("change (points)" if narrow else "change since the earlier survey (points on 0–300)")
    return figure


def change_figure(study: Study) -> dict[str, Any]:
    """Name, caption, alternative text and data of :func:`draw_change`.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> study = open_study("climate_survey_followup", earlier="climate_survey_baseline")
    >>> change_figure(study)["name"]
    'climate-change'
    """
    table = study.change
    parts = []
    for word in VERDICTS[:-1]:
        rows = table[table["verdict"] == word]
        named = [
            f"{study.labels[row.dimension].lower()} {points(row.change, sign=True)} "
            f"({interval(row.lower, row.upper, level=study.level, sign=True)})"
            for row in rows.itertuples()
        ]
        if named or "," not in word:
            parts.append(f"{word}: {joined(named)}" if named else f"none is {word} after Holm's adjustment")
    who = "a synthetic practice" if study.wave.kind == "synthetic" else "the organisation"
    unclear = int((table["verdict"] == "not clear").sum())
    alt = (
        f"Change of nine dimensions of climate between two surveys of {who}. {sentence('; '.join(parts))}. "
        f"{unclear} of {len(table)} intervals include no change."
    )
    caption = (
        f"{study.wave.provenance['title']} against {study.earlier.provenance['title']}: mean change of team means with "
        f"{round(study.level * 100, 6):g} % intervals (paired t on {int(table['teams'].max())} teams shown in both), "
        "largest improvement first. Each interval stands alone: better or worse stands after Holm's adjustment too, "
        "taken alone does not."
    )
    kept = ["dimension", "before", "after", "change", "lower", "upper", "verdict"]
    return {"name": "climate-change", "caption": caption, "alt": alt, "drawn": table[kept]}


def draw_agreement(study: Study, *, width: int) -> Figure:
    """Draw rwg(j) of every team on every dimension, with the customary mark and the median under a skewed null."""
    table = study.agreement.dropna(subset=["uniform"])
    order = table.groupby("dimension")["uniform"].median().sort_values().index.tolist()
    narrow = width < plotting.WIDE
    figure, axes = plotting.canvas(width, 90 + (ROW - 4) * max(len(order), 1))
    colour = plotting.COLOUR
    ends = [-0.5, len(order) - 0.5]
    axes.plot([CUSTOMARY] * 2, ends, color=colour["context"], linewidth=1.4, linestyle=(0, (4, 3)), zorder=0)
    axes.annotate(f"customary {CUSTOMARY:.2f}", (CUSTOMARY, -0.62), ha="center", va="bottom", color=colour["quiet"],
                  fontsize=12)  # fmt: skip
    open_mark = study.wave.kind == "synthetic"
    style = {"marker": "s", "color": colour["paper"]} if open_mark else {"marker": "D", "color": colour["subject"]}
    if len(table):
        seaborn.swarmplot(
            data=table, x="uniform", y="dimension", order=order, ax=axes, size=7, zorder=2, warn_thresh=1,
            edgecolor=colour["subject"], linewidth=1.8, **style,
        )  # fmt: skip
    wild = table[table["out_of_range"]]
    rows = [order.index(dimension) for dimension in wild["dimension"]]
    axes.plot(wild["uniform"], rows, linestyle="none", marker="x", markersize=13, markeredgewidth=2,
              color=colour["comparison"], zorder=4)  # fmt: skip
    skewed = table.groupby("dimension")["skewed"].median()
    for row, dimension in enumerate(order):
        axes.plot([skewed[dimension]] * 2, [row - 0.34, row + 0.34], color=colour["comparison"], linewidth=3, zorder=3)
    _rows(axes, _names(study, order, width=width), top=2.5 if narrow and table["out_of_range"].any() else 1.7)
    key = {"fontsize": 12, "ha": "left", "va": "bottom", "transform": axes.get_yaxis_transform()}
    axes.text(0.0, -1.25, f"{'□' if open_mark else '◆'} a team", color=colour["subject"], **key)
    axes.text(0.3 if narrow else 0.13, -1.25, "| median, skewed null", color=colour["comparison"], **key)
    if len(wild):
        axes.text(0.0 if narrow else 0.5, -2.0 if narrow else -1.25, "× nought, skewed null: out of range",
                  color=colour["comparison"], **key)  # fmt: skip
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylabel("")
    unit = "agreement, rwg(j)" if narrow else "agreement within the team, rwg(j): 0 as by chance, 1 complete"
    axes.set_xlabel(unit)
    return figure


def agreement_figure(study: Study) -> dict[str, Any]:
    """Name, caption, alternative text and data of :func:`draw_agreement`.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> agreement_figure(open_study("climate_survey_baseline"))["name"]
    'climate-agreement'
    """
    table = study.agreement.dropna(subset=["uniform"])
    middle = table.groupby("dimension")["uniform"].median()
    if middle.empty:
        alt = "No team result can be shown."
    else:
        low, high = middle.idxmin(), middle.idxmax()
        alt = (
            f"Agreement of {table['team'].nunique()} teams on {len(middle)} dimensions. {agreement_words(study)} The "
            f"median team agrees least on {study.labels[low].lower()} ({text_of(middle[low], '{:.2f}')}) and most on "
            f"{study.labels[high].lower()} ({text_of(middle[high], '{:.2f}')})."
        )
    caption = (
        f"{study.wave.provenance['title']}: one mark a team, against a uniform null; the upright bar is the median "
        "under a slightly skewed null, which asks more. A cross marks a team whose answers vary more than the skewed "
        "null expects, so that its index against that null is set to nought. Teams and dimensions with fewer complete "
        "answers than the minimum team size are left out."
    )
    kept = ["team", "dimension", "uniform", "skewed", "out_of_range"]
    return {"name": "climate-agreement", "caption": caption, "alt": alt, "drawn": table[kept]}


def draw_trust(study: Study, *, width: int) -> Figure:
    """Draw the score of trust with its interval between the benchmarks, as printed and with the other stagnant one."""
    table = trust_variants(study)
    narrow = width < plotting.WIDE
    figure, axes = plotting.canvas(width, 110 + 50 * len(table))
    colour = plotting.COLOUR
    found = study.profile.set_index("dimension").loc["trust"]
    for row, entry in enumerate(table.itertuples()):
        axes.plot([entry.stagnant, entry.innovative], [row, row], color=colour["faint"], linewidth=16, zorder=0,
                  solid_capstyle="butt")  # fmt: skip
        for value in (entry.stagnant, entry.innovative):
            tried = entry.benchmark != "printed" and value == entry.stagnant
            mark = {"marker": "x", "color": colour["context"], "markeredgewidth": 2}
            mark = mark if tried else plotting.marker("published", colour["context"])
            axes.plot([value], [row], linestyle="none", markersize=8, zorder=2, **mark)
            axes.annotate(f"{value:g}", (value, row), xytext=(0, 10), textcoords="offset points", ha="center",
                          color=colour["quiet"], fontsize=12)  # fmt: skip
        if pd.isna(entry.score):
            continue
        tone = colour["comparison"] if entry.place == PLACES[0] else colour["subject"]
        axes.plot([found["lower"], found["upper"]], [row, row], color=tone, linewidth=2.4, zorder=3)
        mark = plotting.marker(study.wave.kind, tone)
        axes.plot([entry.score], [row], linestyle="none", markersize=8, zorder=4, **mark)
        said = percent_of(entry._asdict())
        axes.text(1.02, row, said.replace(" (", "\n(") if narrow else said, transform=axes.get_yaxis_transform(),
                  va="center", color=tone, fontweight="bold")  # fmt: skip
    names = [f"{row.benchmark}\n({row.stagnant:g})" for row in table.itertuples()]
    _rows(axes, names)
    axes.set_xlim(0, 300)
    axes.set_xticks(range(0, 301, 100 if narrow else 50))
    axes.set_xlabel("trust and openness (points)" if narrow else "score on trust and openness (points on 0–300)")
    return figure


def trust_figure(study: Study) -> dict[str, Any]:
    """Name, caption, alternative text and data of :func:`draw_trust`.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> trust_figure(open_study("climate_survey_baseline", trust_stagnant_variant=128))["name"]
    'climate-trust'
    """
    caption = (
        f"{study.wave.provenance['title']}: score on trust and openness with its {round(study.level * 100, 6):g} % "
        "interval, the same in both rows, between the printed benchmarks (filled squares, Bolden et al. 2021, Table 4) "
        "and with an unverified stagnant one (cross). At the right: share of the way from stagnant to innovative."
    )
    return {"name": "climate-trust", "caption": caption, "alt": variant_words(study), "drawn": trust_variants(study)}
