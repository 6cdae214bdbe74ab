"""The sentence that opens a page, composed from results, so that it stays true when the data or a parameter change."""

from __future__ import annotations

import pandas as pd

from healthsys.narratives.agreement import RELIABLE, TENTATIVE, unshared
from healthsys.narratives.timelines import Permutation

#: p below which shuffling is called an unlikely account of an order.
UNLIKELY = 0.05


def sequence(found: Permutation, together: Permutation) -> str:
    """Say whether strategies follow each other or run together, from the two permutation tests.

    Examples
    --------
    >>> test = Permutation(0.53, 0.46, 0.34, 0.58, 0.13, 0.87, 46, 4999)
    >>> both = Permutation(1.0, 0.99, 1.0, 1.0, 0.99, 1.0, 46, 4999)
    >>> sequence(test, both)[:74]
    'The events show no order of strategies that shuffled dates would not give:'
    """
    if found.statistic is None:
        return f"Whether strategies follow each other cannot be told: {found.reason}."
    share = f"the later stage comes later in {100 * found.statistic:.0f} % of pairs of events"
    range_ = f"{100 * found.lower:.0f} to {100 * found.upper:.0f} %"
    beside = (
        f"({round(100 * found.level, 6):g} of 100 shuffles of dates within each actor give {range_}; one-sided "
        f"p = {found.p_high:.2f})"
    )
    months = ""
    if together.statistic is not None:
        months = f" At least two strategies are under way in {100 * together.statistic:.0f} % of the months with any"
        usual = together.p_high >= UNLIKELY
        months += ", which shuffled dates give as well." if usual else ", more than shuffled dates give."
    if found.p_high < UNLIKELY:
        return f"The strategies follow each other more than chance would have it: {share} {beside}.{months}"
    if found.p_low < UNLIKELY:
        return f"The strategies run in the reverse of the textbook order: {share} {beside}.{months}"
    return f"The events show no order of strategies that shuffled dates would not give: {share} {beside}.{months}"


def tests(found: Permutation, together: Permutation) -> str:
    """Set both statistics beside their shuffled values, in words, or say why there are none."""
    if found.statistic is None:
        return f"Neither can be computed here: {found.reason}."
    text = (
        f"Here the first is {found.statistic:.2f}, beside {found.expected:.2f} on average when dates are shuffled "
        f"(one-sided p = {found.p_high:.3f}; above {found.threshold:.2f} the test would speak of a sequence)."
    )
    if together.statistic is None:
        return text
    text += f" The second is {together.statistic:.2f}, beside {together.expected:.2f}."
    if together.expected > 0.95:
        text += (
            " Most events last so long that months hold several strategies whatever the dates: this share is "
            "compatible with the claim that strategies run together and does not test it."
        )
    return text


def agreement(table: pd.DataFrame) -> str:
    """Say how far the coders agree over all codes, and which code they agree on least.

    Parameters
    ----------
    table
        The result of :func:`healthsys.narratives.agreement.table_by_code`.
    """
    alpha = table[table["measure"] == "Krippendorff's alpha"].set_index("code")
    whole = alpha.loc["all codes", "value"]
    percent = table[(table["measure"] == "percent agreement") & (table["code"] == "all codes")]["value"].iloc[0]
    if pd.isna(whole):
        return (
            f"The two codings agree in {100 * percent:.0f} % of decisions; alpha is undefined: only one value occurs."
        )
    verdict = (
        "reliable" if whole >= RELIABLE else "tentative" if whole >= TENTATIVE else "below the customary threshold"
    )
    single = alpha.drop(index="all codes")["value"].dropna()
    weak = (
        f"; they agree least on {single.idxmin().replace('_', ' ')} (alpha {single.min():.2f})" if len(single) else ""
    )
    return (
        f"The two codings agree in {100 * percent:.0f} % of decisions, Krippendorff's alpha {whole:.2f}, by convention "
        f"{verdict}{weak}."
    )


