"""Climate in real teams and organisations: an open item-level survey, the Civil Service, and the NHS Staff Survey.

The item-level survey is ``lq2002`` of the R package multilevel (GPL), so only summaries by unnamed team are carried.
Scores of organisations become quantiles without names.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from everyday.official import sheet_of
from healthsys.climate import null_variance
from healthsys.errors import DataError

#: Scales of ``lq2002``: the start of its items' names, and what the book calls it.
SCALES = {"LEAD": "leadership", "TSIG": "task significance", "HOSTIL": "hostility"}

#: Answer options of each scale.
OPTIONS = 5

#: Variance of answers that lean towards the fourth option of five, with these probabilities from the first to the last.
SKEWED_VARIANCE = null_variance((0.05, 0.15, 0.20, 0.35, 0.25))

#: Percentiles at which organisations are described: every fifth, without the two ends, which are single organisations.
PERCENTILES = tuple(range(5, 100, 5))

#: A group with fewer organisations than this has no quantiles.
FEWEST_ORGANISATIONS = 10

#: Benchmarking groups of the Staff Survey by the start of their official names, and what the book calls them.
GROUPS = {
    "Acute and Acute": "acute and community", "Mental Health": "mental health", "ICBs": "integrated care boards",
    "Community Trusts": "community", "Acute Specialist": "specialist acute", "Ambulance": "ambulance",
}  # fmt: skip

#: Scores of the Staff Survey that are carried: elements of the People Promise, four of their parts, and two themes.
SCORES = (
    "PP1", "PP2", "PP3", "PP4", "PP5", "PP6", "PP7", "PP1_2", "PP3_1", "PP7_1", "PP7_2", "Staff Engagement", "Morale",
)  # fmt: skip

#: Index and theme scores of the Civil Service People Survey, by their key in the workbook of 2024.
CIVIL_SERVICE = {
    "EES": "Employee Engagement Index", "mw_ts": "My work", "op_ts": "Organisational objectives and purpose",
    "lm_ts": "My manager", "mt_ts": "My team", "ld_ts": "Learning and development",
    "if_ts": "Inclusion and fair treatment", "rw_ts": "Resources and workload", "pb_ts": "Pay and benefits",
    "lc_ts": "Leadership and managing change",
}  # fmt: skip

#: Seed of the random order of teams.
SEED = 20261128


def read_answers(path: str | Path) -> pd.DataFrame:
    """Read the answers of ``lq2002``: a row per person, ``team`` and one column per item, from 1 or 0 upwards.

    Raises
    ------
    DataError
        If the package rdata is missing, the file is no ``.rda`` file or holds no frame ``lq2002``, or an answer
        is missing.
    """
    try:
        import rdata
    except ImportError as error:
        raise DataError("an .rda file is read by the package rdata; install it with `pip install rdata`") from error
    try:
        with warnings.catch_warnings(action="ignore"):
            found = rdata.read_rda(str(path))
    except Exception as error:
        raise DataError(
            f"{Path(path).name} is no readable .rda file ({type(error).__name__}); give lq2002.rda of the R package "
            "multilevel as it is published"
        ) from None
    if "lq2002" not in found:
        raise DataError(f"{Path(path).name} holds no data frame 'lq2002'; it holds {', '.join(found) or 'nothing'}")
    rows = found["lq2002"].rename(columns={"COMPID": "team"})
    items = [name for name in rows.columns if re.fullmatch(rf"({'|'.join(SCALES)})\d\d", name)]
    rows = rows[["team", *items]].reset_index(drop=True)
    if rows.isna().any(axis=None):
        raise DataError(f"{Path(path).name} has a missing answer; the summaries are of complete answers")
    return rows.astype(int)


def team_items(path: str | Path) -> pd.DataFrame:
    """Sum each item, and the total of a scale's items, by unnamed team: n, sum of answers, sum of squared answers.

    Alpha, ICC(1), ICC(2) and rwg(j) follow exactly from these whole numbers.
    """
    rows = read_answers(path)
    order = np.random.default_rng(SEED).permutation(rows["team"].unique())
    number = rows["team"].map({team: place for place, team in enumerate(order, start=1)})
    tables = []
    for start, scale in SCALES.items():
        items = rows[[name for name in rows.columns if name.startswith(start)]]
        items = items.rename(columns=lambda name: name[-2:]).assign(total=items.sum(axis=1))
        sums, squares = (values.groupby(number.to_numpy()).sum().stack() for values in (items, items**2))
        table = pd.concat({"sum": sums, "squares": squares}, axis=1).rename_axis(["team", "item"]).reset_index()
        table.insert(1, "scale", scale)
        table.insert(3, "n", table["team"].map(number.value_counts()))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def read_staff_survey(path: str | Path) -> pd.DataFrame:
    """Read the scores of the Staff Survey's workbook of organisational results: a row per organisation and score.

    Returns
    -------
    pandas.DataFrame
        ``code``, ``organisation``, ``group`` (as in :data:`GROUPS`, else "other"), ``measure``, ``label``, ``score``
        (0 to 10) and ``respondents``; a suppressed score is left out.

    Raises
    ------
    DataError
        If a sheet or a score is not in the file.
    """
    tables = []
    for sheet in ("PEOPLE PROMISE ELEMENTS", "THEMES"):
        raw = sheet_of(path, sheet)
        body = raw.iloc[5:].reset_index(drop=True)
        for at, heading in raw.iloc[0].items():
            key, _, label = str(heading).partition(" - ")
            if at > 5 and key in SCORES:
                tables.append(pd.DataFrame({
                    "code": body[0], "organisation": body[1], "official": body[2], "measure": key, "label": label,
                    "score": pd.to_numeric(body[at], errors="coerce"),
                    "respondents": pd.to_numeric(body[at + 1], errors="coerce"),
                }))  # fmt: skip
    missing = [key for key in SCORES if key not in {table["measure"].iloc[0] for table in tables}]
    if missing:
        raise DataError(f"{Path(path).name} has no score '{missing[0]}'; allowed: the layout of 2024")
    rows = pd.concat(tables, ignore_index=True).dropna(subset=["score"])
    called = {name: next((short for start, short in GROUPS.items() if str(name).startswith(start)), "other")
              for name in rows["official"].unique()}  # fmt: skip
    rows.insert(2, "group", rows.pop("official").map(called))
    return rows.astype({"respondents": int}).reset_index(drop=True)


def people_promise(rows: str | Path | pd.DataFrame) -> pd.DataFrame:
    """Quantiles of the organisations' scores by benchmarking group and over all organisations (``group`` "all")."""
    rows = rows if isinstance(rows, pd.DataFrame) else read_staff_survey(rows)
    rows = pd.concat([rows.assign(group="all"), rows[rows["group"] != "other"]])
    return _quantiles(rows, ["group", "measure", "label"], "score", respondents="sum")


