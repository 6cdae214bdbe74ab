"""Autonomy, enough staff and burnout of NHS trusts, from organisation-level results of the NHS Staff Survey.

The four-year file is a third party's collection of the official spreadsheets (ebmgt/NHS-Gender); the workbook of 2024
is the official one. In the collection, autonomy is question 3f, enough staff 3i and burnout 12b.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas as pd

from everyday.official import columns_of, csv_of, sheet_of
from healthsys import panel
from healthsys.errors import DataError

#: Column of the collection by name used here: shares of staff in percent, each with its number of answers.
MEASURES = {"burned_out": "Burned_out", "autonomy": "Autonomy", "enough_staff": "Enough_staff"}

#: Other outcomes, and who answered: shares in percent.
OTHERS = {
    "burned_out_sometimes": "Burned_out_sometimes", "stress": "Stress", "medical": "Med_Dental",
    "patient_facing": "Patient_facing", "female": "Female", "older": "Older", "minority": "Ethnic_minority",
}  # fmt: skip

#: Name by column of the collection that is kept as it is.
KEPT = {"ODS code": "code", "Year": "year", "Organisation name": "trust", "Benchmarking group": "group",
        "Respondents": "respondents"}  # fmt: skip

#: The outcome, the two regressors, and the effects that the headline model removes.
OUTCOME, REGRESSORS, EFFECTS = "burned_out", ["autonomy", "enough_staff"], ["code", "year"]

#: Question and answers counted, by short name, in the workbook of 2024: sheet and number of the answers from the left.
ITEMS = {
    "Q3b": ("YOUR JOB Q1-3", (3, 4)), "Q3c": ("YOUR JOB Q1-3", (3, 4)), "Q3d": ("YOUR JOB Q1-3", (3, 4)),
    "Q3e": ("YOUR JOB Q1-3", (3, 4)), "Q3f": ("YOUR JOB Q1-3", (3, 4)), "Q5b": ("YOUR JOB Q4-6", (3, 4)),
    "PP3_1": ("PEOPLE PROMISE ELEMENTS", (0,)), "Q3i": ("YOUR JOB Q1-3", (3, 4)),
    "Q12b": ("HEALTH WELLBEING SAFETY Q12", (3, 4)),
}  # fmt: skip

#: Groups of trusts by the change of a measure.
FIFTHS = 5

#: Seed of the random order of organisations.
SEED = 20261128


def read(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read the four-year collection: one row per organisation and year, shares in percent.

    Columns are ``code``, ``year``, ``trust`` (its name), ``group`` (benchmarking group), ``respondents``, the shares
    of :data:`MEASURES` and :data:`OTHERS`, and the number of answers as ``<measure>_base``; others are ignored. A
    missing column, an organisation with a year twice, or a share outside 0 to 100 is a ``DataError``.
    """
    name = label or Path(path).name
    wanted = KEPT | {f"{column}_rate": short for short, column in (MEASURES | OTHERS).items()}
    wanted |= {f"{column}_base": f"{short}_base" for short, column in MEASURES.items()}
    rows = columns_of(csv_of(path, label=name), wanted, name).rename(columns=wanted)
    twice = rows[rows.duplicated(["code", "year"])]
    if len(twice):
        raise DataError(f"{name}: '{twice['code'].iloc[0]}' has two rows in {twice['year'].iloc[0]}; keep one")
    for short in (*MEASURES, *OTHERS):
        wrong = rows[~rows[short].isna() & ~rows[short].between(0, 100)]
        if len(wrong):
            raise DataError(
                f"{name}: '{short}' is {wrong[short].iloc[0]:g} for '{wrong['code'].iloc[0]}' in "
                f"{wrong['year'].iloc[0]}; a share in percent is between 0 and 100"
            )
    return rows


def panel_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep NHS trusts that have every measure in at least three years."""
    kept = rows[rows["group"].str.contains("Trusts", na=False)].dropna(subset=list(MEASURES))
    kept = kept[kept.groupby("code")["year"].transform("size") >= panel.FEWEST_PERIODS].reset_index(drop=True)
    if kept.empty:
        raise DataError(
            f"no organisation whose benchmarking group is named '…Trusts' has {panel.FEWEST_PERIODS} years with "
            "autonomy, enough staff and burnout; add years, or look at the groups' names"
        )
    return kept


def moments(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums of products by unnamed trust, with the effects of trust and year removed."""
    return panel.moments(panel_of(rows), OUTCOME, REGRESSORS, organisation="code", effects=EFFECTS, seed=SEED).sums


