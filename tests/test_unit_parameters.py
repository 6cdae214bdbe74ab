"""Parameters of notebooks: what is stated, what is allowed, and what an error says."""

from pathlib import Path

import nbformat
import pytest

import miniature
from compendium import paths
from compendium.errors import RunError
from compendium.parameters import Parameter, parameters_of, parse_options, validate


@pytest.fixture
def known(mini):
    return parameters_of(miniature.notebook(), label="waits.ipynb")


def test_reads_name_type_default_meaning_and_what_is_allowed(known):
    factor = known["factor"]
    assert (factor.type, factor.default, factor.meaning, factor.allowed) == (
        "float",
        1.0,
        "multiplies every wait",
        "0 to 10",
    )
    assert known["source"].is_source
    assert not factor.is_source


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"facto": 2.0}, r"run 'x': the notebook has no parameter 'facto'\. Did you mean 'factor'\? It has: source"),
        ({"factor": "two"}, r"parameter 'factor' is 'two'; allowed: a number \(multiplies every wait\)"),
        ({"factor": True}, r"parameter 'factor' is true; allowed: a number"),
        ({"factor": 11}, r"parameter 'factor' is 11; allowed: a number from 0 to 10"),
        ({"unit": "weks"}, r"parameter 'unit' is 'weks'; allowed: days, weeks\. Did you mean 'weeks'\?"),
        ({"source": "wait"}, r"parameter 'source' is 'wait', which is not there .*Did you mean 'waits'\?"),
        ({"source": "none.csv"}, r"looked for none\.csv in .*allowed: the name of a bundled data set, or a file"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_is_allowed(known, mini, given, message):
    with pytest.raises(RunError, match=message):
        validate(given, known, label="run 'x'", folder=mini)


def test_a_whole_number_fits_a_number_and_a_file_becomes_absolute(known, mini):
    (mini / "own.csv").write_text("month,days\n")
    checked = validate({"factor": 2, "source": "own.csv"}, known, label="run", folder=mini)
    assert checked["factor"] == 2
    assert Path(checked["source"]) == mini / "own.csv"


def test_options_are_read_by_type(known):
    assert parse_options(("factor=2.5", "unit=weeks"), known, label="run") == {"factor": 2.5, "unit": "weeks"}
    assert parse_options(("source=2024",), known, label="run") == {"source": "2024"}
    with pytest.raises(RunError, match=r"'-p factor' is not of the form -p name=value"):
        parse_options(("factor",), known, label="run")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("factor = 1.0  # x; allowed: any", r"line 1 of the parameters cell is not of the form"),
        ("factor: float = 1.0  # no rule", r"line 1 of the parameters cell is not of the form"),
        ("factor: complex = 1.0  # x; allowed: any", r"parameter 'factor' has type complex; use one of str, int"),
    ],
)
def test_a_parameters_cell_that_does_not_state_them_is_refused(source, message):
    with pytest.raises(RunError, match=message):
        parameters_of(miniature.notebook([("parameters", source)]), label="n.ipynb")


def test_exactly_one_parameters_cell():
    with pytest.raises(RunError, match=r"n\.ipynb: 0 cells are tagged 'parameters'; tag exactly one"):
        parameters_of(nbformat.v4.new_notebook(), label="n.ipynb")


def test_lists_are_checked_item_by_item():
    cell = 'kinds: list[str] = ["a"]  # kinds; allowed: a | b\nsizes: list[int] = [1]  # sizes; allowed: any'
    known = parameters_of(miniature.notebook([("parameters", cell)]), label="n")
    assert validate({"kinds": ["a", "b"]}, known, label="r", folder=Path()) == {"kinds": ["a", "b"]}
    with pytest.raises(RunError, match=r"parameter 'kinds' is 'c'; allowed: a, b"):
        validate({"kinds": ["a", "c"]}, known, label="r", folder=Path())
    with pytest.raises(RunError, match=r"parameter 'sizes' is \['x'\]; allowed: a list of whole numbers"):
        validate({"sizes": ["x"]}, known, label="r", folder=Path())


def test_nothing_is_allowed_only_where_it_is_said():
    cell = 'more: str = ""  # second file; allowed: file or nothing'
    known = parameters_of(miniature.notebook([("parameters", cell)]), label="n")
    assert validate({"more": ""}, known, label="r", folder=Path()) == {"more": ""}
    with pytest.raises(RunError, match=r"parameter 'more' is 'gone\.csv', which is not there .*allowed: a file\."):
        validate({"more": "gone.csv"}, known, label="r", folder=Path())


def cell(source):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})]
    return parameters_of(notebook, label="mini")


BOTH = (
    'staff: str = "workforce_staff"  # staff; allowed: data set or file\n'
    'before: str = "workforce_survey"  # answers; allowed: data set or file or nothing\n'
    'items: str = "climate_items"  # items; allowed: data set or file; fits any data\n'
    'change: str = "2017-01-01"  # date; allowed: any; with your own data: ""\n'
)


