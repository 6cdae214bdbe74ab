"""The index of a sweep: tables of rows and results, small multiples, funnels, a page to search."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compendium import escape, policy
from compendium.parameters import printable
from compendium.recording import text_of
from compendium.report import NOT_SAFE
from compendium.store import Store, as_csv, is_of_sweep

#: The page shows at most so many rows, and draws at most so many points and results; the tables hold them all.
MOST_ROWS, MOST_POINTS, MOST_RESULTS = 5000, 2000, 12

#: A funnel needs so many rows whose counts differ.
FEWEST_FOR_FUNNEL = 5

#: Half-widths of the funnel's limits in standard errors, by the share of rows expected inside (per cent).
LIMITS = {"95": 1.96, "99.8": 3.09}

RESULT_COLUMNS = ("name", "result", "value", "lower", "upper", "level", "n", "unit", "text", "reason", "meaning")


#: What the index says of a report whose row is no longer in the grid.
EARLIER = "not in this grid; the report is of an earlier run"


@dataclass
class Series:
    """One recorded result over the rows of a sweep."""

    meaning: str
    unit: str
    pattern: str
    points: list[tuple[str, float, float | None, float | None, int | None]] = field(default_factory=list)


def write(store: Store, rows: Iterable[Any], reasons: dict[str, str], *, title: str, parameters: list[str]) -> None:
    """Write ``index.csv`` (a line a row), ``results.csv`` (a line a result) and ``index.html`` into the store.

    ``rows`` are those of the grid in order, ``reasons`` says why some failed, by name; ``title`` and ``parameters`` are
    those of the notebook.
    """
    index, results = [("name", "status", "reason", *parameters)], [RESULT_COLUMNS]
    shown: list[dict[str, Any]] = []
    series: dict[str, Series] = {}
    counts = {"done": 0, "failed": 0}
    used: set[str] = set()
    there = {name for name in store.folders() if is_of_sweep(store, name)}
    for row in rows:
        there.discard(row.name)
        text = None if row.name in reasons else store.read(f"{row.name}/results.json")
        found = json.loads(text)["results"] if text else {}
        status = "done" if text else "failed"
        counts[status] += 1
        cells = {name: printable(cell) for name, cell in row.cells.items()}
        used |= cells.keys()
        reason = reasons.get(row.name, "")
        if found.get("safe_to_share", {}).get("value") == "no":
            reason, title = NOT_SAFE.strip(), NOT_SAFE + title.removeprefix(NOT_SAFE)
        index.append((row.name, status, reason, *(cells.get(name, "") for name in parameters)))
        for name, entry in found.items():
            results.append((row.name, *(entry.get(column) for column in ("name", *RESULT_COLUMNS[2:]))))
            _collect(series, row.name, name, entry)
        if len(shown) < MOST_ROWS:
            shown.append({"name": row.name, "status": status, "reason": reason, "cells": cells,
                          "results": {name: entry["text"] for name, entry in found.items()}})  # fmt: skip
    earlier = sorted(there)
    index += [(name, "earlier", EARLIER, *([""] * len(parameters))) for name in earlier]
    store.write("index.csv", as_csv(index))
    store.write("results.csv", as_csv(results))
    drawn = {name: one for name, one in series.items() if len(one.points) > 1}
    chosen = dict(list(drawn.items())[:MOST_RESULTS])
    script = (Path(__file__).parent / "templates" / "sweep.js").read_text(encoding="utf-8")
    page = policy.templates().get_template("sweep.html").render(
        script=script,
        title=title,
        counts=counts,
        total=sum(counts.values()),
        rows=shown,
        earlier=earlier[:MOST_ROWS],
        cut=sum(counts.values()) > len(shown),
        columns=[name for name in parameters if name in used],
        results=list(chosen),
        multiples=[(name, one.meaning, _strip(one)) for name, one in chosen.items()],
        funnels=[
            (one.meaning, wide, _funnel(one, width=350, height=260))
            for one in chosen.values()
            if (wide := _funnel(one))
        ],
    )
    store.write("index.html", policy.carry(page, policy.of_sweep(page, script=script)) + "\n")


def _collect(series: dict[str, Series], row: str, name: str, entry: dict[str, Any]) -> None:
    value = entry.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    one = series.setdefault(name, Series(entry["meaning"], entry.get("unit", ""), entry.get("format", "{}")))
    if len(one.points) < MOST_POINTS:
        one.points.append((row, value, entry.get("lower"), entry.get("upper"), entry.get("n")))


def _text(value: float, pattern: str) -> str:
    """Show a value as its result is shown; a mean or median of whole numbers may need a digit more.

    >>> _text(12.5, "{:,d} people"), _text(12.0, "{:.1f} %")
    ('12.5', '12.0 %')
    """
    try:
        return text_of(value, pattern)
    except ValueError:
        return text_of(value, "{:,.4g}")


def _strip(one: Series, *, width: int = 340, height: int = 120) -> str:
    """Draw the values of one result in order of size, each with its interval, and the median."""
    points = sorted(one.points, key=lambda point: point[1])
    ends = [end for point in points for end in (point[1], point[2], point[3]) if end is not None]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0
    step = (width - 20) / max(len(points) - 1, 1)

    def y(value: float) -> float:
        return round(height - 22 - (value - low) / span * (height - 40), 1)

    marks = []
    for number, (row, value, lower, upper, _) in enumerate(points):
        x = round(10 + number * step, 1)
        if lower is not None and upper is not None:
            marks.append(f'<line class="range" x1="{x}" x2="{x}" y1="{y(lower)}" y2="{y(upper)}"/>')
        marks.append(_dot(x, y(value), f"{row}: {_text(value, one.pattern)}"))
    middle = statistics.median(point[1] for point in points)
    said = (
        f"{len(points)} reports from {_text(points[0][1], one.pattern)} ({points[0][0]}) to "
        f"{_text(points[-1][1], one.pattern)} ({points[-1][0]}), median {_text(middle, one.pattern)}"
    )
    if points[0][1] == points[-1][1]:
        said = f"{len(points)} reports, all {_text(middle, one.pattern)}"
    marks.append(f'<line class="middle" x1="4" x2="{width - 4}" y1="{y(middle)}" y2="{y(middle)}"/>')
    return _svg("".join(marks), width, height, said) + f'<p class="note">{escape.html(said)}</p>'


def _funnel(one: Series, *, width: int = 700, height: int = 320) -> str:
    """Draw a result against the count behind it, within limits that narrow with the count; empty where none exist.

    The limits are the weighted mean ± z·s/√n, with s from the rows themselves: the median of \\|value − mean\\|·√n,
    over 0.6745 (the normal distribution's), so that a few outlying rows do not widen them.
    """
    points = [(row, value, n) for row, value, _, _, n in one.points if n]
    if len(points) < FEWEST_FOR_FUNNEL or len({n for *_, n in points}) < FEWEST_FOR_FUNNEL:
        return ""
    mean = sum(value * n for _, value, n in points) / sum(n for *_, n in points)
    spread = statistics.median(abs(value - mean) * n**0.5 for _, value, n in points) / 0.6745
    if not spread:
        return ""
    counts = [n for *_, n in points]
    least, most = min(counts), max(counts)
    wide = LIMITS["99.8"] * spread / least**0.5
    low, high = min(min(v for _, v, _ in points), mean - wide), max(max(v for _, v, _ in points), mean + wide)

    def x(n: float) -> float:
        return round(60 + (n - least) / ((most - least) or 1) * (width - 80), 1)

    def y(value: float) -> float:
        return round(height - 40 - (value - low) / ((high - low) or 1) * (height - 60), 1)

    marks = [f'<line class="middle" x1="60" x2="{width - 20}" y1="{y(mean)}" y2="{y(mean)}"/>']
    along = [least + (most - least) * part / 60 for part in range(61)]
    for share, z in LIMITS.items():
        for sign in (1, -1):
            line = " ".join(f"{x(n)},{y(mean + sign * z * spread / n**0.5)}" for n in along)
            marks.append(f'<polyline class="limit l{share.replace(".", "")}" points="{line}"/>')
    outside = []
    for row, value, n in points:
        out = abs(value - mean) > LIMITS["99.8"] * spread / n**0.5
        if out:
            outside.append(row)
        marks.append(_dot(x(n), y(value), f"{row}: {_text(value, one.pattern)}, n = {n}", outside=out))
    for value in (low, mean, high):
        marks.append(
            f'<text x="54" y="{y(value) + 4}" text-anchor="end">{escape.html(_text(value, one.pattern))}</text>'
        )
    marks.append(f'<text x="60" y="{height - 18}">n = {least:,}</text>')
    marks.append(f'<text x="{width - 20}" y="{height - 18}" text-anchor="end">n = {most:,}</text>')
    named = f": {', '.join(outside[:10])}{' and more' if len(outside) > 10 else ''}" if outside else ""
    said = (
        f"{len(points)} reports around a weighted mean of {_text(mean, one.pattern)}; {len(outside)} outside the "
        f"99.8% limits{named}"
    )
    return _svg("".join(marks), width, height, said) + f'<p class="note">{escape.html(said)}.</p>'


def _dot(x: float, y: float, said: str, *, outside: bool = False) -> str:
    shape = f'<path class="out" d="M{x - 5} {y}L{x} {y - 5}L{x + 5} {y}L{x} {y + 5}Z">' if outside else ""
    title = f"<title>{escape.html(said)}</title>"
    return f"{shape}{title}</path>" if outside else f'<circle cx="{x}" cy="{y}" r="3">{title}</circle>'


def _svg(marks: str, width: int, height: int, said: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape.html(said)}" '
        f'style="max-width:{width}px">{marks}</svg>'
    )
