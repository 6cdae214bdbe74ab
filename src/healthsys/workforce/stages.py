"""Recruitment: who gets from one stage to the next, and the adverse-impact ratio on the way."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pandas as pd

from healthsys.disclosure import Page, Printed, Rule, protect
from healthsys.errors import DataError, nearest
from healthsys.workforce.likelihood import proportion, relative_likelihood

#: Stages of recruitment in their order: name in the data, and what it is called in a sentence.
STAGES = {
    "viewed": "viewing",
    "applied": "application",
    "shortlisted": "shortlisting",
    "interviewed": "interview",
    "appointed": "appointment",
    "stayed": "a year in post",
}


def _reached(counts: pd.DataFrame, groups: Sequence[str]) -> tuple[list[str], dict[tuple[str, str], int]]:
    """Return the stages in their order, and how many of each group reached each; refuse what cannot be."""
    for stage in pd.unique(counts["stage"]):
        if stage not in STAGES:
            raise DataError(
                f"there is no stage '{stage}'.{nearest(stage, STAGES)} Allowed, in this order: {', '.join(STAGES)}"
            )
    stages = [stage for stage in STAGES if (counts["stage"] == stage).any()]
    reached = {(row.stage, row.group): int(row.people) for row in counts.itertuples()}
    for group in groups:
        for stage in stages:
            if (stage, group) not in reached:
                raise DataError(f"group '{group}' has no count for the stage '{stage}'; give a row per group and stage")
        for before, after in itertools.pairwise(stages):
            if reached[after, group] > reached[before, group]:
                raise DataError(
                    f"group '{group}': {reached[after, group]:,} people were {after} but only "
                    f"{reached[before, group]:,} were {before}; a later stage cannot hold more. Check the two rows"
                )
    return stages, reached


def protect_stages(counts: pd.DataFrame, rule: Rule) -> Page:
    """Protect counts (``stage``, ``group``, ``people``) of recruitment: people count by the last stage they reached.

    Characteristics of the page are ``group`` and each stage (``reached applied``: ``yes`` or ``no``).
    """
    stages, reached = _reached(counts, counts["group"].unique())
    rows = []
    for group, (place, stage) in itertools.product(counts["group"].unique(), enumerate(stages)):
        later = reached[stages[place + 1], group] if place + 1 < len(stages) else 0
        flags = {f"reached {one}": "yes" if number <= place else "no" for number, one in enumerate(stages)}
        rows.append({"group": group, "last": stage, **flags, "people": reached[stage, group] - later})
    tables = [Printed(stage, ("group",), totals=False, where={f"reached {stage}": "yes"}) for stage in stages]
    derived = {f"reached {stage}": "last" for stage in stages}
    return protect(pd.DataFrame(rows), tables=tables, rule=rule, derived=derived, unrounded=True)


def recruitment(
    counts: pd.DataFrame,
    *,
    groups: tuple[str, str],
    start: str = "applied",
    page: Page | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Who goes on to the next stage of recruitment, and over the whole, for a group against a reference group.

    Parameters
    ----------
    counts
        ``stage``, ``group``, ``people``: how many of each group reached each stage of ``STAGES``.
    groups
        The group and the reference group. The adverse-impact ratio is the group's rate over the reference group's;
        ``outside`` says whether it lies outside ``FOUR_FIFTHS``.
    start
        Stage from which the whole is counted to the last one.
    page
        The same counts, protected (:func:`protect_stages`): a step of which they give a small count away is not shown.

    Returns
    -------
    pandas.DataFrame
        A row per step and one from start to end: ``step``, ``before``, ``after``, rate of both groups (percent, Wilson
        interval), ``ratio``, ``lower``, ``upper`` (Katz), ``outside``, ``reason``.

    Raises
    ------
    DataError
        If a stage is not known, is missing for a group, or holds more people than the stage before it.

    Examples
    --------
    >>> rows = [(s, g, n) for g, ns in {"BME": (200, 60, 12), "White": (300, 120, 36)}.items()
    ...         for s, n in zip(("applied", "shortlisted", "appointed"), ns)]
    >>> found = recruitment(pd.DataFrame(rows, columns=["stage", "group", "people"]), groups=("BME", "White"))
    >>> found[["step", "ratio"]].round(3).values.tolist()[-1]
    ['applied to appointed', 0.5]
    """
    stages, reached = _reached(counts, groups)
    if start not in stages:
        raise DataError(
            f"there is no stage '{start}' to start from.{nearest(start, stages)} There are: {', '.join(stages)}"
        )
    rows = []
    for before, after in [*itertools.pairwise(stages), (start, stages[-1])]:
        row: dict = {"step": f"{before} to {after}", "before": before, "after": after}
        pairs = [(reached[after, group], reached[before, group]) for group in groups]
        for name, pair in zip(("group", "reference"), pairs, strict=True):
            ends = (f"{name}_rate", f"{name}_lower", f"{name}_upper")
            row |= dict(zip(ends, proportion(*pair, level=level), strict=True))
        found = relative_likelihood(*pairs[0], reference_had=pairs[1][0], reference_could=pairs[1][1], level=level)
        row |= {"ratio": found.ratio, "lower": found.lower, "upper": found.upper}
        row |= {"outside": found.outside_four_fifths, "reason": found.reason or ""}
        if page is not None and (
            None in [page.shown({"group": one, f"reached {at}": "yes"}) for one in groups for at in (before, after)]
            or not all(page.rule.allows(*pair) for pair in pairs)
        ):
            row |= dict.fromkeys(list(row)[3:])  # every number
            row["reason"] = "not shown: too few people in one of the counts"
        rows.append(row)
    return pd.DataFrame(rows)