def tensions(scores: pd.DataFrame, *, level: float = 0.95) -> str:
    """Say how good the finder is on passages coded by hand, and what the word but does to it.

    Parameters
    ----------
    scores
        The result of :func:`healthsys.narratives.tensions.score`.
    level
        Coverage of its intervals.
    """
    rows = scores.set_index("marker")
    whole, but = rows.loc["any marker"], rows.loc["but"]
    if whole["found"] == 0:
        return "The markers are found in none of the passages."
    text = (
        f"Of the passages in which a marker is found {_percent(whole, 'precision', level)} hold a tension; of the "
        f"passages that hold one {_percent(whole, 'recall', level)} are found."
    )
    if but["found"]:
        text += f" Of those found by but, {but['right']:.0f} of {but['found']:.0f} hold one."
    return text


def found(hits: pd.DataFrame, texts: dict[str, str]) -> str:
    """Say what was found in a reader's own texts.

    Examples
    --------
    >>> found(pd.DataFrame({"marker": ["but", "but", "yet"]}), {"a": "one two three four"})
    'In 1 text of 4 words 3 markers are found; the most frequent is but (2).'
    """
    words = sum(len(text.split()) for text in texts.values())
    many = f"{len(texts):,} text{'' if len(texts) == 1 else 's'} of {words:,} words"
    if hits.empty:
        return f"In {many} none of the markers is found."
    counts = hits["marker"].value_counts()
    said = "marker is" if len(hits) == 1 else "markers are"
    return f"In {many} {len(hits):,} {said} found; the most frequent is {counts.index[0]} ({counts.iloc[0]:,})."


def grid(counts: pd.DataFrame, *, rows: str, columns: str) -> str:
    """Describe a grid of counts for alternative text: the fullest cell and the empty ones."""
    full = counts.loc[counts["events"].idxmax()]
    empty = counts[counts["events"] == 0]
    text = (
        f"Grid of {counts[rows].nunique()} by {counts[columns].nunique()} with event counts. The fullest cell is "
        f"{full[rows]} with {full[columns]}, {full['events']}."
    )
    if len(empty):
        text += " Empty: " + "; ".join(f"{row[rows]} with {row[columns]}" for _, row in empty.iterrows()) + "."
    return text


def _percent(row: pd.Series, name: str, level: float) -> str:
    low, high = row[f"{name}_lower"], row[f"{name}_upper"]
    if pd.isna(low):
        return "an unknown share (no passage to count)"
    return f"{100 * row[name]:.0f} % ({round(100 * level, 6):g} % interval {100 * low:.0f} to {100 * high:.0f} %)"


def how_coded(codings: dict[str, pd.DataFrame]) -> str:
    """Say how two codings were made, as far as is known, and which events only one of them has.

    Examples
    --------
    >>> how_coded({"first": pd.DataFrame(), "second": pd.DataFrame()})
    'Both codings are your own files; how they were made is not known here.'
    """
    names = [coding.attrs.get("provenance", {}).get("name") for coding in codings.values()]
    left = unshared(codings) if all("event_id" in coding for coding in codings.values()) else []
    return _origin(names) + (f" Left out, because only one coding has them: {_few(left)}." if left else "")


