"""What the explorers' scripts read and compute, run by node, and the intervals they count, against statsmodels."""

import json
import subprocess

import numpy as np
import pytest
import statsmodels.api as sm
from playwright._impl._driver import compute_driver_executable

import miniature
from compendium import datasets
from everyday.explorers import intervals
from healthsys.its import simulate
from healthsys.its.interrupted import design

FOLDER = miniature.PROJECT / "book" / "_static"


def run(code, sent):
    node, _ = compute_driver_executable()  # the one that playwright brings
    script = (FOLDER / "explore-models.js").read_text(encoding="utf-8")
    script += (FOLDER / "explore-draw.js").read_text(encoding="utf-8")
    script += f"\nconst sent = JSON.parse(require('fs').readFileSync(0, 'utf8'));\nconsole.log(JSON.stringify({code}));"
    done = subprocess.run([node, "-e", script], input=json.dumps(sent), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def own(*texts):
    """Read pasted texts: values and labels of each, or the message."""
    code = """sent.map((text) => {
      try { return hsExplorers.ownSeries(text); }
      catch (wrong) { return wrong.message; }
    })"""
    return run(code, list(texts))


SIX = [93.5, 92.8, 94.0, 91.0, 95.2, 93.3]


def test_numbers_are_read_in_each_form_that_people_paste():
    points = "\n".join(map(str, SIX))
    commas = points.replace(".", ",")
    months = [f"2024-{at:02d}" for at in range(1, 7)]
    tabs = "Month\tSeen (%)\n" + "\r\n".join(f"{month}\t{one}%" for month, one in zip(months, SIX, strict=True))
    semicolons = "\n\n".join(f"{month};{one}".replace(".", ",") for month, one in zip(months, SIX, strict=True))
    pairs = "\n".join(f"{month},{one}" for month, one in zip(months, SIX, strict=True))
    numbered = "\n".join(f"{at},{one}" for at, one in enumerate(SIX, 1))
    found = own(points, commas, tabs, semicolons, pairs, numbered, f"value\n{points}\n\n")
    assert [one["values"] for one in found] == [SIX] * 7
    assert [one["labels"] for one in found[2:5]] == [months] * 3
    assert found[1]["labels"] == found[5]["labels"] == list("123456")
    assert (found[2]["sign"], found[2]["title"], found[0]["sign"], found[6]["title"]) == ("%", "Seen (%)", "", "value")


def test_gaps_minus_signs_and_spaces_are_read():
    (found,) = own("a\t1\nb\t\nc\t−2.5\nd\tNA\ne\t -4 \nf\t5\ng\t6\nh\t7")
    assert found["values"] == [1, None, -2.5, None, -4, 5, 6, 7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There are no numbers. Paste one column of numbers, or two columns: a label and a number."),
        ("1\n2\n3", "There are 3 numbers. Allowed: 6 to 500."),
        ("\n".join(["1"] * 501), "There are 501 numbers. Allowed: 6 to 500."),
        ("1\nNA\n" * 6, "No two numbers follow each other without a gap, so there is no moving range."),
        ("1\n\n2x\n3", 'Line 3: "2x" is not a number. Allowed: digits with a decimal point or a decimal comma, such as '
         "93.5, or NA for a missing value."),
        ("a\tb\tc\n1\t2\t3", "Line 1: it has 3 columns. Allowed: one column of numbers, or two: a label and a number."),
        ("a;1\n2", "Line 2: it has one column, but the lines above have two."),
        ("1,93\n2,95\n3,91", 'Line 1: "1,93" can mean two things. Write decimals with a point, leave out thousands '
         "separators, and separate two columns with a tab or a semicolon."),
        ("1,234\n1,250\n990", 'Line 1: "1,234" can mean two things. Write decimals with a point, leave out thousands '
         "separators, and separate two columns with a tab or a semicolon."),
        ("1e99\n2\n3", 'Line 1: "1e99" is not a number. Allowed: digits with a decimal point or a decimal comma, such '
         "as 93.5, or NA for a missing value."),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_read_names_the_line_and_what_is_allowed(text, said):
    assert own(text) == [said]


def test_axes_are_labelled_at_round_numbers_and_named_places():
    months = [f"Jan {year}" if not month else "x" for year in (2016, 2017, 2018) for month in range(12)]
    axes = [[{"low": 50, "high": 85}, 340, True], [{"low": -0.9, "high": 0.1}, 390, False],
            [{"low": -0.5, "high": 35.5, "labels": months}, 400, False]]  # fmt: skip
    upright, slopes, named = run("sent.map((one) => hsDraw.ticks(...one))", axes)
    assert [text for _, text in upright] == ["50", "60", "70", "80"]
    assert [text for _, text in slopes] == ["−0.8", "−0.6", "−0.4", "−0.2", "0.0"]
    assert {place % 12 for place, _ in named} <= {0, 6}
    assert len(named) >= 3


@pytest.fixture(scope="module")
def cells():
    return intervals.draw(seed=20201, measured=datasets.load("interval_coverage"))


@pytest.mark.parametrize(("key", "place"), [("24|0", 0), ("48|0.3", 7), ("120|0.6", 9)])
def test_a_drawn_interval_is_that_of_statsmodels(cells, key, place):
    matrix, _ = design(int(key.partition("|")[0]), start=int(key.partition("|")[0]) // 2)
    values = np.array(cells[key]["noise"][place])
    lower, upper = sm.OLS(values, matrix).fit().conf_int()[2]
    of = cells[key]["methods"]["ols"]
    assert of["error"][place] == pytest.approx((lower + upper) / 2, abs=0.02)  # the noise carries two digits
    assert of["half"][place] == pytest.approx((upper - lower) / 2, abs=0.02)


def test_drawn_shares_agree_with_those_of_thousands_of_series(cells):
    """A hundred series have a standard error of at most five points; the claimed share is the data set's."""
    measured = datasets.load("interval_coverage")
    measured = measured.set_index(["noise", "method", "periods", "autocorrelation", "estimand"])
    for key, cell in cells.items():
        months, rho = key.split("|")
        for method, of in cell["methods"].items():
            assert of["recorded"] == measured.loc[("ar1", method, int(months), float(rho), "level"), "covered_95"]
            share = np.mean(np.abs(of["error"]) <= of["half"])
            assert abs(100 * share - of["recorded"]) < 3.5 * 5, (key, method)


def test_the_change_moves_the_interval_and_nothing_else(cells):
    options = {"months": "24", "rho": "0.6", "method": "newey_west"}
    still, moved = (intervals.drawn_intervals(cells, **options, step=step) for step in (0, 5))
    assert (moved["lower"] - still["lower"]).to_numpy() == pytest.approx(5)
    assert moved["contained"].equals(still["contained"])
    state = intervals.intervals_state(cells, **options, step=5, one=3, series=simulate.SERIES)
    assert state.number("contained").value == still["contained"].sum()
