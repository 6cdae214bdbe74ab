"""Units that stop reporting: the arithmetic worked by hand, as a property, and on the real returns."""

from __future__ import annotations

import re

import nbformat
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compendium import datasets, paths
from compendium.notebook import open_data
from healthsys.errors import DataError
from healthsys.io import check_reporting, read_reporting
from pages import page

MONTHS = pd.date_range("2020-01-01", periods=24, freq="MS")

#: The cell of the notebook that makes three series from the same data.
(THREE,) = [
    cell.source
    for cell in nbformat.read(paths.notebooks() / "false_step.ipynb", as_version=4).cells
    if cell.source.startswith("total = ")
]


def shares_of(units):
    """Run the notebook's cell that makes three series."""
    known = {"pd": pd, "DataError": DataError, "units": units, "counts": ["numerator", "denominator", "answered"]}
    exec(THREE, known)
    return known["shares"]


def rows_of(silent=range(8, 16), share=0.8, cases=(300, 100), drift=0.0):
    """Two units with one share, which moves by ``drift`` a month; the smaller stops reporting for some months."""
    return pd.DataFrame(
        [
            {"unit": unit, "period": month, "denominator": size,
             "numerator": None if unit == "small" and place in silent else (share + drift * place) * size}
            for place, month in enumerate(MONTHS)
            for unit, size in zip(("large", "small"), cases, strict=True)
        ]
    )  # fmt: skip


def made(**options):
    return check_reporting(rows_of(**options))


def shown(tmp_path, rows, **options):
    """Run the page on rows written as a reader's file, with counts as whole numbers."""
    rows = rows.assign(numerator=pd.to_numeric(rows["numerator"]).round().astype("Int64"))
    rows.to_csv(tmp_path / "own.csv", index=False)
    return page("false_step", data=str(tmp_path / "own.csv"), **options)


def test_the_step_is_the_share_of_cases_without_a_result():
    table = shares_of(made())
    assert table["steady"].tolist() == pytest.approx([80.0] * 24)
    assert table["left_out"].tolist() == pytest.approx([80.0] * 24)
    # 300 of 400 cases have a result: 0.75 x 80
    assert table.loc[table["silent"], "kept"].tolist() == pytest.approx([60.0] * 8)
    assert table.loc[~table["silent"], "kept"].tolist() == pytest.approx([80.0] * 16)
    assert table["silent"].sum() == 8


def test_a_regression_finds_the_whole_false_step_at_both_dates_and_none_in_the_steady_units(tmp_path):
    found = shown(tmp_path, rows_of())
    assert found.value("step_begins_kept") == pytest.approx(-20)
    assert found.value("step_ends_kept") == pytest.approx(20)
    for edge in ("begins", "ends"):
        assert found.value(f"step_{edge}_steady") == pytest.approx(0, abs=1e-9)
        assert found.value(f"step_{edge}_left_out") == pytest.approx(0, abs=1e-9)


def test_a_month_reported_in_part_is_told_apart_from_full_ones(tmp_path):
    """A month that looks complete, with a quarter of the results, is in neither mean and is shaded lightly."""
    rows = rows_of()
    part = (rows["unit"] == "small") & (rows["period"] == MONTHS[7])
    rows.loc[part, "numerator"] = 0.2 * rows.loc[part, "denominator"]
    found = shown(tmp_path, rows)
    means = found.tables["means"].set_index("reports in the month")
    assert means["months"].astype(int).to_dict() == {
        "all units reported": 15, "looks complete, but probably reported in part": 1, "some units did not report": 8
    }  # fmt: skip
    assert means.loc["all units reported", "all units counted"] == pytest.approx(80)
    assert "lightly: looks complete" in found.figures["reporting"]["caption"]
    assert "Probably reported in part: August 2020 (−15.0)" in found.figures["reporting"]["alt"]


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
    table = shares_of(check_reporting(rows))
    assert (table["left_out"] * table["answered_percent"] / 100).tolist() == pytest.approx(table["kept"].tolist())
    assert (table["gap"] <= 1e-9).all()


@pytest.mark.parametrize(("silent", "edge"), [(range(2, 16), "ends"), (range(10, 24), "begins")])
def test_a_date_without_three_periods_on_a_side_is_not_modelled(tmp_path, silent, edge):
    found = shown(tmp_path, rows_of(silent=silent))
    assert {name.split("_")[1] for name in found.results if name.startswith("step_")} == {edge}
    said = found.value("finding")
    assert said == (
        "In 14 of 24 months, 1 unit did not report performance but its cases were still counted. Counting them lowers "
        "the total by 20.0 percentage points."
    )


def test_the_answer_says_what_changed_where_a_year_earlier_is_known(tmp_path):
    """The question was whether performance changed or who reported it; the lead only said by how much a total fell."""
    said = shown(tmp_path, rows_of(silent=range(14, 20))).value("finding")
    assert re.match(
        r"(Both|Who reported it): in the year to March 2021, performance (did not change|(fell|rose) by [\d.]+ "
        r"percentage points) at units that always reported, but (fell |rose )?by [\d.]+( percentage points)? in a "
        r"total counting all\. In 6 of 24 months, counting 1 unit that did not report lowers the total by "
        r"[\d.]+( to [\d.]+)? percentage points\.$",
        said,
    ), said


