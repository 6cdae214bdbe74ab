"""The notebooks on coded narratives: tables computed in their cells, and what they say of a reader's own files."""

import dataclasses
import io

import pandas as pd
import pytest

import in_process
from compendium import datasets
from compendium.runs import load_runs
from healthsys.coding import split_codes, tensions, timelines
from healthsys.errors import DataError
from in_process import executed, recorded


def tables(notebook):
    """Return the tables that the notebook displays, by their anchors."""
    pages = [output.data.get("text/html", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    found = {}
    for page in pages:
        if 'class="hs-table" id="table-' in page:
            name = page.partition('id="table-')[2].partition('"')[0]
            found[name] = pd.read_html(io.StringIO(page))[0]
    return found


def displayed(name, **changes):
    """Execute a run so that a table that is the last line of a cell is displayed, as a kernel does."""
    run = load_runs()[name]
    notebook = run.read()
    for cell in notebook.cells:
        if cell.cell_type == "code" and "\ntable(" in f"\n{cell.source}":
            head, _, tail = f"\n{cell.source}".rpartition("\ntable(")
            cell.source = f"{head}\nfrom IPython.display import display\ndisplay(table({tail})".strip()
    asked = dataclasses.replace(run, parameters={**run.parameters, **changes})
    object.__setattr__(asked, "read", lambda: notebook)
    return in_process.execute(asked)


@pytest.fixture(scope="module")
def area():
    return displayed("resilience-area-south", draws=199)


def test_span_says_which_comparisons_are_over_double(area):
    found = tables(area)["span"].set_index("group")
    assert found["over double"].to_dict() == {
        "clinics": "yes", "clinic staff": "no", "environmental health staff": "yes", "all staff": "no",
    }  # fmt: skip
    assert found.loc["all staff", "ratio"] == pytest.approx(1.995, abs=5e-4)


def test_the_share_of_pairs_counted_in_the_open_is_the_statistic(area):
    pairs = tables(area)["pairs"]
    share = (pairs["pairs"] * pairs.iloc[:, 3]).sum() / pairs["pairs"].sum()
    assert share == pytest.approx(recorded(area)["sequence"]["value"], abs=0.005)


def test_the_result_is_shown_under_each_coding_and_with_what_could_be_found(area):
    found = recorded(area)
    assert found["sequence_second"]["value"] == pytest.approx(0.52, abs=0.005)
    assert (found["sequence_alike"]["value"], found["events_alike"]["value"]) == (pytest.approx(0.571, abs=5e-4), 23)
    assert all(found[f"alpha_{code}"]["value"] < found["alpha_needed"]["value"] for code in timelines.STAGES)
    power = tables(area)["power"].set_index("delay (months)")["order found (%)"]
    assert power.loc[0] <= 10
    assert power.is_monotonic_increasing
    assert power.loc[found["delay_found"]["value"]] >= 80


def own_register(folder, strategies):
    """Write the template with dates in a strict order and the given strategies; return its path."""
    events = datasets.load("narrative_events_template")
    responding = events["strategy"].notna()
    months = pd.date_range("2024-01-01", periods=int(responding.sum()), freq="MS")
    events.loc[responding, ["start", "end"]] = [(month, month) for month in months]
    events.loc[responding, "strategy"] = strategies(int(responding.sum()))
    events["actor"] = "team"
    events.to_csv(folder / "own.csv", index=False)
    return {"events_file": str(folder / "own.csv"), "draws": 199}


def in_order(count):
    return sorted((["absorption", "adaptation", "transformation"] * count)[:count])


@pytest.mark.parametrize(
    ("strategies", "said"),
    [
        (in_order, "The strategies followed one another in the expected order. In 100% of pairs"),
        (lambda count: in_order(count)[::-1], "The strategies ran in the reverse of the expected order. In 0% of"),
        (lambda count: ["absorption"] * count, "cannot be told: fewer than two strategies occur"),
    ],
)
def test_the_finding_follows_the_test_on_a_register_of_ones_own(tmp_path, strategies, said):
    notebook = executed("resilience-own-register", **own_register(tmp_path, strategies))
    found = recorded(notebook)
    assert said in found["finding"]["value"]
    assert found["data_kind"]["value"] == "The register is your own file."
    assert ("sensitivity" in tables(notebook)) == (found["sequence"].get("value") is not None)


def test_a_code_that_the_codebook_lacks_is_named_in_a_register_of_ones_own(tmp_path):
    own = own_register(tmp_path, lambda count: ["adaption"] * count)
    with pytest.raises(DataError, match=r"own\.csv: row \d+, column 'strategy': 'adaption'.*'adaptation'"):
        executed("resilience-own-register", **own)


def own_codings(folder, change):
    """Write the bundled first coding twice, the second changed; return both paths."""
    first = datasets.load("area_south_coding_a")
    first.to_csv(folder / "one.csv", index=False)
    change(first.copy()).to_csv(folder / "two.csv", index=False)
    return {"first": str(folder / "one.csv"), "second": str(folder / "two.csv"), "draws": 50}


def test_codings_that_agree_are_reliable_and_events_of_one_alone_are_named(tmp_path):
    notebook = executed("coder-agreement", **own_codings(tmp_path, lambda coding: coding.iloc[1:]))
    found, left_out = recorded(notebook), datasets.load("area_south_coding_a")["event_id"].iloc[0]
    assert found["finding"]["value"].startswith("Yes: the two codings agree on 100% of decisions")
    assert found["how_coded"]["value"] == (
        "Both codings are your own files; how they were made is not known here. Left out, because only one coding has "
        f"them: {left_out}."
    )


def test_one_coding_of_ones_own_is_told_from_that_of_the_book(tmp_path):
    first = own_codings(tmp_path, lambda coding: coding)["first"]
    found = recorded(executed("coder-agreement", first=first, draws=50))
    assert found["how_coded"]["value"] == "One coding is that of this book, the other your own file."


def test_codings_without_any_code_have_no_alpha(tmp_path):
    bare = datasets.load("area_south_coding_a").assign(strategy=None, drawn=None, nurtured=None, outcome=None)
    for name in ("one", "two"):
        bare.to_csv(tmp_path / f"{name}.csv", index=False)
    paths = {"first": str(tmp_path / "one.csv"), "second": str(tmp_path / "two.csv"), "draws": 50}
    found = recorded(executed("coder-agreement", **paths))
    assert found["finding"]["value"].startswith(
        "We cannot tell: the two codings agree on 100% of decisions, but alpha"
    )
    assert found["alpha"].get("value") is None
    assert "only one" in found["alpha"]["reason"]


def test_markers_are_counted_in_texts_of_ones_own_and_none_is_said(tmp_path):
    (tmp_path / "note.txt").write_text("We wait, yet we act. All but done.", encoding="utf-8")
    found = recorded(executed("tensions-in-text", texts_file=str(tmp_path / "note.txt")))
    assert found["own_finding"]["value"] == "In 1 text of 8 words 1 marker is found; the most frequent is yet (1)."
    assert (found["exchanged"]["value"], found["exchange_whole"]["value"]) == (1, "every")
    (tmp_path / "note.txt").write_text("Nothing here.", encoding="utf-8")
    found = recorded(executed("tensions-in-text", texts_file=str(tmp_path / "note.txt")))
    assert found["own_finding"]["value"] == "In 1 text of 2 words the narrow rules find no marker."


def test_the_level_reaches_the_finding_of_tensions():
    found = recorded(executed("tensions-in-text", level=0.9))
    assert "80% contain a tension (90% CI 62% to 91%)" in found["invented"]["value"]
    assert "That is 26% (90% CI 13% to 45%)" in found["finding"]["value"]


def test_other_rules_name_every_marker_of_the_quotations():
    found = recorded(executed("tensions-in-text", rules="broad"))["finding"]["value"]
    assert "such words find 7, 6 by 'but' and 1 by 'how can you … and still'." in found


#: Lines of ../shared/sources/bolden2023.txt that are block quotations; the quotations are not carried here.
QUOTED = (175, 179, 183, 187, 191, 203, 207, 221, 223, 227, 231, 235, 239, 251, 259, 263, 267, 271, 275)


def test_the_markers_of_the_quotations_are_those_that_the_rules_find(shared):
    lines = (shared / "sources" / "bolden2023.txt").read_text(encoding="utf-8").split("\n")
    texts = [lines[number - 1] for number in QUOTED]
    table = datasets.load("paradox_quotations")
    assert table["words"].tolist() == [len(text.split()) for text in texts]
    for rules in tensions.KINDS:
        found = [set(tensions.find_markers(text, rules=rules)["marker"]) for text in texts]
        assert [set(split_codes(cell)) for cell in table[f"found_{rules}"]] == found
    assert sum(map(bool, table["found_narrow"].map(split_codes))) == 5


def test_a_data_set_without_passages_is_refused():
    with pytest.raises(DataError, match="'paradoxes' holds no passages; give 'tension_passages'"):
        executed("tensions-in-text", texts_file="paradoxes")


def test_links_join_34_to_11_and_each_synthesis_is_fed():
    sources = [datasets.load(f"review_{name}") for name in ("links", "implications", "syntheses")]
    assert (len(sources[1]), len(sources[2])) == (34, 11)
    assert sources[1].groupby("topic", sort=False).size().tolist() == [7, 8, 7, 6, 6]
    assert set(sources[0]["implication"]) <= set(sources[1]["implication"])
    assert set(sources[0]["synthesis"]) <= set(sources[2]["synthesis"])
    assert set(sources[0].loc[sources[0]["strength"] == "main", "implication"]) == set(sources[1]["implication"])
    found = tables(displayed("change-frameworks"))["syntheses"]
    assert found["links"].sum() == len(sources[0])
    assert (found["links"] > 0).all()


@pytest.mark.parametrize(
    ("population", "fits"), [(1_000_000, ["only just", "yes", "only just", "only just"]), (5, ["no"] * 4)]
)
def test_populations_of_the_case_system(population, fits):
    found = tables(displayed("change-frameworks", population=population))["levels"]
    assert found["level"].tolist() == ["neighbourhood", "place", "place", "system"]
    assert found["number"].tolist() == [20, 3, 4, 1]
    assert found["fits"].tolist() == fits


def test_a_portfolio_is_compared_with_the_rule_and_none_is_said():
    notebook = executed("change-frameworks", projects_core=0, projects_stretch=0, projects_exploratory=0)
    assert "juncture" in recorded(notebook)


@pytest.mark.parametrize(
    ("vertical", "horizontal", "rule", "space", "other"),
    [(0.8, 0.5, "minimum", 0.5, 0.4), (0.8, 0.5, "product", 0.4, 0.5), (1.0, 0.0, "minimum", 0.0, 0.0)],
)
def test_decision_space_rules(vertical, horizontal, rule, space, other):
    found = recorded(executed("autonomy-and-slack", vertical=vertical, horizontal=horizontal, rule=rule))
    assert found["space"]["value"] == pytest.approx(space)
    assert found["other_space"]["value"] == pytest.approx(other)


def test_items_that_a_self_audit_lacks_are_named(tmp_path):
    form = datasets.load("site_self_audit").head(2).assign(score=[2, None])
    form.to_csv(tmp_path / "audit.csv", index=False)
    said = recorded(executed("learning-sites", audit_file=str(tmp_path / "audit.csv")))["audit"]["value"]
    assert said.startswith("The checklist scores 2 of 3 (1 left open) (not in the file: ")
