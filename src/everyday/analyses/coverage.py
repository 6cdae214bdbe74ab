"""How often an interval holds the truth: segmented regression scored on series whose truth is built in."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from compendium.plotting import NARROW, canvas
from healthsys.its.simulate import METHOD_NAMES
from healthsys.plots.style import COLOUR

#: How far a shortfall of coverage lies outside chance: this many Monte Carlo errors.
BEYOND_CHANCE = 2.0


def finding(table: pd.DataFrame, *, level: float) -> str:
    """Say which models keep what their intervals claim under autocorrelation, and which fall short by how much.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["ols", "prais_winsten"] * 2, "rho": [0, 0, 0.4, 0.4], "error": 0.01,
    ...                      "estimand": "level at the change", "covered": [0.95, 0.95, 0.8, 0.93]})
    >>> print(finding(rows, level=0.95).split(':')[0])
    With autocorrelated months only Prais–Winsten keeps what is claimed
    """
    first = table["estimand"].iloc[0]
    rows = table[table["estimand"] == first]
    rho = rows["rho"].max()
    hard, easy = rows[rows["rho"] == rho].sort_values("covered"), rows[rows["rho"] == 0]
    kept = hard[hard["covered"] >= level - BEYOND_CHANCE * hard["error"].clip(lower=0.005)]
    worst, best = hard.iloc[0], hard.iloc[-1]
    claim = f"{round(100 * level, 6):g} %"
    who = (
        "no model keeps what it claims"
        if kept.empty
        else f"only {' and '.join(METHOD_NAMES[name] for name in kept['model'])} "
        f"{'keeps' if len(kept) == 1 else 'keep'} what is claimed"
        if len(kept) < len(hard)
        else "every model keeps what it claims"
    )
    return (
        f"With autocorrelated months {who}: the {claim} interval of the change of level holds the truth in "
        f"{100 * worst['covered']:.0f} % of series ({METHOD_NAMES[worst['model']]}) to {100 * best['covered']:.0f} % "
        f"({METHOD_NAMES[best['model']]}). Without autocorrelation the same models hold it in "
        f"{100 * easy['covered'].min():.0f} % to {100 * easy['covered'].max():.0f} %."
    )


def laid_out(table: pd.DataFrame) -> pd.DataFrame:
    """Lay the table out for a page: a row per model and estimand, coverage without and with carry-over (per cent)."""
    wide = table.assign(
        model=table["model"].map(METHOD_NAMES), covered=100 * table["covered"], error=100 * table["error"]
    )
    none = wide["rho"] == 0
    left = wide[none].set_index(["estimand", "model"])
    right = wide[~none].set_index(["estimand", "model"])
    return pd.DataFrame(
        {
            "covered_without": left["covered"],
            "error_without": left["error"],
            "covered_with": right["covered"],
            "error_with": right["error"],
            "bias_with": right["bias"],
            "width_with": right["width"],
            "fitted": right["fitted"],
        }
    ).reset_index()[
        [
            "model",
            "estimand",
            "covered_without",
            "error_without",
            "covered_with",
            "error_with",
            "bias_with",
            "width_with",
            "fitted",
        ]
    ]


def draw_coverage(table: pd.DataFrame, *, level: float, width: int) -> Figure:
    """Draw coverage by model with its Monte Carlo error, without and with autocorrelation, beside what is claimed."""
    first = table["estimand"].iloc[0]
    rows = table[table["estimand"] == first]
    models = list(dict.fromkeys(rows["model"]))
    figure, axes = canvas(width, 110 + (34 if width > NARROW else 46) * len(models))
    for rho, colour, shape, shift in ((0.0, "subject", "s", -0.14), (rows["rho"].max(), "comparison", "o", 0.14)):
        part = rows[rows["rho"] == rho].set_index("model").loc[models]
        place = np.arange(len(models)) + shift
        axes.errorbar(
            100 * part["covered"],
            place,
            xerr=100 * float(stats.norm.ppf(0.5 + level / 2)) * part["error"],
            fmt=shape,
            color=COLOUR[colour],
            markersize=7,
            markerfacecolor=COLOUR["paper"],
            markeredgewidth=1.8,
            elinewidth=1.8,
            label="no autocorrelation" if rho == 0 else f"autocorrelation {rho:g}",
        )
    axes.axvline(100 * level, color=COLOUR["context"], linestyle="--", linewidth=1.4)
    axes.annotate(
        f"claimed {100 * level:g} %",
        (100 * level, -0.55),
        xytext=(-5, 0),
        textcoords="offset points",
        ha="right",
        va="bottom",
        color=COLOUR["quiet"],
        fontsize=12,
    )
    names = [textwrap.fill(METHOD_NAMES[name], 20 if width == NARROW else 34) for name in models]
    axes.set_yticks(np.arange(len(models)), names)
    axes.invert_yaxis()
    axes.set_ylim(len(models) - 0.5, -1.1)
    axes.set_xlabel("series whose interval holds the truth (%)")
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.4, -50 / figure.get_figheight() / 72), ncols=1 if width == NARROW else 2
    )
    return figure


def coverage_figure(table: pd.DataFrame, *, level: float, periods: int, series: int) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the coverage figure."""
    first = table["estimand"].iloc[0]
    rows = table[table["estimand"] == first]
    said = "; ".join(
        f"{METHOD_NAMES[name]} {100 * part.loc[part['rho'] == 0, 'covered'].iloc[0]:.0f} and "
        f"{100 * part.loc[part['rho'] > 0, 'covered'].iloc[0]:.0f}"
        for name, part in rows.groupby("model", sort=False)
    )
    return {
        "name": "coverage",
        "caption": f"Synthetic data: {series} series of {periods} months for each point; bars are the Monte "
        "Carlo error "
        f"({100 * level:g} %). {first.capitalize()}.",
        "alt": f"Per cent of series whose interval holds the truth, without and with autocorrelation: {said}. "
        "Claimed is "
        f"{100 * level:g}.",
        "drawn": rows,
    }


def results(table: pd.DataFrame, *, level: float, series: int) -> list[dict[str, Any]]:
    """Return what the page records: the finding, and coverage of each model and autocorrelation at the change."""
    entries: list[dict[str, Any]] = [
        {
            "name": "finding",
            "value": finding(table, level=level),
            "unit": "",
            "meaning": "The finding of this page",
            "n": series,
        }
    ]
    reach = float(stats.norm.ppf(0.5 + level / 2))
    for row in table[table["estimand"] == table["estimand"].iloc[0]].itertuples():
        held, error = 100 * row.covered, 100 * row.error * reach
        entries.append(
            {
                "name": f"coverage_{row.model}_{'with' if row.rho else 'without'}",
                "value": held,
                "lower": held - error,
                "upper": min(100.0, held + error),
                "level": level,
                "unit": "percent of series",
                "format": "{:.1f} %",
                "n": int(row.fitted),
                "meaning": f"Intervals of {METHOD_NAMES[row.model]} that hold the true change of level, "
                f"autocorrelation {row.rho:g}; "
                "the interval is the Monte Carlo error",
            }
        )
    return entries
