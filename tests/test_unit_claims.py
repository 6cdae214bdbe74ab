"""The claims ledger: every kind of verdict, every committed claim, and files that break the rules."""

import csv
import re

import pandas as pd
import pytest
from frictionless import Resource, Schema, system
from hypothesis import given
from hypothesis import strategies as st

from compendium import datasets, paths
from everyday.ledger import book as step
from everyday.ledger import checks, claims, pages, wording
from healthsys.errors import DataError

CLAIMS = 367
FIRST_READING = 334
#: Our own words; a title or address of an original source is a citation.
TEXTS = ["statement", "printed", "inputs", "reason", "original_locator", "why_it_matters", "cite_safely"]


@pytest.fixture(scope="module")
def ledger():
    return claims.load_ledger()


@pytest.fixture(scope="module")
def evaluated():
    return step.evaluated_ledger()


@pytest.fixture(scope="module")
def changes():
    return datasets.load("claims_changes")


@pytest.fixture(scope="module")
def readings():
    return datasets.load("claims_readings")


# --- the rule ---------------------------------------------------------------------------------------------------


ARITHMETIC = {"kind": "arithmetic"}
PLACES = {"kind": "same in two places"}
TEXT = {"kind": "not checkable from the text"}
ORIGINAL = {"kind": "original source", "original_source": "a report"}


@pytest.mark.parametrize(
    ("expected", "inputs", "given"),
    [
        ("reproduced", {"x": 6, "y": 3, "twice": 2}, ARITHMETIC | {"check": "x / y == twice"}),
        (
            "consistent",
            {"stated": 2, "listed": ["a", "b"]},
            {"kind": "list as announced", "check": "len(listed) == stated"},
        ),
        ("consistent", {"here": 3, "there": 3}, PLACES | {"check": "here == there"}),
        ("reproduced", {"here": 3, "original": 3}, ORIGINAL | {"check": "here == original"}),
        ("inconsistent", {"here": 3, "original": 4}, ORIGINAL | {"check": "here == original"}),
        ("reproduced", {"least": 3, "result": 4}, {"kind": "tested on data", "check": "result > least"}),
        ("rounding", {"x": 2.6, "y": 3}, PLACES | {"check": "x == y", "rounded": "round(x) == y"}),
        ("inconsistent", {"x": 2.4, "y": 3}, PLACES | {"check": "x == y", "rounded": "round(x) == y"}),
        ("derived", {"x": 3, "n": 4}, ARITHMETIC | {"check": "x / n"}),
        ("wordings disagree", {"here": "mean", "there": "median"}, PLACES | {"reason": "r", "judged_by": "a reader"}),
        ("judged", {"plan": "fewer", "seen": "more"}, TEXT | {"reason": "A finding.", "judged_by": "a reader"}),
        ("unseen", {}, {"kind": "original source", "reason": "Not found."}),
        ("not derivable", {}, TEXT | {"reason": "Reported once."}),
    ],
)
def test_verdict_follows_from_kind_inputs_and_check(expected, inputs, given):
    assert claims.verdict(inputs, **given).verdict == expected


@pytest.mark.parametrize(
    ("inputs", "given", "message"),
    [
        ({}, TEXT, "no reason is given"),
        ({"x": 3}, TEXT | {"reason": "r"}, "inputs but no check"),
        ({"only": "one wording"}, PLACES | {"reason": "r"}, "two or more wordings"),
        ({"x": 3}, ARITHMETIC | {"show": "x", "reason": "r"}, "but no check"),
        ({"x": 3, "y": 4, "z": 1}, PLACES | {"check": "x == y"}, "input 'z' is used by no expression"),
        ({}, ARITHMETIC | {"check": "3 == 3"}, "uses no input"),
        ({"x": 3}, ARITHMETIC | {"check": "x * 2", "rounded": "round(x)"}, "nothing to round"),
        ({"x": 3, "y": 4}, PLACES | {"check": "x == y", "rounded": "x + 1"}, "must come to true or false"),
        ({"x": 3}, {"kind": "by eye", "check": "x > 2"}, "'by eye' is no kind of check; give one of arithmetic"),
    ],
)
def test_a_claim_that_checks_nothing_is_refused(inputs, given, message):
    with pytest.raises(checks.CheckError, match=message):
        claims.verdict(inputs, **given)


