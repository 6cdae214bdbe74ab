"""Formulas as MathML: what the converter returns, with its text escaped and nothing in it that could act."""

from __future__ import annotations

import html
import re
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

from compendium import escape

#: Attributes that lead elsewhere, act, or take the look of the page; ``\href``, ``\class`` and ``\style`` set them.
_ACTS = re.compile(r"(on.*|href|src|action|style|class|id|\{.*)", re.I)

#: Elements of MathML Core and the few more that the converter makes.
_MATHML = re.compile(r"m[a-z]+")


def mathml(latex: str, *, block: bool = False) -> str:
    r"""Return a formula as MathML; what is no formula is shown as it is written.

    Parameters
    ----------
    latex
        The formula in TeX, without its dollar signs.
    block
        Whether it stands on a line of its own.

    Examples
    --------
    >>> mathml("x")[-30:]
    '<mrow><mi>x</mi></mrow></math>'
    >>> "<svg" in mathml(r"\text{<svg onload=1>}"), "javascript" in mathml(r"\href{javascript:1}{z}")
    (False, False)
    >>> mathml(r"\left")
    '<code>\\left</code>'
    """
    try:
        tree = convert_to_element(latex, display="block" if block else "inline")
    except Exception:  # the converter raises whatever its tables raise
        return f"<code>{escape.html(latex)}</code>"
    for element in tree.iter():
        _disarm(element)
    return tostring(tree, encoding="unicode")


def _disarm(element: Element) -> None:
    """Make the text of an element text: the converter writes symbols as entities, and unescapes its whole output."""
    if not _MATHML.fullmatch(element.tag):
        element.tag = "mrow"
    for name in list(element.attrib):
        if _ACTS.fullmatch(name):
            del element.attrib[name]
        else:
            element.attrib[name] = escape.plain(html.unescape(element.attrib[name]))
    if element.text:
        element.text = escape.plain(html.unescape(element.text))
    if element.tail:
        element.tail = escape.plain(html.unescape(element.tail))
