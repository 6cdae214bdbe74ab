"""What was published before the redesign is published still: numbers, figures, tables, suppression, messages, escapes.

What changed on purpose is a row of ``tests/frozen/changed.csv``, with the reason.
"""

import csv
import json
import re

import nbformat
import pytest

import frozen
from test_functional_book import book  # noqa: F401  (the fixture builds the book)

RUNS = sorted(path.stem for path in frozen.FROZEN.glob("*.json") if path.stem not in ("messages", "escaped"))

with (frozen.FROZEN / "changed.csv").open(encoding="utf-8", newline="") as stream:
    CHANGED = {(row["where"], row["kind"], row["name"]): row["why"] for row in csv.DictReader(stream)}

#: Relative difference up to which two numbers are one: results keep eight digits, figures six.
SAME = 2e-6


def held(run):
    return json.loads((frozen.FROZEN / f"{run}.json").read_text(encoding="utf-8"))


def recorded(run):
    return json.loads((frozen.PROJECT / "results" / f"{run}.json").read_text(encoding="utf-8"))


def same(one, other):
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return one == pytest.approx(other, rel=SAME, abs=1e-12)
    return one == other


def numbers(texts):
    """Return the numbers in texts, without thousands commas and units."""
    found = re.findall(r"(?<![\w.])[−-]?\d[\d,]*(?:\.\d+)?", " ".join(texts))
    return {number.replace(",", "").replace("−", "-") for number in found}


@pytest.mark.parametrize("run", RUNS)
def test_every_number_and_interval_is_the_frozen_one(run):
    now = frozen.numbers_of(recorded(run))
    for name, was in held(run)["numbers"].items():
        if (run, "number", name) in CHANGED:
            continue
        assert name in now, f"{run}: the number '{name}' is no longer recorded"
        for key, value in was.items():
            assert same(now[name][key], value), f"{run}: {name}, {key}: was {value}, is {now[name][key]}"


@pytest.mark.parametrize("run", RUNS)
def test_every_figure_draws_the_frozen_data(run):
    now = frozen.figures_of(recorded(run))
    for name, was in held(run)["figures"].items():
        if (run, "figure", name) in CHANGED:
            continue
        assert name in now, f"{run}: the figure '{name}' is no longer drawn"
        assert len(now[name]["rows"]) == len(was["rows"]), f"{run}: {name} draws another number of rows"
        for at, (row, old) in enumerate(zip(now[name]["rows"], was["rows"], strict=True)):
            assert len(row) == len(old), f"{run}: {name} draws other columns"
            assert all(map(same, row, old)), f"{run}: {name}, row {at}: was {old}, is {row}"
        if (run, "alt", name) not in CHANGED:
            missing = numbers([was["alt"]]) - numbers([now[name]["alt"], recorded(run)["figures"][name]["caption"]])
            assert not missing, f"{run}: the alternative text of {name} no longer says {sorted(missing)}"


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("run", RUNS)
def test_every_number_of_a_table_is_in_a_table_still_and_what_was_suppressed_is(run):
    page = nbformat.read(frozen.PROJECT / "book" / "analyses" / f"{run}.ipynb", as_version=4)
    now = frozen.tables_of(page)
    shown = numbers(cell for rows in now.values() for row in rows for cell in row)
    for name, rows in held(run)["tables"].items():
        if (run, "table", name) in CHANGED:
            continue
        missing = numbers(cell for row in rows[1:] for cell in row) - shown
        assert not missing, f"{run}: no table shows these numbers of '{name}' any more: {sorted(missing)[:12]}"
    before, after = frozen.suppressed(held(run)["tables"]), frozen.suppressed(now)
    assert len(after) >= len(before), f"{run}: {len(before)} cells were suppressed, now {len(after)}"


def test_each_notebook_says_of_a_bad_file_what_it_said():
    was = json.loads((frozen.FROZEN / "messages.json").read_text(encoding="utf-8"))
    now = {tuple(row[:3]): row[3] for row in frozen.messages()}
    wrong = [
        f"{where}: was {said!r}, is {now.get(tuple(where))!r}"
        for *where, said in was
        if now.get(tuple(where)) != said and (where[0], "message", f"{where[1]}: {where[2]}") not in CHANGED
    ]
    assert not wrong, "\n".join(wrong)


def test_hostile_names_are_escaped_as_they_were():
    assert frozen.escaped() == json.loads((frozen.FROZEN / "escaped.json").read_text(encoding="utf-8"))


def test_what_changed_has_a_reason():
    assert all(len(why) > 20 for why in CHANGED.values())
