"""The pipeline on the miniature project: two runs, pages, cache, failures, the record, reports."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml
from click.testing import CliRunner

import miniature
from everyday.cli import main
from miniature import healthsys


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A copy of the built miniature, for the tests of this file to change."""
    return shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("pipeline") / "mini")


def pages(root: Path) -> dict[str, str]:
    html = root / "book/_build/html"
    return {
        path.relative_to(html).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(html.rglob("*"))
        if path.is_file()
    }


def set_cell(root: Path, position: int, source: str) -> None:
    path = root / "notebooks/waits.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[position].source = source
    nbformat.write(notebook, path)


def test_a_page_shows_its_numbers_by_reference(built):
    page = (built / "book/_build/html/analyses/waits-twice.html").read_text()
    assert "<h1>Waits doubled" in page
    assert '<a class="hs-ref hs-ref-result reference internal" href="#result-mean_wait"' in page
    assert ">27.00 days</a>" in page
    assert 'title="Invented report, table 1, row 1">12.5</a>' in page
    assert ">2.0</a>" in page
    assert ">95\u00a0%</a>" in page
    assert 'id="result-mean_wait"' in page
    assert 'href="analyses/waits-twice.html#result-mean_wait"' in (built / "book/_build/html/index.html").read_text()


def test_a_page_hides_code_folds_parameters_and_keeps_stray_output_off(built):
    page = (built / "book/_build/html/analyses/waits-twice.html").read_text()
    assert page.count("<summary>Settings used on this page</summary>") == 1
    assert "injected-parameters" not in page
    assert "factor = 2.0" not in page
    assert "tag_hide-input" in page
    assert "vnd.healthsys" not in page
    assert "mean_wait: 27.00" not in page


def test_a_page_ends_with_its_provenance(built):
    page = (built / "book/_build/html/analyses/waits-once.html").read_text()
    sha = hashlib.sha256((built / "data/published/waits.csv").read_bytes()).hexdigest()
    assert sha in page[page.index("Provenance") :]
    for offered in ("notebooks/waits.ipynb", "executed/waits-once.ipynb", "results/waits-once.json",
                    "data/published/waits.csv"):  # fmt: skip
        assert f'href="../{offered}"' in page
        assert (built / "book/_build/html" / offered).is_file()


def test_formulas_are_mathml_and_nothing_is_fetched(built):
    for page in (built / "book/_build/html").rglob("*.html"):
        text = page.read_text()
        assert "mathjax.js" not in text.lower()
        assert "mathjax@" not in text.lower()
        assert 'src="http' not in text
        assert '<link rel="stylesheet" href="http' not in text
    assert "<math" in (built / "book/_build/html/analyses/waits-once.html").read_text()


def test_results_file_holds_value_text_and_figure_data(built):
    record = json.loads((built / "book/_build/results/waits-twice.json").read_text())
    assert record["parameters"] == {"factor": 2.0, "source": "waits", "unit": "days"}
    assert record["results"]["mean_wait"]["value"] == 27.0
    assert record["results"]["mean_wait"]["text"] == "27.00 days"
    assert record["figures"]["waits"]["rows"] == [["Jan", 12.5], ["Feb", 14.5], ["Mar", None]]
    assert str(built) not in json.dumps(record)


def test_a_second_build_executes_and_builds_nothing(built):
    before = pages(built)
    done = healthsys(built, "build")
    assert "runs: 0 executed, 2 unchanged, 0 failed" in done.stdout
    assert "book up to date" in done.stdout
    assert "differs" not in done.stderr
    assert pages(built) == before


def test_two_clean_builds_elsewhere_give_the_same_bytes(built, tmp_path):
    other = miniature.make(tmp_path / "somewhere" / "else")
    assert healthsys(other, "build", PYTHONHASHSEED="random").returncode == 0
    assert pages(other) == pages(built)


def test_one_changed_parameter_executes_one_run_and_is_reported_until_accepted(built):
    path = built / "notebooks/runs.yml"
    original = path.read_text()
    runs = yaml.safe_load(original)
    runs["runs"]["waits-twice"]["parameters"]["factor"] = 3.0
    path.write_text(yaml.safe_dump(runs))
    done = healthsys(built, "build")
    assert "runs: 1 executed, 1 unchanged, 0 failed" in done.stdout
    assert "waits-twice: mean_wait, value: expected 27.0, got 40.5, difference 13.5" in done.stderr
    assert "the published record" not in done.stderr
    refused = healthsys(built, "verify", "--accept", "waits-twice")
    assert refused.returncode == 1
    assert "waits-twice/mean_wait; say why" in refused.stderr
    assert "expected 27.0, got 40.5" in refused.stdout
    accepted = healthsys(built, "verify", "--accept", "waits-twice", "--why", "The factor was wrong.")
    assert "expected 27.0, got 40.5" in accepted.stdout
    assert "27.00 days,40.50 days,The factor was wrong." in (built / "data/corrections.csv").read_text()
    assert "results/waits-twice.json written" in accepted.stdout
    again = healthsys(built, "verify", "--only", "runs")
    assert again.returncode == 0, again.stdout
    assert "all 6 checks agree" in again.stdout
    path.write_text(original)
    assert healthsys(built, "build").returncode == 0
    assert healthsys(built, "verify", "--accept", "waits-twice", "--why", "It was right after all.").returncode == 0


