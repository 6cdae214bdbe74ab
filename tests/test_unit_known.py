"""What the book knows of a reader's file is said: changes of definition, totals that differ, cells that cannot be."""

import pandas as pd
import pytest

from compendium import datasets
from compendium.notebook import open_data
from healthsys.errors import DataError
from healthsys.io import (
    breaks_of,
    check_series,
    pick_series,
    read_official,
    read_reporting,
    read_series,
    step_of,
    total_problems,
)
from healthsys.io.known import OFFICIAL
from healthsys.io.layouts import number_from
from pages import page
from test_unit_readers import AE_HEADER, GP, KH03, RTT, TOTAL, WALES, A, B, ae


def breaks(indicator, unit="England", layout="", data=""):
    table = open_data(data, read_series) if data else pd.DataFrame()
    if layout:
        table.attrs["reading"] = {"layout": layout}
    found, certain = breaks_of(table, indicator=indicator, unit=unit)
    return [f"{day:%Y-%m}" for day, _ in found], certain


def test_a_break_is_found_by_indicator_and_country_in_a_table_of_ones_own():
    for name in ("within_4h_percent", "Within 4h %", "within-4h percent"):
        for unit in ("England", "ENGLAND ", "E92000001"):
            assert breaks(name, unit) == (["2019-05"], False)
    assert breaks("incomplete_median_wait_weeks") == (["2013-04", "2024-02"], False)
    assert breaks("incomplete_number_over_104_weeks") == (["2013-04", "2021-04", "2024-02"], False)
    for name, unit in (("within_4h_percent", "Scotland"), ("newborns", "England"), ("falls", "England")):
        assert breaks(name, unit) == ([], False)


def test_an_official_layout_has_the_breaks_of_the_bundled_copy():
    assert breaks("incomplete_median_wait_weeks", layout="rtt_overview") == (["2013-04", "2024-02"], True)
    assert breaks("waiting_over_18_weeks", "London", "rtt_regions") == (["2013-04", "2024-02"], True)
    assert breaks("incomplete", "QOX", "rtt_flow") == (["2013-04", "2024-02"], True)
    assert breaks("within_4h_percent", layout="ae_month") == (["2019-05"], True)
    assert breaks("within_4h_percent", "RA1", "ae_month") == ([], True)
    assert breaks("total_waiting", "Wales", "rtt_wales") == ([], True)
    assert breaks("antenatal_coverage", data="area_south_series") == ([], False)
    assert breaks("ga_occupancy_percent", data="kh03_beds_england") == ([], True)
    assert breaks("incomplete_median_wait_weeks", data="rtt_england_monthly") == (["2013-04", "2024-02"], True)
    assert breaks("within_4h_percent", data="ae_england_monthly") == (["2019-05"], True)


@pytest.mark.parametrize(
    ("name", "layout"), [("rtt_england_monthly", "rtt_overview"), ("ae_england_monthly", "ae_month")]
)
def test_the_bundled_copy_and_the_layout_have_the_same_breaks(name, layout):
    """The descriptor of the data and what the package knows of the publisher's own files say one thing."""
    described, theirs = datasets.load(name), pd.DataFrame()
    theirs.attrs["reading"] = {"layout": layout}
    for indicator in described["indicator"].unique():
        ours = breaks_of(described, indicator=indicator, unit="England")
        assert ours == breaks_of(theirs, indicator=indicator, unit="England")
    same = ("period", "note", "source", "locator", "confidence")
    known = [[one[key] for key in same] for one in OFFICIAL["breaks"] if layout in one["layouts"]]
    assert all([one[key] for key in same] in known for one in described.attrs["provenance"]["breaks"])


def test_a_copy_of_the_series_is_warned_of(tmp_path):
    days = pd.date_range("2017-05-01", "2020-02-01", freq="MS")
    values = [90 + place % 3 - 8 * (day >= pd.Timestamp("2019-05-01")) for place, day in enumerate(days)]
    table = pd.DataFrame({"indicator": "within_4h_percent", "unit": "England", "period": days, "value": values})
    table.to_csv(tmp_path / "copy.csv", index=False)
    table = open_data(tmp_path / "copy.csv", read_series)
    series = pick_series(table, indicator="within_4h_percent", unit="England")
    found, certain = breaks_of(table, indicator="within_4h_percent", unit="England")
    assert not certain
    (one,) = check_series(series, change="2019-05-01", breaks=found, indicator="within_4h_percent")
    assert one.says.startswith("from 2019-05: fourteen trusts in a field test")


def test_a_sum_that_differs_from_the_total_row_is_said_with_file_and_both(tmp_path):
    for month, rows in (("APRIL", (A, B, TOTAL)), ("MAY", (A, TOTAL)), ("JUNE", (A, B, TOTAL))):
        ae(tmp_path, f"{month}.csv", month=month, rows=rows)
    (one,) = total_problems(read_series(tmp_path).attrs["reading"]["report"])
    assert (one.name, one.severity) == ("total differs", "warn")
    assert one.says.startswith("MAY.csv: attendances add up to 1,260 over its rows, but its total row says 2,160")


def test_half_a_case_is_no_difference():
    def found(own):
        return total_problems([{"file": "f", "check": "c", "own": own, "file_says": 100.0}])

    assert found(100.5) == found(99.5) == found(float("nan")) == []
    assert len(found(101.0)) == len(found(99.0)) == 1