def civil_service(path_2019: str | Path, path_2024: str | Path) -> pd.DataFrame:
    """Quantiles of the organisations' theme scores (percent positive) in the Civil Service of 2019 and of 2024.

    Rows of a whole group that repeat its organisations are left out, as the published medians do.
    """
    old = pd.read_csv(path_2019, encoding="utf-8-sig")
    old = old[
        ~old["Organisation code"].str.startswith("CS_") & ~old["Organisation"].str.contains(" group (", regex=False)
    ]
    old = old[list(CIVIL_SERVICE.values())].apply(lambda one: pd.to_numeric(one.str.rstrip("%"), errors="coerce"))
    new = sheet_of(path_2024, "Table_3")
    new = new.iloc[6:].set_axis([str(one).partition("\n")[0] for one in new.iloc[5]], axis=1)
    new = new[
        ~new["Organisation"].str.startswith("CS_") & ~new["Organisation name"].str.contains(" group (", regex=False)
    ]
    new = new[list(CIVIL_SERVICE)]
    new = new.apply(pd.to_numeric, errors="coerce").rename(columns=CIVIL_SERVICE)
    long = pd.concat({2019: old, 2024: new}, names=["year", None]).reset_index("year")
    long = long.melt("year", var_name="measure", value_name="score").dropna()
    return _quantiles(long, ["year", "measure"], "score")


def _quantiles(rows: pd.DataFrame, keys: list[str], value: str, **more: str) -> pd.DataFrame:
    """Quantiles of a value by group at :data:`PERCENTILES`, rounded to a thousandth; small groups are left out."""
    grouped = rows.groupby(keys, sort=False)
    counts = grouped.agg(organisations=(value, "size"), **{name: (name, how) for name, how in more.items()})
    found = grouped[value].quantile([one / 100 for one in PERCENTILES]).round(3).rename("score")
    found = found.rename_axis([*keys, "percentile"]).reset_index()
    found["percentile"] = (100 * found["percentile"]).round().astype(int)
    table = found.merge(counts.reset_index(), on=keys)
    return table.loc[table["organisations"] >= FEWEST_ORGANISATIONS].reset_index(drop=True)


#: Data sets that this module computes.
COMPUTED = {
    "civil_service_climate": civil_service,
    "people_promise_quantiles": people_promise,
    "team_climate_items": team_items,
}