def test_an_own_file_is_not_mixed_with_bundled_data(tmp_path):
    (tmp_path / "mine.csv").write_text("a\n1\n")
    said = r"mini: staff is your own file, but .* before \(workforce_survey\).*FILE; or leave it out: -p before="
    for given in ({"staff": "mine.csv"}, {"staff": "mine.csv", "before": "workforce_survey"}):
        with pytest.raises(RunError, match=said):
            validate(given, cell(BOTH), label="mini", folder=tmp_path)


def test_a_default_of_the_bundled_data_gives_way_to_own_data(tmp_path):
    (tmp_path / "mine.csv").write_text("a\n1\n")
    both = {"staff": "mine.csv", "before": ""}
    assert validate(both, cell(BOTH), label="mini", folder=tmp_path)["change"] == ""
    given = validate(both | {"change": "2020-01-01"}, cell(BOTH), label="mini", folder=tmp_path)
    assert given["change"] == "2020-01-01"
    assert validate({"before": ""}, cell(BOTH), label="mini", folder=tmp_path) == {"before": ""}


def test_an_end_of_a_line_that_is_not_known_is_refused():
    with pytest.raises(RunError, match="ends in 'fits all'; allowed: fits any data"):
        cell('staff: str = "workforce_staff"  # staff; allowed: data set or file; fits all')


@pytest.mark.parametrize(
    ("name", "given", "held"),
    [
        ("workforce_equality", "staff", ["recruitment", "processes", "survey", "boards"]),
        ("published_pay_gaps", "file", ["earlier"]),
        ("published_pay_gaps", "earlier", ["file"]),
        ("climate_benchmarks", "earlier", ["survey"]),
        ("coder_agreement", "first", ["second"]),
        ("coder_agreement", "second", ["first"]),
    ],
)
def test_every_notebook_refuses_a_mixture(tmp_path, name, given, held):
    (tmp_path / "mine.csv").write_text("a\n1\n")
    notebook = nbformat.read(paths.root() / "notebooks" / f"{name}.ipynb", as_version=4)
    with pytest.raises(RunError) as refused:
        validate({given: "mine.csv"}, parameters_of(notebook, label=name), label=name, folder=tmp_path)
    assert all(f"{one} (" in str(refused.value) for one in held)


def test_dates_and_areas_of_the_bundled_series_are_not_used_for_an_own_one(tmp_path):
    (tmp_path / "mine.csv").write_text("a\n1\n")
    notebook = nbformat.read(paths.root() / "notebooks" / "service_trends.ipynb", as_version=4)
    known = parameters_of(notebook, label="service_trends")
    found = validate({"data": "mine.csv"}, known, label="service_trends", folder=tmp_path)
    assert (found["change"], found["control"], found["others"]) == ("", "", [])


@pytest.mark.parametrize("text", ["[" * 3000, "[" * 3000 + "]" * 3000, "[" + "9" * 6000 + "]", "[1,"])
def test_a_list_that_cannot_be_read_is_refused_in_a_short_sentence(text):
    known = {"sizes": Parameter("sizes", "list[int]", [10], "beds", "any")}
    with pytest.raises(RunError, match="which cannot be read; allowed: a list of whole numbers such as") as refused:
        parse_options((f"sizes={text}",), known, label="x")
    assert len(str(refused.value)) < 250


def test_a_refused_value_is_shown_cut(tmp_path):
    known = {
        "sizes": Parameter("sizes", "list[int]", [10], "beds", "any"),
        "file": Parameter("file", "str", "", "a file", "file"),
        "sex": Parameter("sex", "str", "F", "whose", "F | M"),
    }
    for given in ({"sizes": ["x"] * 9000}, {"file": "y" * 10_000_000}, {"sex": "z" * 10_000_000}):
        with pytest.raises(RunError) as refused:
            validate(given, known, label="x", folder=tmp_path)
        assert len(str(refused.value)) < 700


def test_a_value_that_belongs_to_another_is_asked_for_and_never_carried_over():
    known = cell(
        'group: str = "sex"  # column; allowed: any\n'
        'comparator: str = "M"  # group compared with; allowed: any; set with: group\n'
    )
    given = {"label": "pay", "folder": Path()}
    wanted = "pay: group is 'ethnicity', so comparator must be given too; its default 'M' belongs to 'sex'. Add"
    with pytest.raises(RunError, match=wanted):
        validate({"group": "ethnicity"}, known, **given)
    assert validate({"group": "ethnicity", "comparator": "W"}, known, **given)["comparator"] == "W"
    assert validate({"group": "sex"}, known, **given) == {"group": "sex"}
    assert validate({"comparator": "F"}, known, **given) == {"comparator": "F"}
