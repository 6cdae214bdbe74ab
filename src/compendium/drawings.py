"""The drawings of a page as files of their own: SVG that any program reads, and PNG at twice the size."""

from __future__ import annotations

import functools
import io
import re
import textwrap
from collections.abc import Sequence
from types import ModuleType

from compendium import escape, project, typefaces

#: Pixels of a PNG for each pixel of the drawing.
SCALE = 2

#: Colours of a PNG: a drawing has few, and a palette makes the file a seventh of the size.
COLOURS = 128

#: The paper of a project that names no palette.
WHITE = ("", "#FFFFFF", "#FFFFFF")

#: Lettering below a drawing that stands alone, in pixels: size, height of a line, margin, usual width of a letter.
_SIZE, _LINE, _MARGIN, _LETTER = 12, 17, 8, 6.1

_VARIABLE = re.compile(r"var\(--hs-[a-z0-9-]+,\s*([^()]+)\)")


def alone(drawing: str, *, title: str, notes: Sequence[str] = ()) -> str:
    """Return the SVG of a figure so that it stands alone: light colours by value, white paper, typefaces, notes.

    Parameters
    ----------
    drawing
        The SVG as it is on a page: colours and typefaces are variables of the page's style.
    title
        The title of the page. Escaped.
    notes
        Lines below the drawing, wrapped to its width: caption, kind of data, source and licence. Escaped.

    Examples
    --------
    >>> drawn = alone('<svg viewBox="0 0 2 2"><path style="fill: var(--hs-text,#1b2a33)"/></svg>', title="A & B")
    >>> drawn[:47], "@font-face" in drawn, "var(" in drawn
    ('<svg viewBox="0 0 2 2"><title>A &amp; B</title>', True, False)
    """
    plain = _VARIABLE.sub(lambda match: match[1], drawing)
    opening, rest = re.match(r"(<svg[^>]*>)(.*)", plain, re.S).groups()
    paper = f'<rect width="100%" height="100%" fill="{_colour("paper")}"/>'
    fonts = f"<style>{typefaces.rules(typefaces.FIGURES)}</style>"
    if notes:
        opening, said = _noted(opening, title, notes)
        rest = rest.replace("</svg>", f"{said}</svg>")
    return f"{opening}<title>{escape.html(title)}</title>{fonts}{paper}{rest}\n"


def _noted(opening: str, title: str, notes: Sequence[str]) -> tuple[str, str]:
    """Return the opening tag of a drawing made higher for its title and notes, and their lines."""
    left, top, width, height = (float(part) for part in re.search(r'viewBox="([^"]+)"', opening)[1].split())
    ink = _colour("text")
    longest = int((width - 2 * _MARGIN) / _LETTER)
    lines = [(line, 600) for line in textwrap.wrap(title, int(longest * 0.95))]
    lines += [(line, 400) for note in notes for line in textwrap.wrap(note, longest)]
    said = "".join(
        f'<text x="{left + _MARGIN:g}" y="{top + height + _MARGIN + _LINE * place:g}" '
        f'style="font: {weight} {_SIZE}px Inter, sans-serif; fill: {ink}">{escape.html(line)}</text>'
        for place, (line, weight) in enumerate(lines, start=1)
    )
    whole = height + 2 * _MARGIN + _LINE * len(lines)
    return re.sub(r'viewBox="[^"]+"', f'viewBox="{left:g} {top:g} {width:g} {whole:g}"', opening), said


def _colour(role: str) -> str:
    """Return the colour of a role on light paper."""
    from compendium.plotting import palette  # which imports matplotlib; most builds draw nothing

    return palette().get(role, WHITE)[1].lower()


@functools.lru_cache(maxsize=1)
def _converter() -> ModuleType:
    """Return the module vl_convert, once it knows the typeface of the figures."""
    import vl_convert

    if project.fonts():
        vl_convert.register_font_directory(str(project.fonts()))
    return vl_convert


def png(svg: str) -> bytes:
    """Return a drawing that stands alone as PNG, :data:`SCALE` pixels for one.

    >>> png('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2" width="2" height="2"></svg>')[1:4]
    b'PNG'
    """
    from PIL import Image

    with Image.open(io.BytesIO(_converter().svg_to_png(svg, scale=SCALE))) as full:
        few = full.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", dpi=(72 * SCALE, 72 * SCALE))
    return out.getvalue()
