"""Pieces of a page that the machine writes below an analysis."""

import re

from compendium import pages


def test_an_answer_is_yes_or_no_in_the_table_of_results():
    entries = {"settled": ("True", True), "agree": ("False", False), "count": ("1", 1)}
    results = {name: {"text": text, "value": value, "meaning": "m"} for name, (text, value) in entries.items()}
    assert re.findall(r"<td>([^<]*)</td><td>–", pages.results_table(results)) == ["yes", "no", "1"]
