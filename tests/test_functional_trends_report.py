"""`healthsys report service_trends` on series of one's own: the page on a good file, the message on a bad one."""

import json

import numpy as np
import pandas as pd
import pytest

from miniature import PROJECT, healthsys


def series(unit: str = "Our ward") -> pd.DataFrame:
    rng = np.random.default_rng(3)
    months = pd.date_range("2019-01-01", periods=40, freq="MS").strftime("%Y-%m-%d")
    values = 60 + rng.normal(0, 2, 40) + 8 * (np.arange(40) >= 20)
    return pd.DataFrame({"indicator": "seen_percent", "unit": unit, "period": months, "value": values.round(1)})


def report(tmp_path, frame: pd.DataFrame, *options: str):
    frame.to_csv(tmp_path / "ours.csv", index=False)
    out = tmp_path / "out"
    given = {
        "data": f"{tmp_path}/ours.csv",
        "indicator": "seen_percent",
        "unit": frame["unit"].iloc[0],
        "change": "2020-09-01",
        "control": "",
        "others": "[]",
    }
    given |= dict(option.split("=", 1) for option in options)
    pairs = [part for name, value in given.items() for part in ("-p", f"{name}={value}")]
    return healthsys(PROJECT, "report", "service_trends", *pairs, "--full", "--out", str(out)), out


def test_a_good_file_gives_one_page_and_its_results(tmp_path):
    done, out = report(tmp_path, series("<b>Our</b> ward"))
    assert done.returncode == 0, done.stderr
    page = (out / "index.html").read_text()
    assert "<b>Our</b>" not in page
    assert page.count("<figure") >= 3
    results = json.loads((out / "results.json").read_text())["results"]
    assert results["effect_at_change"]["lower"] < 8 < results["effect_at_change"]["upper"]
    apart = results["observed"]["value"] - results["expected"]["value"]
    assert results["difference"]["value"] == pytest.approx(apart, abs=1e-5)
    assert "percentage points above the 61.1% expected from its earlier trend" in results["finding"]["value"]
    assert "above the 95% prediction interval" in results["finding"]["value"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda s: s.assign(value=s["value"].astype("str").mask(s.index == 3, "8O")),
            (),
            "column 'value', row 5: '8O'",
        ),
        (lambda s: s, ("change=2035-01-01",), "change outside: the change date 2035-01-01 is outside the series"),
        (lambda s: s, ("target=-5",), "target: the target -5 is negative"),
        (lambda s: s, ("indicator=sen_percent",), "Did you mean 'seen_percent'"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_written(tmp_path, change, options, message):
    done, out = report(tmp_path, change(series()), *options)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()
