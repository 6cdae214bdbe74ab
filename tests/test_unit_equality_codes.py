"""What a reader's staff file may hold: codes, words for not known, numbers, totals; each refusal names the cell."""

from __future__ import annotations

import pytest

from healthsys.equality import readers
from healthsys.equality.codes import NHS_ETHNIC_CODES, UNKNOWN_WORDS, is_unknown, level_named
from healthsys.equality.pages import decompose, pay, strata
from healthsys.errors import DataError


def staff_file(tmp_path, header, rows):
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def ethnic_file(tmp_path, codes, people=10):
    rows = [f"{'F' if n % 2 else 'M'},{code},{15 + n}" for code in codes for n in range(people)]
    return staff_file(tmp_path, "sex,ethnic_group,hourly_pay", rows)


def ethnic(path):
    return set(readers.read_payroll(path)["ethnic_group"])


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
        readers.read_payroll(ethnic_file(tmp_path, codes))


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
    page = pay.open_page(path, characteristic="ethnic_group", comparator="White", resamples=10)
    assert page.measures.gap("mean_hourly").percent == pytest.approx(10)
    assert page.groups["group"].tolist() == ["White", "Black", "Not stated"]
    assert page.measures.left_out["two recorded as neither other nor comparator"] == 20


def test_blanks_in_any_characteristic_are_not_known(tmp_path):
    rows = [f"F,{group},{pay}" for group, pay in (("north", 20), ("South", 18), ("-", 90)) for _ in range(10)]
    rows += ["M,North ,20", "M,NORTH,20"]
    path = staff_file(tmp_path, "sex,team,hourly_pay", rows)
    page = pay.open_page(path, characteristic="team", comparator="North", resamples=10)
    assert page.measures.gap("mean_hourly").percent == pytest.approx(10)
    assert "joined with the usual spelling" in pay.counts_note(page)


def test_a_comparator_is_named_by_code_or_label():
    assert level_named(["White British", "Indian"], "a", NHS_ETHNIC_CODES) == "White British"
    assert level_named(["Indian"], "INDIAN", {}) == "Indian"


def test_wild_file_of_nhs_codes(shared):
    """All of A against all other stated codes: mean gap 3.4 %, median 1.2 %, others paid less."""
    page = pay.open_page(
        str(shared / "cases/wild/d01_esr_ethnic_codes.csv"),
        characteristic="ethnic_group", comparator="A", resamples=10,
    )  # fmt: skip
    gaps = [page.measures.gap(f"{one}_hourly").percent for one in ("mean", "median")]
    assert gaps == pytest.approx([3.4, 1.2], abs=0.05)
    assert "than White British staff" in pay.finding(page)
    assert "NHS ethnic category codes" in pay.counts_note(page)


def test_wild_file_with_blanks(shared):
    """Left out and counted as unknown: mean gap -1.0 %, median -1.5 %."""
    page = pay.open_page(
        str(shared / "cases/wild/d02_ethnicity_blank.csv"),
        characteristic="ethnic_group", comparator="White", resamples=10,
    )  # fmt: skip
    gaps = [page.measures.gap(f"{one}_hourly").percent for one in ("mean", "median")]
    assert gaps == pytest.approx([-1.0, -1.5], abs=0.05)


# Pay


def paid(tmp_path, cells, others=12):
    rows = [*(f'F,"{cell}"' for cell in cells), *(f"M,{15 + n / 10}" for n in range(others))]
    return staff_file(tmp_path, "sex,hourly_pay", rows)


@pytest.mark.parametrize("cell", ["16,4", "16,41", "1.234,50", "16,4100", "£16,41"])
def test_a_decimal_comma_is_refused_with_its_row(tmp_path, cell):
    with pytest.raises(DataError, match=r"column 'hourly_pay', row 3: .* has a comma as decimal sign"):
        readers.read_payroll(paid(tmp_path, ["16.41", cell]))


def test_thousands_commas_are_read(tmp_path):
    path = staff_file(tmp_path, "sex,hourly_pay,bonus", ['F,16.41,"1,234.50"', 'M,"£ 17.00","12,345"', "F,18,"])
    found = readers.read_payroll(path)
    assert found["bonus"].tolist()[:2] == [1234.5, 12345.0]
    assert found["hourly_pay"].tolist() == [16.41, 17.0, 18.0]


@pytest.mark.parametrize("cell", ["-16.41", "0", "inf", "1e3", "nan", "sixteen", "16.4.1", "−16"])
def test_what_is_no_rate_of_pay_is_refused_with_its_row(tmp_path, cell):
    with pytest.raises(DataError, match=r"column 'hourly_pay', row 3: '.*' is not an amount of pay"):
        readers.read_payroll(paid(tmp_path, ["16.41", cell]))