@pytest.mark.parametrize(
    ("inputs", "given", "message"),
    [
        ({"x": 2}, PLACES | {"check": "x == x"}, "compares a value with itself"),
        ({"x": [1, 2]}, ARITHMETIC | {"check": "sum(x) == sum(x)"}, "compares a value with itself"),
        ({"x": 2}, ARITHMETIC | {"check": "x * 2 / 2 == x"}, "comes out the same whatever the source reports"),
        ({"x": 2, "y": 9}, ARITHMETIC | {"check": "x + y == y + x"}, "comes out the same whatever the source reports"),
        ({"bp": 2, "pwc": 2}, ARITHMETIC | {"check": "bp == pwc"}, "compares two typed values without a calculation"),
        ({"x": 2}, PLACES | {"check": "x == 2"}, "compares 'x' with 2, which is typed in the check"),
        (
            {"listed": ["a", "b"]},
            ARITHMETIC | {"check": "len(listed)"},
            "compares it with nothing that the source anno",
        ),
        (
            {"one": ["a"], "two": ["b", "c"]},
            ARITHMETIC | {"check": "len(one) / len(two)"},
            "counts the typed list 'one'",
        ),
        ({"n": 2, "listed": ["a", "a"]}, {"kind": "list as announced", "check": "len(listed) == n"}, "an item twice"),
        ({"n": 2, "listed": ["a", "b"]}, PLACES | {"check": "len(listed) == n"}, "so the kind is 'list as announced'"),
        ({"x": 3, "n": 4}, PLACES | {"check": "x / n"}, "comes to a number, so it is no comparison"),
        ({"x": 3, "y": 3}, {"kind": "original source", "check": "x == y"}, "original source is not named"),
        ({"x": 3, "n": 4}, {"kind": "tested on data", "check": "x < n"}, "uses the result of a page"),
        ({"x": 3, "n": 4}, TEXT | {"check": "x < n"}, "there is a check, so the kind cannot be"),
        ({"here": "mean", "there": "median"}, PLACES | {"reason": "r"}, "say who judged"),
        ({"x": 3, "n": 4}, ARITHMETIC | {"check": "x < 2 * n", "judged_by": "me"}, "so nobody judges"),
        ({}, TEXT | {"reason": "r", "judged_by": "me"}, "there are no wordings"),
        ({}, ARITHMETIC | {"reason": "r"}, "the kind is 'arithmetic' but there is no check"),
    ],
)
def test_a_check_that_proves_less_than_its_kind_is_refused(inputs, given, message):
    with pytest.raises(checks.CheckError, match=message):
        claims.verdict(inputs, **given)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_a_comparison_of_two_places_can_always_fail(here, there):
    found = claims.verdict({"here": here, "there": there}, kind="same in two places", check="here == there").verdict
    assert found == ("consistent" if here == there else "inconsistent")


def test_agreement_at_the_printed_precision_is_reproduced():
    found = claims.verdict(
        {"start": 5755487, "end": 4560421, "stated": 20.8},
        kind="arithmetic",
        check="round(100 * (start - end) / start, 1) == stated",
    )
    assert found.verdict == "reproduced"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "days", ""),
        (True, "", ""),
        (1195066, "pounds", "1,195,066 pounds"),
        (1988, "(year)", "1988 (year)"),
        (-7.4647, "percent", "−7.465 percent"),
        (0.375, "", "0.375"),
        (48 - 37.2, "points", "10.8 points"),
    ],
)
def test_values_are_shown_for_a_reader(value, unit, text):
    assert claims.shown(value, unit) == text


# --- the committed ledger ---------------------------------------------------------------------------------------


def test_every_committed_verdict_is_recomputed(evaluated):
    assert len(evaluated) == CLAIMS
    wrong = evaluated[~evaluated["holds"]]
    assert wrong.empty, wrong[["claim_id", "committed", "verdict"]].to_string()
    assert (evaluated["committed"] != "").all()
    assert set(evaluated["verdict"]) == set(claims.VERDICTS)


