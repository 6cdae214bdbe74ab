"""One drawn idea for each module's slides: invented or published numbers, never a student's data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from compendium import datasets, escape, plotting
from healthsys.plots import style
from healthsys.plots.style import COLOUR

#: Size of the figure in pixels: a column of a slide enlarges it, and its lettering, by more than half.
WIDTH, HEIGHT = 358, 330


def idea_figure(module: str) -> str:
    """Return the figure of a module's idea, with its title and below it what its numbers are.

    >>> idea_figure("pay-gaps")[:7], "<svg" in idea_figure("pay-gaps")
    ('<figure', True)
    """
    draw, title, caption = IDEAS[module]

    def drawn(*, width: int) -> Figure:
        figure, axes = plotting.canvas(width, HEIGHT, nrows=2 if draw is _days else 1, sharex=True)
        draw(*np.atleast_1d(axes))
        return figure

    drawing = plotting.drawing(drawn, name=f"idea-{module}", width=WIDTH, alt=title)
    return f"<figure>{drawing}<figcaption>{escape.html(f'{title}. {caption}')}</figcaption></figure>"


def _step_and_slope(axes: Axes) -> None:
    before, after = np.arange(-12, 1), np.arange(0, 13)
    axes.plot(before, 70 + before, color=COLOUR["subject"], linewidth=3)
    axes.plot(after, 70 + after, color=COLOUR["context"], linewidth=2, linestyle="--")
    axes.plot(after, 60 - 0.5 * after, color=COLOUR["subject"], linewidth=3)
    axes.axvline(0, color=COLOUR["quiet"], linestyle=":")
    arrow = {"arrowstyle": "<->", "color": COLOUR["comparison"], "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    for at, label in ((0, "step"), (12, "effect after\na year")):
        axes.annotate("", (at, 60 - 0.5 * at), (at, 70 + at), arrowprops=arrow)
        axes.annotate(label, (at, 65 + at / 4), xytext=(-5, 0), textcoords="offset points", ha="right", va="center",
                      color=COLOUR["comparison"], fontweight="bold")  # fmt: skip
    axes.annotate("earlier trend, continued", (3.5, 78), ha="right", va="bottom", color=COLOUR["quiet"])
    axes.set(xlabel="Months from the change", ylabel="What is counted", xticks=[-12, 0, 12], yticks=[])


def _mean_and_median(axes: Axes) -> None:
    for at, (group, pay) in enumerate((("women", [11, 12, 13, 14, 15, 16, 18]), ("men", [11, 12, 13, 14, 16, 18, 49]))):
        axes.plot(pay, [at] * len(pay), linestyle="none", **style.marker("illustrative") | {"markersize": 9})
        for value, what, up in ((np.median(pay), "median", 0.32), (np.mean(pay), "mean", -0.32)):
            axes.plot([value, value], [at, at + up], color=COLOUR["comparison"], linewidth=2)
            axes.annotate(f"{what} {value:.0f}", (value, at + up), xytext=(0, 4 if up > 0 else -4), ha="center",
                          textcoords="offset points", va="bottom" if up > 0 else "top", color=COLOUR["comparison"],
                          fontweight="bold")  # fmt: skip
        axes.annotate(group, (50, at + 0.3), ha="right", va="center", fontsize=14)
    axes.set(ylim=(-0.7, 1.7), yticks=[], xlabel="Hourly pay, pounds")


def _benchmarks(axes: Axes) -> None:
    rows = datasets.load("climate_benchmarks").set_index("dimension").loc[["trust", "conflict"]]
    for at, row in enumerate(rows.itertuples()):
        arrow = {"arrowstyle": "->", "color": COLOUR["subject"], "linewidth": 2.5}
        axes.annotate("", (row.innovative, 1 - at), (row.stagnant, 1 - at), arrowprops=arrow)
        for value, what in ((row.stagnant, "stagnant"), (row.innovative, "innovative")):
            axes.plot(value, 1 - at, **style.marker("published") | {"markersize": 9})
            side = 1 if value == max(row.stagnant, row.innovative) else -1
            axes.annotate(f"{what}\n{value}", (value, 1 - at), xytext=(0, -12), textcoords="offset points", va="top",
                          ha="left" if side > 0 else "right")  # fmt: skip
        axes.annotate(row.label, (0, 1 - at + 0.22), fontsize=14, fontweight="bold")
    axes.set(ylim=(-0.6, 1.5), xlim=(0, 300), yticks=[], xlabel="Points, 0 to 300 (the arrow points to better)")


def _rare_code(axes: Axes) -> None:
    kinds = ["both"] * 2 + ["one"] * 4 + ["neither"] * 94
    looks = {"both": COLOUR["subject"], "one": COLOUR["comparison"], "neither": COLOUR["faint"]}
    for kind, colour in looks.items():
        cells = [(at % 10, 9 - at // 10) for at, one in enumerate(kinds) if one == kind]
        hatch = "////" if kind == "one" else ""
        look = {"facecolor": colour, "hatch": hatch, "edgecolor": COLOUR["paper"], "linewidth": 0}
        for place in cells:
            axes.add_patch(Rectangle(place, 0.86, 0.86, **look))
    axes.set(xlim=(-0.1, 10.1), ylim=(-2.6, 10.1), aspect="equal")
    axes.axis("off")
    alike, marked = (sum(kind != other for kind in kinds) for other in ("one", "neither"))
    axes.annotate(f"They agree on {alike} of {len(kinds)} passages,", (0, -0.3), va="top")
    axes.annotate(f"but on {kinds.count('both')} of the {marked} with the code.", (0, -1.3), va="top",
                  color=COLOUR["comparison"], fontweight="bold")  # fmt: skip


def _days(above: Axes, below: Axes) -> None:
    draws = np.random.default_rng(8)
    for axes, beds in ((above, 10), (below, 100)):
        wanted = 100 * draws.poisson(0.85 * beds, 60) / beds
        over = wanted > 100
        axes.bar(np.flatnonzero(~over), wanted[~over], color=COLOUR["context"], width=0.7)
        axes.bar(np.flatnonzero(over), wanted[over], color=COLOUR["comparison"], width=0.7)
        axes.axhline(100, color=COLOUR["text"], linewidth=1.5)
        axes.set_title(f"{beds} beds: too few on {over.sum()} of {len(over)} days")
        axes.set_ylim(0, 170)
        axes.set_yticks([0, 100], ["0", "all beds"])
    below.set_xlabel("Day (same demand for each bed, on average)")


def _three_sentences(axes: Axes) -> None:
    first, second = 12, 9
    axes.bar([0, 1], [first, second], width=0.5, color=[COLOUR["context"], COLOUR["subject"]])
    for at, value in enumerate((first, second)):
        axes.annotate(f"{value}%", (at, value), xytext=(0, -6), textcoords="offset points", ha="center", va="top",
                      color=COLOUR["paper"], fontweight="bold", fontsize=15)  # fmt: skip
    axes.plot([0.25, 1.25], [first, first], color=COLOUR["comparison"], linestyle="--")
    arrow = {"arrowstyle": "<->", "color": COLOUR["comparison"], "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (1, second), (1, first), arrowprops=arrow)
    said = f"{first - second} percentage points less;\n{100 * (first - second) / first:.0f}% fewer"
    axes.annotate(said, (1.3, first), xytext=(0, 6), textcoords="offset points", ha="right",
                  color=COLOUR["comparison"], fontweight="bold")  # fmt: skip
    axes.set_xticks([0, 1], ["last year", "this year"])
    axes.set(ylim=(0, 15), yticks=[], xlim=(-0.4, 1.4), ylabel="Share of staff")


def _fuller_than_what(axes: Axes) -> None:
    roles = ("subject", "comparison", "third")
    for (x, y), role, shape in zip(((84, 88), (89, 80), (94, 71)), roles, "so^", strict=True):
        steps = np.array([-1.8, -0.6, 0.6, 1.8])
        axes.plot(x + steps, y - 0.3 * steps, marker=shape, color=COLOUR[role], markersize=8,
                  markerfacecolor=COLOUR["paper"], markeredgewidth=1.8, linewidth=2.2)  # fmt: skip
        axes.annotate(f"trust {'ABC'[roles.index(role)]}", (x, y), xytext=(8, 12), textcoords="offset points",
                      color=COLOUR[role], fontweight="bold")  # fmt: skip
    axes.plot([82, 96], [91.5, 67.8], color=COLOUR["context"], linestyle="--", linewidth=2)
    axes.annotate("all rows", (92.6, 72.8), xytext=(-10, -12), textcoords="offset points", ha="right",
                  color=COLOUR["quiet"])  # fmt: skip
    axes.set(xlabel="Occupied beds (%)", ylabel="Within four hours (%)")


_INVENTED = "A drawing with invented numbers."

#: By module: what draws the idea, its title, and what the numbers are.
IDEAS: dict[str, tuple[Callable[..., None], str, str]] = {
    "service-trends": (_step_and_slope, "What the change did is the distance from the earlier trend", _INVENTED),
    "pay-gaps": (_mean_and_median, "One high salary moves the mean, not the median", _INVENTED),
    "measuring-climate": (
        _benchmarks,
        "Two benchmarks for each dimension, and one that is reversed",
        "Published benchmarks, reported by Bolden and colleagues (2021).",
    ),
    "coding-resilience": (_rare_code, "Two coders and a rare code", f"One square a passage. {_INVENTED}"),
    "beds-and-slack": (_days, "In a small ward, a few arrivals fill every bed", "Simulated days, invented wards."),
    "auditing-numbers": (_three_sentences, "One change, two true sentences", _INVENTED),
    "changing-comparisons": (_fuller_than_what, "One slope over all rows, another within each trust", _INVENTED),
}
