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
    """
    drawn = numbers(figure)
    return [str(name) for name in frame.columns if _all_in(_as_numbers(frame[name]), drawn)]


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
