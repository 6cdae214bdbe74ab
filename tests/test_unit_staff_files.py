"""What a reader's staff file may hold: codes, words for not known, numbers, totals; each refusal names the cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compendium import datasets, paths
from compendium.notebook import open_data
from healthsys import io
from healthsys.disclosure import HES
from healthsys.errors import DataError
from healthsys.io.characteristics import NHS_ETHNIC_CODES, UNKNOWN_WORDS, is_unknown, level_named, unknown
from healthsys.io.pay_gap_service import company_number, plain_name
from healthsys.io.payroll import level_of
from healthsys.pay import group_gaps, match_years, place, statutory, two_sides

REAL = paths.root().parent / "shared" / "real_data" / "gender_pay_gap"
FILES = {
    "2017-18": "UK Gender Pay Gap Data - 2017 to 2018.csv",
    "2021-22": "UK Gender Pay Gap Data - 2021 to 2022.csv",
}
with_real_files = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real files of the gender pay gap service are not beside this project"
)


def staff_file(tmp_path, header, rows):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def ethnic_file(tmp_path, codes, people=10):
    rows = [f"{'F' if n % 2 else 'M'},{code},{15 + n}" for code in codes for n in range(people)]
    return staff_file(tmp_path, "sex,ethnic_group,hourly_pay", rows)


def ethnic(path):
    return set(io.read_payroll(path)["ethnic_group"])


def gaps_of(staff, characteristic, comparator):
    """Return the mean and median gap against a comparator named by code or label, and the measures."""
    comparator = level_of(staff, characteristic, comparator)
    sides = two_sides(staff, group=characteristic, comparator=comparator, unknown=unknown(characteristic))
    found = statutory(staff.assign(side=sides), column="side", comparator="comparator", group="other")
    return [found.gap(f"{one}_hourly").percent for one in ("mean", "median")], found


# Codes of ethnic groups


def test_nhs_ethnic_codes_are_read_as_their_names(tmp_path):
    found = ethnic(ethnic_file(tmp_path, ["A", "b", "M", "N", "S", "Z", "99"]))
    assert found == {"White British", "White Irish", "Black Caribbean", "Black African", "Any other ethnic group",
                     "Not stated"}  # fmt: skip


def test_our_own_codes_stay_and_n_means_not_stated(tmp_path):
    assert ethnic(ethnic_file(tmp_path, ["W", "A", "B", "M", "O", "N", "", "Z"])) == {"W", "A", "B", "M", "O", "N"}


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (["A", "B", "M"], r"mine\.csv: column 'ethnic_group', row 2: 'A'.*as NHS categories and as our own"),
        (["A", "W", "H"], r"row 22: 'H'.*mixes NHS categories with W or O"),
        (["W", "A", "Q"], r"row 22: 'Q'.*in neither list of codes"),
        (["A", "H", "CA"], r"row 22: 'CA'.*in neither list of codes"),
        (["White", "B"], r"row 12: 'B'.*holds names too, such as 'WHITE'"),
    ],
)
def test_codes_that_cannot_be_read_for_certain_are_refused(tmp_path, codes, said):
    with pytest.raises(DataError, match=said):
        io.read_payroll(ethnic_file(tmp_path, codes))


@pytest.mark.parametrize(
    "text",
    ["", " ", "Prefer not to say", "PREFER NOT TO SAY", "Not Stated", "unknown", "Undisclosed", "-", "–", "n/a", "N/A",
     "Not declared", "I do not wish to disclose", "Z - Not stated", "99: not known", "NULL", "?"],
)  # fmt: skip
def test_what_says_that_nothing_is_known_is_no_group(text):
    assert is_unknown(text)
    assert not is_unknown(f"{text}White")


def test_every_unknown_word_is_lower_case_and_whole():
    assert all(word == word.casefold().strip() for word in UNKNOWN_WORDS)
    assert not {"white", "other", "z", "99"} & UNKNOWN_WORDS


def test_blanks_and_prefer_not_to_say_are_left_out_of_the_split_in_two(tmp_path):
    rows = [f"F,{group},{pay}" for group, pay in (("White", 20), ("Black", 18), ("", 90), ("Prefer not to say", 90))
            for _ in range(10)]  # fmt: skip
    path = staff_file(tmp_path, "sex,ethnic_group,hourly_pay", rows)
    staff = io.read_payroll(path, characteristics=["ethnic_group"])
    gaps, measures = gaps_of(staff, "ethnic_group", "White")
    assert gaps[0] == pytest.approx(10)
    assert measures.left_out["side recorded as neither other nor comparator"] == 20
    groups = group_gaps(staff, group="ethnic_group", comparator="White", rule=HES, last=["Not stated"], resamples=10)
    assert groups["group"].tolist() == ["White", "Black", "Not stated"]


def test_blanks_in_any_characteristic_are_not_known(tmp_path):
    rows = [f"F,{group},{pay}" for group, pay in (("north", 20), ("South", 18), ("-", 90)) for _ in range(10)]
    rows += ["M,North ,20", "M,NORTH,20"]
    path = staff_file(tmp_path, "sex,team,hourly_pay", rows)
    staff = io.read_payroll(path, characteristics=["team"])
    assert gaps_of(staff, "team", "North")[0][0] == pytest.approx(10)
    assert "joined with the usual spelling" in staff.attrs["notes"][0]


def test_a_comparator_is_named_by_code_or_label():
    assert level_named(["White British", "Indian"], "a", NHS_ETHNIC_CODES) == "White British"
    assert level_named(["Indian"], "INDIAN", {}) == "Indian"


def test_wild_file_of_nhs_codes(shared):
    """All of A against all other stated codes: mean gap 3.4 %, median 1.2 %, others paid less."""
    staff = io.read_payroll(shared / "cases/wild/d01_esr_ethnic_codes.csv", characteristics=["ethnic_group"])
    assert level_of(staff, "ethnic_group", "A") == "White British"
    assert gaps_of(staff, "ethnic_group", "A")[0] == pytest.approx([3.4, 1.2], abs=0.05)
    assert "NHS ethnic category codes" in staff.attrs["notes"][0]


def test_wild_file_with_blanks(shared):
    """Left out and counted as unknown: mean gap -1.0 %, median -1.5 %."""
    staff = io.read_payroll(shared / "cases/wild/d02_ethnicity_blank.csv", characteristics=["ethnic_group"])
    assert gaps_of(staff, "ethnic_group", "White")[0] == pytest.approx([-1.0, -1.5], abs=0.05)


# Pay


def paid(tmp_path, cells, others=12):
    rows = [*(f'F,"{cell}"' for cell in cells), *(f"M,{15 + n / 10}" for n in range(others))]
    return staff_file(tmp_path, "sex,hourly_pay", rows)


@pytest.mark.parametrize(("cell", "pay"), [("16,4", 16.4), ("16,41", 16.41), ("16,4100", 16.41), ("£16,41", 16.41)])
def test_a_decimal_comma_is_read_and_said(tmp_path, cell, pay):
    found = io.read_payroll(paid(tmp_path, ["16.41", cell]))
    assert found["hourly_pay"].iloc[1] == pay
    assert found.attrs["read_as"] == ["hourly_pay: commas are decimal signs"]


def test_a_comma_that_could_be_two_things_is_refused(tmp_path):
    with pytest.raises(DataError, match="column 'hourly_pay': '1,641' could be a thousand and '16,4' is a decimal"):
        io.read_payroll(paid(tmp_path, ["16,4", "1,641"]))


def test_thousands_commas_are_read(tmp_path):
    path = staff_file(tmp_path, "sex,hourly_pay,bonus", ['F,16.41,"1,234.50"', 'M,"£ 17.00","12,345"', "F,18,"])
    found = io.read_payroll(path)
    assert found["bonus"].tolist()[:2] == [1234.5, 12345.0]
    assert found["hourly_pay"].tolist() == [16.41, 17.0, 18.0]


@pytest.mark.parametrize("cell", ["-16.41", "0", "inf", "1e3", "sixteen", "16.4.1", "−16"])
def test_what_is_no_rate_of_pay_is_refused_with_its_row(tmp_path, cell):
    with pytest.raises(DataError, match=r"column 'hourly_pay', row 3: '.*' is not an amount of pay"):
        io.read_payroll(paid(tmp_path, ["16.41", cell]))


@pytest.mark.parametrize(
    ("cell", "said"),
    [("31200", "pay by the year"), ("1641", "pence"), ("16410", "a decimal point lost"), ("2600", "pay by the month"),
     ("0.1641", "pounds and pence mixed up")],
)  # fmt: skip
def test_annual_pay_among_hourly_is_refused_and_named(tmp_path, cell, said):
    with pytest.raises(DataError, match=rf"row 3: '{cell}' is far from the other rates.*perhaps {said}"):
        io.read_payroll(paid(tmp_path, ["16.41", cell]))


def test_ten_times_a_rate_is_named_for_checking(tmp_path):
    found = io.read_payroll(paid(tmp_path, ["16.41", "164.10", "1.64"]))
    assert "row 3, 4 of the file" in found.attrs["notes"][0]
    found = io.read_payroll(paid(tmp_path, ["16.41"] * 9 + ["164.10"]))
    assert "Check the rate of pay in row 11" in found.attrs["notes"][0]


def test_a_column_of_annual_pay_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"the median is .* pay by the month or the year"):
        io.read_payroll(staff_file(tmp_path, "sex,hourly_pay", [f"F,{30000 + n}" for n in range(12)]))


@pytest.mark.parametrize("cell", ["Total", "Grand total", "TOTALS:", "Sub-total", "Average", "All staff"])
def test_a_row_of_totals_is_refused(tmp_path, cell):
    path = staff_file(tmp_path, "person,sex,hourly_pay", ["1,F,16", "2,M,17", "", f"{cell},,33"])
    with pytest.raises(DataError, match=rf"column 'person', row 5: '{cell}' marks a row of totals"):
        io.read_payroll(path)


def test_columns_of_numbers_are_numbers_and_empty_cells_missing(tmp_path):
    found = io.read_payroll(staff_file(tmp_path, "sex,hourly_pay,age,band,site", ["F,16,41,5,a", "M,17,,6,"]))
    assert found["age"].dtype == float
    assert found["band"].tolist() == ["5", "6"]
    assert found[["age", "site"]].isna().sum().tolist() == [1, 1]


def test_wild_pay_with_decimal_commas_is_read(shared):
    """Mean gap 9.4 %, median 9.8 %, as the case says."""
    staff = io.read_payroll(shared / "cases/wild/d07_pay_decimal_comma.csv")
    mean, middle = (staff.groupby("sex")["hourly_pay"].agg(how) for how in ("mean", "median"))
    assert 100 * (1 - mean["F"] / mean["M"]) == pytest.approx(9.4, abs=0.05)
    assert 100 * (1 - middle["F"] / middle["M"]) == pytest.approx(9.8, abs=0.05)


def test_a_data_set_that_is_no_staff_file_is_named():
    with pytest.raises(DataError, match="it is no staff file"):
        open_data("climate_survey_baseline", read=io.read_payroll)


def test_what_the_reader_makes_of_the_bundled_staff_is_what_its_schema_says():
    bundled, found = datasets.load("workforce_staff"), open_data("workforce_staff", read=io.read_payroll)
    assert found.attrs["notes"] == []
    assert found.attrs["provenance"]["kind"] == "synthetic"
    for name in bundled:
        both = [frame[name].astype("object").where(frame[name].notna(), None).tolist() for frame in (bundled, found)]
        assert [str(cell) for cell in both[0]] == [str(cell) for cell in both[1]] or both[0] == both[1], name


def test_the_level_is_the_band_or_the_medical_grade(tmp_path):
    path = staff_file(tmp_path, "sex,hourly_pay,band,grade", ["F,16,5,", "M,40,,CON", "F,20,,"])
    assert io.read_payroll(path)["level"].tolist() == ["5", "CON", "Not stated"]


# The service's files


def test_company_numbers_and_the_name_of_the_nhs():
    assert [company_number(text) for text in ("123456", "00123456", "sc200001", "")] == [
        "00123456", "00123456", "SC200001", ""]  # fmt: skip
    names = [plain_name(text) for text in ("Invented N.H.S. Trust", "INVENTED N H S TRUST")]
    assert names == ["invented nhs trust"] * 2


def test_wild_service_files(shared):
    """Numbers padded to eight digits: 60 match, median change +1.3; 6 NHS employers."""
    now, before = (io.read_pay_gap_service(shared / "cases/wild" / name)
                   for name in ("d05_gpg_now_zeros_lost.csv", "d05_gpg_before.csv"))  # fmt: skip
    found = match_years(now, before)
    assert len(found.matched) == 60
    assert found.matched["change"].median() == pytest.approx(1.3, abs=0.05)
    assert int(now["nhs"].sum()) == 6


def test_reporting_days_are_by_sector():
    """SI 2017/353 and SI 2017/172, regulation 2: within 12 months beginning with 31 March, or 5 April."""
    year = open_data("gpg_service_2021_22", read=io.read_pay_gap_service)
    assert "2022-03-30 (public) and 2022-04-04 (private and voluntary)" in year.attrs["reason"]


# Files of staff and of the service


def service(name):
    return open_data(name, read=io.read_pay_gap_service)


def test_the_two_bundled_layouts_are_read():
    old, new = service("gpg_service_2017_18"), service("gpg_service_2021_22")
    assert [(frame.attrs["layout"], frame.attrs["year"]) for frame in (old, new)] == [(25, "2017-18"), (27, "2021-22")]
    assert old.attrs["complete"]
    assert old.attrs["notes"]["no bonus paid to anybody: bonus gap left missing"] == 7
    assert new.attrs["notes"]["no bonus paid to anybody: bonus gap left missing"] == 8
    assert old.attrs["notes"]["median hourly gap above 100%, which is impossible: set aside"] == 1
    assert new.attrs["notes"]["names that occur more than once (told apart by id)"] == 2
    assert set(old["sector"]) == {"public", "private and voluntary"}


def edited(tmp_path: Path, old: str, new: str, name: str = "gpg_service_2021_22") -> Path:
    text = (paths.data() / datasets.describe(name)["path"]).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "yours.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_names_of_responsible_persons_are_dropped(tmp_path):
    path = edited(tmp_path, "1 Invented Street", "An Invented Person")
    found = io.read_pay_gap_service(path)
    assert "Invented Person" not in found.to_csv()
    assert not {"ResponsiblePerson", "Address", "PostCode"} & set(found.columns)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "DiffMeanHourlyPercent",
            "MeanGap",
            r"yours.csv: there is no column 'DiffMeanHourlyPercent'.*25 columns.*or 27",
        ),
        ('"90002"', '"90001"', r"EmployerId '90001' occurs 2 times"),
        (
            '"2022/03/31 00:00:00"',
            '"31 March"',
            r"column 'DueDate', record 2: '31 March' is not a date; allowed: 05/04/2018",
        ),
        ('"250 to 499"', '"250 to 499', r"not a readable CSV file near line"),
    ],
)
def test_a_broken_service_file_is_refused(tmp_path, old, new, said):
    with pytest.raises(DataError, match=said):
        io.read_pay_gap_service(edited(tmp_path, old, new))


def test_a_file_of_quotes_or_thousands_of_columns_is_refused(tmp_path):
    many, quotes, empty = tmp_path / "many.csv", tmp_path / "quotes.csv", tmp_path / "empty.csv"
    many.write_text(",".join(f"c{i}" for i in range(5000)) + "\n")
    quotes.write_text('a,b\n"' + "x" * 50_000)
    empty.write_text("")
    for path, said in (
        (many, "record 1 has 5,000 columns; at most 200"),
        (quotes, "longer than 20,000"),
        (empty, "is empty"),
    ):
        with pytest.raises(DataError, match=said):
            io.read_pay_gap_service(path)


def payroll(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "payroll.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_payroll_file_is_read_with_words_for_codes(tmp_path):
    path = payroll(
        tmp_path, 'person,Gender,Rate,bonus\n1,Female,"£1,012.50",\n2,male,14,100\n3,prefer not to say,15,0\n'
    )
    found = open_data(path, read=io.read_payroll, columns={"sex": "Gender", "hourly_pay": "Rate"})
    assert found["sex"].tolist() == ["F", "M", "U"]
    assert found["hourly_pay"].tolist() == [1012.5, 14, 15]
    assert found.attrs["provenance"]["kind"] == "yours"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "sex,hourly_pay\nF,10\nQ,11\n",
            r"payroll.csv: column 'sex', row 3: 'Q' is not a code that is known \(1 such cells\); allowed: "
            r"F, M, U",
        ),
        ("sex,hourly_pay\nF,-10\n", r"column 'hourly_pay', row 2: '-10' is not an amount of pay.*above 0"),
        (
            "sex,hourly_pay,bonus\nF,10,-5\n",
            r"column 'bonus', row 2: '-5' is not an amount of pay.*0 or more",
        ),
        ("sex,hourly_pay,ethnic_group\nF,10,Z\n", r"column 'ethnic_group', row 2: 'Z' is not a code"),
        ("sex,pay\nF,10\n", r"there is no column 'hourly_pay'.*Columns found: sex, pay"),
        ("sex,hourly_pay\nF\n", r"row 2 has 1 cell but the header 2"),
    ],
)
def test_a_broken_payroll_file_is_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        io.read_payroll(payroll(tmp_path, text), ethnic_groups=("W", "A", "B", "M", "O", "N"))


def test_a_partial_year_is_recognised_and_not_compared(tmp_path):
    text = (paths.data() / datasets.describe("gpg_service_2021_22")["path"]).read_text(encoding="utf-8")
    path = tmp_path / "early.csv"
    path.write_text(text.replace("2022/05/09", "2022/03/09"), encoding="utf-8")
    early = io.read_pay_gap_service(path)
    assert not early.attrs["complete"]
    found = match_years(early, service("gpg_service_2017_18"))
    assert found.matched.empty
    assert "the later file is a partial year" in found.reason


def test_change_is_matched_and_counted():
    found = match_years(service("gpg_service_2021_22"), service("gpg_service_2017_18"))
    assert found.reason is None
    assert "company number" in found.by
    assert len(found.matched) + found.only_now <= 31
    same = match_years(service("gpg_service_2021_22"), service("gpg_service_2021_22"))
    assert "give files of two years" in same.reason


def test_an_employer_is_found_by_id_name_or_refused():
    year = service("gpg_service_2021_22")
    assert place(year, employer="90002").employer == "Synthetic Birch Tarn NHS Foundation Trust"
    assert place(year, employer="synthetic BIRCH tarn nhs foundation trust").higher is not None
    with pytest.raises(DataError, match=r"no employer 'Birch' in this file. Close to it: Synthetic Birch Tarn"):
        place(year, employer="Birch")
    with pytest.raises(DataError, match=r"2 employers go by 'Synthetic Willow Retail Limited' \(ids"):
        place(year, employer="Synthetic Willow Retail Limited")


@with_real_files
@pytest.mark.parametrize(
    ("year", "records", "layout", "nhs", "no_bonus"),
    [("2017-18", 10_528, 25, 237, 2_325), ("2021-22", 10_465, 27, 236, 2_671)],
)
def test_the_real_files_are_read_whole(year, records, layout, nhs, no_bonus):
    found = io.read_pay_gap_service(REAL / FILES[year])
    assert tuple(found.attrs[name] for name in ("year", "layout", "complete")) == (year, layout, True)
    assert len(found) == records
    assert int(found["nhs"].sum()) == nhs
    assert found.attrs["notes"]["no bonus paid to anybody: bonus gap left missing"] == no_bonus
    assert found["median_hourly_gap"].max() <= 100
    assert not np.isin(["ResponsiblePerson", "Address"], found.columns).any()


@with_real_files
def test_the_real_years_are_matched():
    found = match_years(
        io.read_pay_gap_service(REAL / FILES["2021-22"]), io.read_pay_gap_service(REAL / FILES["2017-18"])
    )
    assert found.reason is None
    assert len(found.matched) > 8000
