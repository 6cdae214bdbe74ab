"""Names that attack a page, and files that carry them in every text field a notebook reads."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

import people_files
import test_back_pay_and_waiting
import test_unit_hospital
from compendium import escape
from ethnicity_files import survey_file, trusts_file, workforce_file
from handmade import survey_rows
from miniature import PROJECT

#: Where an attack would call: nothing listens there.
ELSEWHERE = "http://127.0.0.1:9"

#: Thirty names that a reader's file could hold; each sets ``window.__xss``, calls a host, or breaks what shows it.
NAMES = [
    "<script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=2>",
    '"><svg onload=window.__xss=3>',
    r"DNS $\text{<svg/onload=window.__xss=4>}$",
    r"$\frac{1$ and \left",
    r"$\href{javascript:window.__xss=6}{z}$",
    r"$$\text{<img src=x onerror=window.__xss=7>}$$",
    f"![i]({ELSEWHERE}/8.png)",
    "[j](javascript:window.__xss=9)",
    f"<{ELSEWHERE}/10> [r]\n\n[r]: {ELSEWHERE}/r",
    f"A\n\n![i]({ELSEWHERE}/11.png)\n\nB",
    "A\n\n<script>window.__xss=12</script>\n\nB",
    "```{raw} html\n<script>window.__xss=13</script>\n```",
    "{eval}`1+1` {result}`x` {cite:t}`y`",
    "{{ 7*7 }} ${x} {0} %s %(x)s",
    "# heading",
    "- item",
    "1. one",
    "| a | b |",
    "***bold*** ~~gone~~ `code` spend from $2m to $1m net",
    "&lt;script&gt; &amp; &#106;avascript",
    "</style></script></title></svg><img src=x onerror=window.__xss=22>",
    "'Inter' x #1B2A33 y 1.23456; z",
    f'=HYPERLINK("{ELSEWHERE}","x")',
    "_hidden",
    "name\u202egnp.exe",
    "bell\x07\x1b[31m",
    "]]> <!-- a --> <!b",
    "W" * 300,
    "% comment (x)= :::{note}",
]

#: A name for a file: it may hold anything but a slash.
FILE = "<img src=x onerror=window.__xss=31> $\\text{<svg onload=window.__xss=32>}$ ![i](x) {eval}`1`.csv"


def seen(text: str) -> str:
    """Return what of a text must be found on a page: pages open underscores, begin sentences, break lines."""
    return re.sub(r"[\s_\u2060]+", "", escape.plain(text)).casefold()


def frame(name: str) -> pd.DataFrame:
    """Return a bundled data set as text."""
    path = next((PROJECT / "data").rglob(f"{name}.csv"))
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def filled(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return a table with names in columns of free text, each in its turn, and a number that keeps them apart."""
    turns = itertools.cycle(NAMES)
    return table.assign(**{column: [f"{next(turns)} {row}" for row in range(len(table))] for column in columns})


def saved(folder: Path, table: pd.DataFrame, prefix: str = "") -> str:
    """Write a table to a file with a hostile name; return its path."""
    path = folder / f"{prefix}{FILE}"
    table.to_csv(path, index=False)
    return str(path)


def _survey() -> pd.DataFrame:
    rows = pd.concat([frame("climate_survey_baseline")] * 8, ignore_index=True).head(12 * len(NAMES))
    rows = rows.assign(respondent=[f"P{number:03d}" for number in range(len(rows))])
    return rows.assign(team=[NAMES[number % len(NAMES)] for number in range(len(rows))])


def climate(folder: Path) -> dict[str, Any]:
    items = filled(frame("climate_items"), "text")
    return {"survey": saved(folder, _survey()), "items": saved(folder, items, "i")}


