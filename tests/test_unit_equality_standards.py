"""Readers of payroll files and of the gender pay gap service's files, published gaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compendium import datasets, paths
from healthsys.equality import published, readers
from healthsys.errors import DataError

REAL = paths.root().parent / "shared" / "real_data" / "gender_pay_gap"
FILES = {
    "2017-18": "UK Gender Pay Gap Data - 2017 to 2018.csv",
    "2021-22": "UK Gender Pay Gap Data - 2021 to 2022.csv",
}
with_real_files = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real files of the gender pay gap service are not beside this project"
)


def test_the_two_bundled_layouts_are_read():
    old, new = readers.read_service("gpg_service_2017_18"), readers.read_service("gpg_service_2021_22")
    assert (old.layout, old.year, new.layout, new.year) == (25, "2017-18", 27, "2021-22")
    assert old.complete
    assert old.notes["no bonus paid to anybody: bonus gap left missing"] == 7
    assert new.notes["no bonus paid to anybody: bonus gap left missing"] == 8
    assert old.notes["median hourly gap above 100 %, which cannot be: set aside"] == 1
    assert new.notes["names that occur more than once (told apart by id)"] == 2
    assert set(old.employers["sector"]) == {"public", "private and voluntary"}


def edited(tmp_path: Path, old: str, new: str, name: str = "gpg_service_2021_22") -> Path:
    text = (paths.data() / datasets.describe(name)["path"]).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "yours.csv"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_names_of_responsible_persons_are_dropped(tmp_path):
    path = edited(tmp_path, "1 Invented Street", "An Invented Person")
    found = readers.read_service(path)
    assert "Invented Person" not in found.employers.to_csv()
    assert not {"ResponsiblePerson", "Address", "PostCode"} & set(found.employers.columns)


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
        readers.read_service(edited(tmp_path, old, new))


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
            readers.read_service(path)


def payroll(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "payroll.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_payroll_file_is_read_with_words_for_codes(tmp_path):
    path = payroll(
        tmp_path, 'person,Gender,Rate,bonus\n1,Female,"£1,012.50",\n2,male,14,100\n3,prefer not to say,15,0\n'
    )
    found = readers.read_payroll(path, columns={"sex": "Gender", "hourly_pay": "Rate"})
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
        ("sex,hourly_pay\nF\n", r"record 2 has 1 cells but the header has 2"),
    ],
)
def test_a_broken_payroll_file_is_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        readers.read_payroll(payroll(tmp_path, text), ethnic_groups=("W", "A", "B", "M", "O", "N"))


def test_a_partial_year_is_recognised_and_not_compared(tmp_path):
    text = (paths.data() / datasets.describe("gpg_service_2021_22")["path"]).read_text(encoding="utf-8")
    path = tmp_path / "early.csv"
    path.write_text(text.replace("2022/05/09", "2022/03/09"), encoding="utf-8")
    early = readers.read_service(path)
    assert not early.complete
    found = published.change(early, readers.read_service("gpg_service_2017_18"))
    assert found.matched.empty
    assert "the later file is a partial year" in found.reason


def test_change_is_matched_and_counted():
    found = published.change(readers.read_service("gpg_service_2021_22"), readers.read_service("gpg_service_2017_18"))
    assert found.reason is None
    assert "company number" in found.by
    assert len(found.matched) + found.only_now <= 31
    same = published.change(readers.read_service("gpg_service_2021_22"), readers.read_service("gpg_service_2021_22"))
    assert "give files of two years" in same.reason


def test_an_employer_is_found_by_id_name_or_refused():
    year = readers.read_service("gpg_service_2021_22")
    assert published.place(year, employer="90002").employer == "Synthetic Birch Tarn NHS Foundation Trust"
    assert published.place(year, employer="synthetic BIRCH tarn nhs foundation trust").higher is not None
    with pytest.raises(DataError, match=r"no employer 'Birch' in this file. Close to it: Synthetic Birch Tarn"):
        published.place(year, employer="Birch")
    with pytest.raises(DataError, match=r"2 employers go by 'Synthetic Willow Retail Limited' \(ids"):
        published.place(year, employer="Synthetic Willow Retail Limited")


@with_real_files
@pytest.mark.parametrize(
    ("year", "records", "layout", "nhs", "no_bonus"),
    [("2017-18", 10_528, 25, 237, 2_325), ("2021-22", 10_465, 27, 236, 2_671)],
)
def test_the_real_files_are_read_whole(year, records, layout, nhs, no_bonus):
    found = readers.read_service(REAL / FILES[year])
    assert (found.year, found.records, found.layout, found.complete) == (year, records, layout, True)
    assert int(found.employers["nhs"].sum()) == nhs
    assert found.notes["no bonus paid to anybody: bonus gap left missing"] == no_bonus
    assert found.employers["median_hourly_gap"].max() <= 100
    assert not np.isin(["ResponsiblePerson", "Address"], found.employers.columns).any()


@with_real_files
def test_the_real_years_are_matched():
    found = published.change(
        readers.read_service(REAL / FILES["2021-22"]), readers.read_service(REAL / FILES["2017-18"])
    )
    assert found.reason is None
    assert len(found.matched) > 8000
