"""The claims ledger: every kind of verdict, every committed claim, and files that break the rules."""

import csv
import re

import pytest
from frictionless import Resource, Schema, system

from compendium import datasets, paths
from everyday.ledger import book as step
from everyday.ledger import checks, claims, pages
from healthsys.errors import DataError

CLAIMS = 334
TEXTS = ["statement", "printed", "inputs", "reason", "why_it_matters", "cite_safely"]


@pytest.fixture(scope="module")
def ledger():
    return claims.load_ledger()


@pytest.fixture(scope="module")
def evaluated():
    return step.evaluated_ledger()


@pytest.fixture(scope="module")
def changes():
    return datasets.load("claims_changes")


# --- the rule ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "inputs", "given"),
    [
        ("reproduced", {"stated": 3, "listed": ["a", "b", "c"]}, {"check": "len(listed) == stated"}),
        ("rounding", {"x": 2.6}, {"check": "x == 3", "rounded": "round(x) == 3"}),
        ("inconsistent", {"x": 2.4}, {"check": "x == 3", "rounded": "round(x) == 3"}),
        ("inconsistent", {"x": 2}, {"check": "x == 3"}),
        ("derived", {"x": 3, "n": 4}, {"check": "x / n"}),
        ("judged", {"here": "mean", "there": "median"}, {"reason": "The words differ."}),
        ("not derivable", {}, {"reason": "Printed once."}),
    ],
)
def test_verdict_follows_from_inputs_and_check(expected, inputs, given):
    assert claims.verdict(inputs, **given).verdict == expected


@pytest.mark.parametrize(
    ("inputs", "given", "message"),
    [
        ({}, {}, "no reason is given"),
        ({"x": 3}, {"reason": "r"}, "inputs but no check"),
        ({"only": "one wording"}, {"reason": "r"}, "two or more wordings"),
        ({"x": 3}, {"show": "x", "reason": "r"}, "but no check"),
        ({"x": 3, "y": 4}, {"check": "x == 3"}, "input 'y' is used by no expression"),
        ({}, {"check": "3 == 3"}, "uses no input"),
        ({"x": 3}, {"check": "x", "rounded": "round(x)"}, "nothing to round"),
        ({"x": 3}, {"check": "x == 4", "rounded": "x + 1"}, "must come to true or false"),
    ],
)
def test_a_claim_that_checks_nothing_is_refused(inputs, given, message):
    with pytest.raises(checks.CheckError, match=message):
        claims.verdict(inputs, **given)


def test_agreement_at_the_printed_precision_is_reproduced():
    found = claims.verdict(
        {"start": 5755487, "end": 4560421, "stated": 20.8}, check="round(100 * (start - end) / start, 1) == stated"
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
    for name in ("claims", "claims_changes", "claims_template"):
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
    assert [row["claim_id"] for row in draft] == list(ledger["claim_id"])
    assert [row["source_key"] for row in draft] == list(ledger["source_key"])


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
    assert set(material["verdict"]) == {"inconsistent", "judged"}
    assert (material["why_it_matters"] != "").all()
    assert (material["cite_safely"] != "").all()
    assert (evaluated[~evaluated["material"]]["cite_safely"] == "").all()


def test_a_count_of_a_list_is_computed_and_not_typed(ledger):
    typed = re.compile(r'"(?:listed|counted|shared_items|practices)": \d')
    assert not ledger["inputs"].str.contains(typed).any()


def test_the_changes_are_those_between_draft_and_ledger(evaluated, changes, shared):
    with (shared / "claims_draft.csv").open(encoding="utf-8") as handle:
        before = {row["claim_id"]: row["verdict"].replace("_", " ") for row in csv.DictReader(handle)}
    after = evaluated.set_index("claim_id")["verdict"].to_dict()
    differ = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    listed = {row["claim_id"]: (row["before"], row["after"]) for row in changes.to_dict("records")}
    assert listed == differ


def test_the_changes_end_where_the_ledger_is(evaluated, changes):
    after = evaluated.set_index("claim_id")["verdict"]
    assert (changes["after"].to_numpy() == after[changes["claim_id"]].to_numpy()).all()


def test_the_template_has_an_example_of_every_verdict():
    examples = claims.evaluate(claims.load_ledger(paths.data() / "templates" / "claims_template.csv"))
    assert examples["holds"].all()
    assert set(examples["verdict"]) == set(claims.VERDICTS)


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
        inputs='{"printed": 1.98}', check="round(result, 2) == printed", result="span/staff_ratio", verdict=""
    )
    found = claims.evaluate(linked, results={"span/staff_ratio": 363 / 183})
    assert found["verdict"].tolist() == ["reproduced"]
    with pytest.raises(DataError, match="'span/staff_ratio', which no run has recorded; run `healthsys run`"):
        claims.evaluate(linked, results={})
    with pytest.raises(
        DataError, match=r"reported figures come to 2\.5 and the linked result 'span/staff_ratio' is 1\.98"
    ):
        claims.evaluate(
            linked.assign(inputs='{"whole": 5, "part": 2}', check="whole / part"),
            results={"span/staff_ratio": 1.983607},
        )
    with pytest.raises(DataError, match="is linked and not used; write it into the check as result"):
        claims.evaluate(linked.assign(check="printed > 1"), results={"span/staff_ratio": 1.983607})


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


