"""``healthsys claims``: the table, the JSON, a reader's own file, and the exit code."""

import json

import pytest
from click.testing import CliRunner

import miniature
from compendium import paths
from compendium.errors import DatasetError
from everyday.ledger import book
from everyday.ledger.command import claims
from healthsys.errors import DataError


def run(*arguments):
    return CliRunner().invoke(claims, [str(argument) for argument in arguments])


def test_rechecks_all_claims():
    found = run()
    assert found.exit_code == 0, found.output
    assert "367 claims checked, 0 verdicts no longer hold" in found.output


def test_one_source_as_json():
    found = run("--source", "mannion2023", "--json")
    assert found.exit_code == 0, found.output
    entries = json.loads(found.stdout)
    assert {entry["source_key"] for entry in entries} == {"mannion2023"}
    assert entries[0]["verdict"] == "inconsistent"
    assert entries[0]["inputs"]["argument"] == ["inputs", "processes", "outcomes"]


def test_an_unknown_source_is_named():
    found = run("--source", "manion2023")
    assert isinstance(found.exception, DataError)
    assert "Did you mean 'mannion2023'" in str(found.exception)


def test_own_file_with_a_verdict_that_does_not_hold_exits_1_and_gives_its_page(tmp_path):
    template = (paths.data() / "templates" / "claims_template.csv").read_text(encoding="utf-8")
    assert '"{""abstract"": 24, ""methods"": 24}"' in template
    path = tmp_path / "my-paper.csv"
    path.write_text(template.replace('""methods"": 24', '""methods"": 25'), encoding="utf-8")
    found = run("--file", path, "--page", tmp_path / "audit.md")
    assert found.exit_code == 1
    assert (
        "my-paper.csv: row 5, claim 'example-interviews', column 'verdict': committed 'consistent', "
        "recomputed 'inconsistent'"
    ) in found.output
    assert "# example2025" in (tmp_path / "audit.md").read_text(encoding="utf-8")


def test_a_missing_file_is_said(tmp_path):
    found = run("--file", tmp_path / "absent.csv")
    assert isinstance(found.exception, DatasetError)
    assert "neither a bundled data set nor a file" in str(found.exception)


def test_the_build_step_gives_every_page_and_the_download():
    pages = book.book_pages()
    assert {"evidence/index.md", "evidence/bolden2021.md", "evidence/inconsistencies.md"} <= set(pages)
    assert pages["evidence/mannion2023.md"].startswith("# The power of autonomy")
    assert len(json.loads(book.ledger_json())) == 367


def test_a_project_without_a_ledger_gets_no_pages(mini):
    assert book.book_pages() == {}


def test_recorded_values_come_from_the_last_build_then_from_the_record(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "datapackage.json").write_text("{}")
    monkeypatch.setenv("HEALTHSYS_ROOT", str(tmp_path))
    for folder, value in (("results", 1), ("book/_build/results", 2)):
        (tmp_path / folder).mkdir(parents=True)
        record = {"results": {"mean": {"value": value}, "undefined": {"reason": "none"}}}
        (tmp_path / folder / "waits.json").write_text(json.dumps(record))
    assert book.recorded_values() == {"waits/mean": 2}


def test_filters_work_in_a_browser_and_the_table_is_whole_without_script(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    program = miniature.chromium()
    from everyday.ledger import pages

    evaluated = book.evaluated_ledger()
    script = (paths.book() / "_static" / "claims.js").read_text(encoding="utf-8")
    page_file = tmp_path / "table.html"
    page_file.write_text(
        f'<!doctype html><html lang="en"><title>t</title><body>{pages.table_page(evaluated)}<script>{script}</script>',
        encoding="utf-8",
    )
    shown = "document.querySelectorAll('tbody tr:not([hidden])').length"
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=program, args=["--no-sandbox"])
        plain = browser.new_context(java_script_enabled=False).new_page()
        plain.goto(page_file.as_uri())
        assert plain.locator("tbody tr").count() == len(evaluated)
        assert plain.locator("select").count() == 0
        page = browser.new_page()
        page.goto(page_file.as_uri())
        assert page.evaluate(shown) == len(evaluated)
        page.select_option("select[name=verdict]", "inconsistent")
        wanted = evaluated[evaluated["verdict"] == "inconsistent"]
        assert page.evaluate(shown) == len(wanted)
        page.select_option("select[name=material]", "yes")
        assert page.evaluate(shown) == int(wanted["material"].sum())
        page.fill("input[type=search]", "clinic staff")
        assert page.evaluate(shown) < int(wanted["material"].sum())
        page.click("button[type=reset]")
        miniature.until(page, f"{shown} === {len(evaluated)}")
        browser.close()
