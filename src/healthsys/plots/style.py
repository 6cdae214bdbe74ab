"""The look of every figure: palette by role, marks by kind of data, matplotlib settings, rows of names, notes.

The light-paper colours are what a figure is drawn in; what publishes it may map each to a CSS variable, so that the
same figure follows a light or a dark page.
"""

import textwrap
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes

from healthsys.say import number

#: Pixels per inch of the drawings, so that one SVG unit is one pixel.
PIXELS_PER_INCH = 72

#: Width in pixels below which a figure is drawn for a phone.
NARROW_BELOW = 500

#: Colour by role: (CSS variable, on light paper, on dark paper). Contrast is tested against WCAG 2.2.
PALETTE = {
    "paper": ("--hs-paper", "#FFFFFF", "#14191D"),
    "text": ("--hs-text", "#1B2A33", "#E6EDF1"),
    "quiet": ("--hs-quiet", "#52636E", "#A9B7C0"),
    "subject": ("--hs-series-1", "#0B6E75", "#4FB3B9"),
    "comparison": ("--hs-series-2", "#B8471B", "#F0875A"),
    "third": ("--hs-series-3", "#7A4F9A", "#BC95D8"),
    "fourth": ("--hs-series-4", "#A97C00", "#E0B040"),
    "context": ("--hs-context", "#5B6B75", "#93A4AF"),
    "faint": ("--hs-faint", "#DDE3E7", "#2C353B"),
}

#: Light-paper colour of each role, for drawing.
COLOUR = {role: light for role, (_, light, _) in PALETTE.items()}

#: Title of axes that says what is measured, in place of the label of a vertical axis (which takes width on a phone).
MEASURE = {"fontsize": 12.5, "fontweight": "normal", "color": COLOUR["quiet"]}


def marker(kind: str, colour: str = COLOUR["subject"]) -> dict[str, Any]:
    """Return matplotlib marker options for a kind of data: published, synthetic or the reader's own.

    A published figure is a filled square, a synthetic one an open square, the reader's own a diamond, everywhere.

    >>> marker("published")["marker"], marker("yours")["marker"]
    ('s', 'D')
    """
    shape = "D" if kind == "yours" else "s"
    inside = COLOUR["paper"] if kind in ("synthetic", "illustrative") else colour
    return {"marker": shape, "markerfacecolor": inside, "markeredgecolor": colour, "markeredgewidth": 1.8}


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    for path in sorted((Path(__file__).parents[1] / "fonts").glob("*.ttf")):
        font_manager.fontManager.addfont(path)


def theme() -> dict[str, Any]:
    """Return the matplotlib settings every figure is drawn under (lettering 12 px, no box, faint grid)."""
    _register_fonts()
    text, quiet, faint = COLOUR["text"], COLOUR["quiet"], COLOUR["faint"]
    return {
        "figure.dpi": PIXELS_PER_INCH,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "font.family": ["Inter", "DejaVu Sans"],
        "font.size": 12.5,
        "axes.titlesize": 13.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 12.5,
        "xtick.labelsize": 12,
        "ytick.labelsize": 12,
        "legend.fontsize": 12,
        "legend.frameon": False,
        "text.parse_math": False,  # a dollar sign in a name is a dollar sign
        "text.color": text,
        "axes.labelcolor": quiet,
        "axes.edgecolor": COLOUR["context"],
        "xtick.color": COLOUR["context"],
        "ytick.color": COLOUR["context"],
        "xtick.labelcolor": quiet,
        "ytick.labelcolor": quiet,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "grid.color": faint,
        "grid.linewidth": 1,
        "lines.linewidth": 2,
        "lines.markersize": 6.5,
        "axes.prop_cycle": mpl.cycler(
            color=[COLOUR[role] for role in ("subject", "comparison", "third", "fourth", "context")]
        ),
        "axes.unicode_minus": True,
        "svg.fonttype": "none",
        "figure.constrained_layout.use": True,
    }


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