def _fit(
    choice: str, rows: pd.DataFrame, outcome: str = OUTCOME, regressors: Sequence[str] = REGRESSORS, *,
    effects: Sequence[str] = EFFECTS, weights: str = "", controls: Sequence[str] = (),
    fewest: int = panel.FEWEST_PERIODS,
) -> pd.DataFrame:  # fmt: skip
    """Fit one model: a row for each regressor; no row if the sample is too small for it."""
    names = [*regressors, *controls]
    if (rows.groupby("code").size() >= fewest).sum() < len(names) + 2:
        return pd.DataFrame()
    kept = panel.moments(
        rows, outcome, names, organisation="code", effects=effects, weights=weights, fewest=fewest, seed=SEED
    )
    if kept.sums["n"].sum() <= kept.absorbed + len(names):
        return pd.DataFrame()
    try:
        fit = panel.fit_from_moments(kept.sums, outcome, names, absorbed=kept.absorbed)
    except DataError:  # the regressors do not differ in this sample
        return pd.DataFrame()
    found = fit.estimates.loc[list(regressors), ["estimate", "standard_error"]].reset_index()
    effect = {"code": "trust", "group_year": "type of trust by year"}
    found.insert(0, "choice", choice)
    found.insert(1, "outcome", outcome)
    found.insert(2, "together", " + ".join(regressors))
    found.insert(3, "effects", " and ".join(effect.get(name, name) for name in effects) or "none")
    return found.assign(rows=fit.rows, organisations=fit.organisations, absorbed=fit.absorbed, left_out=kept.left_out)


def models(rows: pd.DataFrame) -> pd.DataFrame:
    """Fit the table of estimates: one row per model and regressor, with errors clustered by trust."""
    trusts = rows[rows["group"].str.contains("Trusts", na=False)]
    trusts = trusts.assign(group_year=trusts["group"] + trusts["year"].astype(str))
    earlier = trusts[["code", "year", *REGRESSORS]].assign(year=trusts["year"] + 1)
    lagged = trusts.drop(columns=REGRESSORS).merge(earlier, on=["code", "year"])
    fits = [
        _fit(f"effects: {' and '.join(effects).replace('code', 'trust') or 'none'}", trusts, outcome, names,
             effects=effects)
        for effects in ([], ["year"], ["code"], EFFECTS)
        for outcome, names in ((OUTCOME, REGRESSORS), (OUTCOME, REGRESSORS[:1]), (OUTCOME, REGRESSORS[1:]),
                               ("autonomy", REGRESSORS[1:]))
    ]  # fmt: skip
    fits += [_fit(f"without {year}", trusts[trusts["year"] != year]) for year in sorted(trusts["year"].unique())]
    fits += [
        _fit("weighted by respondents", trusts, weights="respondents"),
        _fit("effects of type of trust by year", trusts, effects=["code", "group_year"]),
        _fit("who answered held equal", trusts, controls=list(OTHERS)[2:]),
        _fit("acute trusts only", trusts[trusts["group"].str.contains("Acute")]),
        _fit("without ambulance trusts", trusts[~trusts["group"].str.contains("Ambulance")]),
        _fit("every organisation in the file", rows),
        _fit("burnt out at least sometimes", trusts, "burned_out_sometimes"),
        _fit("unwell from work-related stress", trusts, "stress"),
        _fit("autonomy and staff a year earlier", lagged),
        _fit("change from first to last year", changes(rows).reset_index(), effects=[], fewest=1),
    ]
    if fits[12].empty:  # the headline: autonomy and enough staff, with effects of trust and year
        raise DataError(f"{trusts['code'].nunique()} trusts are too few for the model; give a file with more trusts")
    return pd.concat(fits, ignore_index=True)


def changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Change of each measure from the first to the last year, of trusts that have both (percentage points)."""
    wide = panel_of(rows).pivot(index="code", columns="year", values=list(MEASURES))
    first, last = wide.columns.levels[1][[0, -1]]
    found = pd.DataFrame({name: wide[name][last] - wide[name][first] for name in MEASURES}).dropna()
    if len(found) < FIFTHS:
        raise DataError(f"{len(found)} trusts have both {first} and {last}; fifths of trusts need at least {FIFTHS}")
    return found


def bins(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean burnout in 20 bins of each regressor, raw and with effects removed, and in fifths of its change."""
    trusts = panel_of(rows)
    parts = []
    for name in REGRESSORS:
        parts += [
            panel.binned(trusts, OUTCOME, name).assign(view="raw"),
            panel.binned(trusts, OUTCOME, name, effects=EFFECTS).assign(view="effects removed"),
            panel.binned(changes(rows), OUTCOME, name, bins=FIFTHS).assign(view="change"),
        ]
        parts[-3:] = [part.rename(columns={name: "value"}).assign(regressor=name) for part in parts[-3:]]
    return pd.concat(parts)[["view", "regressor", "bin", "n", "value", OUTCOME]]


