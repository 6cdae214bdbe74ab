"""Files about people as analysts have them: what was once counted wrongly without a word is read rightly or refused."""

import json

import pandas as pd
import pytest

from compendium import paths
from compendium.errors import CompendiumError
from compendium.parameters import Parameter, parse_options
from compendium.recording import text_of
from everyday.check import examined
from healthsys import say, workforce
from healthsys.disclosure import HES
from healthsys.errors import DataError
from healthsys.io.characteristics import band_of, is_half_unknown, is_unknown, levels_of
from healthsys.io.pay_gap_service import COMMON, HEALTH_SIC, read_pay_gap_service
from healthsys.io.payroll import marks_total, read_payroll
from healthsys.io.staff_list import read_staff_list
from healthsys.pay import check_explanations, group_gaps, without_rate

COLUMNS = "person,sex,ethnic_group,disabled,band,hourly_pay"


def payroll(tmp_path, rows, header=COLUMNS):
    path = tmp_path / "staff.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_payroll(path, label="staff.csv")


def people(number=20, *, person="P{:03d}"):
    return [f"{person.format(at)},{'FM'[at % 2]},White,N,{5 + at % 3},{15 + at / 100}" for at in range(number)]


def service(tmp_path, *records, sic="62020"):
    """A file of the gender pay gap service in its older layout: name, company number and mean gap of each record."""
    row = dict.fromkeys(COMMON, "") | {"EmployerSize": "250 to 499", "SubmittedAfterTheDeadline": "False"}
    row |= {"DueDate": "05/04/2018 00:00", "DateSubmitted": "29/03/2018 10:00", "SicCodes": sic}
    rows = [
        row
        | {"EmployerName": name, "CompanyNumber": number}
        | dict.fromkeys(("DiffMeanHourlyPercent", "DiffMedianHourlyPercent"), gap)
        for name, number, gap in records
    ]
    path = tmp_path / "service.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return read_pay_gap_service(path)


# Industry codes of the gender pay gap service


@pytest.mark.parametrize(
    "sic", ["86101", "86.10", "8610", "86,101", "86.1", "86.10/1", "1,86101", "1,\n86101", "62020, 86900", "86101.0"]
)
def test_an_industry_code_of_health_is_read_however_it_is_written(sic, tmp_path):
    assert service(tmp_path, ("Care Homes Limited", "01234567", "4"), sic=sic)["health"].tolist() == [True]


@pytest.mark.parametrize("sic", ["62020", "1", "47.86", "18,610", "186101", "861", "86", "20.8610", "10860", ""])
def test_no_other_industry_code_is_one_of_health(sic):
    assert not HEALTH_SIC.search(sic)


# Rows of the gender pay gap service that are no further employer


@pytest.mark.parametrize("name", ["Average of all", "Average", "Mean", "Totals", "300 employers"])
def test_a_row_of_averages_is_no_employer(name, tmp_path):
    with pytest.raises(DataError, match=rf"column 'EmployerName', record 3: '{name}' marks a row of totals"):
        service(tmp_path, ("Acme Limited", "01234567", "4"), (name, "", "5"))


@pytest.mark.parametrize(
    ("again", "number", "gap"),
    [
        ("ACME LIMITED", "01234567", "4"), ("Acme  Limited.", "01234567", "9"), ("Acme Limited", "", "4"),
        ("acme limited", "1234567", "5"),
    ],
)  # fmt: skip
def test_an_employer_is_not_counted_twice(again, number, gap, tmp_path):
    with pytest.raises(DataError, match=r"'EmployerName', record 4: .* is the employer of record 2, 'Acme Limited'"):
        service(tmp_path, ("Acme Limited", "01234567", "4"), ("Other Limited", "07654321", "4"), (again, number, gap))


def test_two_employers_of_one_name_are_two(tmp_path):
    records = [("Choice Support", "02189556", "-1.6"), ("CHOICE SUPPORT", "08971493", "9.7"),
               ("St Mary's School", "", "3"), ("St Mary's School", "", "7"),
               ("Average Care Limited", "", "2")]  # fmt: skip
    assert len(service(tmp_path, *records)) == 5
    same_figures = [("Stork UK", "SC250015", "30.8"), ("STORK UK", "SC161193", "30.8")]
    assert len(service(tmp_path, *same_figures)) == 2, "the company numbers tell them apart"


