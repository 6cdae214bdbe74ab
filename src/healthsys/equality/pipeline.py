"""The recruitment funnel: who gets from one stage to the next, and the adverse-impact ratio on the way."""

from __future__ import annotations

import itertools

import pandas as pd

from healthsys.equality.standards import proportion, relative_likelihood
from healthsys.errors import DataError, nearest

#: Stages in their order: name in the data, and what it is called on a page.
STAGES = {
    "viewed": "viewed the advertisement",
    "applied": "applied",
    "shortlisted": "shortlisted",
    "interviewed": "interviewed",
    "appointed": "appointed",
    "stayed": "still there after a year",
}


def funnel_table(
    counts: pd.DataFrame, *, groups: tuple[str, str], start: str = "applied", level: float = 0.95
) -> pd.DataFrame:
    """Conversion at every stage and over the whole, for a group against a reference group.

    Parameters
    ----------
    counts
        ``stage``, ``group``, ``people``: how many of each group reached each stage of :data:`STAGES`.
    groups
        The group and the reference group. The adverse-impact ratio is the group's rate over the reference
        group's; ``outside`` says whether it lies outside the four-fifths band, a United States guideline of 1978
        without standing in the Equality Act 2010 (:data:`healthsys.equality.likelihood.FOUR_FIFTHS`).
    start
        Stage from which the whole is counted to the last one.

    Returns
    -------
    pandas.DataFrame
        A row per step and one from start to end: ``step``, counts and rate (percent, Wilson interval) of both
        groups, ``ratio``, ``lower``, ``upper`` (Katz), ``outside`` (four-fifths), ``reason``.

    Raises
    ------
    DataError
        If a stage is not known, is missing for a group, or holds more people than the stage before it.

    Examples
    --------
    >>> rows = [(s, g, n) for g, ns in {"BME": (200, 60, 12), "White": (300, 120, 36)}.items()
    ...         for s, n in zip(("applied", "shortlisted", "appointed"), ns)]
    >>> found = funnel_table(pd.DataFrame(rows, columns=["stage", "group", "people"]), groups=("BME", "White"))
    >>> found[["step", "ratio"]].round(3).values.tolist()[-1]
    ['applied to appointed', 0.5]
    """
    for stage in pd.unique(counts["stage"]):
        if stage not in STAGES:
            raise DataError(
                f"there is no stage '{stage}'.{nearest(stage, STAGES)} Allowed, in this order: {', '.join(STAGES)}"
            )
    present = [stage for stage in STAGES if (counts["stage"] == stage).any()]
    reached = {(row.stage, row.group): int(row.people) for row in counts.itertuples()}
    for group in groups:
        for stage in present:
            if (stage, group) not in reached:
                raise DataError(f"group '{group}' has no count for the stage '{stage}'; give a row per group and stage")
        for before, after in itertools.pairwise(present):
            if reached[after, group] > reached[before, group]:
                raise DataError(
                    f"group '{group}': {reached[after, group]:,} people were {after} but only "
                    f"{reached[before, group]:,} "
                    f"were {before}; a later stage cannot hold more. Check the two rows"
                )
    if start not in present:
        raise DataError(
            f"there is no stage '{start}' to start from.{nearest(start, present)} There are: {', '.join(present)}"
        )
    steps = [*itertools.pairwise(present), (start, present[-1])]
    rows = []
    for before, after in steps:
        row: dict = {"step": f"{before} to {after}", "before": before, "after": after}
        numbers = []
        for name, group in zip(("group", "reference"), groups, strict=True):
            had, could = reached[after, group], reached[before, group]
            rate = proportion(had, could, level=level)
            row |= dict(zip((f"{name}_rate", f"{name}_lower", f"{name}_upper"), rate, strict=True))
            row |= {f"{name}_had": had, f"{name}_could": could}
            numbers += [had, could]
        found = relative_likelihood(
            numbers[0], numbers[1], reference_had=numbers[2], reference_could=numbers[3], level=level
        )
        row |= {
            "ratio": found.ratio,
            "lower": found.lower,
            "upper": found.upper,
            "reason": found.reason or "",
        }
        row["outside"] = found.outside_four_fifths
        rows.append(row)
    return pd.DataFrame(rows)


def viewer_share_bound(view_increase: float, applicant_ratio: float = 1.0) -> float:
    """Return the most that the share of viewers who apply can be, relative to before, when views rise.

    Parameters
    ----------
    view_increase
        Rise in views as a fraction (0.79 for 79 %).
    applicant_ratio
        Applicants after over applicants before; 1 is the limit where they only "fell".

    Examples
    --------
    >>> round(viewer_share_bound(0.79), 4)
    0.5587
    """
    if view_increase <= -1:
        raise DataError(
            f"a rise in views of {view_increase:g} leaves no views; give a fraction above -1, 0.79 for 79 %"
        )
    return applicant_ratio / (1 + view_increase)


def earlier_values(now: float, rise: float) -> tuple[float, float]:
    """Return what a percentage was before it rose by ``rise``: in percentage points, and in percent of itself.

    Examples
    --------
    >>> [round(value, 4) for value in earlier_values(95, 22)]
    [73, 77.8689]
    """
    return now - rise, now / (1 + rise / 100)
