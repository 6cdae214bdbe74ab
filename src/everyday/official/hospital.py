"""Beds, occupancy, cancelled operations and waits in A&E in England, from files of NHS England.

The panel of trusts by quarter is a third party's collection of official returns (LB1983/nhs-bed-occupancy-analysis,
``master-quarterly-trust.csv``); every other file is NHS England's own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from everyday.official import columns_of, csv_of, sheet_of
from healthsys import panel
from healthsys.errors import DataError

#: Effects that each of the four headline models removes.
MODELS = {"none": (), "quarter": ("quarter",), "trust": ("trust",), "trust and quarter": ("trust", "quarter")}

#: A trust's available beds above this multiple of its own median are taken for a slip of the pen.
MOST_TIMES_MEDIAN = 3
IMPOSSIBLE = "an impossible number of beds"

#: Columns of the panel that are used, and what they are called here.
PANEL = {
    "org_code": "trust", "org_name": "name", "period": "quarter", "financial_year": "year", "fy_quarter": "season",
    "kh03_avail_ga_avg_beds": "beds", "kh03_occ_ga_rate": "occupancy", "ae_type1_attendances": "attendances",
    "ae_type1_pct_4hr": "four_hour",
}  # fmt: skip

#: Seed of the random order of organisations.
SEED = 20261128


def read_panel(path: str | Path) -> pd.DataFrame:
    """Read the panel of trusts by quarter: occupancy and four-hour performance in percent, and why a row is left out.

    A row per trust and quarter has the columns of :data:`PANEL`, ``time`` (quarters since the first), ``previous``
    (occupancy a quarter earlier, if that row is used too) and ``left_out`` (a reason, or empty). A missing column, a
    trust with a quarter twice, or a share outside 0 to 1 is a ``DataError``.
    """
    raw = csv_of(path, keep_default_na=False, na_values=[""])
    rows = columns_of(raw, PANEL, path)
    rows = rows[rows["org_code"] != "NAN"].rename(columns=PANEL)  # NAN: the total of England
    if rows.duplicated(["trust", "quarter"]).any():
        twice = rows[rows.duplicated(["trust", "quarter"])].iloc[0]
        raise DataError(f"{Path(path).name}: '{twice['trust']}' has two rows in {twice['quarter']}; keep one")
    for share in ("occupancy", "four_hour"):
        if not rows[share].dropna().between(0, 1).all():
            raise DataError(f"{Path(path).name}: column '{share}' is a share, so each value is from 0 to 1")
        rows[share] *= 100
    rows["time"] = rows["quarter"].map({name: at for at, name in enumerate(sorted(rows["quarter"].unique()))})
    rows = rows.sort_values(["trust", "time"], ignore_index=True)
    silent = set(rows.loc[rows["four_hour"] == 0, ["trust", "time"]].itertuples(index=False, name=None))
    partly = [(one, at - 1) in silent or (one, at + 1) in silent for one, at in rows[["trust", "time"]].to_numpy()]
    median = rows.groupby("trust")["beds"].transform("median")
    reasons = {
        "no general and acute beds": rows["occupancy"].isna(),
        "no major A&E department": rows["four_hour"].isna(),
        "four-hour figures not reported (recorded as zero)": rows["four_hour"] == 0,
        "four-hour figures of part of the quarter": pd.Series(partly),
        IMPOSSIBLE: rows["beds"] > MOST_TIMES_MEDIAN * median,
    }
    rows["left_out"] = np.select([*reasons.values()], [*reasons], default="")
    used = rows[rows["left_out"] == ""].set_index(["trust", "time"])["occupancy"]
    before = pd.MultiIndex.from_arrays([rows["trust"], rows["time"] - 1])
    return rows.assign(previous=used.reindex(before).to_numpy(float))


def left_out(rows: pd.DataFrame) -> pd.DataFrame:
    """Count rows and trusts by the reason why they are left out; an empty reason for those that are used."""
    used = rows["left_out"] == ""
    few = used & (rows["trust"].map(rows[used].groupby("trust").size()) < panel.FEWEST_PERIODS)
    reason = rows["left_out"].mask(few, f"trusts with fewer than {panel.FEWEST_PERIODS} such quarters")
    counts = rows.groupby(reason.replace("", "used").rename("reason")).agg(
        rows=("trust", "size"), trusts=("trust", "nunique"), first=("quarter", "min"), last=("quarter", "max")
    )
    return counts.sort_values("rows", ascending=False, kind="stable").reset_index()


def moments(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums of products by unnamed trust, for each of the four models, and the last one with the quarter before."""
    used = rows[rows["left_out"] == ""]
    tables = []
    for number, (name, effects) in enumerate(MODELS.items()):
        recipe = {"organisation": "trust", "effects": effects, "seed": SEED + number}
        kept = panel.moments(used, "four_hour", ["occupancy"], **recipe)
        tables.append(kept.sums.assign(effects=name, sample="all"))
    kept = panel.moments(used, "four_hour", ["occupancy", "previous"], **recipe | {"seed": SEED - 1})
    tables.append(kept.sums.assign(effects=name, sample="with the quarter before"))
    table = pd.concat(tables, ignore_index=True)
    return table[["sample", "effects", *table.columns.drop(["sample", "effects"])]]


