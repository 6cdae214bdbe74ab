"""Published pay gaps: one employer among its peers, and change since an earlier file."""

from dataclasses import dataclass

import pandas as pd

from healthsys.errors import DataError
from healthsys.io.pay_gap_service import company_number, plain_name

#: Fewer peers than this make no distribution to be placed in.
FEWEST_PEERS = 8

#: A file with less than this share of the other year's records cannot be compared with it.
LEAST_SHARE = 0.5

#: Size bands of the service, smallest first.
SIZES = (
    "Less than 250", "250 to 499", "500 to 999", "1000 to 4999", "5000 to 19,999", "20,000 or more", "Not Provided",
)  # fmt: skip


@dataclass(frozen=True)
class Placed:
    """One employer in the distribution of its peers: the same size band, and health where it is a health employer.

    ``higher`` is the percentage of peers with a gap further in favour of men; None with a ``reason``.
    """

    employer: str
    gap: float | None
    peers: pd.DataFrame
    described: str
    higher: float | None
    median: float | None
    reason: str | None = None


def place(employers: pd.DataFrame, *, employer: str = "", measure: str = "median_hourly_gap") -> Placed:
    """Place one employer in the distribution of its peers.

    Parameters
    ----------
    employers
        From :func:`healthsys.io.read_pay_gap_service`.
    employer
        Its id, company number, or name; empty for the first NHS employer (else health employer) in the largest size
        band that has peers.

    Raises
    ------
    DataError
        If nobody, or more than one record, goes by that name.

    Examples
    --------
    >>> found = pd.DataFrame({"employer": [f"Trust {n}" for n in range(10)], "median_hourly_gap": range(10)})
    >>> found = found.assign(employer_id="", company_number="", size="500 to 999", health=True, nhs=True)
    >>> placed = place(found, employer="trust 9")
    >>> placed.described, placed.median, placed.higher
    ('health employers with 500 to 999 staff', 4.0, 0.0)
    """
    row = _found(employers, employer)
    peers = employers[(employers["size"] == row["size"]) & (employers["health"] == row["health"])].drop(row.name)
    described = f"{'health employers' if row['health'] else 'employers outside health'} with {row['size']} staff"
    others = peers[measure].dropna()
    if pd.isna(row[measure]):
        return Placed(row["employer"], None, peers, described, None, None, "the employer published no such gap")
    gap = float(row[measure])
    if len(others) < FEWEST_PEERS:
        reason = f"only {len(others)} other {described} published this gap; at least {FEWEST_PEERS} make a distribution"
        return Placed(row["employer"], gap, peers, described, None, None, reason)
    return Placed(row["employer"], gap, peers, described, 100 * float((others > gap).mean()), float(others.median()))


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
        known = f"Close to it: {'; '.join(near)}" if len(near) else "Give its id, company number or name as in the file"
        raise DataError(f"no employer '{employer}' in this file. {known}")
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


def match_years(now: pd.DataFrame, before: pd.DataFrame, *, measure: str = "median_hourly_gap") -> Change:
    """Match the employers of two files and return the change of a gap in percentage points.

    By employer id where both files have it, else by company number or, for public bodies without one, by name. A key
    that occurs twice is left out and counted; a partial year is not compared with a full one.

    Parameters
    ----------
    now, before
        From :func:`healthsys.io.read_pay_gap_service`.

    Returns
    -------
    Change
        ``matched``: ``employer``, ``size``, ``health``, ``before``, ``now``, ``change``.
    """
    both = bool((now["employer_id"] != "").all() and (before["employer_id"] != "").all())
    key, by = ("employer_id", "employer id") if both else ("key", "company number, or name where there is none")
    nothing = pd.DataFrame(columns=["employer", "size", "health", "before", "now", "change"])
    for name, year, other in (("later", now, before), ("earlier", before, now)):
        if year.attrs["complete"] != other.attrs["complete"] and not year.attrs["complete"]:
            why = f"the {name} file is a partial year ({year.attrs['reason']}); it is not compared"
            return Change(nothing, 0, 0, 0, by, why)
        if len(year) < LEAST_SHARE * len(other):
            why = f"the {name} file has {len(year):,} records against {len(other):,}: less than half a year's; "
            return Change(nothing, 0, 0, 0, by, f"{why}it is not compared")
    if now.attrs["year"] == before.attrs["year"]:
        return Change(nothing, 0, 0, 0, by, f"both files are of {now.attrs['year']}; give files of two years")
    tables, ambiguous = [], 0
    for year in (now, before):
        table = year[year[key].notna()]
        tables.append(table.drop_duplicates(key, keep=False).set_index(key))
        ambiguous += len(table) - len(tables[-1])
    later, earlier = tables
    shared = later.index.intersection(earlier.index)
    found = later.loc[shared, ["employer", "size", "health"]].copy()
    found["before"], found["now"] = earlier.loc[shared, measure], later.loc[shared, measure]
    found["change"] = found["now"] - found["before"]
    found = found.dropna(subset=["change"]).reset_index(drop=True)
    return Change(found, len(later) - len(shared), len(earlier) - len(shared), ambiguous, by)
