"""Units that fall silent: the arithmetic of the false step, worked by hand, as a property, and on the real returns."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compendium import datasets
from everyday.analyses import reporting
from healthsys.errors import DataError

MONTHS = pd.date_range("2020-01-01", periods=24, freq="MS")


def made(silent=range(8, 16), share=0.8, cases=(300, 100)):
    """Two units with a share that never moves; the smaller is silent in some months."""
    rows = [
        {"unit": unit, "period": month, "denominator": size,
         "numerator": None if unit == "small" and place in silent else share * size}
        for place, month in enumerate(MONTHS)
        for unit, size in zip(("large", "small"), cases, strict=True)
    ]  # fmt: skip
    return reporting.check_reporting(pd.DataFrame(rows))


def test_the_step_is_the_share_of_cases_that_nobody_answers_for():
    table = reporting.three_ways(made())
    assert table["steady"].tolist() == pytest.approx([80.0] * 24)
    assert table["left_out"].tolist() == pytest.approx([80.0] * 24)
    # 300 of 400 cases are answered for: 0.75 x 80
    assert table.loc[table["silent"], "kept"].tolist() == pytest.approx([60.0] * 8)
    assert table.loc[~table["silent"], "kept"].tolist() == pytest.approx([80.0] * 16)
    assert table["silent"].sum() == 8


def test_a_model_finds_the_whole_false_step_at_both_edges_and_none_in_the_steady_units():
    table = reporting.three_ways(made())
    found = reporting.edges(table, window=8).set_index(["edge", "way"])["step"]
    assert found["begins", "kept"] == pytest.approx(-20)
    assert found["ends", "kept"] == pytest.approx(20)
    for edge in ("begins", "ends"):
        assert found[edge, "steady"] == pytest.approx(0, abs=1e-9)
        assert found[edge, "left_out"] == pytest.approx(0, abs=1e-9)


@given(
    answered=st.lists(st.integers(1, 500), min_size=3, max_size=8),
    silent=st.lists(st.integers(1, 500), min_size=3, max_size=8),
    share=st.floats(0.05, 1),
)
def test_kept_is_left_out_times_the_share_answered(answered, silent, share):
    n = min(len(answered), len(silent))
    months = MONTHS[:n]
    rows = pd.DataFrame(
        {
            "unit": ["A"] * n + ["B"] * n,
            "period": [*months, *months],
            "denominator": [*answered[:n], *silent[:n]],
            "numerator": [*(share * value for value in answered[:n]), *[0] * n],
        }
    )
    table = reporting.three_ways(reporting.check_reporting(rows))
    assert (table["left_out"] * table["answered_percent"] / 100).tolist() == pytest.approx(table["kept"].tolist())
    assert (table["gap"] <= 1e-9).all()


def test_an_edge_without_three_periods_on_a_side_is_not_modelled():
    table = reporting.three_ways(made(silent=range(2, 16)))
    assert reporting.edges(table)["edge"].unique().tolist() == ["ends"]
    assert reporting.edges(reporting.three_ways(made(silent=range(10, 24))))["edge"].unique().tolist() == ["begins"]


def test_where_all_report_the_page_says_so():
    table = reporting.three_ways(made(silent=()))
    found = reporting.edges(table)
    assert found.empty
    assert reporting.year_earlier(table) is None
    assert reporting.silences(made(silent=())).empty
    (entry,) = reporting.results(table, found)
    assert entry["value"] == "Every unit reports in every month, so the plain sum is comparable over time."
    assert "every unit reports" in reporting.reporting_figure(table, source="Invented")["alt"]


def test_without_an_end_the_finding_stops_at_the_gap():
    table = reporting.three_ways(made(silent=range(10, 24)))
    said = reporting.finding(table, reporting.edges(table))
    assert said.startswith("Keeping silent units in the denominator puts performance 20.0 to 20.0 percentage points")
    assert said.endswith("a step that no service took.")


def test_a_month_that_is_not_there_is_a_gap_and_not_the_next_one():
    rows = made()
    drift = rows["period"].map({month: place * 0.5 for place, month in enumerate(MONTHS)})
    rows["numerator"] = rows["numerator"] * (60 + drift) / 80
    whole, gapped = (
        reporting.edges(reporting.three_ways(frame)).set_index(["edge", "way"])["step"]
        for frame in (rows, rows[rows["period"] != MONTHS[5]])
    )
    # A straight line stays straight only where the missing month keeps its place.
    assert gapped["begins", "steady"] == pytest.approx(whole["begins", "steady"], abs=1e-9)
    assert gapped["begins", "kept"] == pytest.approx(whole["begins", "kept"], abs=1e-9)


def test_periods_of_mixed_length_are_refused_by_file(tmp_path):
    file = tmp_path / "own.csv"
    days = ("2020-01-01", "2020-02-01", "2020-04-15", "2020-05-01")
    file.write_text("unit,period,numerator,denominator\n" + "".join(f"A,{day},7,10\n" for day in days))
    with pytest.raises(DataError, match=r"own\.csv: mixed frequency: .*\n.*nothing was written"):
        reporting.open_reporting(str(file))


def test_where_the_silent_unit_leaves_better_ones_the_sentence_does_not_say_below():
    rows = made(cases=(100, 10)).assign(numerator=lambda rows: rows["numerator"] * 0.5)
    other = made(silent=(), cases=(400, 1)).query("unit == 'large'").assign(unit="late")
    first = other["period"] == MONTHS[0]
    other.loc[first, ["numerator", "answered"]] = 0
    table = reporting.three_ways(reporting.check_reporting(pd.concat([rows, other])))
    assert table["gap"].max() > 0
    assert "percentage points away from that of the units" in reporting.finding(table, reporting.edges(table))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"denominator": 0}, "row 2, large in 2020-01, has a denominator that is not above 0; leave out periods"),
        ({"numerator": 301}, "row 2, large in 2020-01, has a numerator above what was answered; correct the counts"),
        ({"answered": 301}, "row 2, large in 2020-01, has more answered than its denominator; correct the counts"),
        ({"numerator": -1}, "row 2, large in 2020-01, has a negative numerator; correct the counts"),
    ],
)
def test_wrong_counts_are_named_by_row(change, said):
    frame = made(silent=())
    for column, value in change.items():
        frame.loc[0, column] = value
    with pytest.raises(DataError, match=said):
        reporting.check_reporting(frame)


def test_a_unit_twice_in_a_period_is_named():
    frame = pd.concat([made(silent=()), made(silent=()).iloc[[3]]], ignore_index=True)
    with pytest.raises(DataError, match="row 50, small in 2020-02, is there twice; keep one row per unit and period"):
        reporting.check_reporting(frame)


def test_without_a_unit_that_reports_throughout_nothing_is_comparable():
    frame = made()
    frame.loc[0, ["numerator", "answered"]] = 0
    with pytest.raises(DataError, match="no unit reports in every period"):
        reporting.three_ways(frame)


def test_a_readers_own_file_needs_four_columns(tmp_path):
    file = tmp_path / "own.csv"
    lines = [f"{unit},{month:%Y-%m-%d},{'' if unit == 'B' and place > 3 else 70},100"
             for place, month in enumerate(MONTHS[:8]) for unit in "AB"]  # fmt: skip
    file.write_text("unit,period,numerator,denominator\n" + "\n".join(lines) + "\n")
    table = reporting.three_ways(reporting.open_reporting(str(file)))
    assert table["kept"].tolist() == pytest.approx([70.0] * 4 + [35.0] * 4)
    file.write_text("unit,period,numerator\nA,2020-01-01,3\n")
    with pytest.raises(DataError, match=r"own\.csv: there is no column 'denominator'"):
        reporting.open_reporting(str(file))


def test_the_carried_totals_are_those_of_the_trust_panel(shared):
    panel = pd.read_csv(shared / "real_data/beds_kh03/master-quarterly-trust.csv")
    panel = panel[panel["ae_type1_attendances"] > 0]
    tested = panel["org_code"].isin(panel.loc[panel["ae_type1_pct_4hr"] == 0, "org_code"])
    within = (panel["ae_type1_attendances"] * panel["ae_type1_pct_4hr"]).round()
    carried = datasets.load("ae_type1_reporting")
    for unit, chosen in (("field test", tested), ("all others", ~tested)):
        rows = carried[carried["unit"] == unit].sort_values("period")
        for column, values in (
            ("denominator", panel["ae_type1_attendances"]),
            ("numerator", within),
            ("answered", panel["ae_type1_attendances"].where(panel["ae_type1_pct_4hr"] > 0, 0)),
        ):
            expected = values[chosen].groupby(panel.loc[chosen, "period"]).sum().astype(int)
            assert rows[column].tolist() == expected.tolist(), (unit, column)
        trusts = panel[chosen].groupby("period")["org_code"].nunique()
        assert rows["trusts"].tolist() == trusts.tolist()


def test_the_bundled_returns_hold_fifteen_silent_quarters():
    table = reporting.three_ways(reporting.open_reporting("ae_type1_reporting"))
    assert table["silent"].sum() == 15
    # By hand from the two rows of 2019-20 Q2: 2,824,978 of 3,617,051 others, 465,447 unanswered.
    row = table[table["period"] == "2019-07-01"].iloc[0]
    assert row["steady"] == pytest.approx(100 * 2_824_978 / 3_617_051)
    assert row["kept"] == pytest.approx(100 * 2_824_978 / 4_082_498)
    assert reporting.partly_reported(table).sum() == 2
