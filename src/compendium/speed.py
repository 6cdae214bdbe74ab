"""The page "How fast is it", written from ``benchmarks/results.json``."""

from __future__ import annotations

import json
from typing import Any

from compendium import escape, paths
from compendium.runs import load_runs

_INTRODUCTION = """# How fast is it?

The scripts in `benchmarks/` measure these times; they are not measured each time the book is built. The alternatives
are timed in turn, round after round, so that other work on the computer affects all of them equally. Each row is the
median over the rounds. A ratio is calculated within a round: two means twice as long as the first row. If other work
shared the cores, the processor time (user and system, all processes) is more reliable than the elapsed time.
"""

_HEADINGS = ("what", "seconds", "ratio", "processor seconds", "ratio", "largest memory", "note")


def speed() -> str:
    """Return the page; one sentence where nothing has been measured."""
    path = paths.root() / "benchmarks" / "results.json"
    if not path.is_file():
        return f"{_INTRODUCTION}\nNothing has been measured in this copy yet; run `python benchmarks/execution.py`.\n"
    found = json.loads(path.read_text(encoding="utf-8"))
    now = f"The book now has {len(load_runs())} runs; each section on runs says how many it measured."
    opening = f'{_INTRODUCTION}\n<p class="hs-computed">{now}</p>\n'
    return "\n".join([opening, *(_section(section) for section in found.values())])


def _section(section: dict[str, Any]) -> str:
    machine = section["machine"]
    rows = "".join(_row(row) for row in section["rows"])
    label = escape.html(section["title"])
    head = "".join(f'<th scope="col"{"" if name in ("what", "note") else _NUMBER}>{name}</th>' for name in _HEADINGS)
    return (
        f'## {section["title"]}\n\n<p class="hs-computed">{escape.html(section["about"])}</p>\n\n'
        f'<div class="hs-table hs-computed" role="region" aria-label="{label}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n\n"
        f'<p class="hs-table-note hs-computed">{escape.html(section["command"])}; {_rounds(section["rounds"])}; '
        f"{escape.html(machine['system'])}, {machine['cores']} cores, Python {machine['python']}, "
        f"{escape.html(machine['packages'])}; load when begun {machine['load']}.</p>\n"
    )


_NUMBER = ' class="num"'


def _rounds(number: int) -> str:
    return f"{number} round{'' if number == 1 else 's'}"


def _row(row: dict[str, Any]) -> str:
    cells = [
        _seconds(row.get("seconds")),
        _ratio(row.get("ratio")),
        _seconds(row.get("processor")),
        _ratio(row.get("processor_ratio")),
        f"{row['memory']:,.0f} MB" if row.get("memory") else "–",
    ]
    numbers = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    return (
        f'<tr><th scope="row">{escape.html(row["what"])}</th>{numbers}<td>{escape.html(row.get("note", ""))}</td></tr>'
    )


def _seconds(value: float | None) -> str:
    """Return seconds as text, fine enough for a short time.

    >>> _seconds(83.26), _seconds(0.0123)
    ('83.3', '0.012')
    """
    if value is None:
        return "–"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}" if value < 1 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