# Bands


@pytest.mark.parametrize(
    "cell",
    [
        "Executive Assistant", "Trainee Nursing Associate", "Medical Secretary", "Dental Nurse", "Consultant Midwife",
        "Consultant Nurse in Cardiology", "Trainee Psychologist", "Specialty Manager", "Foundation Trust", "Band 12",
        "Executive Support Officer", "Trainee Accountant", "Consultant Psychologist", "5.5",
    ],
)  # fmt: skip
def test_another_job_is_neither_a_doctor_nor_a_very_senior_manager(cell, tmp_path):
    assert band_of(cell) is None
    path = tmp_path / "list.csv"
    path.write_text(f"band,ethnic_group\n5,White\n{cell},Indian\n")
    with pytest.raises(DataError, match=rf"list.csv: column 'band', row 3: '{cell}' is not known .* allowed: a band"):
        read_staff_list(path)


@pytest.mark.parametrize(
    ("cell", "band"),
    [
        ("Executive", "VSM"), ("Executive Director", "VSM"), ("Very Senior Manager (VSM)", "VSM"), ("ESM", "VSM"),
        ("Non-Executive Director", "VSM"), ("", ""), ("-", ""), ("Medical and Dental", ""), ("M&D", ""),
        ("Trainee", ""),
        ("Medical - Consultant", ""), ("Consultant Cardiologist", ""), ("Consultant in Emergency Medicine", ""),
        ("Specialty Registrar ST3", ""), ("Foundation Doctor Year 1", ""), ("Doctors in training", ""), ("5.0", "5"),
        ("Dental Officer", ""), ("Consultant Microbiologist", ""), ("Band 8a", "8a"),
    ],
)  # fmt: skip
def test_whole_names_of_doctors_and_of_senior_managers_are_known(cell, band):
    assert band_of(cell) == band