def test_the_ledger_follows_its_schema_by_an_independent_reader():
    for name in ("claims", "claims_changes", "claims_readings", "claims_template", "claims_example"):
        description = datasets.describe(name)
        with system.use_context(trusted=True):
            resource = Resource(
                path=str(paths.data() / description["path"]), schema=Schema.from_descriptor(description["schema"])
            )
            report = resource.validate()
        assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])


def test_keeps_every_claim_of_the_draft(ledger, shared):
    with (shared / "claims_draft.csv").open(encoding="utf-8") as handle:
        draft = list(csv.DictReader(handle))
    kept = ledger[ledger["claim_id"].isin([row["claim_id"] for row in draft])]
    assert [row["claim_id"] for row in draft] == list(kept["claim_id"])
    assert [row["source_key"] for row in draft] == list(kept["source_key"])
    assert len(draft) == FIRST_READING


def test_no_place_points_into_a_text_file(ledger):
    pointer = re.compile(r"\bL\d+\b|\b(?:char|character|line)s? \d", re.IGNORECASE)
    for column in ["section", *TEXTS]:
        found = ledger[ledger[column].str.contains(pointer)]
        assert found.empty, found[["claim_id", column]].to_string()


def test_shares_no_eight_words_in_a_row_with_a_source(ledger, changes, shared):
    def words(text):
        return re.findall(r"[a-z0-9]+", text.lower())

    def runs(text):
        found = words(text)
        return {tuple(found[start : start + 8]) for start in range(len(found) - 7)}

    printed = set()
    for path in sorted((shared / "sources").glob("*.txt")):
        printed |= runs(path.read_text(encoding="utf-8"))
    assert len(printed) > 30000
    shared_runs = [
        (row["claim_id"], column, " ".join(run))
        for row in ledger.to_dict("records")
        for column in TEXTS
        for run in runs(row[column]) & printed
    ]
    shared_runs += [(row["claim_id"], run) for row in changes.to_dict("records") for run in runs(row["why"]) & printed]
    assert not shared_runs


def test_a_material_claim_says_why_it_matters_and_how_to_cite(evaluated):
    material = evaluated[evaluated["material"]]
    assert set(material["verdict"]) == {"inconsistent", "wordings disagree", "judged"}
    assert (material["why_it_matters"] != "").all()
    assert (material["cite_safely"] != "").all()
    assert (evaluated[~evaluated["material"]]["cite_safely"] == "").all()


def test_a_count_of_a_list_is_computed_and_not_typed(ledger):
    typed = re.compile(r'"(?:listed|counted|shared_items|practices)": \d')
    assert not ledger["inputs"].str.contains(typed).any()


def test_the_changes_lead_from_the_draft_to_the_ledger(evaluated, changes, shared):
    with (shared / "claims_draft.csv").open(encoding="utf-8") as handle:
        verdicts = {row["claim_id"]: row["verdict"].replace("_", " ") for row in csv.DictReader(handle)}
    for row in changes.to_dict("records"):  # the first reading stands before the second
        assert verdicts[row["claim_id"]] == row["before"], row
        assert row["before"] != row["after"]
        verdicts[row["claim_id"]] = row["after"]
    after = evaluated.set_index("claim_id")["verdict"].to_dict()
    assert verdicts == {name: after[name] for name in verdicts}


def test_the_changes_end_where_the_ledger_is(evaluated, changes):
    last = changes.drop_duplicates("claim_id", keep="last")
    after = evaluated.set_index("claim_id")["verdict"]
    assert (last["after"].to_numpy() == after[last["claim_id"]].to_numpy()).all()


def test_every_claim_says_who_found_it(ledger, readings):
    assert list(readings["claim_id"]) == list(ledger["claim_id"])
    found = readings["found"].value_counts()
    assert found["first reading"] == FIRST_READING
    assert (readings["transcription"].notna() == (readings["found"] == "first reading")).all()


def test_the_second_reading_found_under_three_percent_new_claims(evaluated, changes, readings):
    table = pages.second_reading(evaluated, changes, readings).set_index("question")
    assert table.loc["quantitative claims that only the second reading found", "percent"] < 3
    verdicts = table[table.index.str.startswith("verdicts")]
    assert verdicts["claims"].sum() == FIRST_READING, "each verdict of the first reading is in one row"


