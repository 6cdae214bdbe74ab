"""Explorers: pages that compute again in the reader's browser when a slider moves, without a server.

The page is whole without JavaScript. With it, ``book/_static/explore.js`` calls the function of the same name in
``book/_static/explore-models.js`` and shows its state instead; a browser test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from compendium import escape
from compendium.plotting import NARROW, canvas
from compendium.tables import Table
from compendium.tables import table as lay_out
from healthsys.plots.style import COLOUR

#: What a reader who pastes numbers is told, and the example that the box shows.
_OWN = """<details class="hs-own-data" hidden><summary>Use your own numbers</summary>
<label for="{name}">Paste one column of numbers, or two columns: a label (such as a month) and a number</label>
<textarea id="{name}" rows="6" spellcheck="false" autocomplete="off" aria-describedby="{name}-help {name}-error"
placeholder="Jan 2024;93.5&#10;Feb 2024;92,8&#10;Mar 2024;NA"></textarea>
<p id="{name}-help">Oldest first, 6 to 500 numbers. Separate two columns with a tab, a semicolon or a comma. Decimal
points and decimal commas are both read; NA is a missing value; empty lines and a heading are skipped. The numbers stay
in this browser: nothing is sent, and a copied link holds the settings only.</p>
<p class="hs-error" id="{name}-error" role="alert"></p>
<button type="button" data-own="draw">Draw my chart</button>
<button type="button" data-own="back">Back to the example</button></details>"""


@dataclass(frozen=True)
class Slider:
    """A number that the reader moves; ``said`` is shown next to it at the start."""

    name: str
    label: str
    minimum: float
    maximum: float
    step: float
    value: float
    said: str
    unit: str = ""
    push: tuple[tuple[str, float], ...] = ()

    def html(self, prefix: str) -> str:
        """Return label, slider, its value in words, and buttons that move it by a step of their own."""
        name = f"{prefix}-{self.name}"
        steps = "".join(
            f'<button type="button" data-push="{self.name}" data-step="{step:g}">{escape.html(label)}</button>'
            for label, step in self.push
        )
        return (
            f'<div class="hs-control"><label for="{name}">{escape.html(self.label)}</label>'
            f'<input type="range" id="{name}" name="{self.name}" min="{self.minimum:g}" max="{self.maximum:g}" '
            f'step="{self.step:g}" value="{self.value:g}" data-unit="{escape.html(self.unit)}">'
            f'<output for="{name}">{escape.html(self.said)}</output>{steps}</div>'
        )


@dataclass(frozen=True)
class Choice:
    """One of several that the reader chooses; ``options`` gives value and label."""

    name: str
    label: str
    options: Mapping[str, str]
    value: str

    def html(self, prefix: str) -> str:
        """Return label and list."""
        name = f"{prefix}-{self.name}"
        options = "".join(
            f'<option value="{escape.html(value)}"{" selected" if value == self.value else ""}>'
            f"{escape.html(label)}</option>"
            for value, label in self.options.items()
        )
        return (
            f'<div class="hs-control"><label for="{name}">{escape.html(self.label)}</label>'
            f'<select id="{name}" name="{self.name}">{options}</select></div>'
        )


@dataclass(frozen=True)
class Tick:
    """Something that the reader switches on or off."""

    name: str
    label: str
    value: bool

    def html(self, prefix: str) -> str:
        """Return box and label."""
        name, checked = f"{prefix}-{self.name}", " checked" if self.value else ""
        return (
            f'<div class="hs-control hs-tick"><input type="checkbox" id="{name}" name="{self.name}"{checked}>'
            f'<label for="{name}">{escape.html(self.label)}</label></div>'
        )


@dataclass(frozen=True)
class Number:
    """One number of a state: its name, what it is, its unrounded value (None: not defined) and how it is shown."""

    name: str
    label: str
    value: float | None
    text: str


@dataclass(frozen=True)
class State:
    """What one position of the controls gives.

    ``sentence`` says the result, ``numbers`` hold it, ``rows`` fill the table, ``data`` are what the figures of the
    start draw, ``signals`` the places that they mark.
    """

    sentence: str
    numbers: tuple[Number, ...]
    rows: pd.DataFrame
    data: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    signals: dict[str, float] = field(default_factory=dict)

    def number(self, name: str) -> Number:
        """Return one number by name."""
        return next(one for one in self.numbers if one.name == name)


@dataclass(frozen=True)
class Explorer:
    """An explorer: its kind (the model's name), controls and start.

    ``charts`` has the height of each chart on a wide and on a narrow screen, in px, by the name of the figure that it
    replaces; ``own`` offers a box for the reader's own numbers.
    """

    kind: str
    title: str
    controls: Sequence[Slider | Choice | Tick]
    start: State
    inputs: dict[str, Any]
    charts: dict[str, tuple[int, int]]
    caption: str
    formats: dict[str, str] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    own: bool = False

    @property
    def panel(self) -> Table:
        """Controls and the sentence, with all that the browser needs to compute the page again."""
        controls = "".join(control.html(f"explore-{self.kind}") for control in self.controls)
        carried = {"inputs": self.inputs, "charts": self.charts}
        own = _OWN.format(name=f"explore-{self.kind}-own") if self.own else ""
        return Table(
            f'<section class="hs-explorer hs-computed" id="explorer-{self.kind}" data-kind="{self.kind}" '
            f'aria-label="{escape.html(self.title)}">'
            f'<p class="hs-said" aria-live="polite">{escape.html(self.start.sentence)}</p>'
            f'<form class="hs-controls" hidden>{controls}<div class="hs-actions">'
            '<button type="reset">Start again</button>'
            '<button type="button" data-copy aria-live="polite">Copy link</button>'
            f'<button type="button" data-save>Download the chart as it is now (SVG)</button></div></form>{own}'
            '<p class="hs-still">This is one example. In the book, with JavaScript switched on, you can change the '
            "settings here and the results follow.</p>"
            f'<script type="application/json">{script_json(carried)}</script></section>',
            self.start.sentence,
        )

    @property
    def table(self) -> Table:
        """The text alternative: the numbers of the state, and its table, folded."""
        numbers = "".join(
            f'<div><dt>{escape.html(one.label)}</dt><dd data-name="{escape.html(one.name)}"'
            f' data-value="{"" if one.value is None else steady(one.value)}">{escape.html(one.text)}</dd></div>'
            for one in self.start.numbers
        )
        shown = lay_out(
            self.start.rows, caption=self.caption, formats=self.formats, headings=self.headings,
            name=f"explorer-{self.kind}",
        )  # fmt: skip
        return Table(
            f'<dl class="hs-numbers hs-computed" data-of="{self.kind}">{numbers}</dl>'
            f'<details class="hs-alternative"><summary>Show as a table</summary>{shown.html}</details>',
            "",
        )


def titled(width: int, *, title: str, across: str, heights: tuple[int, int] = (340, 320)) -> tuple[Figure, Any]:
    """Return a figure and its axes for a chart of the start: title, what goes across, heights wide and narrow."""
    figure, axes = canvas(width, heights[width <= NARROW])
    axes.set_title(title, fontsize=12.5, fontweight="normal", color=COLOUR["quiet"])
    axes.set_xlabel(across)
    return figure, axes


def script_json(value: Any) -> str:
    """Return JSON, of numpy's numbers too, that cannot end the script element around it.

    >>> script_json({"name": "</script>"})
    '{"name":"\\\\u003c/script>"}'
    """
    plain = json.dumps(value, allow_nan=False, default=lambda number: number.item())
    text = json.dumps(json.loads(plain, parse_float=steady), separators=(",", ":"))
    return text.replace("<", "\\u003c")


def steady(number: float | str) -> float:
    """Return a number without the last digits, in which processors and builds of libraries differ.

    >>> steady(-0.18114010445831788) == steady(-0.1811401044583179)
    True
    """
    return float(f"{float(number):.12g}")
