"""Published pay gaps: the distribution over employers, one employer among its peers, change since an earlier file.

The service publishes neither head counts (only size bands) nor dispersion, so no interval or funnel limit can
be drawn around a published gap; an employer is placed in the distribution of its peers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.equality.readers import ServiceFile, company_number, plain_name
from healthsys.errors import DataError

#: Fewer peers than this make no distribution to be placed in.
FEWEST_PEERS = 8

#: A file with less than this share of the other year's records is not a whole year beside it.
LEAST_SHARE = 0.5

#: Size bands of the service, smallest first.
SIZES = (
    "Less than 250",
    "250 to 499",
    "500 to 999",
    "1000 to 4999",
    "5000 to 19,999",
    "20,000 or more",
    "Not Provided",
)


def distribution(year: ServiceFile, *, measure: str = "median_hourly_gap") -> pd.DataFrame:
    """Return the quartiles of a gap among all employers, health employers, and NHS employers.

    Returns
    -------
    pandas.DataFrame
        A row per set: ``employers``, ``with_gap``, ``p10``, ``p25``, ``median``, ``p75``, ``p90`` (percent),
        and the percentage of employers with a gap in favour of men (``above_zero``), none (``zero``) and
        women (``below_zero``).
    """
    table = year.employers
    rows = []
    for name, chosen in (
        ("All employers", table),
        ("Health employers", table[table["health"]]),
        ("NHS employers", table[table["nhs"]]),
    ):
        gap = chosen[measure].dropna().to_numpy(dtype=float)
        cuts = np.percentile(gap, [10, 25, 50, 75, 90], method="linear") if len(gap) else [np.nan] * 5
        signs = [100 * float((test).mean()) if len(gap) else np.nan for test in (gap > 0, gap == 0, gap < 0)]
        rows.append((name, len(chosen), len(gap), *cuts, *signs))
    columns = [
        "set",
        "employers",
        "with_gap",
        "p10",
        "p25",
        "median",
        "p75",
        "p90",
        "above_zero",
        "zero",
        "below_zero",
    ]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Placed:
    """One employer in the distribution of its peers: the same size band, and health where it is a health employer.

    ``higher`` is the percentage of peers with a gap further in favour of men; None with a ``reason`` where
    there is nothing to compare.
    """

    employer: str
    gap: float | None
    peers: pd.DataFrame
    words: str
    higher: float | None
    median: float | None
    reason: str | None = None


def place(year: ServiceFile, *, employer: str, measure: str = "median_hourly_gap") -> Placed:
    """Place one employer in the distribution of its peers.

    Parameters
    ----------
    employer
        Its id, company number, or name (case and punctuation do not matter); empty for the first NHS employer
        (else health employer) in the largest size band that has peers.

    Raises
    ------
    DataError
        If nobody, or more than one record, goes by that name.
    """
    table = year.employers
    row = _found(table, employer)
    peers = table[(table["size"] == row["size"]) & (table["health"] == row["health"])].drop(row.name)
    kind = "health employers" if row["health"] else "employers outside health"
    words = f"{kind} with {row['size']} staff"
    others = peers[measure].dropna()
    gap = None if pd.isna(row[measure]) else float(row[measure])
    if gap is None:
        return Placed(row["employer"], None, peers, words, None, None, "the employer published no such gap")
    if len(others) < FEWEST_PEERS:
        reason = f"only {len(others)} other {words} published this gap; at least {FEWEST_PEERS} make a distribution"
        return Placed(row["employer"], gap, peers, words, None, None, reason)
    return Placed(row["employer"], gap, peers, words, 100 * float((others > gap).mean()), float(others.median()))


def _found(table: pd.DataFrame, employer: str) -> pd.Series:
    if not employer:
        health = next(part for part in (table[table["nhs"]], table[table["health"]], table) if len(part))
        sizes = health["size"].value_counts()
        largest = next((size for size in reversed(SIZES[:-1]) if sizes.get(size, 0) > FEWEST_PEERS), sizes.index[0])
        return health[health["size"] == largest].iloc[0]
    plain = plain_name(employer)
    hit = (table["employer_id"] == employer) | (table["company_number"] == company_number(employer))
    if not hit.any():
        hit = table["employer"].map(plain_name) == plain
    if not hit.any():
        near = table.loc[table["employer"].map(plain_name).str.contains(plain, regex=False), "employer"].head(3)
        known = (
            f" Close to it: {'; '.join(near)}" if len(near) else " Give its id, company number or name as in the file"
        )
        raise DataError(f"no employer '{employer}' in this file.{known}")
    if hit.sum() > 1:
        ids = table.loc[hit, "employer_id"].tolist()
        raise DataError(f"{int(hit.sum())} employers go by '{employer}' (ids {', '.join(ids)}); give the id")
    return table[hit].iloc[0]


@dataclass(frozen=True)
class Change:
    """Change of a gap between two years, for the employers in both; ``reason`` where they are not compared."""

    matched: pd.DataFrame
    only_now: int
    only_before: int
    ambiguous: int
    by: str
    reason: str | None = None


def change(now: ServiceFile, before: ServiceFile, *, measure: str = "median_hourly_gap") -> Change:
    """Match the employers of two files and return the change of a gap in percentage points.

    Employers are matched by employer id where both files have it; a 25-column file has none, and then by
    company number, and by name for public bodies without one. A key that occurs twice in a file is left out
    and counted. A file that was saved before its year was complete is not compared with a full one.
    """
    both = bool((now.employers["employer_id"] != "").all() and (before.employers["employer_id"] != "").all())
    key, by = ("employer_id", "employer id") if both else ("key", "company number, or name where there is none")
    empty = pd.DataFrame(columns=["employer", "size", "health", "before", "now", "change"])
    for name, year, other in (("later", now, before), ("earlier", before, now)):
        if year.complete != other.complete and not year.complete:
            return Change(empty, 0, 0, 0, by, f"the {name} file is a partial year ({year.reason}); it is not compared")
        if year.records < LEAST_SHARE * other.records:
            return Change(
                empty,
                0,
                0,
                0,
                by,
                f"the {name} file has {year.records:,} records against {other.records:,}: less than half a "
                "year's; "
                "it is not compared",
            )
    if now.year == before.year:
        return Change(empty, 0, 0, 0, by, f"both files are of {now.year}; give files of two years")
    tables, ambiguous = [], 0
    for year in (now, before):
        table = year.employers[year.employers[key].notna()]
        twice = table[key].duplicated(keep=False)
        ambiguous += int(twice.sum())
        tables.append(table[~twice].set_index(key))
    later, earlier = tables
    shared = later.index.intersection(earlier.index)
    found = later.loc[shared, ["employer", "size", "health"]].copy()
    found["before"], found["now"] = earlier.loc[shared, measure], later.loc[shared, measure]
    found["change"] = found["now"] - found["before"]
    found = found.dropna(subset=["change"]).reset_index(drop=True)
    return Change(found, len(later) - len(shared), len(earlier) - len(shared), ambiguous, by)


def change_table(found: Change) -> pd.DataFrame:
    """Return the change among all matched and among matched health employers: counts, median, spread, direction."""
    rows = []
    for name, part in (
        ("All matched", found.matched),
        ("Health employers", found.matched[found.matched["health"].astype(bool)]),
    ):
        change = part["change"].to_numpy(dtype=float)
        cuts = np.percentile(change, [25, 50, 75], method="linear") if len(change) else [np.nan] * 3
        smaller = 100 * float((part["now"].abs() < part["before"].abs()).mean()) if len(part) else np.nan
        rows.append((name, len(part), part["before"].median(), part["now"].median(), *cuts, smaller))
    columns = ["set", "employers", "median_before", "median_now", "p25", "median", "p75", "nearer_zero"]
    return pd.DataFrame(rows, columns=columns)