def specifications(rows: pd.DataFrame) -> pd.DataFrame:
    """Fit every specification: which rows, effects, weights and regressors, and the slope with its clustered error."""
    used = rows[rows["left_out"] == ""]
    count = used.groupby("trust")["time"].transform("size")
    size = pd.qcut(used.groupby("trust")["beds"].mean().rank(method="first"), 3, labels=["small", "middle", "large"])
    third = used["trust"].map(size)
    ends = used["occupancy"].quantile([0.01, 0.99])
    samples = {
        "all": used,
        "with partly reported and impossible rows": rows[rows["four_hour"].gt(0) & rows["occupancy"].notna()],
        "without rates of exactly 100%": used[used["occupancy"] < 100],
        "without the lowest and highest 1% of occupancy": used[used["occupancy"].between(*ends)],
        "without 2020-21": used[used["year"] != "2020-21"],
        "before 2020-21": used[used["year"] < "2020-21"],
        "from 2021-22": used[used["year"] > "2020-21"],
        "trusts with every quarter": used[count == used["time"].nunique()],
        **{f"third of trusts by beds: {name}": used[third == name] for name in size.cat.categories},
    }
    yearly = used.groupby(["trust", "year"], as_index=False)[["occupancy", "four_hour"]].mean()
    recipes = [(name, frame, effects, key, "", ["occupancy"]) for name, frame in samples.items()
               for key, effects in MODELS.items()]  # fmt: skip
    recipes += [("all", used, effects, key, weights, ["occupancy"]) for key, effects in MODELS.items()
                for weights in ("beds", "attendances")]  # fmt: skip
    recipes += [("all", used, effects, key, "", ["previous"]) for key, effects in MODELS.items()]
    recipes += [
        ("all", used, ("trust", "season"), "trust and season, with a straight trend", "", ["occupancy", "time"]),
        ("without 2020-21", samples["without 2020-21"], ("trust", "season"), "trust and season, with a straight trend",
         "", ["occupancy", "time"]),
        ("averages by year", yearly, ("trust", "year"), "trust and year", "", ["occupancy"]),
    ]  # fmt: skip
    table = [_row(*one) for one in recipes]
    return pd.DataFrame([one for one in table if one])


def _row(sample, frame, effects, key, weights, regressors) -> dict:
    """Fit one specification; empty where the rows are too few or do not differ once the effects are removed."""
    if frame["trust"].nunique() < 2 or frame.groupby("trust").size().max() < panel.FEWEST_PERIODS:
        return {}
    kept = panel.moments(
        frame, "four_hour", regressors, organisation="trust", effects=effects, weights=weights, seed=SEED
    )
    try:
        fit = panel.fit_from_moments(kept.sums, "four_hour", regressors, absorbed=kept.absorbed)
    except DataError:
        return {}
    slope = fit.estimates.iloc[0]
    return {
        "sample": sample, "effects": key, "weights": weights or "none", "regressor": slope.name,
        "estimate": slope["estimate"], "standard_error": slope["standard_error"], "rows": fit.rows,
        "trusts": fit.organisations, "absorbed": fit.absorbed, "trusts_left_out": kept.left_out,
    }  # fmt: skip


