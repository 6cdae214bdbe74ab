"""The decomposition page: how much of a pay gap goes with what was measured, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from healthsys import disclosure
from healthsys.disclosure import Rule
from healthsys.equality import decomposition, readers, words
from healthsys.equality.decomposition import REFERENCES, Design, Split
from healthsys.equality.pages.pay import LEVEL_ORDER, _levels
from healthsys.equality.pay_gap import full_pay_mask
from healthsys.equality.payroll import level_of
from healthsys.errors import DataError, nearest

#: Names of characteristics on the page.
NAMES = {
    "level": "Band or grade",
    "point": "Point of the scale",
    "age": "Age",
    "part_time": "Part-time",
    "contract": "Contract",
    "organisation": "Employer",
    "ethnic_group": "Ethnic group",
    "disabled": "Disability",
    "sex": "Sex",
    "constant": "Constant",
}


@dataclass(frozen=True)
class DecompositionPage:
    """Everything that the decomposition page shows; the outcome is the logarithm of hourly pay."""

    design: Design
    splits: dict[str, Split]
    reference: str
    names: tuple[str, str]
    characteristics: list[str]
    joined_levels: dict[str, list[str]]
    rule: Rule
    kind: str
    source: str
    level: float
    resamples: int
    truth: pd.DataFrame | None
    notes: tuple[str, ...] = ()

    @property
    def split(self) -> Split:
        """The decomposition with the reference chosen."""
        return self.splits[self.reference]


def open_page(
    source: str,
    *,
    group: str = "sex",
    comparator: str = "M",
    other: str = "F",
    characteristics: list[str],
    reference: str = "pooled_with_group",
    rule: str = "hes",
    level: float = 0.95,
    resamples: int = 200,
    seed: int = 1,
    truth: pd.DataFrame | None = None,
) -> DecompositionPage:
    """Read a staff file and decompose the gap in log hourly pay of full-pay staff under every reference.

    ``level`` among the characteristics is the pay band, or the medical grade where there is no band. Levels
    with fewer people of either group than the rule shows are joined into one called ``few``.
    """
    staff = readers.read_payroll(source, characteristics=(group,))
    provenance, notes = staff.attrs["provenance"], tuple(staff.attrs.get("notes", ()))
    chosen = disclosure.rule(rule)
    if group not in staff:
        raise DataError(
            f"{provenance['title']}: there is no column '{group}' to compare groups by.{nearest(group, staff.columns)} "
            f"Columns found: {', '.join(map(str, staff.columns))}"
        )
    comparator, other = level_of(staff, group, comparator), level_of(staff, group, other)
    staff = staff.assign(level=_levels(staff))
    staff = staff[full_pay_mask(staff) & staff["hourly_pay"].notna().to_numpy()]
    staff = staff[staff[group].isin([comparator, other])].assign(log_pay=lambda table: np.log(table["hourly_pay"]))
    if staff.empty:
        raise DataError(
            f"{provenance['title']}: nobody on full pay is in '{comparator}' or '{other}' of column '{group}'"
        )
    joined: dict[str, list[str]] = {}
    for name in characteristics:
        if name in staff and not pd.api.types.is_numeric_dtype(staff[name]):
            staff, thin = _join(staff, name, group, (comparator, other), max(chosen.highest, 1))
            if thin:
                joined[name] = thin
    base = {"level": _most_common(staff, "level")} if "level" in characteristics else {}
    laid_out = decomposition.design(
        staff,
        outcome="log_pay",
        group=group,
        comparator=comparator,
        other=other,
        characteristics=characteristics,
        base=base,
        label=provenance["title"],
    )
    fewest = min(int(laid_out.comparator.sum()), int((~laid_out.comparator).sum()))
    if fewest <= chosen.highest:
        raise DataError(
            f"{provenance['title']}: one of the groups '{comparator}' and '{other}' has too few people to "
            "show a model of "
            "them; join groups, or use the rule 'off' at your own desk"
        )
    splits = {
        name: decomposition.split(
            laid_out, reference=name, level=level, seed=seed, resamples=resamples if name == reference else 0
        )
        for name in REFERENCES
    }
    names = words.people_of(group, comparator), words.people_of(group, other)
    return DecompositionPage(
        laid_out,
        splits,
        reference,
        names,
        characteristics,
        joined,
        chosen,
        provenance["kind"],
        provenance["title"],
        level,
        resamples,
        truth,
        notes,
    )


def _most_common(staff: pd.DataFrame, column: str) -> str:
    counts = staff[column].value_counts()
    return str(min(counts.index[counts == counts.max()]))


def _join(
    staff: pd.DataFrame, name: str, group: str, pair: tuple[str, str], highest: int
) -> tuple[pd.DataFrame, list[str]]:
    """Join levels in which either group has too few people into their neighbour on the scale, else into one of all."""
    counts = staff.groupby([name, group]).size().unstack(fill_value=0).reindex(columns=list(pair), fill_value=0)
    thin = [str(level) for level in counts.index[(counts <= highest).any(axis=1)]]
    if not thin:
        return staff, []
    order = [level for level in LEVEL_ORDER if level in counts.index]
    values = staff[name].astype("object")
    for level in thin:
        below = [one for one in order[: order.index(level)] if one not in thin] if level in order else []
        values = values.where(values != level, below[-1] if below else "few")
    return staff.assign(**{name: values.astype("str")}), thin


def finding(page: DecompositionPage) -> str:
    """Say how much of the gap goes with the measured characteristics."""
    found = page.split
    high, low = page.names
    gap, left = 100 * (1 - np.exp(-found.gap)), 100 * (1 - np.exp(-found.unexplained))
    share = 100 * found.explained / found.gap if found.gap else np.nan
    listed = words.joined([NAMES.get(name, name).lower() for name in page.characteristics])
    if 0 <= share <= 100:
        goes = f"{words.percent(share, decimals=0)} of that goes with {listed}"
    else:
        way = "would make the gap larger than it is" if share > 100 else "works against it"
        goes = f"What goes with {listed} {way} ({words.percent(share, decimals=0)} of it)"
    limits = found.intervals.get("unexplained")
    sure = ""
    if limits:
        ends = sorted(np.sign(left) * 100 * (1 - np.exp(-end)) for end in limits)
        sure = f" ({words.interval(*ends, page.level)})"
    start = f"{words.first_up(low)} earn {_less(gap)} an hour than {high} (geometric mean)"
    return (
        f"{words.opened(page.kind, start)}. {goes}; at the same values of "
        f"these, {low} earn {_less(left)}{sure}. What is unexplained is not the same as discrimination, and what is "
        "explained is not free of it."
    )


def _less(percent: float) -> str:
    return f"{words.percent(abs(percent))} {'less' if percent >= 0 else 'more'}"


def parts_table(page: DecompositionPage) -> pd.DataFrame:
    """Return the threefold and the twofold split with intervals: log points and the percentage of pay they come to."""
    found = page.split
    labels = {
        "gap": "Whole gap",
        "endowments": "Threefold: endowments (who has which characteristics)",
        "coefficients": "Threefold: coefficients (what they are paid for them)",
        "interaction": "Threefold: interaction of the two",
        "explained": "Twofold: explained",
        "unexplained": "Twofold: unexplained",
    }
    rows = []
    for name, label in labels.items():
        value = getattr(found, name)
        low, high = found.intervals.get(name, (np.nan, np.nan))
        rows.append((label, value, low, high, 100 * value / found.gap if found.gap else np.nan))
    return pd.DataFrame(rows, columns=["part", "log_points", "lower", "upper", "share"])


def detail_table(page: DecompositionPage) -> pd.DataFrame:
    """Return the explained part of each characteristic with its interval, largest first."""
    table = page.split.detail[page.split.detail["characteristic"] != "constant"].copy()
    table["name"] = [NAMES.get(name, name) for name in table["characteristic"]]
    table["share"] = 100 * table["explained"] / page.split.gap
    table = table.iloc[table["explained"].abs().to_numpy().argsort()[::-1]].reset_index(drop=True)
    return table[["name", "explained", "explained_lower", "explained_upper", "share", "base"]]


def references_table(page: DecompositionPage) -> pd.DataFrame:
    """Return the twofold split under every reference, the one chosen first."""
    order = [page.reference, *(name for name in REFERENCES if name != page.reference)]
    rows = [
        (
            REFERENCES[name],
            page.splits[name].explained,
            page.splits[name].unexplained,
            100 * page.splits[name].explained / page.splits[name].gap,
        )
        for name in order
    ]
    return pd.DataFrame(rows, columns=["reference", "explained", "unexplained", "share"])


def steps_table(page: DecompositionPage) -> pd.DataFrame:
    """Return the unexplained part as characteristics are added one after the other."""
    terms = page.design.terms
    rows = []
    for last in range(1, len(page.characteristics) + 1):
        used = ["constant", *page.characteristics[:last]]
        keep = [place for place, term in enumerate(terms) if term in used]
        part = Design(
            page.design.y,
            page.design.x[:, keep],
            [page.design.names[k] for k in keep],
            [terms[k] for k in keep],
            page.design.comparator,
            page.design.base,
            page.design.left_out,
        )
        found = decomposition.split(part, reference=page.reference)
        name = NAMES.get(page.characteristics[last - 1], page.characteristics[last - 1])
        rows.append(
            (
                f"{'and ' if last > 1 else ''}{name.lower() if last > 1 else name}",
                found.explained,
                found.unexplained,
                100 * (1 - np.exp(-found.unexplained)),
            )
        )
    return pd.DataFrame(rows, columns=["characteristics", "explained", "unexplained", "percent"])


def truth_words(page: DecompositionPage) -> str:
    """Say what the generator built in, where the data are the invented system."""
    if page.truth is None:
        return "Your own data: there is no known truth to score the result on."
    built = page.truth.set_index("name")["value"]
    return (
        f"The invented system pays women {-100 * built['pay_women']:.1f} log points per hundred less "
        "outside medicine and "
        f"{-100 * built['pay_women_medical']:.1f} in medicine at the same band or grade and point, and "
        "Black women "
        f"{-100 * built['pay_black_women']:.1f} on top; the rest of the gap is who stands where. An "
        "unexplained part of "
        f"{100 * page.split.unexplained:.1f} log points per hundred is close to that only as far as the "
        "characteristics "
        "of the model reach: leave the point of the scale out, and shorter service of women counts as "
        "unexplained."
    )


def joined_words(page: DecompositionPage) -> str:
    """Say which levels were joined because either group had too few people there."""
    if not page.joined_levels:
        return "No level had to be joined."
    said = [f"{NAMES.get(name, name).lower()} {words.joined(levels)}" for name, levels in page.joined_levels.items()]
    return f"Joined with their neighbour because one group has too few people there: {'; '.join(said)}."


def note(page: DecompositionPage) -> str:
    """Say how many people the model rests on and what was left out."""
    first, second = (page.rule.text(number) for number in page.split.people)
    return (
        f"{first} {page.names[0]} and {second} {page.names[1]} on full pay; "
        f"{page.rule.text(page.split.left_out)} left out "
        f"because a characteristic is not known. {joined_words(page)} Intervals from {page.resamples} "
        "bootstrap samples of "
        "people within each group. The figures are of groups far above the disclosure threshold."
        + "".join(f" {words.first_up(note).rstrip('.')}." for note in page.notes)
    )


def results(page: DecompositionPage) -> list[dict[str, Any]]:
    """Return the named results of the page."""
    found = page.split
    rows: list[dict[str, Any]] = []
    for name in ("gap", "explained", "unexplained", "endowments", "coefficients", "interaction"):
        ends = found.intervals.get(name)
        more = {"lower": ends[0], "upper": ends[1], "level": page.level} if ends else {}
        rows.append(
            {
                "name": name,
                "value": getattr(found, name),
                "unit": "log points",
                "format": "{:.3f}",
                "meaning": f"{name} of the difference in log hourly pay, {page.names[0]} less "
                f"{page.names[1]}; {page.source}",
                "n": sum(page.rule.show(number) or 0 for number in found.people),
                **more,
            }
        )
    rows.append(
        {
            "name": "explained_share",
            "value": 100 * found.explained / found.gap,
            "unit": "percent of the gap",
            "format": "{:.0f} %",
            "meaning": "share of the gap that goes with the characteristics of the model",
        }
    )
    rows.append({"name": "finding", "value": finding(page), "unit": "", "meaning": "the finding of this page"})
    rows.append({"name": "data_kind", "value": words.kind_words(page.kind), "unit": "", "meaning": "kind of data"})
    return rows
