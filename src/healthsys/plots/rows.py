"""What plots of every topic share: narrow drawings, wrapped names, one row a name, estimates and notes."""

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from healthsys.plots.style import COLOUR, PIXELS_PER_INCH, marker
from healthsys.say import number

#: Width in pixels below which a figure is drawn for a phone.
NARROW_BELOW = 500


def is_narrow(ax: Axes) -> bool:
    """Return whether the figure of these axes is drawn for a phone."""
    return ax.figure.get_figwidth() * PIXELS_PER_INCH < NARROW_BELOW


def wrapped(text: object, ax: Axes, *, wide: int = 46, narrow: int = 22) -> str:
    """Break a text into lines of so many letters, in the text and on a phone."""
    return "\n".join(textwrap.wrap(str(text), narrow if is_narrow(ax) else wide))


def name_rows(ax: Axes, names: Sequence[str], *, top: float = 0.55, bottom: float = 0.45) -> None:
    """Lay out one row a name, the first on top, without the axis line; ``top`` and ``bottom`` are the room around."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - bottom, -top)
    without_line(ax)


def without_line(ax: Axes) -> None:
    """Leave out the ticks and the line of the axis of names."""
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def numbers_at_right(ax: Axes, numbers: Sequence[str]) -> None:
    """Write a number at the right of each row."""
    twin = ax.secondary_yaxis("right")
    twin.set_yticks(range(len(numbers)), numbers)
    twin.tick_params(axis="y", length=0, labelcolor=COLOUR["text"])
    twin.spines["right"].set_visible(False)


def estimate(
    ax: Axes, row: float, value: float, limits: Sequence[float], *, tone: str, kind: str, size: float = 8
) -> None:
    """Draw an estimate as the mark of its kind of data on the line of its interval; no line without ``limits``."""
    if len(limits):
        ax.plot(limits, [row, row], color=tone, linewidth=2.4, solid_capstyle="butt", zorder=2)
    ax.plot([value], [row], linestyle="none", markersize=size, zorder=3, **marker(kind, tone))


def note(ax: Axes, text: str, at: tuple, by: tuple = (0, 4), *, tone: str = "quiet", **options: Any) -> None:
    """Write a text so many pixels away from a point of the data, in the colour of a role."""
    ax.annotate(text, at, xytext=by, textcoords="offset points", color=COLOUR[tone], **options)


def funnel_curves(ax: Axes, curves: pd.DataFrame) -> None:
    """Draw the inner (dashed) and outer limits of a funnel, in percent."""
    for name, style in (("inner", "--"), ("outer", "-")):
        for end in ("lower", "upper"):
            line = 100 * curves[f"{name}_{end}"]
            ax.plot(curves["size"], line, color=COLOUR["context"], linestyle=style, linewidth=1.2)


def listed(table: pd.DataFrame, label: str, value: str, format: str = "{:.1f}%") -> str:
    """Return the rows of a table as text: label and number, or that it is not shown.

    >>> listed(pd.DataFrame({"group": ["A", "B"], "gap": [1.25, None]}), "group", "gap")
    'A 1.2%; B not shown'
    """
    return "; ".join(
        f"{row[label]} {'not shown' if pd.isna(row[value]) else number(row[value], format)}"
        for row in table.to_dict("records")
    )