def test_where_all_report_the_page_says_so(tmp_path):
    found = shown(tmp_path, rows_of(silent=()))
    assert set(found.results) == {"finding", "data_kind"}
    assert found.value("finding") == "Every unit reports in every month, so the plain total is comparable over time."
    assert "every unit reported" in found.figures["reporting"]["alt"]


def test_a_unit_whose_rows_stop_is_not_called_complete(tmp_path):
    rows = rows_of(silent=())
    found = shown(tmp_path, rows[(rows["unit"] != "large") | (rows["period"] < MONTHS[12])])
    said = "1 unit has no row in some months, so the total is not of the same units throughout."
    assert found.value("finding") == said


def test_zeros_that_could_be_true_are_named(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("unit,period,numerator,denominator\nA,2020-01-01,0,10\nB,2020-01-01,7,10\n")
    (said,) = read_reporting(file, label="own.csv").attrs["read_as"]
    assert said.startswith("1 row with a numerator of 0 is taken as not reported; where nobody met the standard, say")
    file.write_text("unit,period,numerator,denominator,answered\nA,2020-01-01,0,10,10\nB,2020-01-01,7,10,10\n")
    assert "read_as" not in read_reporting(file, label="own.csv").attrs


def test_a_month_that_is_not_there_is_a_gap_and_not_the_next_one(tmp_path):
    rows = rows_of(share=0.6, drift=0.01)
    names = ("step_begins_steady", "step_begins_kept")
    whole, gapped = (
        [shown(tmp_path, frame).value(name) for name in names] for frame in (rows, rows[rows["period"] != MONTHS[5]])
    )
    # A straight line stays straight only where the missing month keeps its place.
    assert gapped == pytest.approx(whole, abs=1e-9)


def test_periods_of_mixed_length_are_refused_by_file(tmp_path):
    file = tmp_path / "own.csv"
    days = ("2020-01-01", "2020-02-01", "2020-04-15", "2020-05-01")
    file.write_text("unit,period,numerator,denominator\n" + "".join(f"A,{day},7,10\n" for day in days))
    with pytest.raises(DataError, match=r"own\.csv: mixed frequency: .*\n.*nothing was written"):
        read_reporting(file, label="own.csv")


def test_where_the_silent_unit_leaves_better_ones_the_sentence_does_not_say_worse(tmp_path):
    rows = rows_of(cases=(100, 10), share=0.4)
    other = rows_of(silent=(), cases=(400, 1)).query("unit == 'large'").assign(unit="late")
    other.loc[other["period"] == MONTHS[0], "numerator"] = 0
    found = shown(tmp_path, pd.concat([rows, other]))
    table = pd.DataFrame(found.figures["reporting"]["rows"], columns=found.figures["reporting"]["columns"])
    assert table["gap"].max() > 0
    lost = (table["left_out"] - table["kept"])[table["silent"]]
    assert f"lowers the total by {lost.min():.1f} to {lost.max():.1f} percentage points" in found.value("finding")
    assert "worse" not in found.value("finding")


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
        check_reporting(frame)


def test_a_unit_twice_in_a_period_is_named():
    frame = pd.concat([made(silent=()), made(silent=()).iloc[[3]]], ignore_index=True)
    with pytest.raises(DataError, match="row 50, small in 2020-02, is there twice; keep one row per unit and period"):
        check_reporting(frame)


def test_without_a_unit_that_reports_throughout_nothing_is_comparable():
    frame = made()
    frame.loc[0, ["numerator", "answered"]] = 0
    with pytest.raises(DataError, match="no unit reports in every period"):
        shares_of(frame)


def test_a_readers_own_file_needs_four_columns(tmp_path):
    file = tmp_path / "own.csv"
    lines = [f"{unit},{month:%Y-%m-%d},{'' if unit == 'B' and place > 3 else 70},100"
             for place, month in enumerate(MONTHS[:8]) for unit in "AB"]  # fmt: skip
    file.write_text("unit,period,numerator,denominator\n" + "\n".join(lines) + "\n")
    table = shares_of(read_reporting(file, label="own.csv"))
    assert table["kept"].tolist() == pytest.approx([70.0] * 4 + [35.0] * 4)
    file.write_text("unit,period,numerator\nA,2020-01-01,3\n")
    with pytest.raises(DataError, match=r"own\.csv: there is no column 'denominator'"):
        read_reporting(file, label="own.csv")


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
    table = shares_of(open_data("ae_type1_reporting", read_reporting))
    assert table["silent"].sum() == 15
    # By hand from the two rows of 2019-20 Q2: 2,824,978 of 3,617,051 others, 465,447 unanswered.
    row = table[table["period"] == "2019-07-01"].iloc[0]
    assert row["steady"] == pytest.approx(100 * 2_824_978 / 3_617_051)
    assert row["kept"] == pytest.approx(100 * 2_824_978 / 4_082_498)
    assert (~table["silent"] & (table["gap"].abs() > 1)).sum() == 2