def trends(folder: Path) -> dict[str, Any]:
    months = pd.date_range("2019-01-01", periods=30, freq="MS").strftime("%Y-%m-%d")
    rows = [
        {"indicator": NAMES[7], "unit": unit, "period": month, "value": 50 + (7 * at + 3 * place) % 11}
        for place, unit in enumerate(NAMES)
        for at, month in enumerate(months)
    ]
    return {
        "data": saved(folder, pd.DataFrame(rows)), "indicator": NAMES[7], "unit": NAMES[3], "change": "2020-06-01",
        "change_name": NAMES[10], "control": NAMES[0], "others": [name for name in NAMES if name != NAMES[3]],
    }  # fmt: skip


def chart(folder: Path) -> dict[str, Any]:
    given = trends(folder)
    return {name: given[name] for name in ("data", "indicator", "unit")}


def chart_alone(folder: Path) -> dict[str, Any]:
    return chart(folder) | {"target": "", "last": ""}


def false_step(folder: Path) -> dict[str, Any]:
    table = filled(frame("ae_type1_reporting"), "source", "locator")
    known = {unit: NAMES[place] for place, unit in enumerate(table["unit"].unique())}
    table["unit"] = table["unit"].map(known)
    return {"data": saved(folder, table), "source": NAMES[3], "measure": NAMES[10]}


