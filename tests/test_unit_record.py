"""The published record: a tampered word, number or interval of it is a difference."""

from __future__ import annotations

import copy
import json

import pytest

from compendium import paths, record

PUBLISHED = sorted(paths.results().glob("*.json"))


@pytest.fixture(scope="module")
def known():
    """A record with intervals."""
    found = (json.loads(path.read_text(encoding="utf-8")) for path in PUBLISHED)
    return next(one for one in found if any(entry.get("interval") for entry in one["results"].values()))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_what_is_printed_follows_from_the_values(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    assert record.compare(found, found) == []


@pytest.mark.parametrize("part", ["value", "lower", "upper", "text", "interval", "unit", "meaning", "level", "format"])
@pytest.mark.parametrize("side", ["published", "got"])
def test_a_change_of_any_part_is_found_on_either_side(known, part, side):
    name, entry = next((name, one) for name, one in known["results"].items() if one.get("interval"))
    tampered = copy.deepcopy(known)
    old = entry[part]
    tampered["results"][name][part] = old * 1.1 if isinstance(old, float) else f"{old}0"
    pair = (tampered, known) if side == "published" else (known, tampered)
    assert part in {one.part for one in record.compare(*pair)}, (name, old)


def test_every_printed_number_times_a_tenth_more_is_found(known):
    tampered = copy.deepcopy(known)
    for entry in tampered["results"].values():
        if isinstance(entry["value"], float):
            entry["text"] = entry["format"].format(entry["value"] * 1.1)
    wrong = {one.name for one in record.compare(tampered, tampered)}
    changed = {name for name, entry in tampered["results"].items() if entry["text"] != known["results"][name]["text"]}
    assert wrong == changed
    assert changed


def test_data_of_a_figure_may_differ_by_one_in_the_last_of_six_digits():
    def drawn(value):
        return {"run": "one", "figures": {"chart": {"columns": ["x"], "rows": [[value]]}}}

    assert record.compare(drawn(0.786856), drawn(0.786855)) == []
    assert record.compare(drawn(100000.0), drawn(100001.0)) == []
    (found,) = record.compare(drawn(0.786856), drawn(0.786836))
    assert str(found) == "one: chart, figure data row 1, x: expected 0.786856, got 0.786836, difference -2e-05"