@pytest.mark.parametrize(
    ("cell", "said"),
    [("31200", "pay by the year"), ("1641", "pence"), ("16410", "a decimal point lost"), ("2600", "pay by the month"),
     ("0.1641", "pounds and pence mixed up")],
)  # fmt: skip
def test_annual_pay_among_hourly_is_refused_and_named(tmp_path, cell, said):
    with pytest.raises(DataError, match=rf"row 3: '{cell}' is far from the other rates.*perhaps {said}"):
        readers.read_payroll(paid(tmp_path, ["16.41", cell]))


def test_ten_times_a_rate_is_named_for_checking(tmp_path):
    found = readers.read_payroll(paid(tmp_path, ["16.41", "164.10", "1.64"]))
    assert "row 3, 4 of the file" in found.attrs["notes"][0]
    page = pay.open_page(paid(tmp_path, ["16.41"] * 9 + ["164.10"]), resamples=10)
    assert "Check the rate of pay in row 11" in pay.counts_note(page)


def test_a_column_of_annual_pay_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"the median is .* pay by the month or the year"):
        readers.read_payroll(staff_file(tmp_path, "sex,hourly_pay", [f"F,{30000 + n}" for n in range(12)]))


@pytest.mark.parametrize("cell", ["Total", "Grand total", "TOTALS:", "Sub-total", "Average", "All staff"])
def test_a_row_of_totals_is_refused(tmp_path, cell):
    path = staff_file(tmp_path, "person,sex,hourly_pay", ["1,F,16", "2,M,17", "", f"{cell},,33"])
    with pytest.raises(DataError, match=rf"column 'person', row 5: '{cell}' marks a row of totals"):
        readers.read_payroll(path)


def test_columns_of_numbers_are_numbers_and_empty_cells_missing(tmp_path):
    found = readers.read_payroll(staff_file(tmp_path, "sex,hourly_pay,age,band,site", ["F,16,41,5,a", "M,17,,6,"]))
    assert found["age"].dtype == float
    assert found["band"].tolist() == ["5", "6"]
    assert found[["age", "site"]].isna().sum().tolist() == [1, 1]


@pytest.mark.parametrize("name", ["d07_pay_decimal_comma.csv"])
def test_wild_pay_is_refused(shared, name):
    with pytest.raises(DataError, match="comma as decimal sign"):
        readers.read_payroll(shared / "cases/wild" / name)


# Messages instead of internal errors


def test_columns_of_a_model_that_are_not_there_are_named(shared):
    source = str(shared / "cases/own_data/pay_ok.csv")
    with pytest.raises(DataError, match=r"no column 'point' for the last model.*adjust=\[\]"):
        strata.open_page(source, by=["sex", "ethnic_group"], comparator=["M", "W"], adjust=["level", "point"])
    with pytest.raises(DataError, match=r"no column 'religion' to compare groups by"):
        decompose.open_page(source, group="religion", characteristics=["level"])
    with pytest.raises(DataError, match="it is no staff file"):
        pay.open_page("climate_survey_baseline")


# The service's files


def test_company_numbers_and_the_name_of_the_nhs():
    assert [readers.company_number(text) for text in ("123456", "00123456", "sc200001", "")] == [
        "00123456", "00123456", "SC200001", ""]  # fmt: skip
    names = [readers.plain_name(text) for text in ("Invented N.H.S. Trust", "INVENTED N H S TRUST")]
    assert names == ["invented nhs trust"] * 2


def test_wild_service_files(shared):
    """Numbers padded to eight digits: 60 match, median change +1.3; 6 NHS employers."""
    from healthsys.equality import published

    now, before = (readers.read_service(shared / "cases/wild" / name)
                   for name in ("d05_gpg_now_zeros_lost.csv", "d05_gpg_before.csv"))  # fmt: skip
    found = published.change(now, before)
    assert len(found.matched) == 60
    assert found.matched["change"].median() == pytest.approx(1.3, abs=0.05)
    assert int(now.employers["nhs"].sum()) == 6


def test_a_median_of_zero_is_not_called_half_above_zero(shared):
    from healthsys.equality.pages import service

    page = service.open_page(str(shared / "cases/wild/d06_gpg_half_above.csv"))
    said = service.finding(page)
    assert "above" not in said
    assert "the median of the median hourly pay gaps that 24 health employers published is 0.0 %" in said


def test_reporting_days_are_by_sector():
    """SI 2017/353 and SI 2017/172, regulation 2: within 12 months beginning with 31 March, or 5 April."""
    year = readers.read_service("gpg_service_2021_22")
    assert "2022-03-30 (public) and 2022-04-04 (private and voluntary)" in year.reason