def levels(rows: pd.DataFrame) -> pd.DataFrame:
    """Distribution over trusts by measure and year: number, percentiles, and the mean over all answers (percent)."""
    trusts, found = panel_of(rows), []
    for name in MEASURES:
        for year, part in trusts.groupby("year"):
            cuts = {f"p{100 * cut:.0f}": part[name].quantile(cut) for cut in (0.1, 0.25, 0.5, 0.75, 0.9)}
            mean = np.average(part[name], weights=part[f"{name}_base"])
            found.append({"measure": name, "year": year, "trusts": len(part), "answers": part[f"{name}_base"].sum(),
                          **cuts, "mean": mean})  # fmt: skip
    return pd.DataFrame(found)


def errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Sampling variance of each two measures that is left once the effects are removed (percentage points squared).

    With binomial variance :math:`v = p(100 - p)/\\text{base}` of a share and leverage :math:`h` of its row in the
    model of effects alone, :math:`\\sum (1 - h)\\sqrt{v_a v_b}/(n - k)`: the variance for :math:`a = b`, and for
    others the covariance if the answers of a person were perfectly correlated.
    """
    trusts = panel_of(rows)
    design = np.hstack([pd.get_dummies(trusts[name].astype(str), dtype=float).to_numpy() for name in EFFECTS])
    left = 1 - np.einsum("ij,ji->i", design, np.linalg.pinv(design))
    error = {name: np.sqrt(trusts[name] * (100 - trusts[name]) / trusts[f"{name}_base"]) for name in MEASURES}
    return pd.DataFrame(
        [{"first": a, "second": b, "sampling": (left * error[a] * error[b]).sum() / left.sum()}
         for a, b in combinations_with_replacement(MEASURES, 2)]
    )  # fmt: skip


def read_items(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read shares (percent) and scores of :data:`ITEMS` from the workbook of 2024: one row per trust.

    ``attrs["questions"]`` holds the official wording of each.

    Raises
    ------
    DataError
        If a sheet or a question is missing.
    """
    name = label or Path(path).name
    sheets = {sheet: sheet_of(path, sheet, label=name) for sheet in dict.fromkeys(sheet for sheet, _ in ITEMS.values())}
    columns, questions = {}, {}
    for short, (sheet, answers) in ITEMS.items():
        titles = sheets[sheet].iloc[0].astype(str)
        place = np.flatnonzero(titles.str.startswith(f"{short} - "))
        if not len(place):
            raise DataError(f"{name}: sheet '{sheet}' has no question {short} in its first row")
        body = sheets[sheet].iloc[5:].set_index(0)
        columns[short] = body[[place[0] + answer for answer in answers]].apply(pd.to_numeric, errors="coerce").sum(
            axis=1, min_count=len(answers))  # fmt: skip
        questions[short] = titles[place[0]].removeprefix(f"{short} - ")
    found = pd.DataFrame(columns).assign(group=body[2], trust=body[1]).rename_axis("code").reset_index()
    found = found[found["group"].str.contains("Trusts", na=False)].reset_index(drop=True)
    found.attrs["questions"] = questions
    return found


def items(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare measures of autonomy over trusts in 2024: burnout per standard deviation, by three models.

    Columns: mean and standard deviation, correlation with question 3f, and slopes of burnout (percentage points per
    standard deviation) with their errors: alone, with enough staff, and with enough staff and type of trust.
    """
    found = []
    used = frame.dropna(subset=list(ITEMS)).rename(columns={"Q12b": OUTCOME, "Q3i": "enough_staff"})
    for short in list(ITEMS)[:-2]:
        part = used.assign(autonomy=(used[short] - used[short].mean()) / used[short].std())
        row = {"item": short, "question": frame.attrs["questions"][short], "trusts": len(part),
               "mean": used[short].mean(), "sd": used[short].std(),
               "with_3f": used[short].corr(used["Q3f"])}  # fmt: skip
        for model, names, effects in (("alone", REGRESSORS[:1], []), ("staff", REGRESSORS, []),
                                      ("type", REGRESSORS, ["group"])):  # fmt: skip
            fit = _fit(model, part, regressors=names, effects=effects, fewest=1).set_index("regressor")
            row |= {model: fit.loc["autonomy", "estimate"], f"{model}_error": fit.loc["autonomy", "standard_error"]}
        found.append(row)
    return pd.DataFrame(found)


COMPUTED = {
    "autonomy_bins": lambda path: bins(read(path)),
    "autonomy_errors": lambda path: errors(read(path)),
    "autonomy_items": lambda path: items(read_items(path)),
    "autonomy_levels": lambda path: levels(read(path)),
    "autonomy_models": lambda path: models(read(path)),
    "autonomy_moments": lambda path: moments(read(path)),
}
