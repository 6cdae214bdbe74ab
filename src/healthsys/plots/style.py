"""The look of every figure: the palette by role, the marks by kind of data, and the matplotlib settings.

The light-paper colours are what a figure is drawn in; what publishes it may map each to a CSS variable, so that the
same figure follows a light or a dark page.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager

#: Pixels per inch of the drawings, so that one SVG unit is one pixel.
PIXELS_PER_INCH = 72

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
