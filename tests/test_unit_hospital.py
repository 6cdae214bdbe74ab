"""Readers of the official files about hospitals, on small hand-made files in the same layout."""

from __future__ import annotations

import zipfile
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from everyday.official import hospital
from healthsys import panel
from healthsys.errors import DataError

QUARTERS = [f"{year}-{year % 100 + 1} Q{number}" for year in (2018, 2019) for number in (1, 2, 3, 4)]


def trusts(number: int = 9) -> pd.DataFrame:
    """The layout of the panel: trusts by quarter, the total of England, and columns that are not used."""
    draw = np.random.default_rng(5)
    names = {new: old for old, new in hospital.PANEL.items()}
    rows = [
        {
            "trust": f"R{one:02d}",
            "name": f"TRUST {one}",
            "quarter": quarter,
            "year": quarter[:7],
            "season": quarter[-2:],
            "beds": 200.0 + 50 * one,
            "occupancy": round(0.8 + draw.uniform(0, 0.19), 3),
            "attendances": 9000.0 + one,
            "four_hour": round(0.6 + draw.uniform(0, 0.3), 3),
        }
        for one in range(number)
        for quarter in QUARTERS
    ]
    frame = pd.DataFrame(rows).rename(columns=names).assign(unused=1)
    total = frame.groupby("period", as_index=False).first().assign(org_code="NAN", org_name="ENGLAND")
    return pd.concat([frame, total], ignore_index=True)


def read(frame: pd.DataFrame, folder) -> pd.DataFrame:
    frame.to_csv(folder / "panel.csv", index=False)
    return hospital.read_panel(folder / "panel.csv")


def at(frame: pd.DataFrame, trust: str, quarter: str) -> pd.Series:
    return (frame["org_code"] == trust) & (frame["period"] == quarter)


def test_every_reason_leaves_out_its_own_rows(tmp_path):
    frame = trusts()
    frame.loc[at(frame, "R00", "2018-19 Q3"), "ae_type1_pct_4hr"] = 0.0  # not reported; Q2 and Q4 in part
    frame.loc[at(frame, "R01", "2019-20 Q4"), "kh03_avail_ga_avg_beds"] = 2532.0  # ten times its beds
    frame.loc[frame["org_code"] == "R02", "kh03_occ_ga_rate"] = np.nan
    frame.loc[frame["org_code"] == "R03", "ae_type1_pct_4hr"] = np.nan
    frame = frame[~((frame["org_code"] == "R04") & (frame["period"] > "2018-19 Q2"))]
    rows = read(frame, tmp_path)
    assert "NAN" not in set(rows["trust"])
    counts = hospital.left_out(rows).set_index("reason")
    assert counts["rows"].to_dict() == {
        "used": 44,
        "no general and acute beds": 8,
        "no major A&E department": 8,
        "four-hour figures of part of the quarter": 2,
        "trusts with fewer than 3 such quarters": 2,
        "four-hour figures not reported (recorded as zero)": 1,
        "an impossible number of beds": 1,
    }
    assert counts.loc["four-hour figures of part of the quarter", ["first", "last"]].tolist() == [
        "2018-19 Q2",
        "2018-19 Q4",
    ]