def kh03(old, new):
    assert old in KH03
    return KH03.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (AE_HEADER + A.replace(",1000,", ',"80,1",').format(month="MAY"), "row 2: '80,1' is not a number"),
        (AE_HEADER + A.replace(",1000,", ",-5,").format(month="MAY"), "row 2: '-5' is negative"),
        (AE_HEADER + "\n" + A.replace(",1000,", ",inf,").format(month="MAY"), "row 3: 'inf' is not a number"),
        (AE_HEADER + A.replace(",300,", ",3000,").format(month="MAY"), "row 2: attendances over four hours is 3,025"),
        (AE_HEADER + A.format(month="MAY").strip() + ",1\n", "row 2 has 23 cells but the header 22"),
        (AE_HEADER.replace("Parent Org", "Org Code") + A.format(month="MAY"), "column 'Org Code' occurs twice"),
        ("A&E\n\n" + AE_HEADER + A.format(month="MAY"), "the header is in row 3"),
        (kh03("0.9,0.8,5000", "0.9,1.8,5000"), r"row 3: ae_type1_pct_4hr is 1\.8, above 1"),
        (kh03("RA1,2019-20 Q1,A,100.0", "\nRA1,2019-20 Q1,A,-999999"), r"row 4: '-999999' is negative"),
        (GP.replace(",60\n", ',"6,0"\n'), r"COUNT_OF_APPOINTMENTS', row 2: '6,0' is not a number"),
        (RTT.replace("57.2%", "157.2%"), r"row 6: '157\.2%' is a share above 100"),
        (RTT.replace("13.4", '"13,4"'), r"row 7: '13,4' is not a number"),
        (RTT.replace("13.4", "-13.4"), r"row 7: '-13\.4' is negative"),
        (WALES.replace(',55,5,60', ',55,5'), "row 5 has 5 cells but the header 6"),
        (WALES.replace('"All "', '"Sum "'), "no column 'All'"),
    ],
)  # fmt: skip
def test_cells_of_official_files_that_cannot_be_are_refused_by_row(tmp_path, text, message):
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_official(path)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234", 1234), ("12,345,678", 12345678), ("1,234.5", 1234.5), ("80.1", 80.1), (" 7 ", 7), ("1e3", 1000),
     (".5", 0.5), ("80,1", None), ("1,23", None), ("12,34,567", None), ("1234,567", None),
     ("0,123", None), ("1.234,5", None),
     ("inf", None), ("nan", None), ("", None), ("1 234", None), ("1e999", None)],
)  # fmt: skip
def test_thousands_commas_are_read_and_decimal_commas_are_not(text, number):
    assert number_from(text) == number


def panel(units=("A", "B"), periods=12, **rows):
    days = pd.date_range("2021-01-01", periods=periods, freq=rows.pop("freq", "MS")).strftime("%Y-%m-%d")
    return [(unit, day, 80 + place, 120 + place) for unit in units for place, day in enumerate(days)]


def opened(tmp_path, rows):
    path = tmp_path / "units.csv"
    lines = ["unit,period,numerator,denominator", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_reporting(path, label=path.name)


def test_a_total_among_units_is_refused(tmp_path):
    parts = panel(("A", "B"))
    total = [("X", day, 2 * top, 2 * bottom) for unit, day, top, bottom in parts if unit == "A"]
    with pytest.raises(DataError, match=r"units\.csv: column 'unit', row 26: 'X' equals the sum of the others"):
        opened(tmp_path, [*parts, *total])
    with pytest.raises(DataError, match=r"row 26: 'Total' has the name of a total"):
        opened(tmp_path, [*parts, ("Total", "2021-01-01", 90, 120)])
    assert len(opened(tmp_path, panel(("England", "Wales")))) == 24


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (("A", "2021-01-01", 80, 999999), "column 'denominator', row 2: '999999' is .*code for missing"),
        (("A", "9999-01-01", 80, 120), "9999-01 has a year that cannot be"),
        (("a", "2021-01-01", 80, 120), "column 'unit', row 3: 'A' is also written 'a'"),
        (("A", "2021-01-01", 130, 120), "row 2, A in 2021-01, has a numerator above"),
    ],
)
def test_cells_of_a_panel_that_cannot_be_are_refused(tmp_path, cell, message):
    with pytest.raises(DataError, match=message):
        opened(tmp_path, [cell, *panel()[1:]])


def test_a_panel_of_month_ends_or_weeks_is_read(tmp_path):
    assert opened(tmp_path, panel(freq="ME"))["period"].min() == pd.Timestamp("2021-01-01")
    assert step_of(opened(tmp_path, panel(freq="7D"))["period"]).name == "week"


def test_a_page_on_other_data_says_nothing_of_the_bundled_ones(tmp_path):
    opened(tmp_path, panel())
    own = page("false_step", data=str(tmp_path / "units.csv"))
    said = f"{own.value('finding')} {own.value('data_kind')} {own.figures['reporting']['caption']}"
    for word in ("England", "NHS", "pandemic", "fourteen", "panel"):
        assert word not in said
    assert own.value("data_kind") == "The data are your own: 2 units, 12 months, January 2021 to December 2021."
    rows = [(unit, day, "" if unit == "B" and place > 17 else top, bottom)
            for place, (unit, day, top, bottom) in enumerate(panel())]  # fmt: skip
    opened(tmp_path, rows)
    given = page("false_step", data=str(tmp_path / "units.csv"), source="My returns", measure="seen in time")
    assert given.figures["reporting"]["caption"].startswith("My returns; 12 months.")
    assert given.value("finding").startswith("In 6 of 12 months, 1 unit did not report seen in time but its cases were")
