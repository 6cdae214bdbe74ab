"""The rule against typed numbers: strict, and without false alarms."""

import pytest

from typed_numbers import typed_numbers


def numbers(markup):
    return [found.number for found in typed_numbers(f"<article class='bd-article'>{markup}</article>")]


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("<p>The gap is 15.3 % this year.</p>", ["15.3 %"]),
        ("<p>It fell by −4 points among 1,204 people.</p>", ["−4", "1,204"]),
        ("<p>Scores rose by forty per cent.</p>", ["forty per cent"]),
        ("<p>A three-fold rise, and ten percentage points.</p>", ["three-fold", "ten percentage"]),
        ("<h2>Waits rose to 18 weeks</h2>", ["18"]),
        ("<ul><li>one <b>27</b> beds</li></ul>", ["27"]),
        ("<table><tr><td>88</td></tr></table>", ["88"]),
        ("<p>In 2020, 73.4 of 100</p>", ["73.4", "100"]),
        ("<p>95 % intervals</p>", ["95 %"]),
    ],
)
def test_finds_a_typed_number(markup, found):
    assert numbers(markup) == found


@pytest.mark.parametrize(
    "markup",
    [
        "<p>The gap is <a class='hs-ref' href='#x'>15.3 %</a> this year.</p>",
        "<p>From 2018-19 Q1 to 2024–25, on 31 March 2017 and in the 1990s.</p>",
        "<p>See section 3.2, Table 4, Figures 1 and 2, WRES indicators 5 to 8, bands 8a and 9.</p>",
        "<p>COVID-19, EDS2, KH03, ICC(1), ICC(2,k), Python 3.11, CC BY 4.0, WCAG 2.2, R 4.2.2.</p>",
        "<p>Under SI 2017/172, regulation 9, and Schedule 1, paragraphs 3–13.</p>",
        "<p><code>factor=2.0</code> and <math><mn>3</mn></math></p>",
        "<div class='cell_output'><p>Computed: 42</p></div>",
        "<p>Ekvall <a class='reference external' href='https://doi.org/10.1080/1'>10.1080/13594329608414845</a></p>",
        "<p>nine dimensions in six teams</p>",
        "<p>2022-04-05</p>",
    ],
)
def test_raises_no_false_alarm(markup):
    assert numbers(markup) == []


def test_says_page_number_and_context():
    (found,) = typed_numbers("<article class='bd-article'><p>about 61 teams took part</p></article>", name="p.html")
    assert str(found) == "p.html: '61' is typed into prose: …about 61 teams took part…"
