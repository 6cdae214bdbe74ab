"""Figures of a student's own notebook, which has no machine: drawn once, with caption and alternative text."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from IPython.display import HTML, display
from matplotlib.figure import Figure

from healthsys.plots import style

#: Width of a figure in pixels.
WIDTH = 720


def canvas(width: int, height: int) -> tuple[Figure, Any]:
    """Return a figure of so many pixels and its axes."""
    figure = Figure(figsize=(width / style.PIXELS_PER_INCH, height / style.PIXELS_PER_INCH), layout="constrained")
    return figure, figure.subplots()


def show(draw: Callable[..., Figure], *data: Any, caption: str, alt: str, **_: Any) -> None:
    """Draw a figure and show it with its caption and alternative text.

    >>> show(lambda width: canvas(width, 60)[0], caption="Nothing.", alt="An empty figure.")
    <IPython.core.display.HTML object>
    """
    out = io.StringIO()
    with mpl.rc_context({**style.theme(), "svg.fonttype": "none"}):
        draw(*data, width=WIDTH).savefig(out, format="svg")
    drawing = out.getvalue()
    drawing = drawing[drawing.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{html.escape(alt)}"', 1)
    display(HTML(f"<figure>{drawing}<figcaption>{html.escape(caption)}</figcaption></figure>"))
