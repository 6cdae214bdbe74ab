"""The data catalogue: checked on loading, kind about what is wrong."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import miniature
from compendium import datasets
from compendium.errors import DatasetError
from healthsys.errors import DataError
from healthsys.io import check_table, csv_files


@pytest.fixture
def mini(mini):
    return miniature.checked(mini)


def test_load_types_columns_and_attaches_provenance(mini):
    waits = datasets.load("waits")
    assert waits["days"].tolist()[:2] == [12.5, 14.5]
    assert pd.isna(waits["days"].iloc[2])
    known = waits.attrs["provenance"]
    assert (known["kind"], known["path"], known["sources"]) == (
        "published",
        "data/published/waits.csv",
        ["Invented report, table 1"],
    )
    assert known["sha256"] == datasets.sha256(mini / "data/published/waits.csv")
    assert datasets.provenance(waits) == "Waits. Published data, 3 rows. Source: Invented report, table 1."


def test_without_a_reader_the_types_of_the_schema_are_checked(mini):
    (mini / "book/_compendium.yml").write_text("packages: [minimethods]\n")
    assert datasets.load("waits")["days"].tolist()[:2] == [12.5, 14.5]
    (mini / "own.csv").write_text("month,days,locator\nJan,many,a\n")
    with pytest.raises(DatasetError, match=r"own\.csv: .*many"):
        datasets.read("own.csv", layout="waits")


def test_an_unknown_name_gets_the_nearest(mini):
    with pytest.raises(DatasetError, match=r"there is no data set 'wait'\. Did you mean 'waits'\?"):
        datasets.load("wait")


def test_a_run_may_load_only_what_it_declares(mini, monkeypatch):
    monkeypatch.setenv(datasets.DECLARED_VARIABLE, "constants")
    with pytest.raises(
        DatasetError, match=r"reads the data set 'waits' but its entry .* does not declare it; add 'waits'"
    ):
        datasets.load("waits")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("month,dys,locator\nJan,1,a\n", r"own\.csv: there is no column 'days' \(Mean wait\)\. Did you mean 'dys'\?"),
        ("month,days,locator\nJan,400,a\n", r"own\.csv: column 'days', row 2: '400' is not allowed; "
                                           r"allowed: a number from 0 to 365, or an empty cell"),
        ("month,days,locator\n,1,a\n", r"own\.csv: column 'month', row 2: the cell is empty; allowed: text$"),
        ("month,days,locator\nJan,1,a\nJan,2,b\n", r"own\.csv: row 3 repeats month 'Jan'; each may occur once"),
        ("month,days,days\nJan,1,2\n", r"own\.csv: there is no column 'locator'"),
        ("month,days,locator\n", r"own\.csv: the file has a header but no rows"),
        ("", r"own\.csv: the file is empty"),
        ('month,days,locator\n"Jan,1,a\n', r"own\.csv: not a readable CSV file .*check quotes and commas"),
        (b"month,days,locator\nJ\x81n,1,a\n", r"own\.csv: the file is neither UTF-8 nor Windows-1252 text"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_place_and_remedy(mini, content, message):
    path = mini / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=f"(?m){message}"):
        datasets.read(path, layout="waits")


def test_many_faults_are_cut_after_ten(mini):
    rows = "".join(f"m{n},x{n},a\n" for n in range(14))
    (mini / "own.csv").write_text("month,days,locator\n" + rows)
    with pytest.raises(DataError) as caught:
        datasets.read("own.csv", layout="waits")
    assert str(caught.value).count("is not allowed") == 10
    assert "and 4 more cells" in str(caught.value)


def test_own_file_keeps_further_columns_and_a_byte_order_mark(mini):
    (mini / "own.csv").write_bytes("\ufeffmonth,days,locator,note\nJan,1.5,a,x\n".encode())
    own = datasets.read("own.csv", layout="waits")
    assert own.columns.tolist() == ["month", "days", "locator", "note"]
    assert own.attrs["provenance"]["kind"] == "yours"


def test_too_large_a_file_is_refused_before_it_is_read(mini, monkeypatch):
    monkeypatch.setattr(csv_files, "LARGEST_FILE", 10)
    with pytest.raises(DataError, match=r"waits\.csv: the file has \d+ bytes; at most 10 are read"):
        datasets.load("waits")


def test_a_missing_file_says_what_may_be_given(mini):
    with pytest.raises(DatasetError, match=r"'wait\.csv' is neither a bundled data set nor a file"):
        datasets.read("wait.csv", layout="waits")


SCHEMA = {
    "fields": [
        {"name": "n", "type": "integer", "description": "count", "constraints": {"minimum": 0}},
        {"name": "on", "type": "date", "description": "day"},
        {"name": "yes", "type": "boolean", "description": "flag"},
        {"name": "kind", "type": "string", "description": "kind", "constraints": {"enum": ["a", "b"]}},
        {
            "name": "code",
            "type": "string",
            "description": "code",
            "constraints": {"pattern": "[A-Z]{3}", "unique": True},
        },
    ]
}


def frame(**changes):
    row = {"n": "1", "on": "2024-02-29", "yes": "true", "kind": "a", "code": "ABC", **changes}
    return pd.DataFrame([row], dtype="str")


def test_every_type_is_converted():
    typed = check_table(frame(), SCHEMA, label="t")
    assert typed.iloc[0].tolist() == [1, pd.Timestamp("2024-02-29"), True, "a", "ABC"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n": "1.5"}, r"column 'n', row 2: '1\.5' is not allowed; allowed: a whole number, 0 or more"),
        ({"n": "-1"}, r"'-1' is not allowed; allowed: a whole number, 0 or more"),
        ({"on": "30/02/2024"}, r"'30/02/2024' is not allowed; allowed: a date as YYYY-MM-DD"),
        ({"yes": "maybe"}, r"'maybe' is not allowed; allowed: true or false"),
        ({"kind": "c"}, r"'c' is not allowed; allowed: one of a, b"),
        ({"code": "abc"}, r"'abc' is not allowed; allowed: text of the form \[A-Z\]\{3\}, each value once"),
    ],
)
def test_every_constraint_is_checked(changes, message):
    with pytest.raises(DataError, match=message):
        check_table(frame(**changes), SCHEMA, label="t")


@given(st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=1, max_size=20))
def test_missing_stays_missing_and_never_becomes_zero(values):
    raw = pd.DataFrame({"n": pd.Series([None if v is None else str(v) for v in values], dtype="str")})
    typed = check_table(raw, {"fields": [SCHEMA["fields"][0]]}, label="t")["n"]
    assert typed.isna().tolist() == [value is None for value in values]
    assert typed.dropna().tolist() == [value for value in values if value is not None]
