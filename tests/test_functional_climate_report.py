"""`healthsys report` on a climate survey of one's own: the page on a good file, the message on a bad one."""

import json

import pandas as pd
import pytest

from miniature import PROJECT, healthsys

SURVEY = PROJECT / "data/synthetic/climate_survey_baseline.csv"


def report(tmp_path, survey: pd.DataFrame):
    survey.to_csv(tmp_path / "ours.csv", index=False)
    out = tmp_path / "out"
    given = ("-p", f"survey={tmp_path}/ours.csv", "-p", "minimum_team_size=5")
    command = ("report", "climate_benchmarks", *given, "--full", "--out", str(out))
    return healthsys(PROJECT, *command), out


def test_a_good_file_gives_one_page_and_its_results(tmp_path):
    survey = pd.read_csv(SURVEY)
    survey["team"] = survey["team"].replace({survey["team"].iloc[0]: "<b>Front desk</b>"})
    done, out = report(tmp_path, survey)
    assert done.returncode == 0, done.stderr
    page = (out / "index.html").read_text()
    assert "<b>Front desk</b>" not in page
    assert "&lt;b&gt;Front desk" in page
    assert page.count("<figure") >= 2
    for outside in ('src="http', "@import", 'rel="stylesheet"', "url(http"):
        assert outside not in page
    results = json.loads((out / "results.json").read_text())
    baseline = json.loads((PROJECT / "results/climate-baseline.json").read_text())
    assert results["results"]["score_trust"]["value"] == pytest.approx(
        baseline["results"]["score_trust"]["value"], abs=0.5
    )
    assert results["parameters"]["survey"] == "ours.csv"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda s: s.assign(trust_1=7),
            "ours.csv: column 'trust_1', row 2: '7' is not allowed; allowed: a whole number from 0 to 3",
        ),
        (lambda s: s.rename(columns={"trust_1": "trsut_1"}), "trsut_1"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_and_nothing_is_written(tmp_path, change, message):
    done, out = report(tmp_path, change(pd.read_csv(SURVEY)))
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