def bins(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean occupancy and four-hour performance in 20 bins of equal count, with the effects of each model removed."""
    used = rows[rows["left_out"] == ""]
    used = used[used.groupby("trust")["time"].transform("size") >= panel.FEWEST_PERIODS]
    return pd.concat(
        [panel.binned(used, "four_hour", "occupancy", effects=effects).assign(effects=name)
         for name, effects in MODELS.items()], ignore_index=True,
    )[["effects", "bin", "n", "occupancy", "four_hour"]]  # fmt: skip


def beds_england(annual: str | Path, quarterly: str | Path) -> pd.DataFrame:
    """Beds of England: a row per year to 2009-10 (available), and per quarter from 2010-11 (available, occupied)."""
    old = sheet_of(annual, skiprows=6).dropna(subset=[0, 1])
    old = pd.DataFrame({
        "step": "year", "period": pd.to_datetime(old[0].str[:4] + "-04-01"), "all_available": old[1],
        "general_acute_available": old[2],
    })  # fmt: skip
    new = sheet_of(quarterly, "Open Overnight", skiprows=14)
    new = new[new[3] == "England"]
    new = pd.DataFrame({
        "step": "quarter", "period": _quarter(new[1], new[2].str[1]), "all_available": new[4], "all_occupied": new[10],
        "general_acute_available": new[5], "general_acute_occupied": new[11],
    })  # fmt: skip
    table = pd.concat([old, new], ignore_index=True)
    names = ["all_available", "all_occupied", "general_acute_available", "general_acute_occupied"]
    return table[["step", "period", *names]].astype(dict.fromkeys(names, float))


def cancelled_operations(workbook: str | Path) -> pd.DataFrame:
    """Operations cancelled at the last minute for non-clinical reasons in England, a row per quarter."""
    rows = sheet_of(workbook, skiprows=15).dropna(subset=[2, 3])
    table = pd.DataFrame({"cancelled": rows[3].astype(int), "not_treated_in_28_days": rows[4].astype(int)})
    table.insert(0, "period", _quarter(rows[1].ffill(), rows[2]))
    return table.reset_index(drop=True)


def _quarter(years: pd.Series, numbers: pd.Series) -> pd.Series:
    """Return the first day of a financial quarter from a year such as 2010/11 and a number of 1 to 4."""
    first, number = years.str[:4].astype(int), numbers.astype(float).astype(int)
    return pd.to_datetime(pd.DataFrame({"year": first + number // 4, "month": number % 4 * 3 + 1, "day": 1}))


def ae_england(workbook: str | Path) -> pd.DataFrame:
    """Monthly A&E figures of England: everybody who came, those counted in four-hour performance, waits for a bed."""
    activity, performance = (
        sheet_of(workbook, sheet, skiprows=14).set_index(1) for sheet in ("Activity", "Performance")
    )
    table = pd.DataFrame({
        "attendances": activity[5], "type1_attendances": activity[2], "emergency_admissions": activity[11],
        "waited_4_hours_for_a_bed": activity[12], "waited_12_hours_for_a_bed": activity[13],
        "within_4h": performance[5], "over_4h": performance[9],
        "type1_within_4h": performance[2], "type1_over_4h": performance[6],
    }).astype(float)  # fmt: skip
    return table.rename_axis("period").reset_index().astype({"period": "datetime64[us]"})


def read_providers(*monthly: str | Path) -> pd.DataFrame:
    """Add up the monthly A&E files of NHS England by provider: months, attendances and those over four hours.

    Booked and unbooked attendances are added; the total row of a file is left out.

    Raises
    ------
    DataError
        If a file has no column of attendances, or two files hold the same month.
    """
    tables = []
    for path in monthly:
        raw = csv_of(path)
        came = [name for name in raw.columns if name.startswith("A&E attendances")]
        late = [name for name in raw.columns if name.startswith("Attendances over 4hrs")]
        if "Org Code" not in raw or len(came) != 6 or len(late) != 6:
            raise DataError(f"{Path(path).name} is not a monthly file of A&E by provider; a column is missing")
        raw = raw[raw["Period"].str.startswith("MSit", na=False)]
        major = [name for name in (*came, *late) if name.endswith("Type 1")]
        tables.append(pd.DataFrame({
            "period": raw["Period"], "code": raw["Org Code"], "name": raw["Org name"],
            "attendances": raw[came].sum(axis=1), "over_4h": raw[late].sum(axis=1),
            "type1_attendances": raw[major[:2]].sum(axis=1), "type1_over_4h": raw[major[2:]].sum(axis=1),
        }))  # fmt: skip
    rows = pd.concat(tables)
    twice = rows[rows.duplicated(["period", "code"])]
    if len(twice):
        raise DataError(f"two rows of provider {twice['code'].iloc[0]} for {twice['period'].iloc[0]}; give it once")
    rows = rows[rows["attendances"] > 0]
    counts = ["attendances", "over_4h", "type1_attendances", "type1_over_4h"]
    return rows.groupby("code").agg(name=("name", "last"), months=("period", "size"), **{c: (c, "sum") for c in counts})


def ae_providers(*monthly: str | Path) -> pd.DataFrame:
    """Sums of the providers that reported in every one of twelve months, in random order, without their names."""
    sums = read_providers(*monthly)
    sums = sums[sums["months"] == len(monthly)].drop(columns=["name", "months"])
    sums = sums.sample(frac=1, random_state=np.random.default_rng(SEED)).reset_index(drop=True)
    sums.insert(0, "provider", np.arange(1, len(sums) + 1))
    return sums


COMPUTED = {
    "ae_england_official": ae_england,
    "ae_providers_2024": ae_providers,
    "beds_england_official": beds_england,
    "cancelled_operations_england": cancelled_operations,
    "occupancy_bins": lambda path: bins(read_panel(path)),
    "occupancy_moments": lambda path: moments(read_panel(path)),
    "occupancy_rows": lambda path: left_out(read_panel(path)),
    "occupancy_specifications": lambda path: specifications(read_panel(path)),
}
