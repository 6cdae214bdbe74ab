"""The pay gap page: gender, ethnicity or disability, from a staff file, with nothing on it that identifies anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from compendium.recording import text_of
from healthsys import disclosure
from healthsys.disclosure import Page, Printed, Rule
from healthsys.equality import readers, words
from healthsys.equality.pay_gap import (
    Makeup,
    Statutory,
    bootstrap_gap,
    full_pay_mask,
    gaps_by,
    group_gaps,
    makeup,
    quantile_gaps,
    statutory,
)
from healthsys.equality.payroll import level_of
from healthsys.equality.quarters import QUARTERS, assign_quarters
from healthsys.errors import DataError

#: Bands from the lowest, then medical grades: the order of a table by level.
LEVEL_ORDER = (
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8a",
    "8b",
    "8c",
    "8d",
    "9",
    "VSM",
    "FD",
    "ST",
    "SAS",
    "CON",
)
#: Stand for the comparator and the other group of the binary measures.
COMPARATOR, OTHER, UNKNOWN = "comparator", "other", "unknown"


@dataclass(frozen=True)
class PayPage:
    """Everything that the pay gap page shows."""

    staff: pd.DataFrame
    characteristic: str
    comparator: str
    names: tuple[str, str]
    rule: Rule
    level: float
    resamples: int
    seed: int
    measures: Statutory
    groups: pd.DataFrame
    levels: pd.DataFrame
    distribution: pd.DataFrame
    makeup: Makeup | None
    shown: Page
    kind: str
    source: str

    @property
    def statutory(self) -> bool:
        """Whether these are the measures that the regulations ask for."""
        return self.characteristic == "sex"


def open_page(
    source: str,
    *,
    characteristic: str = "sex",
    comparator: str = "M",
    pay_column: str = "hourly_pay",
    sex_column: str = "sex",
    rule: str = "hes",
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 1,
) -> PayPage:
    """Read a staff file and work out everything that the pay gap page shows.

    Parameters
    ----------
    source
        Bundled data set, or payroll CSV (:func:`healthsys.equality.payroll.read_payroll`).
    characteristic, comparator
        Column of the groups, and the level that the others are compared with.
    pay_column, sex_column
        Names of these columns in the reader's own file.
    rule
        Disclosure rule by name.

    Raises
    ------
    DataError
        If the file cannot be read, the comparator is not in it, or there is no other known group.
    """
    named = {"hourly_pay": pay_column, "sex": sex_column}
    renamed = {key: given for key, given in named.items() if key != given}
    staff = readers.read_payroll(source, columns=renamed, characteristics=(characteristic,))
    provenance = staff.attrs["provenance"]
    chosen = disclosure.rule(rule)
    if characteristic not in staff:
        found = ", ".join(name for name in words.CHARACTERISTICS if name in staff)
        raise DataError(f"{provenance['title']}: there is no column '{characteristic}' to compare. It has: {found}")
    comparator = level_of(staff, characteristic, comparator)
    staff = staff.assign(level=_levels(staff), two=_two(staff, characteristic, comparator))
    if not (staff["two"] == OTHER).any():
        raise DataError(
            f"{provenance['title']}: column '{characteristic}' has no known level beside the comparator "
            f"'{comparator}'; "
            "there is nobody to compare with"
        )
    names = words.people_of(characteristic, comparator), words.OTHERS.get(characteristic, "all others")
    measures = statutory(
        staff, column="two", comparator=COMPARATOR, group=OTHER, names=names, label=provenance["title"]
    )
    two = {"group": "two", "comparator": COMPARATOR, "other": OTHER}
    return PayPage(
        staff,
        characteristic,
        comparator,
        names,
        chosen,
        level,
        resamples,
        seed,
        measures,
        group_gaps(
            staff,
            group=characteristic,
            comparator=comparator,
            rule=chosen,
            level=level,
            resamples=resamples,
            seed=seed,
            last=[name for name in words.unknown(characteristic) if (staff[characteristic] == name).any()],
        ),
        gaps_by(staff, by="level", rule=chosen, order=LEVEL_ORDER, **two),
        quantile_gaps(staff, rule=chosen, **two),
        _makeup(staff, two),
        _protected(staff, characteristic, chosen),
        provenance["kind"],
        provenance["title"],
    )


def _levels(staff: pd.DataFrame) -> pd.Series:
    """Return band, or medical grade where there is no band."""
    level = pd.Series(pd.NA, index=staff.index, dtype="object")
    for column in ("band", "grade"):
        if column in staff:
            given = staff[column].astype("object").where(staff[column].notna() & (staff[column] != ""))
            level = level.where(level.notna(), given)
    return level.where(level.notna(), "Not stated").astype("str")


def _two(staff: pd.DataFrame, characteristic: str, comparator: str) -> pd.Series:
    given = staff[characteristic].astype("object")
    unknown = given.isna() | given.isin(words.unknown(characteristic))
    two = np.where(unknown, UNKNOWN, np.where(given == comparator, COMPARATOR, OTHER))
    return pd.Series(two, index=staff.index, dtype="str")


def _makeup(staff: pd.DataFrame, two: dict[str, str]) -> Makeup | None:
    """Split the gap by level where the file has levels that both groups are in."""
    both = staff[staff["two"] != UNKNOWN].groupby("level")["two"].nunique()
    return makeup(staff, by="level", **two) if (both == 2).sum() > 1 else None


def _protected(staff: pd.DataFrame, characteristic: str, rule: Rule) -> Page:
    """Count people as the page prints them, and suppress until nothing can be found by subtraction."""
    full = full_pay_mask(staff) & staff["hourly_pay"].notna().to_numpy()
    ranked = full & (staff["two"] != UNKNOWN).to_numpy()
    quarter = np.full(len(staff), "none", dtype=object)
    women = (staff["two"] == OTHER).to_numpy()[ranked]
    pay = staff["hourly_pay"].to_numpy(dtype=float, na_value=np.nan)
    quarter[ranked] = np.array(QUARTERS, dtype=object)[assign_quarters(pay[ranked], women)]
    bonus = staff["bonus"].to_numpy(dtype=float, na_value=0.0) if "bonus" in staff else np.zeros(len(staff))
    people = pd.DataFrame(
        {
            "group": staff[characteristic].astype("object").fillna("Not stated").astype(str).to_numpy(),
            "two": staff["two"].to_numpy(),
            "level": staff["level"].to_numpy(),
            "quarter": quarter,
            "full": np.where(full, "Y", "N"),
            "bonus": np.where(np.nan_to_num(bonus) > 0, "paid", "not paid"),
        }
    )
    ranks = {"quarter": QUARTERS, "two": (OTHER, COMPARATOR)}
    pair = {"two": (OTHER, COMPARATOR)}
    known = {"full": "Y"}
    tables = [
        Printed("groups", ("group",), where=known),
        Printed("quarters", ("quarter", "two"), totals=False, where=known, only=ranks),
        Printed("levels", ("level", "two"), totals=False, where=known, only=pair),
        Printed("paid on full pay", ("two",), totals=False, where=known, only=pair),
    ]
    if (people["bonus"] == "paid").any():
        tables.append(Printed("bonus", ("two", "bonus"), totals=False, only=pair | {"bonus": ("paid",)}))
        tables.append(Printed("relevant", ("two",), totals=False, only=pair))
    return disclosure.protect(people, tables=tables, rule=rule, derived={"two": "group"}, unrounded=True)


def results(page: PayPage) -> list[dict[str, Any]]:
    """Return the named results of the page, for :func:`compendium.recording.record`."""
    said = f"{words.CHARACTERISTICS.get(page.characteristic, page.characteristic)}, {page.source}"
    high, low = page.names
    found = []
    for measure in ("mean", "median"):
        gap = page.measures.gap(f"{measure}_hourly")
        few = min(gap.comparator_people, gap.group_people) <= page.rule.highest
        value = None if few else gap.percent
        limits = None if few else _interval(page, measure)
        ends = {"lower": limits[0], "upper": limits[1], "level": page.level} if limits else {}
        found.append(
            {
                "name": f"{measure}_gap",
                "value": value,
                "unit": "percent of the comparator's pay",
                "format": "{:.1f} %",
                "meaning": f"{measure} hourly pay of {low} below that of {high}; {said}",
                "n": None if few else page.rule.show(page.measures.full_pay),
                "reason": gap.reason or "too few people",
                **ends,
            }
        )
        bonus = page.measures.gap(f"{measure}_bonus")
        few = min(bonus.comparator_people, bonus.group_people) <= page.rule.highest
        found.append(
            {
                "name": f"{measure}_bonus_gap",
                "value": None if few else bonus.percent,
                "unit": "percent",
                "format": "{:.1f} %",
                "meaning": f"{measure} bonus of {low} below that of {high}, of those paid one; {said}",
                "reason": bonus.reason or "too few people were paid a bonus",
            }
        )
    for name, text, meaning in (
        ("finding", finding(page), "the finding of this page"),
        ("data_kind", words.kind_words(page.kind), "what kind of data the page rests on"),
        ("whole_and_parts", whole_and_parts(page), "how the gap by level and the whole differ"),
    ):
        found.append({"name": name, "value": text, "unit": "", "meaning": meaning})
    smallest = page.shown.proof.smallest if page.shown.proof else None
    found.append(
        {
            "name": "smallest_range",
            "value": smallest,
            "unit": "whole numbers",
            "meaning": "fewest numbers that a suppressed cell of this page can still be, by integer programming",
            "reason": "no cell is suppressed",
        }
    )
    return found


def _interval(page: PayPage, measure: str) -> tuple[float, float] | None:
    pay = page.staff["hourly_pay"].to_numpy(dtype=float, na_value=np.nan)
    full = full_pay_mask(page.staff) & ~np.isnan(pay)
    high, low = (pay[full & (page.staff["two"] == side).to_numpy()] for side in (COMPARATOR, OTHER))
    return bootstrap_gap(high, low, measure=measure, level=page.level, resamples=page.resamples, seed=page.seed)


def finding(page: PayPage) -> str:
    """Say the finding: who is paid less, on average and in the middle, how sure, and what it is not."""
    high, low = page.names
    gaps = {name: page.measures.gap(f"{name}_hourly") for name in ("mean", "median")}
    fewest = min(gaps["mean"].comparator_people, gaps["mean"].group_people)
    if fewest <= page.rule.highest:
        return f"The pay gap between {high} and {low} is not shown: one of the groups has too few people."
    mean, median = gaps["mean"].percent, gaps["median"].percent
    if (mean > 0) == (median > 0):
        side = "less" if mean > 0 else "more"
        both = (
            f"{words.percent(abs(mean))} {side} an hour on average and {words.percent(abs(median))} {side} "
            "in the middle"
        )
    else:
        sides = ["less" if value > 0 else "more" for value in (mean, median)]
        both = (
            f"{words.percent(abs(mean))} {sides[0]} an hour on average but {words.percent(abs(median))} "
            f"{sides[1]} "
            "in the middle"
        )
    limits = _interval(page, "mean")
    sure = ""
    if limits:
        none = ", which holds no gap too" if limits[0] <= 0 <= limits[1] else ""
        sure = f" (mean gap {words.percent(mean)}, {words.interval(*limits, page.level)}{none}"
        sure += "; minus: paid more)" if min(mean, *limits) < 0 else ")"
    return (
        f"{words.opened(page.kind, words.first_up(low))} are paid {both} than {high}{sure}. This compares "
        "everybody's pay with everybody's; it does not compare equal work."
    )


def whole_and_parts(page: PayPage) -> str:
    """Say how the gap inside bands and the whole gap differ, and why."""
    table = page.levels
    whole, parts = table.iloc[-1], table.iloc[:-1].dropna(subset=["mean_gap"])
    if len(parts) < 2:
        return "The file has no pay bands with enough people to set beside the whole."
    against = parts[np.sign(parts["mean_gap"]) != np.sign(whole["mean_gap"])]
    smaller = int((parts["mean_gap"].abs() < abs(whole["mean_gap"])).sum())
    many = f"all {len(parts)}" if smaller == len(parts) else f"{smaller} of the {len(parts)}"
    text = f"In {many} bands and grades shown the mean gap is smaller than in the whole."
    if len(against):
        named = words.joined([words.short("level", name) for name in against["level"]])
        text += f" In {named} it runs the other way."
    else:
        text += " In none does it run the other way."
    if page.makeup:
        text += (
            f" Of the mean gap of {words.percent(page.makeup.gap)}, "
            f"{text_of(page.makeup.between, '{:.1f}')} percentage points come from who stands in which band or grade "
            f"and {text_of(page.makeup.within, '{:.1f}')} from pay inside them (Kitagawa; rounded): "
            "a whole can hold a large gap although every part holds a small one, because the groups are "
            "spread "
            "differently over the parts."
        )
    return text


def measures_table(page: PayPage) -> pd.DataFrame:
    """Return the measures as they may be printed, to one decimal: measure, figure, reason."""
    _high, low = page.names
    rows = []
    labels = {
        "mean_hourly": "Mean hourly pay gap",
        "median_hourly": "Median hourly pay gap",
        "mean_bonus": "Mean bonus gap",
        "median_bonus": "Median bonus gap",
    }
    for gap in page.measures.gaps:
        few = 0 < min(gap.comparator_people, gap.group_people) <= page.rule.highest
        figure = "*" if few else words.percent(gap.percent)
        rows.append((labels[gap.measure], figure, "too few people" if few else gap.reason or ""))
    for share in page.measures.bonus_shares.itertuples():
        side = OTHER if share.group == low else COMPARATOR
        figure, reason = "not calculable", "the table has no column for bonus"
        if pd.notna(share.people):
            cells = {"two": side, "bonus": "paid"}, {"two": side}
            hidden = any(page.shown.counts.get(frozenset(cell.items())) is None for cell in cells)
            value = 0.0 if hidden and share.paid == 0 else None if hidden else page.shown.percent(*cells)
            figure, reason = words.percent(value) if value is not None else "*", ""
        rows.append((f"{words.first_up(share.group)} who were paid a bonus", figure, reason))
    return words.without_empty(pd.DataFrame(rows, columns=["measure", "figure", "reason"]))


def quarters_table(page: PayPage) -> pd.DataFrame:
    """Return the quarters as printed: counts through the rule, percentages from unrounded counts where both are."""
    rows = []
    for quarter in reversed(QUARTERS):
        cells = {side: {"full": "Y", "quarter": quarter, "two": side} for side in (OTHER, COMPARATOR)}
        shown = {side: page.shown.shown(cell) for side, cell in cells.items()}
        counts = {side: page.shown.exact(cell) for side, cell in cells.items()}
        both = None if None in counts.values() or not sum(counts.values()) else sum(counts.values())
        share = None if both is None else 100 * counts[OTHER] / both
        rows.append((quarter, *(disclosure.shown_text(shown[side]) for side in (OTHER, COMPARATOR)), share))
    table = pd.DataFrame(rows, columns=["quarter", "group", "comparator", "group_percent"])
    table["comparator_percent"] = 100 - table["group_percent"]
    return table


def groups_table(page: PayPage) -> pd.DataFrame:
    """Return the gap of every group as printed."""
    table = page.groups.copy()
    shown = [page.shown.shown({"full": "Y", "group": group}) for group in table["group"]]
    table["people"] = [disclosure.shown_text(count) for count in shown]
    table["group"] = [words.short(page.characteristic, group) for group in table["group"]]
    return words.without_empty(table)


def levels_table(page: PayPage) -> pd.DataFrame:
    """Return the gap by band or grade as printed."""
    table = page.levels.copy()
    for column, side in (("group_people", OTHER), ("comparator_people", COMPARATOR)):
        table[column] = [
            disclosure.shown_text(
                page.shown.shown({"full": "Y", "two": side} | ({} if level == "All" else {"level": level}))
            )
            for level in table["level"]
        ]
    table["level"] = ["All" if level == "All" else words.short("level", level) for level in table["level"]]
    return words.without_empty(table)


def sensitivity(page: PayPage) -> pd.DataFrame:
    """Return the gap under the other defensible choices: reduced pay kept, part-time or full-time only, by employer."""
    staff, two = page.staff, {"column": "two", "comparator": COMPARATOR, "group": OTHER, "names": page.names}
    choices: list[tuple[str, pd.DataFrame]] = [("As on this page", staff)]
    if "full_pay" in staff:
        choices.append(("Staff on reduced pay kept (against the regulations)", staff.drop(columns="full_pay")))
    for value, name in (("N", "Full-time staff only"), ("Y", "Part-time staff only")):
        if "part_time" in staff:
            choices.append((name, staff[staff["part_time"] == value]))
    if "grade" in staff:
        doctor = staff["grade"].notna() & (staff["grade"] != "")
        choices += [("Without doctors", staff[~doctor]), ("Doctors only", staff[doctor])]
    if "organisation" in staff:
        choices += [
            (f"Employer {name} alone", staff[staff["organisation"] == name]) for name in staff["organisation"].unique()
        ]
    rows, base = [], _in_the_gaps(staff)
    for name, chosen in choices:
        gaps = statutory(chosen, **two).gaps[:2] if (chosen["two"] != UNKNOWN).any() else ()
        few = not gaps or min(gaps[0].comparator_people, gaps[0].group_people) <= page.rule.highest
        few = few or _few_apart(_in_the_gaps(chosen), base, page.rule)
        rows.append((name, *((np.nan, np.nan) if few else (gap.percent for gap in gaps))))
    return pd.DataFrame(rows, columns=["choice", "mean_gap", "median_gap"])


def _in_the_gaps(staff: pd.DataFrame) -> dict[str, set]:
    """Return the people of each side whose pay a gap counts, by their place in the file."""
    kept = staff[full_pay_mask(staff) & staff["hourly_pay"].notna().to_numpy()]
    return {side: set(kept.index[kept["two"] == side]) for side in (COMPARATOR, OTHER)}


def _few_apart(chosen: dict[str, set], base: dict[str, set], rule: Rule) -> bool:
    """Say whether a gap differs from the page's own by so few people that their pay would follow from both."""
    return any(rule.show(len(chosen[side] ^ base[side])) is None for side in base)


def counts_note(page: PayPage) -> str:
    """Say who was left out and what the disclosure rule did, for the foot of the tables."""
    left_out = {
        what.replace(
            f"two recorded as neither {OTHER} nor {COMPARATOR}",
            f"{page.characteristic.replace('_', ' ')} not known",
        ): n
        for what, n in page.measures.left_out.items()
    }
    notes = [words.first_up(note).rstrip(".") + "." for note in page.staff.attrs.get("notes", ())]
    return " ".join([words.left_out(left_out, page.rule), *notes, page.shown.sentence()])


def whole_system(page: PayPage) -> str:
    """Say whose duty the figures are: each employer's; over several employers the gap is a description."""
    employers = page.staff["organisation"].nunique() if "organisation" in page.staff else 1
    if not page.statutory:
        return (
            "The regulations ask for these measures between women and men only. The same measures for "
            "other groups "
            "follow the same rules and are published voluntarily."
        )
    if employers > 1:
        return (
            f"The file holds {employers} employers. The duty to report is each employer's, so the gap of "
            "them all is a "
            "description, not a statutory figure; the table of sensitivity gives each alone."
        )
    return "These are the measures of one employer."