def test_a_reader_who_judged_is_named_and_a_disagreement_has_two_wordings(ledger):
    for row in ledger[ledger["verdict"].isin(["judged", "wordings disagree"])].to_dict("records"):
        assert "the authors were not asked" in row["judged_by"], row["claim_id"]
        assert len(checks.parse_inputs(row["inputs"])) >= 2
        assert row["reason"]


def test_an_original_value_that_the_book_holds_is_the_one_in_its_data(ledger):
    held = {
        "od-wres-appointment": ("wres_national", "series == 'wres_ind2_rel_likelihood_appointed_white_vs_bme' and "
                                "period == '2020' and group == 'England, NHS trusts'"),
        "od-bangladeshi-gap": ("ons_ethnicity_pay_gap", "series == 'raw_gap_vs_white_british_gb' and period == '2018' "
                               "and group == 'Bangladeshi'"),
    }  # fmt: skip
    for name, (data, where) in held.items():
        frame = datasets.load(data).astype({"period": "str"}).query(where)
        assert len(frame) == 1
        inputs = checks.parse_inputs(ledger.set_index("claim_id").loc[name, "inputs"])
        assert inputs["original"] == frame["value"].item()
        assert f"data/published/{data}.csv" in ledger.set_index("claim_id").loc[name, "original_source"]
    admissions = datasets.load("frome_results").query("series == 'unplanned_admissions_change'").set_index("group")
    inputs = checks.parse_inputs(ledger.set_index("claim_id").loc["od-frome-admissions-original", "inputs"])
    assert inputs["original_pilot"] == admissions.loc["Frome", "value"]
    assert inputs["original_rest"] == admissions.loc["Rest of Somerset", "value"]


def test_an_original_source_says_where_it_was_seen(ledger):
    named = ledger["original_source"] != ""
    assert (ledger.loc[named, "original_locator"] != "").all()
    assert set(ledger.loc[named, "original_seen"]) == {"seen_in_source", "seen_in_secondary"}
    assert set(ledger.loc[named, "check_kind"]) == {"original source"}
    unseen = ledger[ledger["verdict"] == "unseen"]
    assert (unseen["original_source"] == "").all(), "a source that was not seen is not cited as seen"


def test_occupancy_of_the_claim_is_that_of_the_official_series(ledger):
    beds = datasets.load("beds_england_official").query("step == 'quarter'")
    occupied = 100 * beds["general_acute_occupied"] / beds["general_acute_available"]
    by_year = occupied.groupby(beds["period"].dt.to_period("Q-MAR").dt.qyear - 1).mean()
    inputs = checks.parse_inputs(ledger.set_index("claim_id").loc["man-occupancy-slack", "inputs"])
    assert inputs["occupancy_first"] == pytest.approx(by_year[2010], abs=0.005)
    assert inputs["occupancy_last"] == pytest.approx(by_year[2019], abs=0.005)


def test_beds_of_the_decade_before_are_those_of_the_official_file(ledger, shared):
    (path,) = (shared / "real_data/beds_england").glob("Beds-Timeseries-2010-11*.xls")
    sheet = pd.read_excel(path, engine="calamine", header=None, sheet_name="Open Overnight")
    rows = sheet.set_index([1, 2])[[5, 11]].astype("object")
    inputs = checks.parse_inputs(ledger.set_index("claim_id").loc["man-beds-decade", "inputs"])
    for year, label in ((2010, "2010/11"), (2018, "2018/19")):
        available, occupied = rows.loc[(label, "Q1")].astype(float).to_numpy().ravel()
        assert inputs[f"beds_{year}"] == pytest.approx(available, abs=0.006)
        assert inputs[f"occupied_{year}"] == pytest.approx(occupied, abs=0.006)


def test_the_template_has_an_example_of_every_verdict():
    examples = step.evaluated_file("claims_template")
    assert examples["holds"].all()
    assert set(examples["verdict"]) == set(claims.VERDICTS)
    assert set(examples["check_kind"]) == set(claims.KINDS)


def test_the_worked_example_is_an_open_paper_with_four_kinds():
    example = step.evaluated_file("claims_example")
    assert set(example["verdict"]) == {"reproduced", "consistent", "derived", "not derivable"}
    assert example["check_kind"].nunique() == 4
    assert "CC BY" in str(datasets.describe("claims_example")["sources"])


