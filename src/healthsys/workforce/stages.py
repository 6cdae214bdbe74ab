"""Recruitment by stage: who is left after each, and at which the groups differ most."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from healthsys.disclosure import Page, Printed, Rule, protect
from healthsys.errors import DataError, nearest
from healthsys.say import excludes, interval
from healthsys.workforce.likelihoods import none_against, proportion, relative_likelihood

#: Stages of recruitment in their order: name in the data, and what it is called in a sentence.
STAGES = {
    "viewed": "viewing", "applied": "application", "shortlisted": "shortlisting", "interviewed": "interview",
    "appointed": "appointment", "stayed": "a year in post",
}  # fmt: skip


def check_stages(counts: pd.DataFrame, *, groups: tuple[str, str], label: str) -> None:
    """Raise :class:`~healthsys.errors.DataError` unless a table has two stages and two different groups to compare."""
    there = [str(name) for name in pd.unique(counts["group"])]
    for name, one in zip(("group", "reference"), groups, strict=True):
        if one not in there:
            said = f"there is no group '{one}' (parameter {name}).{nearest(one, there)}" if one else f"no {name} given."
            raise DataError(f"{label}: {said} Set -p {name}=... to one of: {', '.join(there)}")
    if groups[0] == groups[1]:
        said = f"name another. There are: {', '.join(there)}"
        raise DataError(f"{label}: group and reference are both '{groups[0]}'; {said}")
    stages, _ = _reached(counts, groups, f"{label}: ")
    if len(stages) < 2:
        raise DataError(f"{label}: two stages are needed to compare who went on; the file has: {', '.join(stages)}")


def _reached(
    counts: pd.DataFrame, groups: Sequence[str], label: str = ""
) -> tuple[list[str], dict[tuple[str, str], int]]:
    """Return the stages in their order, and how many of each group reached each; refuse what cannot be."""
    for stage in pd.unique(counts["stage"]):
        if stage not in STAGES:
            raise DataError(
                f"{label}there is no stage '{stage}'.{nearest(stage, STAGES)} Allowed, in this order: "
                f"{', '.join(STAGES)}"
            )
    stages = [stage for stage in STAGES if (counts["stage"] == stage).any()]
    reached = {(row.stage, row.group): int(row.people) for row in counts.itertuples()}
    for group in groups:
        for stage in stages:
            if (stage, group) not in reached:
                raise DataError(
                    f"{label}group '{group}' has no count for the stage '{stage}'; give a row per group and stage"
                )
        for before, after in itertools.pairwise(stages):
            if reached[after, group] > reached[before, group]:
                raise DataError(
                    f"{label}group '{group}': {reached[after, group]:,} people were {after} but only "
                    f"{reached[before, group]:,} were {before}; a later stage cannot hold more. Check the two rows"
                )
    return stages, reached


def protect_stages(counts: pd.DataFrame, rule: Rule, *, unrounded: bool = False, label: str = "") -> Page:
    """Protect counts (``stage``, ``group``, ``people``) of recruitment: people count by the last stage they reached.

    With a column ``organisation`` the pages of all organisations and that of their total are protected together, so
    that nothing follows from one of them less the others. Characteristics of the page are ``group``, each stage
    (``reached applied``: ``yes`` or ``no``) and ``organisation``.
    """
    label = f"{label}: " if label else ""
    units = pd.unique(counts["organisation"]) if "organisation" in counts else []
    rows = []
    for unit in units if len(units) else [""]:
        own = counts[counts["organisation"] == unit] if unit else counts
        stages, reached = _reached(own, counts["group"].unique(), f"{label}{f'{unit}, ' if unit else ''}")
        for group, (place, stage) in itertools.product(counts["group"].unique(), enumerate(stages)):
            later = reached[stages[place + 1], group] if place + 1 < len(stages) else 0
            flags = {f"reached {one}": "yes" if number <= place else "no" for number, one in enumerate(stages)}
            number = {"organisation": unit, "people": reached[stage, group] - later}
            rows.append({"group": group, "last": stage, **flags, **number})
    tables = []
    for by in (("group",), ("organisation", "group"))[: 1 + bool(len(units))]:
        for stage in stages:
            tables.append(Printed(f"{stage} by {by[0]}", by, totals=False, where={f"reached {stage}": "yes"}))
    derived = {f"reached {stage}": "last" for stage in stages}
    return protect(pd.DataFrame(rows), tables=tables, rule=rule, derived=derived, unrounded=unrounded)


def recruitment(
    counts: pd.DataFrame, *, groups: tuple[str, str], start: str = "applied", page: Page | None = None,
    organisation: str = "", level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Who goes on to the next stage of recruitment, and over the whole, for a group against a reference group.

    Parameters
    ----------
    counts
        ``stage``, ``group``, ``people``: how many of each group reached each stage of ``STAGES``.
    groups, start
        The group and the reference group; the stage from which the whole is counted to the last one.
    page, organisation
        The same counts, protected (:func:`protect_stages`), and which organisation of that page they are of (empty:
        all): rates and ratios are of its counts, and a step with a small one is not shown.

    Returns
    -------
    pandas.DataFrame
        A row per step and one from start to end: ``step``, ``before``, ``after``, rate of both groups (percent, Wilson
        interval), ``ratio`` (the adverse-impact ratio: the group's rate over the reference group's), ``lower``,
        ``upper`` (:func:`relative_likelihood`), ``outside`` (``FOUR_FIFTHS``), ``reason``, ``p`` (Fisher's).

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
    if start == stages[-1]:
        raise DataError(f"the whole cannot start from '{start}', the last stage there is; choose an earlier stage")
    rows = []
    for before, after in [*itertools.pairwise(stages), (start, stages[-1])]:
        row: dict = {"step": f"{before} to {after}", "before": before, "after": after}
        pairs = [(reached[after, group], reached[before, group]) for group in groups]
        if page is not None:
            cells = [{"group": one} | ({"organisation": organisation} if organisation else {}) for one in groups]
            pairs = [_counted(page, cell, after, before) for cell in cells]
        if None in pairs:
            shown = [page.counted(cell | {f"reached {stage}": "yes"}) for cell in cells for stage in (after, before)]
            few = "too few people in one of the counts" if None in shown else "everybody, or nearly everybody, went on"
            rows.append(row | {"reason": f"not shown: {few}"})
            continue
        for name, pair in zip(("group", "reference"), pairs, strict=True):
            ends = (f"{name}_rate", f"{name}_lower", f"{name}_upper")
            row |= dict(zip(ends, proportion(*pair, level=level), strict=True))
        found = relative_likelihood(*pairs[0], reference_had=pairs[1][0], reference_could=pairs[1][1], level=level)
        row |= {"ratio": found.ratio, "lower": found.lower, "upper": found.upper}
        row |= {"outside": found.outside_four_fifths, "reason": found.reason or "", "p": found.p}
        rows.append(row)
    sides = [f"{name}_{end}" for name in ("group", "reference") for end in ("rate", "lower", "upper")]
    columns = ["step", "before", "after", *sides, "ratio", "lower", "upper", "outside", "reason", "p"]
    numbers = dict.fromkeys((*sides, "ratio", "lower", "upper", "p"), float)  # a column of None only is one of numbers
    return pd.DataFrame(rows, columns=columns).astype(numbers)


def recruitment_finding(
    steps: pd.DataFrame, shown: Mapping[tuple[str, str], str], *, names: tuple[str, str], groups: tuple[str, str],
    level: float = 0.95,
) -> str:  # fmt: skip
    """Say at which step of :func:`recruitment` two groups differ most, and how they fared over the whole.

    ``shown`` has the count of each group and stage as the page shows it. Where nobody of one group went on, both
    counts are said: that is the largest difference there can be.
    """
    one, other = names
    whole, known = steps.iloc[-1], steps.iloc[:-1].dropna(subset=["lower"])
    if known.empty or whole["reason"].startswith("not shown"):
        reasons = [*steps["reason"].iloc[:-1][steps["reason"].iloc[:-1] != ""], "too few people"]
        why = (whole["reason"] or reasons[0]).removeprefix("not shown: ")
        return f"recruitment of {one} and {other} cannot be compared: {why}."
    ratios = known["ratio"].fillna(np.inf)  # nobody in the reference group went on
    if ratios.round(2).eq(1).all():
        return f"at each step shown, {one} and {other} were equally likely to go on."

    def fared(row: pd.Series, going: str) -> str:
        if pd.isna(row["lower"]):
            return f"they cannot be compared ({row['reason']})"
        if pd.isna(row["ratio"]) or row["ratio"] == 0:
            counts = [shown[group, row[stage]] for group in groups for stage in ("after", "before")]
            return none_against(row, counts, names=names, what="went on", level=level)
        sure = "" if excludes(row["lower"], row["upper"], 1) else ", so chance alone could explain it"
        limits = interval(row["lower"], row["upper"], level=level, format="{:.2f}")
        return f"they were {row['ratio']:.2f} times as likely {going}({limits}{sure})"

    most = known.loc[ratios.where(ratios >= 1, 1 / ratios).idxmax()]
    ends = [[STAGES[row["before"]], STAGES[row["after"]]] for row in (most, whole)]
    said = f"{one} differed most from {other} between {' and '.join(ends[0])}: {fared(most, 'to go on ')}."
    return said + (f" From {' to '.join(ends[1])} {fared(whole, '')}." if len(known) > 1 or ends[0] != ends[1] else "")


def _counted(page: Page, of: dict[str, str], *stages: str) -> tuple[int, ...] | None:
    """Return how many reached a later and an earlier stage, as a page counts them; None where no rate may be shown."""
    shown = tuple(page.counted(of | {f"reached {stage}": "yes"}) for stage in stages)
    return shown if None not in shown and page.rule.allows(*shown) else None
