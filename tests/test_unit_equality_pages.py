"""What the pages of this chapter print: sentences from results, counts through the rule, the proof on every table."""

from __future__ import annotations

import pandas as pd

from compendium import paths
from compendium.spreadsheet import to_csv

REAL = paths.root().parent / "shared" / "real_data" / "gender_pay_gap"


def counts_of(frame):
    """Return every cell of the columns of counts that a table prints."""
    cells = frame.to_numpy().ravel()
    return [cell for cell in cells if isinstance(cell, str) and (cell == "*" or cell.replace(",", "").isdigit())]


def printable(cell, rule):
    return cell == "*" or int(cell.replace(",", "")) % rule.base == 0


def test_a_formula_in_a_cell_is_not_executed_by_a_spreadsheet():
    frame = pd.DataFrame({"name": ["=1+1", "+SUM(A1)", "-2+3", "@x", "plain", "-3.2"], "gap": [-1.5] * 6})
    rows = [line.split(",")[0] for line in to_csv(frame).splitlines()[1:]]
    assert rows == ["'=1+1", "'+SUM(A1)", "'-2+3", "'@x", "plain", "-3.2"]