def test_the_kinds_are_counted_apart(evaluated):
    counted = claims.counts_by_kind(evaluated).set_index("check_kind")
    assert counted.loc["all", "all"] == CLAIMS
    assert list(counted.index) == [*claims.KINDS, "all"]
    by_hand = evaluated[evaluated["check_kind"] == "list as announced"]["verdict"]
    assert counted.loc["list as announced", "holds"] == (by_hand == "consistent").sum()
    assert counted.loc["not checkable from the text", ["holds", "does not hold"]].sum() == 0


# --- tampering, results and readers' files ----------------------------------------------------------------------


def test_a_changed_verdict_input_or_check_no_longer_holds(ledger):
    for column, value in [
        ("verdict", "reproduced"),
        ("inputs", '{"after": 367, "before": 183}'),
        ("check", "after / before > 1"),
    ]:
        tampered = ledger.copy()
        tampered.loc[tampered["claim_id"] == "cpt-clinic-staff-over-double", column] = value
        wrong = claims.evaluate(tampered, results=step.recorded_values()).query("not holds")
        assert list(wrong["claim_id"]) == ["cpt-clinic-staff-over-double"]


def test_a_claim_can_be_checked_against_what_a_chapter_computes(ledger):
    linked = ledger.head(1).assign(
        check_kind="tested on data", inputs='{"printed": 1.98}', check="round(result, 2) == printed",
        result="span/staff_ratio", verdict="",
    )  # fmt: skip
    found = claims.evaluate(linked, results={"span/staff_ratio": 363 / 183})
    assert found["verdict"].tolist() == ["reproduced"]
    with pytest.raises(DataError, match="'span/staff_ratio', which no run has recorded; run `healthsys run`"):
        claims.evaluate(linked, results={})
    with pytest.raises(
        DataError, match=r"reported figures come to 2\.5 and the linked result 'span/staff_ratio' is 1\.98"
    ):
        claims.evaluate(
            linked.assign(check_kind="arithmetic", inputs='{"whole": 5, "part": 2}', check="whole / part"),
            results={"span/staff_ratio": 1.983607},
        )
    with pytest.raises(DataError, match="is linked and not used; write it into the check as result"):
        claims.evaluate(
            linked.assign(check_kind="arithmetic", check="printed * 2 > 1"), results={"span/staff_ratio": 1.983607}
        )


def test_in_a_chapter_linked_claims_are_computed_from_the_printed_figures_alone(ledger):
    linked = ledger[ledger["result"] != ""]
    alone = claims.evaluate(linked)
    assert alone["holds"].all()
    assert (alone["shown"] != "").all()
    whole = claims.evaluate(linked, results=step.recorded_values())
    assert whole["shown"].tolist() == alone["shown"].tolist()


def test_chapters_and_claims_that_compute_the_same_are_linked(ledger):
    linked = set(ledger.loc[ledger["result"] != "", "result"])
    assert {"climate-printed/gap_mean", "community-care/saving_percent", "review-equality/board_ratio"} <= linked
    assert len(linked) >= 20


HEADER = (
    "claim_id,source_key,theme,section,statement,printed,check_kind,inputs,check,rounded,show,unit,verdict,judged_by,"
    "reason,original_source,original_locator,original_seen,result,material,why_it_matters,cite_safely\n"
)


INPUTS = '"{""a"": 2}"'

#: The cells after the check, and those from the inputs on.
REST, EMPTY = "," * 13, "," * 15


