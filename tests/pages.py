"""A series prepared, or a notebook run on it in this process, as its results, figures, tables and sentences."""

import dataclasses
import io as text
from dataclasses import dataclass, field

import pandas as pd

import in_process
from compendium.notebook import open_data
from compendium.plotting import FIGURE_TYPE
from compendium.recording import RESULT_TYPE
from compendium.runs import load_runs
from healthsys import io
from healthsys.io import prepare

#: A run of each notebook about one series.
RUNS = {
    "service_trends": "trend-somerset-gp",
    "control_chart": "trend-england-emergency",
    "false_step": "trend-england-reporting",
    "interval_coverage": "interval-coverage",
    "autonomy_burnout": "autonomy-burnout",
    "nhs_workforce_ethnicity": "nhs-workforce-ethnicity",
    "nhs_staff_experience": "nhs-staff-experience",
    "explore_control_chart": "explore-control-chart",
    "pay_gap": "pay-gap-gender",
    "pay_gap_decomposition": "pay-gap-decomposition",
    "talent_pipeline": "talent-pipeline",
    "published_pay_gaps": "published-pay-gaps",
    "team_reviews": "team-reviews",
    "coder_agreement": "coder-agreement",
    "resilience_narrative": "resilience-own-register",
    "review_interventions": "review-interventions",
    "climate_benchmarks": "climate-baseline",
    "nhs_gender_pay_gap": "nhs-gender-pay-gap",
    "area_south": "area-south",
}

#: Settings of these notebooks for a reader's own data, where they are not given.
OWN = {
    "service_trends": {"control": "", "others": [], "change_name": "the change"},
    "control_chart": {"target": "", "last": ""},
    "explore_control_chart": {"indicator": "", "unit": ""},
    "pay_gap_decomposition": {"truth": "", "characteristics": ["level"]},
    "published_pay_gaps": {"earlier": "", "employer": ""},
}


@dataclass
class Page:
    """What a run shows: results and figures by name, tables by name, the text of each table, and prose."""

    results: dict = field(default_factory=dict)
    figures: dict = field(default_factory=dict)
    tables: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)
    prose: str = ""

    def value(self, name):
        """Return the value of a result."""
        return self.results[name].get("value")


def prepared(*, data, indicator, unit, change="", **options):
    """Return the prepared series of a data set or a file."""
    source = open_data(str(data), io.read_series)
    day = prepare.date_of(change, name="change")
    return prepare.prepare_series(source, indicator=indicator, unit=unit, change=day, **options)


def page(notebook, **given):
    """Run a notebook on settings of one's own."""
    run = load_runs()[RUNS[notebook]]
    done = in_process.execute(dataclasses.replace(run, parameters={**OWN.get(notebook, {}), **given}))
    shown = Page()
    for cell in done.cells:
        for output in cell.get("outputs", []):
            for kind, names in ((RESULT_TYPE, shown.results), (FIGURE_TYPE, shown.figures)):
                if kind in output.data:
                    names[output.data[kind]["name"]] = output.data[kind]
            page_html = output.data.get("text/html", "")
            if 'id="table-' in page_html:
                name = page_html.split('id="table-')[1].split('"')[0]
                shown.tables[name] = pd.read_html(text.StringIO(page_html))[0]
                shown.texts[name] = output.data["text/plain"]
            shown.prose += output.data.get("text/markdown", "").replace("\\", "") + "\n"
    return shown
