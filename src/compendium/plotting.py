"""Figures for a page: each drawn at two widths, with its caption, alternative text and data.

A drawing function takes its data and a keyword ``width`` (pixels: :data:`WIDE` in the text, :data:`NARROW` on a
phone) and returns a matplotlib figure. :func:`show` draws it at both widths, so that lettering keeps its size on a
phone, and emits it with caption, alternative text and the data drawn. Colours are written as CSS variables: the same
figure follows the reader's light or dark page.
"""

from __future__ import annotations

import inspect
import io
import re
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import pandas as pd
from IPython.display import display
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

from compendium import artists, datasets, escape, project
from compendium.errors import CompendiumError
from compendium.harvest import FIGURE_TYPE

#: Figure widths in pixels: in the text, and on a phone.
WIDE, NARROW = 720, 358

#: Significant digits of the numbers that travel with a figure.
SIGNIFICANT_DIGITS = 6

#: Pixels that a figure has at least for each letter of a line of text in it, and of a label beside an axis or in a
#: legend: a longer one is cut. A letter of 12 px is about 6.3 px wide.
PIXELS_PER_LETTER, PIXELS_PER_LETTER_OF_LABEL = 4, 10

#: Size in pixels of the title over a drawing, and of a letter of it.
TITLE_SIZE, PIXELS_PER_LETTER_OF_TITLE = 13.5, 7.6

#: Pixels per inch of the drawings, so that one SVG unit is one pixel.
PIXELS_PER_INCH = 72


def palette() -> dict[str, tuple[str, str, str]]:
    """Return the project's colours by role: a CSS variable, the colour on light paper, the colour on dark paper."""
    return getattr(project.style(), "PALETTE", {})


def theme() -> dict[str, Any]:
    """Return the matplotlib settings every figure is drawn under: the project's, and what a page needs."""
    own = project.style()
    needed = {"figure.dpi": PIXELS_PER_INCH, "svg.fonttype": "none", "text.parse_math": False}
    return {**(own.theme() if own else {}), **needed}


def canvas(width: int, height: int, **subplots: Any) -> tuple[Figure, Any]:
    """Return a figure of so many pixels and its axes (as :func:`matplotlib.pyplot.subplots`, without its registry).

    Call it inside a drawing function; :func:`show` sets the theme around it.
    """
    figure = Figure(figsize=(width / PIXELS_PER_INCH, height / PIXELS_PER_INCH), layout="constrained")
    return figure, figure.subplots(**subplots)


def label(name: Any) -> str:
    """Return a name from data as the label of an artist: matplotlib leaves one that begins with "_" out of a legend.

    >>> label("Ward 3"), label("_Ward 3").endswith("_Ward 3"), label("_Ward 3").startswith("_")
    ('Ward 3', True, False)
    """
    text = str(name)
    return f"\N{WORD JOINER}{text}" if text.startswith("_") else text


@dataclass(frozen=True)
class Picture:
    """A drawn figure with everything a page needs; displays itself."""

    html: str
    record: dict[str, Any]
    drawn: list[str]
    about: dict[str, str]

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"text/html": self.html, FIGURE_TYPE: self.record, "text/plain": f"Figure: {self.record['alt']}"}
        return data, {FIGURE_TYPE: {"drawn": self.drawn, **self.about}}


