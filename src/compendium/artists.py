"""What a drawing shows, taken from the drawing itself: which columns of its data it draws, where two pictures part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

#: A drawn number and a number of the data are one within this relative difference: data are rounded to six digits.
RELATIVE = 1e-5

#: Two numbers of two pictures are one within so many pixels.
PIXELS = 0.5

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_NAMES = re.compile(r'\s(?:id|clip-path|xlink:href|aria-label)="[^"]*"')


def numbers(figure: Figure) -> np.ndarray:
    """Return every number that the artists of a figure draw, sorted, each once, in the units of its axes.

    Lines and points give their coordinates; bars their edges, widths and heights; bands and intervals their corners;
    grids of colours their values. Dates are matplotlib's days.
    """
    found = [np.ravel(np.asarray(part, dtype=float)) for part in _parts(figure)]
    every = np.concatenate(found) if found else np.empty(0)
    return np.unique(every[np.isfinite(every)])


def _parts(figure: Figure) -> Iterator[Any]:
    for axes in figure.axes:
        for line in axes.lines:
            yield from (line.get_xdata(orig=False), line.get_ydata(orig=False))
        for image in (*axes.images, *(c for c in axes.collections if c.get_array() is not None)):
            yield np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
        for collection in axes.collections:
            yield from _corners(collection)
        for patch in axes.patches:
            if isinstance(patch, Rectangle):
                yield (patch.get_width(), patch.get_height())
            yield patch.get_patch_transform().transform(patch.get_path().vertices)


def _corners(collection: Collection) -> Iterator[Any]:
    if isinstance(collection, PathCollection):  # its paths are the shapes of markers
        yield np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
    else:
        yield from (path.vertices for path in collection.get_paths())


def columns_drawn(figure: Figure, frame: pd.DataFrame) -> list[str]:
    """Return the columns of numbers and dates of which a figure draws every value.

    A column that one line, or the bars of one pair of axes, draw alone must be drawn in the order of the frame (bars
    that lie, from the top or from the bottom): two bars that have changed places are not what the frame says. Where a
    figure draws no column with lines, points or bars, the numbers and names that are written in it count, such as the
    counts in a grid.

    Parameters
    ----------
    figure
        A drawn figure.
    frame
        The data that it says it draws. Missing values are not looked for; shares may be drawn as percentages.

    Returns
    -------
    list of str
        Names of columns in the order of the frame.

    Examples
    --------
    >>> figure = Figure()
    >>> bars = figure.subplots().bar(["Jan", "Feb"], [12.5, 14.5])
    >>> columns_drawn(figure, pd.DataFrame({"days": [12.5, 14.5], "limit": [20.1, 20.2]}))
    ['days']
    >>> columns_drawn(figure, pd.DataFrame({"days": [12.5, 14.5, 13.0]}))
    []
    """
    found = _columns(frame, numbers(figure), list(_sequences(figure)))
    written = set() if found else {*_columns(frame, *_written(figure)), *_names_written(figure, frame)}
    return found or [str(name) for name in frame.columns if str(name) in written]


def _columns(frame: pd.DataFrame, drawn: np.ndarray, sequences: list[np.ndarray]) -> list[str]:
    values = {str(name): _as_numbers(frame[name]) for name in frame.columns}
    known = [part[np.isfinite(part)] for part in sequences]
    return [name for name, column in values.items() if _all_in(column, drawn) and _in_order(column, known)]


def _sequences(figure: Figure) -> Iterator[np.ndarray]:
    """Yield what a figure draws in an order: the coordinates of each line, the lengths of bars by their place."""
    for axes in figure.axes:
        for line in axes.lines:
            yield from (
                np.asarray(part, dtype=float) for part in (line.get_xdata(orig=False), line.get_ydata(orig=False))
            )
        bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        for place, length in ((Rectangle.get_x, Rectangle.get_height), (Rectangle.get_y, Rectangle.get_width)):
            yield np.array([length(bar) for bar in sorted(bars, key=place)], dtype=float)
        yield np.array([bar.get_width() for bar in sorted(bars, key=Rectangle.get_y, reverse=True)], dtype=float)


def _written(figure: Figure) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the numbers that are written by themselves: each once, and in the order of each pair of axes."""
    plain = [[text.get_text().replace("\N{MINUS SIGN}", "-") for text in axes.texts] for axes in figure.axes]
    found = [np.array([float(text) for text in texts if _NUMBER.fullmatch(text)]) for texts in plain]
    return np.unique(np.concatenate([np.empty(0), *found])), found