def own_file(tmp_path, *rows):
    path = tmp_path / "my-paper.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_readers_own_file_is_evaluated_without_committed_verdicts(tmp_path):
    inputs = '"{""stated"": 2, ""listed"": [""one"", ""five""]}"'
    path = own_file(
        tmp_path, f"n,me2025,method,Results,A count.,2,list as announced,{inputs},len(listed) == stated" + REST
    )
    found = claims.evaluate(claims.load_ledger(path), label=path.name)
    assert found["verdict"].tolist() == ["consistent"]
    assert found["holds"].tolist() == [True]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,me,m,R,S.,2,arithmetic,a=2,a == 2" + REST, r"my-paper.csv: row 2, claim 'x', column 'inputs', 'a=2'.*J"),
        (f"x,me,m,R,S.,2,arithmetic,{INPUTS},a.real == 2" + REST, r"claim 'x', column 'check', 'a.real == 2'.*attr"),
        (f"x,me,m,R,S.,2,arithmetic,{INPUTS},3 == 2" + REST, r"column 'check', '3 == 2'.*input 'a' is used by no"),
        (f"x,me,m,R,S.,2,arithmetic,{INPUTS},a == a" + REST, r"column 'check', 'a == a'.*compares a value with its"),
        ('x,me,m,R,S.,2,same in two places,"{""a"": 2, ""b"": 2}",a == b' + REST, r"one is named.*by ';'"),
        ("x,me,m,R,S.,2,not checkable from the text" + EMPTY, r"column 'check', the cell is empty: nothing is compute"),
        ("x,me,m,R,S.,2,by eye" + EMPTY, r"column 'check_kind', row 2: 'by eye' is not allowed; allowed: one of arith"),
        (
            "x,me,m,R,S.,2,arithmetic,,,,,,wrong,,r,,,,,,,",
            r"column 'verdict', row 2: 'wrong' is not allowed; allowed: on",
        ),
        ("X y,me,m,R,S.,2,arithmetic,,,,,,,,r,,,,,,,", r"column 'claim_id', row 2: 'X y' is not allowed"),
        ("x,me,m,R,S.,2,arithmetic,,,,,,,,r,,,,,perhaps,,", r"column 'material', row 2: 'perhaps'.*true or false"),
    ],
)
def test_a_faulty_file_is_told_by_file_row_column_value_and_remedy(tmp_path, row, message):
    with pytest.raises(DataError, match=message):
        claims.evaluate(claims.load_ledger(own_file(tmp_path, row)), label="my-paper.csv")


def test_faults_are_reported_together_with_a_remedy(tmp_path):
    rows = [f"x{n},me,m,Results,S.,2,not checkable from the text" + EMPTY for n in range(12)]
    with pytest.raises(DataError) as caught:
        claims.evaluate(claims.load_ledger(own_file(tmp_path, *rows)), label="my-paper.csv")
    assert "and 2 more claims" in str(caught.value)
    assert "Correct these claims and try again" in str(caught.value)


# --- pages ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(evaluated, changes, readings):
    template, example = step.evaluated_file("claims_template"), step.evaluated_file("claims_example")
    keys = set(evaluated["source_key"])
    entries = "".join(f"@article{{{key},\n  title = {{The {{Paper}} {key}}},\n}}\n" for key in keys)
    return pages.all_pages(evaluated, changes, readings, template, example, bibliography=entries)


def test_each_claim_has_one_anchor_on_the_page_of_its_source(evaluated, book):
    for row in evaluated.to_dict("records"):
        assert book[f"{row['source_key']}.md"].count(f'id="claim-{row["claim_id"]}"') == 1


def test_numbers_on_the_pages_are_computed(book):
    from markdown_it import MarkdownIt

    from typed_numbers import typed_numbers

    for name, text in book.items():
        built = MarkdownIt("commonmark", {"html": True}).render(text)
        found = typed_numbers(f"<article class='bd-article'>{built}</article>", name=name)
        assert not found, [str(one) for one in found]


def test_the_whole_table_is_plain_html_with_data_for_filters(evaluated, book):
    from lxml import html

    markup = book["claims-table.md"]
    rows = html.fragment_fromstring(markup[markup.index("<div") :]).xpath("//tbody/tr")
    assert len(rows) == CLAIMS
    assert [row.get("data-verdict") for row in rows] == list(evaluated["verdict"])
    assert [row.get("data-kind") for row in rows] == list(evaluated["check_kind"])
    assert all(row.get("data-source") and row.get("data-theme") and row.get("data-material") for row in rows)
    assert not any(row.get("hidden") for row in rows)


def test_material_inconsistencies_are_written_for_a_reader(evaluated, book):
    for row in evaluated[evaluated["material"]].to_dict("records"):
        assert f'id="material-{row["claim_id"]}"' in book["inconsistencies.md"]
    assert book["inconsistencies.md"].count("<dt>How to cite</dt>") == evaluated["material"].sum()