def show(
    draw: Callable[..., Figure],
    *data: Any,
    name: str,
    caption: str,
    alt: str,
    drawn: pd.DataFrame,
    description: str = "",
    headline: str = "",
    height: int | tuple[int, int] = 340,
    panels: dict[str, Any] | None = None,
    data_set: str = "",
    **options: Any,
) -> None:
    """Draw a figure at both widths and emit it with caption, alternative text and data.

    Parameters
    ----------
    draw
        A plot of the methods' pattern, ``draw(*data, ax=..., **options)``, which draws on given axes; or a drawing
        function, ``draw(*data, width=..., **options)``, which returns a matplotlib figure.
    name
        Anchor of the figure on its page: lower-case words joined by hyphens.
    caption
        Source, period, n and the caveat. Escaped.
    alt
        What a sighted reader takes away, with the numbers, computed from the data.
    drawn
        The data that the figure draws, tidy: it is recorded, compared on a re-run and offered for download. Which of
        its columns the artists of the drawing show, value by value, is recorded too.
    description
        A longer description for a figure that carries more than a sentence.
    headline
        Title over the drawing: what the figure shows, in a sentence computed from its data; the drawing grows by it.
    height
        Height in pixels of a plot on given axes; two for the wide and the narrow drawing.
    panels
        Options of :func:`matplotlib.pyplot.subplots` where a plot takes several axes, such as ``{"nrows": 2}``.
    data_set
        The data set that the figure draws, or the kind of what it draws, where that is not the kind of its page: a
        downloaded figure names the kind.
        Unless given, it is the ``kind`` among the options of ``draw``, else that of the page.
    options
        Further options of ``draw``.

    Raises
    ------
    CompendiumError
        If caption or alt text is empty, or the name is not of that form.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise CompendiumError(f"'{name}' cannot name a figure; use lower-case words joined by hyphens")
    for what, given in (("a caption", caption), ("alternative text", alt)):
        if not given.strip():
            raise CompendiumError(f"figure '{name}' has no {what}; say what it shows, from its data")
    made = {}
    for width, tall in zip((WIDE, NARROW), height if isinstance(height, tuple) else (height, height), strict=True):
        drawer = _on_axes(draw, tall, panels or {}) if "ax" in inspect.signature(draw).parameters else draw
        made[width] = _drawn(drawer, data, options, name, width, alt, headline)
    longer = f"<details><summary>Longer description</summary><p>{escape.html(description)}</p></details>"
    page = (
        f'<figure class="hs-figure" id="figure-{name}">'
        f'<div class="hs-wide">{made[WIDE][1]}</div>'
        f'<div class="hs-narrow" style="display:none">{made[NARROW][1]}</div>'
        f"<figcaption>{escape.html(caption)}</figcaption>{longer if description else ''}</figure>"
    )
    rows = drawn.reset_index(drop=True)
    record = {
        "name": name,
        "alt": alt,
        "caption": caption,
        "columns": [str(column) for column in rows.columns],
        "rows": [[_plain(value) for value in row] for row in rows.itertuples(index=False)],
    }
    if description:
        record["description"] = description
    kind = data_set if data_set in datasets.KINDS else options.get("kind")
    about = {"kind": kind} if kind in datasets.KINDS else {}
    about |= {"data_set": data_set} if data_set not in ("", *datasets.KINDS) else {}
    display(Picture(page, record, artists.columns_drawn(made[WIDE][0], rows), about))


def _on_axes(draw: Callable[..., Any], height: int, panels: dict[str, Any]) -> Callable[..., Figure]:
    """Return a drawing function around a plot that takes axes."""

    def drawer(*data: Any, width: int, **options: Any) -> Figure:
        figure, axes = canvas(width, height, **panels)
        draw(*data, ax=axes, **options)
        return figure

    return drawer


def drawing(draw: Callable[..., Figure], *data: Any, name: str, width: int, alt: str, **options: Any) -> str:
    """Draw once, at one width, and return SVG for a page; :func:`show` is for figures of a notebook.

    >>> drawing(lambda rows, width: canvas(width, 60)[0], [], name="empty", width=100, alt="Nothing")[:4]
    '<svg'
    """
    return _drawn(draw, data, options, name, width, alt)[1]


def _plain(value: Any) -> Any:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if hasattr(value, "item"):
        value = value.item()
    # Optimisers and linear algebra differ between processors from about the ninth digit on; a picture shows three.
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if isinstance(value, float) else value


def _drawn(
    draw: Callable[..., Figure], data: tuple, options: dict, name: str, width: int, alt: str, headline: str = ""
) -> tuple[Figure, str]:
    """Draw once; return the figure and its SVG for a page: themed colours, short numbers, no clashing ids, no dates."""
    with mpl.rc_context():
        mpl.rcdefaults()  # a reader's own matplotlibrc stays out
        mpl.rcParams.update({**theme(), "svg.hashsalt": f"{name}-{width}"})
        figure = draw(*data, width=width, **options)
        if headline:
            lines = textwrap.wrap(escape.drawn(headline, longest=width), int(width / PIXELS_PER_LETTER_OF_TITLE))
            figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=TITLE_SIZE, fontweight="bold")
            figure.set_figheight(figure.get_figheight() + 1.3 * TITLE_SIZE * len(lines) / PIXELS_PER_INCH)
        _letter(figure, width)
        out = io.StringIO()
        with warnings.catch_warnings():
            # The browser has letters that the carried typeface lacks, and takes its own.
            warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
            # `savefig` would draw twice: once for the layout, which drawing works out by itself.
            FigureCanvasSVG(figure).print_svg(out, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    drawing = out.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.S)
    drawing = re.sub(r"<!--.*?-->|<style.*?</style>", "", drawing, flags=re.S)
    colours = list(palette().values())
    drawing = re.sub(r"<[^>]+>", lambda tag: _tag(tag[0], colours), drawing)  # what stands between the tags is text
    size = re.search(r'viewBox="([^"]+)"', drawing)[1]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{size}" '
        f'width="{width}" stroke-linejoin="round" role="img" aria-label="{escape.html(alt)}">'
    )
    return figure, re.sub(r"\n\s*", "\n", opening + drawing[drawing.index(">") + 1 :]).strip()


def _letter(figure: Figure, width: int) -> None:
    """Make the lettering of a drawn figure plain text, and cut what would leave no room for the drawing."""

    def shown(text: str) -> str:
        return escape.drawn(text, longest=width // PIXELS_PER_LETTER)

    def beside(format: Callable[..., str]) -> Callable[..., str]:
        return lambda *given: escape.drawn(format(*given), longest=width // PIXELS_PER_LETTER_OF_LABEL)

    found = figure.findobj(lambda artist: isinstance(artist, Text | Legend | Axis))
    for text in (one for one in found if isinstance(one, Text)):
        text.set_text(shown(text.get_text()))
    for legend in (one for one in found if isinstance(one, Legend)):
        for text in legend.get_texts():
            text.set_text(beside(text.get_text)())
    for axis in (one for one in found if isinstance(one, Axis)):
        given = axis.get_major_formatter()
        if isinstance(given, FuncFormatter):
            given.func = beside(given.func)
        elif isinstance(given, FixedFormatter):
            given.seq = [beside(str)(name) for name in given.seq]


def _tag(tag: str, colours: list[tuple[str, str, str]]) -> str:
    """Return a tag of a drawing with short numbers, colours that follow the page, and no id."""
    if re.fullmatch(r'<g id="[^"]*">', tag):
        return "<g>"
    tag = re.sub(r"(?<![\w#.])-?\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), tag)
    for variable, light, _ in colours:
        tag = re.sub(re.escape(light), f"var({variable},{light.lower()})", tag, flags=re.I)
    return re.sub(r"'Inter'[^;\"]*", "var(--hs-sans,Inter,sans-serif)", tag).replace("font: 700", "font: 600")