def _names_written(figure: Figure, frame: pd.DataFrame) -> list[str]:
    """Return the columns of texts of which every value is written in a figure, whatever its capitals and lines."""
    said = " | ".join(" ".join(text.get_text().lower().split()) for text in figure.findobj(Text))
    texts = {str(name): frame[name].dropna() for name in frame.columns if not _as_numbers(frame[name]).size}
    wanted = {name: [str(value).lower().replace("_", " ") for value in column] for name, column in texts.items()}
    return [name for name, values in wanted.items() if values and all(value in said for value in values)]


def _as_numbers(column: pd.Series) -> np.ndarray:
    known = column.dropna()
    if pd.api.types.is_datetime64_any_dtype(known):
        return np.asarray(dates.date2num(known.to_numpy()), dtype=float)
    if pd.api.types.is_bool_dtype(known) or not pd.api.types.is_numeric_dtype(known):
        return np.empty(0)
    values = known.to_numpy(dtype=float)
    return values[np.isfinite(values)]


def _all_in(values: np.ndarray, drawn: np.ndarray) -> bool:
    if not len(values) or not len(drawn):
        return False
    return any(_near(values * scale, drawn).all() for scale in (1, 100))


def _in_order(values: np.ndarray, sequences: list[np.ndarray]) -> bool:
    """Whether one of the sequences that hold just these values, if there are any, holds them in their order."""

    def same(one: np.ndarray, other: np.ndarray) -> bool:
        return np.allclose(one, other, rtol=RELATIVE, atol=1e-9)

    pairs = [(part, values * scale) for part in sequences for scale in (1, 100) if len(part) == len(values)]
    alone = [(part, wanted) for part, wanted in pairs if same(np.sort(part), np.sort(wanted))]
    return not alone or any(same(part, wanted) for part, wanted in alone)


def _near(values: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    after = np.searchsorted(drawn, values).clip(1, len(drawn) - 1) if len(drawn) > 1 else np.zeros(len(values), int)
    near = np.minimum(np.abs(drawn[after] - values), np.abs(drawn[after - 1] - values))
    return near <= RELATIVE * np.abs(values) + 1e-9


def parting(stored: str, new: str) -> tuple[str, str] | None:
    """Return the first tags at which two drawings of one figure part; None where they show the same.

    Numbers of a picture agree within :data:`PIXELS`: processors and builds of libraries differ in the last digits.

    Examples
    --------
    >>> parting('<svg><path d="M 1 2"/></svg>', '<svg><path d="M 1.2 2"/></svg>') is None
    True
    >>> parting('<svg><path d="M 1 2"/></svg>', '<svg><path d="M 1 9"/></svg>')
    ('<path d="M 1 2"/>', '<path d="M 1 9"/>')
    """
    sides = [re.findall(r"<[^>]+>|[^<>]+", _NAMES.sub("", drawing)) for drawing in (stored, new)]
    for one, other in zip(*sides, strict=False):
        if one != other and not _same(one, other):
            return one, other
    if len(sides[0]) != len(sides[1]):
        return f"{len(sides[0])} tags and texts", f"{len(sides[1])} tags and texts"
    return None


def _same(one: str, other: str) -> bool:
    if not one.startswith("<") or _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False  # text is compared as it is
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= PIXELS for a, b in pairs)