def _few(names: list[str], *, most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _origin(names: list[str | None]) -> str:
    if names == ["area_south_coding_a", "area_south_coding_b"]:
        return (
            "The first coding was made while the register was written, the second by another coder who saw only the "
            "event texts, in a shuffled order, and the codebook. Both coders are AI agents of one kind and may share "
            "habits that two people would not."
        )
    if any(name in ("area_south_coding_a", "area_south_coding_b") for name in names):
        return "One coding is that of this book, the other your own file."
    return "Both codings are your own files; how they were made is not known here."


def sites(activities: pd.DataFrame) -> str:
    """Say how many activities each site reached, and which are absent.

    Examples
    --------
    >>> few = pd.DataFrame({"site": ["A", "A", "B", "B"], "activity": ["x", "y"] * 2,
    ...                     "level": ["present", "present", "limited", "absent"]})
    >>> sites(few)
    'Of 2 activities A reached 2, B 0 and 1 in part; absent: y at B.'
    """
    parts = []
    for order, (site, mine) in enumerate(activities.groupby("site", sort=False)):
        full, some = int((mine["level"] == "present").sum()), int((mine["level"] == "limited").sum())
        parts.append(f"{site}{' reached' if order == 0 else ''} {full}" + (f" and {some} in part" if some else ""))
    absent = activities[activities["level"] == "absent"]
    text = f"Of {activities['activity'].nunique()} activities " + ", ".join(parts)
    missing = ", ".join(f"{row.activity} at {row.site}" for row in absent.itertuples())
    return f"{text}; absent: {missing}." if missing else f"{text}; none is absent."


def audit(score, *, kind: str) -> str:
    """Say what a filled-in checklist scores and where it is weakest; an example is called one.

    Parameters
    ----------
    score
        The result of :func:`healthsys.narratives.checklists.audit`.
    kind
        Kind of the file; ``template`` for the invented example.
    """
    who = "The invented example" if kind == "template" else "The checklist"
    if score.score is None:
        return f"{who} has no score: {score.reason}."
    left = f" ({score.items - score.answered} left open)" if score.answered < score.items else ""
    if score.absent:
        left += f" (not in the file: {_few(list(score.absent))})"
    return f"{who} scores {score.score} of {score.possible}{left}; weakest: {', '.join(score.weakest)}."


def arrows(score: pd.DataFrame) -> str:
    """Say which way decisions moved on the whole, from :func:`healthsys.narratives.checklists.arrows`."""
    row = score.set_index("category").loc["all"]
    if row["net"] == 0:
        lead = "The decisions show no net move"
    else:
        lead = f"The decisions moved on the whole towards the {'locality' if row['net'] > 0 else 'centre'}"
    return (
        f"{lead}: of {row['decisions']}, {row['down']} went to the locality, {row['up']} to the centre and "
        f"{row['level']} stayed."
    )


def links(matrix: pd.DataFrame, implications: pd.DataFrame, syntheses: pd.DataFrame) -> str:
    """Say which synthesis draws on most implications, and how many topics each draws on."""
    by = matrix.groupby("subject", sort=False)["links"].sum()
    topics = matrix[matrix["links"] > 0].groupby("subject", sort=False)["topic"].nunique()
    widest = f"{topics.max()} of {matrix['topic'].nunique()} topics"
    wide = [name for name in topics.index if topics[name] == topics.max()]
    return (
        f"The {len(implications)} implications run into {len(syntheses)} syntheses by {by.sum()} links; most of them, "
        f"{by.max()}, lead to {by.idxmax()}. {widest.capitalize()}, the most of any, meet in {' and in '.join(wide)}."
    )


def diffusion(curve: pd.DataFrame) -> str:
    """Describe an adoption curve: when it passes 16 % and half."""
    told = []
    for share, name in ((0.16, "16 %"), (0.5, "half")):
        passed = curve.loc[curve["share"] >= share, "period"]
        told.append(f"{name} in period {passed.iloc[0]}" if len(passed) else f"{name} not within the periods shown")
    return f"Adoption passes {' and '.join(told)}; at the end {100 * curve['share'].iloc[-1]:.0f} % have adopted."


def indicators(plan: pd.DataFrame) -> str:
    """Say how many indicators of each phase have been measured.

    Examples
    --------
    >>> indicators(pd.DataFrame({"phase": ["before", "after"], "measured": [True, None]}))
    'Measured: before 1 of 1, after 0 of 1. Without a measure before, a change cannot be told from a difference.'
    """
    parts = []
    for phase, mine in plan.groupby("phase", sort=False):
        done = int(mine["measured"].fillna(False).astype(bool).sum())
        parts.append(f"{phase} {done} of {len(mine)}")
    return f"Measured: {', '.join(parts)}. Without a measure before, a change cannot be told from a difference."