def test_a_failing_cell_is_named_and_the_last_good_page_stays(built):
    before = pages(built)
    good = nbformat.read(built / "notebooks/waits.ipynb", as_version=4)
    source = good.cells[4].source
    set_cell(built, 4, f"{source}\nif factor > 1:\n    raise ZeroDivisionError('no wait')")
    done = healthsys(built, "build")
    set_cell(built, 4, source)
    assert done.returncode == 1
    assert "runs: 1 executed, 0 unchanged, 1 failed" in done.stdout
    assert (
        "waits-twice: cell 5 failed at `raise ZeroDivisionError('no wait')`: ZeroDivisionError: no wait" in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert pages(built) == before
    assert healthsys(built, "run").returncode == 0


def test_an_undeclared_data_set_is_an_error(mini):
    set_cell(mini, 2, "from compendium.notebook import open_data\n\n"
                      "waits = open_data('waits'); open_data('coverage')")  # fmt: skip
    done = healthsys(mini, "run", "waits-once")
    assert done.returncode == 1
    assert (
        "this run reads the data set 'coverage' but its entry in notebooks/runs.yml does not declare it" in done.stderr
    )


def test_a_reference_to_nothing_fails_the_page_build_each_time(mini):
    (mini / "book/index.md").write_text(
        "# Miniature\n\nA {result}`waits-once/mean_wat` and {published}`waits/Dec/days`.\n"
    )
    for _ in range(2):
        done = healthsys(mini, "build")
        assert done.returncode == 1
        assert "run 'waits-once' records no result 'mean_wat'. Did you mean 'mean_wait'?" in done.stderr
        assert "data set 'waits' has no row with month 'Dec'" in done.stderr
        assert not (mini / "book/_build/html/index.html").exists()


def test_two_results_of_one_name_are_an_error(mini):
    set_cell(mini, 5, 'record("mean_wait", 1, unit="", meaning="again");')
    done = healthsys(mini, "run", "waits-once")
    assert "waits-once: cell 6 records a second result 'mean_wait'; rename one" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_an_interrupted_run_leaves_the_last_good_output(built):
    before = (built / "book/_build/results/waits-once.json").read_bytes()
    good = nbformat.read(built / "notebooks/waits.ipynb", as_version=4).cells[4].source
    set_cell(built, 4, "import time\nopen('asleep', 'w').close()\ntime.sleep(600)")
    started = subprocess.Popen(
        [sys.executable, "-m", "everyday.cli", "run"],
        cwd=built,
        env={**miniature.clean_environment(), "HEALTHSYS_ROOT": str(built)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while not list(built.rglob("asleep")) and time.monotonic() < until:
        assert started.poll() is None, "the run should still be asleep"
        time.sleep(0.05)
    (asleep,) = built.rglob("asleep")
    asleep.unlink()
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    set_cell(built, 4, good)
    assert (built / "book/_build/results/waits-once.json").read_bytes() == before
    assert "2 unchanged" in healthsys(built, "run").stdout


def test_report_on_a_readers_own_file(mini, tmp_path):
    (tmp_path / "own.csv").write_text("month,days,locator\nJan,10,<script>alert(1)</script>\n=CMD,20,b\n")
    out = tmp_path / "out"
    done = healthsys(mini, "report", "waits", "-p", f"source={tmp_path / 'own.csv'}", "--out", str(out))
    assert done.returncode == 0, done.stderr
    page = (out / "index.html").read_text()
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "results.json"]
    assert "15.00 days" in page
    assert str(tmp_path) not in page
    assert "own.csv" in page
    assert "<script" not in page
    assert page.count("http-equiv") == 1, "its policy, and nothing that takes a reader elsewhere"
    assert "<math" in page
    assert 'src="' not in page
    assert json.loads((out / "results.json").read_text())["results"]["mean_wait"]["value"] == 15.0


def test_report_refuses_a_bad_file_and_writes_nothing(mini, tmp_path):
    (tmp_path / "own.csv").write_text("month,days,locator\nJan,400,a\nFeb,ten,b\n")
    out = tmp_path / "out"
    done = healthsys(mini, "report", "waits", "-p", f"source={tmp_path / 'own.csv'}", "--out", str(out))
    assert done.returncode == 1
    assert "own.csv: column 'days', row 2: '400' is not allowed; allowed: a number from 0 to 365" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_run_with_a_wrong_parameter_says_what_is_allowed(mini):
    done = healthsys(mini, "run", "waits-once", "-p", "factr=2")
    assert done.returncode == 1
    assert "run 'waits-once': the notebook has no parameter 'factr'. Did you mean 'factor'?" in done.stderr


def test_the_data_are_listed_and_stamped(mini):
    package = json.loads((mini / "data/datapackage.json").read_text())
    (mini / "data/published/waits.csv").write_text("month,days,locator\nJan,12.5,row 1\n")
    done = CliRunner().invoke(main, ["data", "--stamp"])
    assert done.exit_code == 0, done.output
    assert "waits" in done.output
    assert "stamped 4 files" in done.output
    stamped = {entry["name"]: entry for entry in json.loads((mini / "data/datapackage.json").read_text())["resources"]}
    before = {entry["name"]: entry for entry in package["resources"]}
    assert stamped["waits"]["hash"] != before["waits"]["hash"]
    assert stamped["waits"]["bytes"] == len("month,days,locator\nJan,12.5,row 1\n")
    assert stamped["constants"]["hash"] == before["constants"]["hash"]