def staff_survey(folder: Path) -> dict[str, Any]:
    rows = survey_rows(trusts=len(NAMES))
    rows["Organisation name"] = [NAMES[at // 3] for at in range(len(rows))]
    return {"official": saved(folder, rows)}


def staff_days(folder: Path) -> dict[str, Any]:
    people_files.sickness(folder / "sickness", NAMES, months=2)
    people_files.turnover(folder / "turnover")
    return {"official": str(folder / "sickness"), "turnover": str(folder / "turnover")}


def real_teams(folder: Path) -> dict[str, Any]:
    return {"official": str(people_files.staff_survey(folder / "survey.xlsx", NAMES)), "score": 5.0, "other": "all"}


def staff_groups(folder: Path) -> dict[str, Any]:
    return {"official": str(workforce_file(folder / "workforce.xlsx", roles=NAMES))}


def staff_survey_trusts(folder: Path) -> dict[str, Any]:
    survey = survey_file(folder / "survey.xlsx", ethnic=[f"White - {name}" for name in NAMES if " - " not in name])
    return {"official": str(survey), "trusts": str(trusts_file(folder / "trusts.csv", trusts=NAMES))}


def coding(folder: Path) -> dict[str, Any]:
    first, second, book = (frame(name) for name in ("area_south_coding_a", "area_south_coding_b", "narrative_codebook"))
    leaves = [code for code in book["code"] if code not in set(book["parent"])]
    names = dict(zip(leaves, itertools.cycle(name for name in NAMES if not set(";\n") & set(name)), strict=False))
    names = {code: f"{name} {place}" for place, (code, name) in enumerate(names.items())}
    coded = [column for column in first if column != "event_id"]
    both = [
        table.assign(
            event_id=[f"{NAMES[place % 30]} {place}" for place in range(len(table))],
            **{column: table[column].map(lambda cell: ";".join(names.get(code, code) for code in cell.split(";")))
               for column in coded},
        )
        for table in (first, second)
    ]  # fmt: skip
    book = filled(book, "label", "definition", "use_when", "not_when", "example")
    book = book.assign(code=book["code"].map(lambda code: names.get(code, code)))
    return {
        "first": saved(folder, both[0]), "second": saved(folder, both[1], "s"),
        "codebook_file": saved(folder, book, "c"), "draws": 50,
    }  # fmt: skip


def narrative(folder: Path) -> dict[str, Any]:
    events = filled(frame("area_south_events"), "place", "actor", "event", "locator")
    book = filled(frame("narrative_codebook"), "label", "definition", "use_when", "not_when", "example")
    return {
        "case": NAMES[3], "events_file": saved(folder, events),
        "codebook_file": saved(folder, book, "c"), "draws": 99,
    }  # fmt: skip


def sites(folder: Path) -> dict[str, Any]:
    audit = filled(frame("site_self_audit"), "meaning", "evidence")
    log = pd.concat([frame("action_learning_log")] * 4, ignore_index=True)
    log = log.assign(cycle=range(1, len(log) + 1), start=[f"2024-0{1 + at}-10" for at in range(len(log))])
    log = filled(log, "question", "action", "observation", "insight")
    return {"audit_file": saved(folder, audit), "log_file": saved(folder, log, "l")}


def frameworks(folder: Path) -> dict[str, Any]:
    culture = filled(frame("culture_checklist"), "meaning", "evidence")
    indicators = filled(frame("evaluation_indicators"), "indicator")
    return {"culture_file": saved(folder, culture), "indicators_file": saved(folder, indicators, "i")}


def autonomy(folder: Path) -> dict[str, Any]:
    return {"decisions_file": saved(folder, filled(frame("autonomy_decisions"), "decision", "locator"))}


def interventions(folder: Path) -> dict[str, Any]:
    return {"file": saved(folder, filled(frame("review_interventions"), "name", "claim", "study"))}


def reviews(folder: Path) -> dict[str, Any]:
    log = filled(frame("after_action_log"), "action", "reviewed", "owner_role")
    blocks = filled(frame("workaround_log"), "why")
    return {"log_file": saved(folder, log), "workarounds_file": saved(folder, blocks, "w")}


def tensions(folder: Path) -> dict[str, Any]:
    text = "\n\n".join(f"We want {name}, but we also want to be one. However, {name} is hard." for name in NAMES)
    path = folder / FILE.replace(".csv", ".md")
    path.write_text(text, encoding="utf-8")
    return {"texts_file": str(path), "shown": 200}


def employers(folder: Path) -> dict[str, Any]:
    years = []
    for name, prefix in (("gpg_service_2021_22", ""), ("gpg_service_2017_18", "e")):
        table = frame(name)
        columns = ["Address", "PostCode", "ResponsiblePerson", "EmployerLinkToGPGInfo", "CompanyLinkToGPGInfo",
                   "EmployerName", "CurrentName"]  # fmt: skip
        table = filled(table, *(column for column in columns if column in table))
        for column in ("EmployerName", "CurrentName"):
            table[column] = [f"{NAMES[place % 30]} {place} NHS Foundation Trust" for place in range(len(table))]
        years.append(saved(folder, table, prefix))
    return {"file": years[0], "earlier": years[1]}


def one_year(folder: Path) -> dict[str, Any]:
    return {"official": employers(folder)["file"]}


def panel(folder: Path) -> dict[str, Any]:
    rows = test_unit_hospital.trusts()
    rows["org_name"] = rows["org_name"].map({name: NAMES[at] for at, name in enumerate(rows["org_name"].unique())})
    return {"official": saved(folder, rows)}


def providers(folder: Path) -> dict[str, Any]:
    (folder / "months").mkdir()
    for month in ("APRIL-2024", "MAY-2024"):
        path = test_unit_hospital.monthly(folder / "months", month, "AAA")
        rows = pd.read_csv(path).iloc[[0, 0, 0, 3]]
        rows["Org Code"], rows["Org name"] = ["A", "B", "C", "Total "], [*NAMES[:3], "Total "]
        rows.to_csv(path, index=False)
    return {"providers": str(folder / "months")}


def waits(folder: Path) -> dict[str, Any]:
    known = test_back_pay_and_waiting.PLACES
    named = [(place[0], NAMES[at], *place[2:]) if at else place for at, place in enumerate(known)]
    try:
        test_back_pay_and_waiting.PLACES = named
        return {"official": str(test_back_pay_and_waiting.demographics(folder))}
    finally:
        test_back_pay_and_waiting.PLACES = known


#: So many groups of pay: the proof that no small number can be worked out takes its time for more.
DEPARTMENTS = 6


def _staff(folder: Path) -> pd.DataFrame:
    table = frame("workforce_staff").groupby("organisation").head(400).reset_index(drop=True)
    return table.assign(department=[NAMES[place % DEPARTMENTS] for place in range(len(table))])


def pay(folder: Path) -> dict[str, Any]:
    table = _staff(folder).rename(columns={"hourly_pay": NAMES[1], "sex": NAMES[3]})
    return {
        "staff": saved(folder, table), "characteristic": "department", "comparator": NAMES[0],
        "pay_column": NAMES[1], "sex_column": NAMES[3], "resamples": 100,
    }  # fmt: skip


def decomposition(folder: Path) -> dict[str, Any]:
    table = _staff(folder).rename(columns={"department": NAMES[1]})
    return {
        "staff": saved(folder, table), "group": NAMES[1], "comparator": NAMES[0], "other": NAMES[3], "truth": "",
        "characteristics": ["age", "part_time"], "resamples": 50,
    }  # fmt: skip


def strata(folder: Path) -> dict[str, Any]:
    return {
        "staff": saved(folder, _staff(folder)), "by": ["department"], "comparator": [NAMES[0]], "adjust": ["age"],
        "truth": "", "resamples": 100,
    }  # fmt: skip


def explored_pay(folder: Path) -> dict[str, Any]:
    return {"staff": saved(folder, _staff(folder))}


def talent(folder: Path) -> dict[str, Any]:
    return {"recruitment": saved(folder, frame("workforce_recruitment"))}


def workforce(folder: Path) -> dict[str, Any]:
    names = ("staff", "recruitment", "processes", "survey", "boards")
    return {name: saved(folder, frame(f"workforce_{name}"), name) for name in names}


#: Notebooks that show exact counts of small groups, and refuse a reader's file for that.
REFUSED = {"explore_pay_gap": explored_pay}

#: What writes the files of each notebook and returns its parameters, and the names that its page must show.
ATTACKS: dict[str, tuple[Callable[[Path], dict[str, Any]], list[str]]] = {
    "climate_benchmarks": (climate, NAMES),
    "climate_sensitivity": (climate, []),
    "service_trends": (trends, NAMES),
    "control_chart": (chart_alone, [NAMES[7], NAMES[3]]),
    "explore_control_chart": (chart, [NAMES[7], NAMES[3]]),
    "false_step": (false_step, [NAMES[3], NAMES[10]]),
    "autonomy_burnout": (staff_survey, NAMES),
    "climate_real_teams": (real_teams, NAMES[:10]),
    "retention_and_sickness": (staff_days, NAMES[:1]),
    "coder_agreement": (coding, [NAMES[3], NAMES[7]]),
    "resilience_narrative": (narrative, NAMES),
    "learning_sites": (sites, NAMES),
    "change_frameworks": (frameworks, NAMES[:12]),
    "autonomy_and_slack": (autonomy, [NAMES[1], NAMES[2], NAMES[4]]),
    "tensions_in_text": (tensions, []),
    "review_interventions": (interventions, NAMES),
    "team_reviews": (reviews, NAMES[:27]),
    "published_pay_gaps": (employers, []),
    "nhs_gender_pay_gap": (one_year, []),
    "occupancy_four_hour": (panel, []),
    "four_hour_england": (providers, []),
    "who_waits": (waits, []),
    "pay_gap": (pay, NAMES[:DEPARTMENTS]),
    "pay_gap_decomposition": (decomposition, [NAMES[0], NAMES[3]]),
    "intersectional_gaps": (strata, NAMES[:DEPARTMENTS]),
    "talent_pipeline": (talent, []),
    "workforce_equality": (workforce, []),
    "nhs_workforce_ethnicity": (staff_groups, NAMES),
    "nhs_staff_experience": (staff_survey_trusts, NAMES),
}


def takes_a_file() -> Iterator[str]:
    """Yield the notebooks that take a reader's file."""
    from compendium import paths
    from compendium.parameters import parameters_of
    from compendium.runs import read_source

    for path in sorted(paths.notebooks().glob("*.ipynb")):
        if any(one.is_source for one in parameters_of(read_source(path), label=path.name).values()):
            yield path.stem
