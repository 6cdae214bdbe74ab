"""The drawings of a page as files of their own: SVG that any program reads, and PNG at twice the size."""

from __future__ import annotations

import functools
import io
import re
from types import ModuleType

from compendium import escape, project, typefaces
from compendium.plotting import palette

#: Pixels of a PNG for each pixel of the drawing.
SCALE = 2

#: Colours of a PNG: a drawing has few, and a palette makes the file a seventh of the size.
COLOURS = 128

#: The paper of a project that names no palette.
WHITE = ("", "#FFFFFF", "#FFFFFF")

_VARIABLE = re.compile(r"var\(--hs-[a-z0-9-]+,\s*([^()]+)\)")


def alone(drawing: str, *, title: str) -> str:
    """Return the SVG of a figure so that it stands alone: light colours by value, white paper, a title, its typefaces.

    Parameters
    ----------
    drawing
        The SVG as it stands on a page: colours and typefaces are variables of the page's style.
    title
        The caption of the figure, or its name. Escaped.

    Examples
    --------
    >>> drawn = alone('<svg viewBox="0 0 2 2"><path style="fill: var(--hs-text,#1b2a33)"/></svg>', title="A & B")
    >>> drawn[:47], "@font-face" in drawn, "var(" in drawn
    ('<svg viewBox="0 0 2 2"><title>A &amp; B</title>', True, False)
    """
    plain = _VARIABLE.sub(lambda match: match[1], drawing)
    opening, rest = re.match(r"(<svg[^>]*>)(.*)", plain, re.S).groups()
    paper = f'<rect width="100%" height="100%" fill="{palette().get("paper", WHITE)[1].lower()}"/>'
    fonts = f"<style>{typefaces.rules(typefaces.FIGURES)}</style>"
    return f"{opening}<title>{escape.html(title)}</title>{fonts}{paper}{rest}\n"


@functools.lru_cache(maxsize=1)
def _converter() -> ModuleType:
    """Return the module vl_convert, once it knows the typeface of the figures."""
    import vl_convert

    if project.fonts():
        vl_convert.register_font_directory(str(project.fonts()))
    return vl_convert


def png(svg: str) -> bytes:
    """Return a drawing that stands alone as PNG, :data:`SCALE` pixels for one.

    Examples
    --------
    >>> png('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2" width="2" height="2"></svg>')[1:4]
    b'PNG'
    """
    from PIL import Image

    with Image.open(io.BytesIO(_converter().svg_to_png(svg, scale=SCALE))) as full:
        few = full.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", dpi=(72 * SCALE, 72 * SCALE))
    return out.getvalue()