def test_occupancy_of_the_quarter_before_is_empty_where_that_row_is_left_out(tmp_path):
    frame = trusts()
    frame.loc[at(frame, "R00", "2018-19 Q3"), "ae_type1_pct_4hr"] = 0.0
    rows = read(frame, tmp_path).query("trust == 'R00'").set_index("quarter")
    assert rows["previous"].isna().tolist() == [True, False, True, True, True, False, False, False]
    assert rows.loc["2019-20 Q3", "previous"] == rows.loc["2019-20 Q2", "occupancy"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: f.drop(columns="kh03_occ_ga_rate"),
            "panel.csv has no column 'kh03_occ_ga_rate'; needed are org_code",
        ),
        (lambda f: pd.concat([f, f.iloc[:1]]), "'R00' has two rows in 2018-19 Q1; keep one"),
        (lambda f: f.assign(kh03_occ_ga_rate=91.2), "column 'occupancy' is a share, so each value is from 0 to 1"),
    ],
)
def test_a_wrong_panel_says_what_is_wrong(change, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read(change(trusts()), tmp_path)


def test_the_sums_give_the_slopes_of_statsmodels_and_of_the_table(tmp_path):
    rows = read(trusts(), tmp_path)
    sums, specs = hospital.moments(rows), hospital.specifications(rows)
    formulas = {
        "none": "",
        "quarter": " + C(quarter)",
        "trust": " + C(trust)",
        "trust and quarter": " + C(trust) + C(quarter)",
    }
    for effects, text in formulas.items():
        on_rows = smf.ols(f"four_hour ~ occupancy{text}", rows).fit()
        kept = sums[(sums["sample"] == "all") & (sums["effects"] == effects)]
        fit = panel.fit_from_moments(kept, "four_hour", ["occupancy"], absorbed=1)
        assert fit.estimates.loc["occupancy", "estimate"] == pytest.approx(on_rows.params["occupancy"], rel=1e-10)
        first = specs[(specs["sample"] == "all") & (specs["effects"] == effects) & (specs["weights"] == "none")].iloc[0]
        assert first["estimate"] == pytest.approx(on_rows.params["occupancy"], rel=1e-10)
        assert first["absorbed"] == on_rows.df_model  # without the slope, with the constant
    assert not {"R00", "TRUST 0"} & set(sums.astype("str").to_numpy().ravel())


def test_a_small_panel_gets_the_specifications_that_it_allows(tmp_path):
    specs = hospital.specifications(read(trusts(3), tmp_path))
    assert "from 2021-22" not in set(specs["sample"])
    assert not specs["sample"].str.startswith("third of trusts").any()  # one trust each
    assert {"all", "trusts with every quarter"} <= set(specs["sample"])


def test_bins_hold_every_used_row_once_for_each_model(tmp_path):
    found = hospital.bins(read(trusts(), tmp_path))
    assert found.groupby("effects")["n"].sum().to_dict() == dict.fromkeys(hospital.MODELS, 72)


def book(path, sheets: dict[str, list[list]]):
    """Write a workbook with plain cells: numbers, texts and empty ones."""

    def cell(value) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, (int, float)):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    links = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    targets = "".join(
        f'<Relationship Id="r{n}" Type="{relations}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w") as out:
        sheet_list = f"<sheets>{links}</sheets>"
        out.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{relations}">{sheet_list}</workbook>')
        out.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        root = f'<Relationship Id="r0" Type="{relations}/officeDocument" Target="xl/workbook.xml"/>'
        out.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{root}</Relationships>')
        out.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{targets}</Relationships>')
        for n, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            data = f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
            out.writestr(f"xl/worksheets/s{n}.xml", data)
    return path


def test_beds_by_year_and_by_quarter_keep_their_own_columns(tmp_path):
    annual = book(
        tmp_path / "old.xlsx",
        {
            "Beds": [
                ["Title:", "Average daily beds"],
                *[["-", None]] * 5,
                ["1987-88", 300.0, 180.0, 120.0],
                ["1988-89", 290.0, 175.0, 118.0],
            ]
        },
    )
    head = [[None, "Title:", "Beds"], *[[None, "-"]] * 13]
    quarterly = book(
        tmp_path / "new.xlsx",
        {
            "Open Overnight": [
                *head,
                [None, "2010/11", "Q1", "England", 144.0, 110.0, 3, 8, 20, None, 122.0, 95.0],
                [None, "2010/11", "Q4", "England", 143.0, 109.0, 3, 8, 20, None, 121.0, 96.0],
                [None, "Notes: red is estimated"],
            ]
        },
    )
    found = hospital.beds_england(annual, quarterly)
    assert found["step"].tolist() == ["year", "year", "quarter", "quarter"]
    assert found["period"].dt.strftime("%Y-%m").tolist() == ["1987-04", "1988-04", "2010-04", "2011-01"]
    assert found["general_acute_available"].tolist() == [180.0, 175.0, 110.0, 109.0]
    assert found["general_acute_occupied"].isna().tolist() == [True, True, False, False]
    assert found["all_occupied"].iloc[-1] == 121.0


def test_cancelled_operations_carry_the_year_down_and_stop_at_the_notes(tmp_path):
    rows = [[None, "1994/95", 1, 11603, 1587], [None, None, 2, 10186, 1226], [None, "Notes:"]]
    path = book(tmp_path / "cancelled.xlsx", {"Series": [*[[None, "-"]] * 15, *rows]})
    found = hospital.cancelled_operations(path)
    assert found["period"].dt.strftime("%Y-%m").tolist() == ["1994-04", "1994-07"]
    assert found["cancelled"].tolist() == [11603, 10186]


def test_the_series_of_england_joins_both_sheets_by_month(tmp_path):
    activity = [
        [None, "2010-10-01", 10, 1, 4, 15, 2, 0, 1, 3, 5, 8, 6, 7],
        [None, "2010-11-01", 20, 2, 8, 30, 2, 0, 1, 3, 5, 9, 6, 1],
    ]
    performance = [[None, "2010-11-01", 12, 2, 8, 22, 8, 0, 0, 8, 0.73, 0.6, 1, 1]]
    head = [[None, "-"]] * 14
    path = book(tmp_path / "series.xlsx", {"Activity": [*head, *activity], "Performance": [*head, *performance]})
    found = hospital.ae_england(path)
    assert found["within_4h"].isna().tolist() == [True, False]
    last = found.iloc[-1]
    assert (last["attendances"], last["within_4h"], last["over_4h"]) == (30, 22, 8)
    assert (last["type1_within_4h"], last["type1_over_4h"], last["emergency_admissions"]) == (12, 8, 9)
    assert (last["waited_4_hours_for_a_bed"], last["waited_12_hours_for_a_bed"]) == (6, 1)


def monthly(folder, month: str, codes: str = "AB"):
    """One monthly file of A&E by provider, with its total; provider A has a major department and booked patients."""
    kinds = ["Type 1", "Type 2", "Other A&E Department"]
    came = [f"A&E attendances {kind}" for kind in kinds] + [
        f"A&E attendances Booked Appointments {kind}" for kind in kinds
    ]
    late = [name.replace("A&E attendances", "Attendances over 4hrs") for name in came]
    rows = [
        [
            "MSitAE-" + month,
            one,
            "REGION ",
            f"TRUST {one}",
            *([100, 0, 50, 10, 0, 5] if one == "A" else [0, 0, 40, 0, 0, 0]),
            *([40, 0, 1, 2, 0, 0] if one == "A" else [0, 0, 3, 0, 0, 0]),
        ]
        for one in codes
    ]
    rows.append(["Total ", "Total ", "Total ", "Total ", *[999] * 12])
    path = folder / f"{month}.csv"
    pd.DataFrame(rows, columns=["Period", "Org Code", "Parent Org", "Org name", *came, *late]).to_csv(path, index=False)
    return path


def test_providers_add_booked_attendances_and_leave_out_the_total(tmp_path):
    found = hospital.read_providers(monthly(tmp_path, "APRIL-2024"), monthly(tmp_path, "MAY-2024", "A"))
    assert found.loc["A"].tolist() == ["TRUST A", 2, 330, 86, 220, 84]
    assert found.loc["B", ["months", "attendances", "over_4h", "type1_attendances"]].tolist() == [1, 40, 3, 0]
    kept = hospital.ae_providers(tmp_path / "APRIL-2024.csv", tmp_path / "MAY-2024.csv")
    assert kept.to_numpy().tolist() == [[1, 330, 86, 220, 84]]  # B has one month of two; nobody has a name


def test_a_month_given_twice_and_another_file_are_refused(tmp_path):
    path = monthly(tmp_path, "APRIL-2024")
    with pytest.raises(DataError, match="two rows of provider A for MSitAE-APRIL-2024; give it once"):
        hospital.read_providers(path, path)
    (tmp_path / "other.csv").write_text("Period,Org Code\nMSitAE-MAY-2024,A\n")
    with pytest.raises(DataError, match=r"other.csv is not a monthly file of A&E by provider; a column is missing"):
        hospital.read_providers(tmp_path / "other.csv")