def test_a_staff_list_says_which_words_were_counted_as_doctors(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("band,ethnic_group\n5,White\n,Indian\nConsultant,White\nExecutive Director,White\nVSM,White\n")
    assert "column 'band': Medical is Consultant; VSM is Executive Director" in read_staff_list(path).attrs["read_as"]


def test_an_unknown_band_does_not_end_the_reading_of_the_others(tmp_path):
    bands = ["5", "5.0", "Band 5", "AfC band 05", "8A", "Apprentice", "Band 12", "12"]
    rows = [f"P{at},F,White,N,{band},{15 + at}" for at, band in enumerate(bands)]
    staff = payroll(tmp_path, rows)
    assert staff["level"].tolist() == ["5", "5", "5", "5", "8a", "Apprentice", "12", "12"]
    kept = "column 'band': no band of Agenda for Change, kept as a level of its own: 12, Apprentice, Band 12"
    assert kept in staff.attrs["notes"]


def test_bands_of_another_employer_are_left_alone(tmp_path):
    rows = [f"P{at},F,White,N,{band},{15 + at}" for at, band in enumerate(["B1", "B2", "Clerical", "clerical"])]
    staff = payroll(tmp_path, rows)
    assert set(staff["level"]) == {"B1", "B2", "Clerical"}
    assert not any("Agenda for Change" in one for one in staff.attrs["notes"])


def test_the_code_and_the_name_of_a_medical_grade_are_one_level(tmp_path):
    grades = ["CON", "CON", "Consultant", "consultant ", "SAS", "Specialty Doctor", "FY1", ""]
    rows = [f"F,{'' if grade else '5'},{grade},{30 + at}" for at, grade in enumerate(grades)]
    staff = payroll(tmp_path, rows, "sex,band,grade,hourly_pay")
    assert staff["level"].tolist() == ["CON"] * 4 + ["SAS"] * 2 + ["FY1", "5"]


# Words for not known


@pytest.mark.parametrize(
    "cell",
    [
        "Confidential", "Opted out", "No record", "Unclassified", "Unassigned", "Unsure", "Pending",
        "None of the above", "Missing data", "Data missing", "Not captured", "Unable to choose", "Patient refused",
        "Awaiting data", "ETHNICITY PENDING", "keine Angabe", "k.A.", "Unbekannt", "nicht angegeben", "weiß nicht",
        "non renseigné",
        "Non précisée", "Inconnu", "ne souhaite pas répondre", "No consta", "Desconocido", "NS/NC",
        "prefiero no decirlo", "non dichiarato", "não informado", "Onbekend", "geen antwoord", "Anhysbys",
        "brak danych", "okänd", "Unbekannt / keine Angabe",
    ],
)  # fmt: skip
def test_what_says_that_nothing_is_known_is_no_group(cell):
    assert is_unknown(cell)
    cells = pd.DataFrame({"ethnic_group": ["White", cell, "Black"]})
    assert levels_of(cells, "ethnic_group", label="a.csv")[0].tolist() == ["White", "Not stated", "Black"]


@pytest.mark.parametrize("cell", [
    "White", "Any other", "Other", "Asian Unspecified", "Undecided", "Unable to work", "Missing Link team",
    "Pending Street", "Confidential Enquiries", "Non-binary", "Prefer to self-describe", "No religion",
    "Renseignements", "Private",
])  # fmt: skip
def test_names_with_such_a_word_stay_groups(cell):
    assert not is_unknown(cell)
    assert not is_half_unknown(cell)


def test_none_of_the_above_is_an_answer_on_religion():
    cells = pd.DataFrame({"religion": ["Islam", "None of the above", "Pending"]})
    assert levels_of(cells, "religion", label="a.csv")[0].tolist() == ["Islam", "None of the above", "Not stated"]


# Rows that are no people


@pytest.mark.parametrize(
    "name",
    ["Median pay women", "Avg", "Avg.", "Std dev", "Std. dev.", "Standard deviation", "Summe", "Durchschnitt",
     "Moyenne", "300 employees", "1,204 people", "Average of all staff", "Mean hourly pay of men", "Mean", "Total men"],
)  # fmt: skip
def test_a_summary_below_the_staff_is_refused(name, tmp_path):
    cell = f'"{name}"'
    with pytest.raises(DataError, match=rf"staff.csv: column 'person', row 22: '{name}' marks a row of totals"):
        payroll(tmp_path, [*people(), f"{cell},F,,,,17.2"])


@pytest.mark.parametrize("name", ["Max Mean", "Mean Lane Clinic", "Staff Bank", "Average Care", "St Devereux"])
def test_a_name_with_such_a_word_is_a_name(name):
    assert not marks_total(name)


def test_a_row_without_person_and_with_few_cells_among_full_rows_is_refused(tmp_path):
    says = r"column 'hourly_pay', row 22: '17.2' is in a row with 2 of 6 cells among full rows, .*\(2 such rows\)"
    with pytest.raises(DataError, match=says):
        payroll(tmp_path, [*people(), ",F,,,,17.2", ",M,,,,19.2"])
    without = [row.partition(",")[2] for row in people()]
    header = COLUMNS.partition(",")[2]
    with pytest.raises(DataError, match=r"column 'hourly_pay', row 22: '17.2' is in a row with 2 of 5 cells"):
        payroll(tmp_path, [*without, "F,,,,17.2"], header)


def test_people_of_whom_little_is_known_are_read(tmp_path):
    assert len(payroll(tmp_path, [*people(), "P999,F,,,,17.2"])) == 21, "a person with a code"
    assert len(payroll(tmp_path, [*people(), ",F,White,N,5,17.2"])) == 21, "a full row without a code"
    without, header = [row.partition(",")[2] for row in people()], COLUMNS.partition(",")[2]
    assert len(payroll(tmp_path, ["F,,,,17.2", *without], header)) == 21, "a sparse row that is not at the end"
    doctors = [f"{'FM'[at % 2]},{30 + at},,,," for at in range(5)]
    staff = payroll(tmp_path, [f"F,{20 + at},5,N,White,1" for at in range(5)] + doctors, "sex,hourly_pay,band,a,b,c")
    assert len(staff) == 10, "sparse rows are many"


# The same people twice


def test_rows_pasted_twice_are_named_without_a_small_count(tmp_path):
    header = COLUMNS.partition(",")[2]
    rows = [row.partition(",")[2] for row in people(43)]
    notes = payroll(tmp_path, rows * 2, header).attrs["read_as"]
    assert [one for one in notes if "about 45 rows repeat another row exactly" in one and "pasted twice" in one]
    assert not payroll(tmp_path, rows, header).attrs["read_as"]
    assert not payroll(tmp_path, [*rows, *rows[:9]], header).attrs["read_as"], "nine is a small count"
    assert "42" not in " ".join(payroll(tmp_path, [*rows, *rows[:42]], header).attrs["read_as"])
    assert [one for one in examined(tmp_path / "staff.csv") if "read how: about 40 rows repeat" in one]


@pytest.mark.parametrize(("one", "other"), [("0001", "1"), ("1000", "1000.0"), ("p7", "P7 ")])
def test_a_code_is_one_person_whatever_a_spreadsheet_made_of_it(one, other, tmp_path):
    says = rf"'person', row 3: '{other.strip()}' ?occurs twice \(1 repeated rows, also written '{one}' in row 2\)"
    with pytest.raises(DataError, match=says):
        payroll(tmp_path, [f"{one},F,White,N,5,15", f"{other},M,White,N,5,16"])


def test_codes_that_differ_are_different_people(tmp_path):
    codes = ["10", "1", "100", "0A1", "A1", "1.5", "12-1", "12-2"]
    staff = payroll(tmp_path, [f"{code},F,White,N,5,{15 + at}" for at, code in enumerate(codes)])
    assert len(staff) == 8
    assert not staff.attrs["read_as"]


def test_a_second_post_of_the_same_person_is_named(tmp_path):
    rows = [*people(10, person="200000{:02d}"), "20000003-2,F,White,N,6,20", "20000004-2,F,White,N,6,21"]
    notes = payroll(tmp_path, rows).attrs["read_as"]
    assert [one for one in notes if "the person's code in row 12 and others is the code of another row" in one]
    assert not any("20000003" in one for one in notes), "no code of a person is printed"


# Recruitment and organisations


def recruitment(tmp_path, interviewed):
    path = tmp_path / "mine.csv"
    table = pd.DataFrame({
        "organisation": "ICB", "characteristic": "ethnicity", "group": ["White"] * 3 + ["BME"] * 3,
        "stage": ["appointed", "interviewed", "shortlisted"] * 2, "people": [20, interviewed, 132, 10, 40, 60],
    })  # fmt: skip
    table.to_csv(path, index=False)
    return path


def test_a_later_stage_with_more_people_is_refused_with_file_column_and_rows(tmp_path):
    says = r"mine.csv: column 'people', row 3: '1120' is the number of 'interviewed', but only 132 are .* \(row 4\)"
    with pytest.raises(CompendiumError, match=says):
        examined(recruitment(tmp_path, 1120))
    assert examined(recruitment(tmp_path, 132))[0] == "mine.csv is in the layout of workforce_recruitment: 6 rows"
    fields = next(
        one["schema"]["fields"] for one in json.loads((paths.data() / "datapackage.json").read_text())["resources"]
        if one["name"] == "workforce_recruitment"
    )  # fmt: skip
    assert {one["name"]: one.get("fallingOver") for one in fields}["people"] == "stage"


def test_organisations_that_the_staff_file_lacks_are_named():
    tables = {
        "staff": pd.DataFrame({"organisation": ["ICB", "ACU"]}),
        "survey": pd.DataFrame({"organisation": ["ICB1", "icb "]}),
        "boards": pd.DataFrame({"organisation": list("ABCDEF")}), "processes": pd.DataFrame({"year": [2022]}),
    }  # fmt: skip
    assert workforce.other_organisations(tables) == (
        "the survey file has an organisation that the staff file does not have: ICB1; "
        "the boards file has 6 organisations that the staff file does not have: A, B, C, D, E, …"
    )
    assert workforce.other_organisations({**tables, "staff": pd.DataFrame({"band": ["5"]})}) == ""


def test_people_without_a_rate_of_pay_are_said_with_a_warning_where_they_are_many():
    staff = pd.DataFrame({"hourly_pay": [15.0] * 90 + [None] * 210, "full_pay": ["Y"] * 290 + ["N"] * 10})
    assert without_rate(staff, HES) == (
        "No gap counts 200 people on full pay without an hourly rate (about 70% of full-pay staff; is the file "
        "complete?)."
    )
    assert without_rate(staff.head(93), HES) == "No gap counts a few people on full pay without an hourly rate."
    assert without_rate(staff.head(90), HES) == ""


@pytest.mark.parametrize(("given", "groups", "said"), [
    (["level", "hourly_pay"], ("M", "F"), "'hourly_pay' .parameter characteristics. is pay, which is to be explained"),
    (["bonus"], ("M", "F"), "'bonus' .parameter characteristics. is pay"),
    (["sex"], ("M", "F"), "'sex' .parameter characteristics. is the column of the two groups"),
    ([], ("M", "F"), "f.csv: no characteristic is given"),
    (["level"], ("F", "F"), "f.csv: comparator and other are both 'F'; name two different groups of 'sex'"),
])  # fmt: skip
def test_what_cannot_explain_a_gap_is_refused(given, groups, said):
    check_explanations(["level", "age"], group="sex", groups=("M", "F"), label="f.csv")
    with pytest.raises(DataError, match=said):
        check_explanations(given, group="sex", groups=groups, label="f.csv")


def test_pay_and_a_column_of_very_many_values_are_no_characteristic(tmp_path):
    path = tmp_path / "staff.csv"
    rows = [f"{'FM'[at % 2]},{15 + at / 100},{at % 3},Role {at}" for at in range(50)]
    path.write_text("\n".join(["sex,hourly_pay,bonus,job_role", *rows]) + "\n", encoding="utf-8")
    for name in ("hourly_pay", "bonus"):
        with pytest.raises(DataError, match=f"staff.csv: column '{name}' holds pay, which is no characteristic"):
            read_payroll(path, label="staff.csv", characteristics=[name])
    with pytest.raises(DataError, match=r"staff.csv: column 'job_role' holds 50 different values.*40 groups at most"):
        read_payroll(path, label="staff.csv", characteristics=["job_role"])
    assert read_payroll(path, label="staff.csv")["job_role"].nunique() == 50


@pytest.mark.parametrize(("full", "pay", "said"), [
    ("N", 15.0, "f.csv: nobody is on full pay .column 'full_pay' says no in every row"),
    ("Y", float("nan"), "f.csv: nobody on full pay has a rate"),
])  # fmt: skip
def test_nobody_on_full_pay_is_the_reason_that_is_named(full, pay, said):
    staff = pd.DataFrame({"sex": ["F", "M"] * 10, "hourly_pay": pay, "full_pay": full})
    with pytest.raises(DataError, match=said):
        group_gaps(staff, group="sex", comparator="M", rule=HES, label="f.csv")


def test_zero_has_no_sign_and_a_pay_band_is_a_text():
    assert [say.number(value, "{:.1f}%") for value in (-0.0, -0.04, -0.06)] == ["0.0%", "0.0%", "−0.1%"]
    assert text_of(-1e-15, "{:.1f}%") == "0.0%"
    assert text_of(-0.5, "{:.2f}") == "−0.50"
    known = {"comparator": Parameter("comparator", "list[str]", ["M"], "levels", "any")}
    given = parse_options(("comparator=[M, 7, 08]",), known, label="x")
    assert given == {"comparator": ["M", "7", "08"]}
    assert parse_options(("comparator=7",), known, label="x") == {"comparator": ["7"]}
    assert parse_options(("comparator=[2022-06-01]",), known, label="x") == {"comparator": ["2022-06-01"]}