HEADER = "claim_id,source_key,theme,section,statement,printed,inputs,check,rounded,show,unit,verdict,reason,result,material,why_it_matters,cite_safely\n"  # noqa: E501


INPUTS = '"{""a"": 2}"'


def own_file(tmp_path, *rows):
    path = tmp_path / "my-paper.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_readers_own_file_is_evaluated_without_committed_verdicts(tmp_path):
    inputs = '"{""stated"": 2, ""listed"": [1, 5]}"'
    path = own_file(tmp_path, f"n,me2025,method,Results,A count.,2,{inputs},len(listed) == stated,,,,,,,,,")
    found = claims.evaluate(claims.load_ledger(path), label=path.name)
    assert found["verdict"].tolist() == ["reproduced"]
    assert found["holds"].tolist() == [True]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,me,m,R,S.,2,a=2,a == 2,,,,,,,,,", r"my-paper.csv: row 2, claim 'x', column 'inputs', 'a=2'.*JSON"),
        (f"x,me,m,R,S.,2,{INPUTS},a.real == 2,,,,,,,,,", r"claim 'x', column 'check', 'a.real == 2'.*attribute"),
        (f"x,me,m,R,S.,2,{INPUTS},3 == 2,,,,,,,,,", r"column 'check', '3 == 2'.*input 'a' is used by no expression"),
        ("x,me,m,R,S.,2,,,,,,,,,,,", r"column 'check', the cell is empty: nothing is computed and no reason"),
        ("x,me,m,R,S.,2,,,,,,wrong,r,,,,", r"column 'verdict', row 2: 'wrong' is not allowed; allowed: one of rep"),
        ("X y,me,m,R,S.,2,,,,,,,r,,,,", r"column 'claim_id', row 2: 'X y' is not allowed"),
        ("x,me,m,R,S.,2,,,,,,,r,,perhaps,,", r"column 'material', row 2: 'perhaps'.*true or false"),
    ],
)
def test_a_faulty_file_is_told_by_file_row_column_value_and_remedy(tmp_path, row, message):
    with pytest.raises(DataError, match=message):
        claims.load_ledger(own_file(tmp_path, row))


def test_faults_are_reported_together_with_a_remedy(tmp_path):
    rows = [f"x{n},me,m,Results,S.,2,,,,,,,,,,," for n in range(12)]
    with pytest.raises(DataError) as caught:
        claims.load_ledger(own_file(tmp_path, *rows))
    assert "and 2 more claims" in str(caught.value)
    assert "Correct these claims and try again" in str(caught.value)


# --- pages ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book(evaluated, changes):
    examples = claims.evaluate(claims.load_ledger(paths.data() / "templates" / "claims_template.csv"))
    keys = set(evaluated["source_key"])
    entries = "".join(f"@article{{{key},\n  title = {{The {{Paper}} {key}}},\n}}\n" for key in keys)
    return pages.all_pages(evaluated, changes, examples, bibliography=entries)


def test_each_claim_has_one_anchor_on_the_page_of_its_source(evaluated, book):
    for row in evaluated.to_dict("records"):
        assert book[f"{row['source_key']}.md"].count(f'id="claim-{row["claim_id"]}"') == 1


def test_numbers_on_the_pages_are_computed(book):
    from markdown_it import MarkdownIt

    from compendium.prose import typed_numbers

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
    assert all(row.get("data-source") and row.get("data-theme") and row.get("data-material") for row in rows)
    assert not any(row.get("hidden") for row in rows)


def test_material_inconsistencies_are_written_for_a_reader(evaluated, book):
    for row in evaluated[evaluated["material"]].to_dict("records"):
        assert f'id="material-{row["claim_id"]}"' in book["inconsistencies.md"]
    assert book["inconsistencies.md"].count("<dt>How to cite</dt>") == evaluated["material"].sum()


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
        pages.beside(evaluated, ["cpt-studywindow"], caption="x")


def test_claims_stand_beside_a_chapter_in_the_order_asked(evaluated):
    shown = pages.beside(evaluated, ["od-frome-annual-rate", "od-frome-cost-saving"], caption="Frome")
    assert shown.html.index("imply a yearly rate") < shown.html.index("next to the two totals")
