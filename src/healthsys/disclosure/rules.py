"""Small-number rules: which counts of people may be printed, and what a printed count still gives away."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from healthsys.errors import DataError, nearest

#: What a suppressed cell shows.
MARK = "*"


@dataclass(frozen=True)
class Rule:
    """One rule for showing counts of people.

    Counts from 1 to ``highest`` become ``*``; zero stays zero; others are rounded to the nearest ``base``.
    """

    name: str
    highest: int
    base: int
    source: str

    @property
    def on(self) -> bool:
        """Whether the rule changes anything."""
        return self.highest > 0 or self.base > 1

    def show(self, count: int) -> int | None:
        """Return a count as it may be shown, None where it is suppressed; refuse one that is negative or not whole.

        >>> [HES.show(count) for count in (0, 3, 7, 8, 12, 13)]
        [0, None, None, 10, 10, 15]
        """
        if pd.isna(count) or count != int(count) or count < 0:
            raise DataError(
                f"a count of people is {count!r}; allowed: a whole number, 0 or more. "
                "Count the rows again, or leave the missing cell out of the table"
            )
        count = int(count)
        if 1 <= count <= self.highest:
            return None
        return (count + self.base // 2) // self.base * self.base

    def text(self, count: int) -> str:
        """Return a count as it is shown in a cell.

        >>> HES.text(3), HES.text(1238)
        ('*', '1,240')
        """
        shown = self.show(count)
        return MARK if shown is None else f"{shown:,}"

    def bounds(self, shown: int) -> tuple[int, int]:
        """Return the smallest and largest count that is shown as ``shown``.

        >>> HES.bounds(0), HES.bounds(10), LOCAL_1_4.bounds(5)
        ((0, 0), (8, 12), (5, 7))
        """
        if shown == 0:
            return 0, 0 if self.highest or self.base == 1 else (self.base - 1) // 2
        return max(shown - self.base // 2, self.highest + 1), shown + (self.base - 1) // 2

    def percent(self, part: int, whole: int) -> float | None:
        """Return a percentage of two counts *as shown*; None where :meth:`allows` says no or the whole is zero.

        >>> HES.percent(13, 48), HES.percent(3, 48), HES.percent(10, 10)
        (30.0, None, None)
        """
        return 100 * self.show(part) / self.show(whole) if whole and self.allows(part, whole) else None

    def allows(self, part: int, whole: int, *, opinion: bool = False) -> bool:
        """Say whether a share may be shown: part, whole and rest are not few, and it is not true of everybody.

        For an opinion, a share of nobody is not shown either: each person's answer would be known.

        >>> HES.allows(30, 60), HES.allows(58, 60), HES.allows(0, 60), HES.allows(60, 60)
        (True, False, True, False)
        >>> HES.allows(0, 60, opinion=True)
        False
        """
        few = None in (self.show(part), self.show(whole), self.show(whole - part))
        return not self.on or not (few or 0 < part == whole or (opinion and not part))

    def sentence(self, *, unrounded: bool = False) -> str:
        """Say the rule, for the foot of a table; ``unrounded`` where percentages are from unrounded counts."""
        if not self.on:
            return "No small-number rule was applied: do not publish this table."
        rounded = f", other counts are rounded to the nearest {self.base}" if self.base > 1 else ""
        exact = "unrounded counts, and are shown only if every count behind them is shown"
        shown = "counts shown" + (
            ": where these are under 100, rounding can move a percentage by several points" if self.base > 1 else ""
        )
        return (
            f"Counts of 1 to {self.highest} are shown as *{rounded}. Percentages, ratios and differences are "
            f"calculated from the {exact if unrounded else shown}. Further cells are shown as * where a "
            "hidden number could be worked out by subtraction."
        )


#: Hospital Episode Statistics, sub-national counts.
HES = Rule(
    "hes", 7, 5, "NHS Digital, HES and ECDS small-number rule for sub-national counts (2018); handling of zero as local"
)
#: Local rules.
LOCAL_1_4 = Rule("local_1_4", 4, 5, "local rule: suppress 1 to 4, round to 5")
LOCAL_1_9 = Rule("local_1_9", 9, 5, "local rule: suppress 1 to 9, round to 5")
#: For a reader's own use only.
OFF = Rule("off", 0, 1, "no rule: for your own use, not for publication")

#: Fewest people whose opinions are reported together: the NHS Staff Survey shows no result of fewer than 11 answers
#: (benchmark reports, technical details; 10 in some of its outputs).
FEWEST_ANSWERS = 11

#: Every rule by the name that a page's parameters use.
RULES = {known.name: known for known in (HES, LOCAL_1_4, LOCAL_1_9, OFF)}


def rule(name: str) -> Rule:
    """Return a rule by name; refuse a name that is not known, with the nearest."""
    if name not in RULES:
        raise DataError(f"there is no disclosure rule '{name}'.{nearest(name, RULES)} Allowed: {', '.join(RULES)}")
    return RULES[name]


def shown_text(value: Any, format: str = "{:,}") -> str:
    """Return a number as text, ``*`` where it is suppressed.

    >>> shown_text(None), shown_text(12.34, "{:.1f}")
    ('*', '12.3')
    """
    return MARK if value is None or pd.isna(value) else format.format(value).replace("-", "−")
