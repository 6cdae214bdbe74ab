"""The claimed coverage reaches everything: a page that runs at 0.9 shows 95 nowhere."""

import dataclasses
import html
import re

import pytest

import in_process
from compendium import parameters
from compendium.runs import load_runs

#: A claimed coverage of 95 per cent, however it is written, and the normal quantile that belongs to it.
CLAIM = re.compile(
    r"(?<![\d.,])95(\.0)?\s*(%|per ?cent\b|-per-?cent)|\blevel\W{1,3}0?\.95(?!\d)|(?<![\d.])1\.96(?!\d)", re.IGNORECASE
)

#: What may say 95 on a page at another level (patterns), and why.
GENUINE = {
    "area_south": {
        r"to \+1\.96(?!\d)": "the upper limit of the trend of postnatal coverage at 90%",
    },
    "climate_benchmarks": {
        r"^95%$|rwg_share_uniform: 95%": "the share of team results whose members agree, a number of the data",
    },
    "climate_real_teams": {
        r"(?<=[\d.] )5\.96|at least 95%": "quantiles of the organisations, and the last of the percentiles carried",
    },
    "intersectional_gaps": {
        r"(?<=18% to )95%": "the upper limit of the additive share at 90%",
    },
    "review_claims_equality": {
        r"95 ?% of (doctors|healthcare workers)": "shares that a source reports",
        r"level 0\.95|(95% CI 1\.11 to 3\.72)": "the interval of maternal deaths that its source reports",
    },
    "staggered_starts": {
        r"at 1\.96 \(dashed\) and 3\.09 \(solid\)": "the two limits of a funnel, a convention",
    },
}

#: A result with the interval that its source reports, at the source's level.
REPORTED = {"maternal_rise"}

#: Fewer draws where the number of draws is not what is tested.
FEWER = {
    "interval_coverage": {"series": 60},
    "staggered_starts": {"resamples": 39},
    "pay_gap_decomposition": {"resamples": 50},
    "intersectional_gaps": {"resamples": 100},
    "pay_gap": {"resamples": 100},
}


def with_level():
    """Return one run of every notebook that has the parameter ``level``."""
    first = {}
    for run in load_runs().values():
        if "level" in parameters.parameters_of(run.read(), label=run.name):
            first.setdefault(run.notebook.stem, run)
    return first


RUNS = with_level()


def shown(notebook):
    """Yield every text that a reader of the executed notebook sees: prose, tables, figures, captions, results."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for output in cell.get("outputs", []):
            for kind, content in output.get("data", {}).items():
                yield from texts(content, kind)


def texts(content, kind):
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "level":
                yield f"level {value:.4g}" if isinstance(value, float) else f"level {value}"
            else:
                yield from texts(value, kind)
    elif isinstance(content, list):
        for value in content:
            yield from texts(value, kind)
    elif isinstance(content, str):
        yield html.unescape(re.sub(r"<(style|script|path|defs)\b.*?(</\1>|/>)|<[^>]*>", " ", content, flags=re.DOTALL))


def test_the_notebooks_with_a_level_are_found():
    assert len(RUNS) >= 14
    assert {"service_trends", "interval_coverage", "workforce_equality", "tensions_in_text", "pay_gap"} <= set(RUNS)


def test_a_forgotten_95_would_be_seen():
    for said in ("95 % interval", "95% CI", "the 95 per cent band", "bars are 1.96 errors", "level 0.95", "95.0 %"):
        assert CLAIM.search(said), said
    for said in ("195 %", "95 people", "level 0.957", "1.963", "£95", "3.95 %", "alpha 0.95"):
        assert not CLAIM.search(said), said
    assert (
        list(texts({"a": ["<svg><path d='M 95 95'/><text>95 %</text></svg>"], "level": 0.95}, "x"))[1] == "level 0.95"
    )
    assert CLAIM.search(next(texts("<svg><path d='0.95'/><text>95 %</text></svg>", "text/html")))


@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_page_at_another_level_shows_95_nowhere(name):
    run = RUNS[name]
    given = {**run.parameters, **FEWER.get(name, {}), "level": 0.9}
    notebook = in_process.execute(dataclasses.replace(run, parameters=given), rendered=True)
    seen = []
    for text in shown(notebook):
        for pattern in GENUINE.get(name, {}):
            text = re.sub(pattern, "", text)
        seen += [text[max(0, hit.start() - 60) : hit.end() + 30] for hit in CLAIM.finditer(text)]
    assert not seen, "\n".join(dict.fromkeys(seen))
    levels = {result.get("level") for found, result in in_process.recorded(notebook).items() if found not in REPORTED}
    assert levels <= {None, 0.9}