def test_the_words_of_an_inconsistency_are_found_by_the_search(book):
    (index,) = re.findall("^```{index} (.*)$", book["inconsistencies.md"], re.M)
    assert "! over double" in index.split(", ")
    assert not re.search(r"[^a-z !,]", index)


def test_the_strongest_results_are_in_words_with_their_numbers(evaluated, book):
    said = pages.strongest(evaluated)
    for sentence in (
        "statistical process control by the 5 principles of lean",
        "95% of healthcare workers who died from COVID-19",
        "63% for all healthcare workers",
        "that of a single year; the two totals are 3 years apart",
    ):
        assert sentence in said
    assert said.strip() in book["inconsistencies.md"]
    assert said.strip() in book["index.md"]
    assert pages.strongest(evaluated.head(3)) == "", "a ledger without these claims has none"


def test_sources_are_called_by_author_and_year():
    text = '@book{b, author={{The Team}}, booktitle={No}, title="T", year={2020}}\n@misc{c, author={A, B and C, D}}'
    assert pages.sources(text) == {"b": pages.Source("T", "The Team 2020"), "c": pages.Source("c", "A and C")}


def test_titles_and_citations_come_from_the_bibliography(book):
    start = "# The Paper gilson2020\n\nThe claims of {cite:t}`gilson2020`, each checked"
    assert book["gilson2020.md"].startswith(start)


def test_ledger_text_is_escaped(ledger):
    hostile = claims.evaluate(ledger.head(1).assign(statement="<script>alert(1)</script>", printed="a & b"))
    for page in (pages.source_page(hostile, "gilson2020"), pages.table_page(hostile)):
        assert "<script>" not in page
        assert "&lt;script&gt;" in page
        assert "a &amp; b" in page


def test_an_html_block_has_no_blank_line_that_would_end_it(book):
    for text in book.values():
        for block in re.findall(r"^<div.*?</div>\n", text, flags=re.DOTALL | re.MULTILINE):
            assert "\n\n" not in block


def test_an_unknown_source_or_claim_names_the_nearest(evaluated):
    with pytest.raises(DataError, match="Did you mean 'gilson2020'"):
        pages.source_page(evaluated, "gilson2002")
    with pytest.raises(DataError, match="Did you mean 'cpt-study-window'"):
        pages.claims_table(evaluated, ["cpt-studywindow"], caption="x")


def test_claims_of_a_chapter_are_in_the_order_asked(evaluated):
    shown = pages.claims_table(evaluated, ["od-frome-annual-rate", "od-frome-cost-saving"], caption="Frome")
    assert shown.html.index("imply a yearly rate") < shown.html.index("next to the two totals")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("len(listed) == stated", "number in listed = stated"),
        ("sum(innovative) / len(innovative)", "(sum of innovative) / (number in innovative)"),
        ("abs(result - beds_last) < 0.01", "size of (result − beds last) < 0.01"),
        ("days(start, view) / 30 != stated", "(days from start to view) / 30 ≠ stated"),
        ("a - (b - c) - d", "a − (b − c) − d"),
        ("(a + b) ** 2 >= c or not_named in listed", "(a + b) to the power of 2 ≥ c or not named is among listed"),
        ("round(a / b, 1) == c and round(-d) == e", "a / b, rounded to 1 decimal place = c and −d, rounded = e"),
        ("all([c in listed for c in cited])", "all([c in listed for c in cited])"),
    ],
)
def test_a_check_is_said_in_words(check, said):
    assert wording.check_in_words(check) == said


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (f'{{"x": {"9" * 6000}}}', "a number has 6000 digits; at most 100 are read"),
        (f'{{"x": -{"9" * 101}}}', "a number has 101 digits; at most 100 are read"),
        (f'{{"x": {"[" * 200_000}', "the inputs are not a JSON object (maximum recursion depth"),
        ('{"x": 1e999}', "1e999 is larger than a number can be"),
        ('{"x": NaN}', "NaN is not a number that can be written"),
    ],
)
def test_inputs_that_no_machine_holds_are_refused_in_a_sentence(inputs, said):
    with pytest.raises(checks.CheckError, match=re.escape(said)):
        checks.parse_inputs(inputs)
    assert checks.parse_inputs(f'{{"x": {"9" * 99}}}') == {"x": int("9" * 99)}
