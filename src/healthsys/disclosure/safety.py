"""The verdict that opens a report on a reader's own data: is it safe to share, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from healthsys.disclosure.page import Page
from healthsys.disclosure.rules import FEWEST_ANSWERS, HES, Rule

#: What no check of one report can see.
ONE_REPORT = (
    "This checks one report. A second report on the same people, for another month, selection or threshold, can give a "
    "number away by subtraction. Have somebody else check the report before it leaves your organisation."
)


@dataclass(frozen=True)
class Safety:
    """Whether a report may be shared under the named rules, and the reasons."""

    safe: bool
    reasons: tuple[str, ...]

    @property
    def answer(self) -> str:
        """``yes`` or ``no``."""
        return "yes" if self.safe else "no"

    def sentence(self) -> str:
        """Return the reasons in one paragraph."""
        return " ".join(self.reasons)


def safety(
    rule: Rule | None = None, *, pages: Iterable[Page] = (), answers: int | None = None, unrounded: bool = False
) -> Safety:
    """Judge a report by the rule for its counts, the proofs of its tables, and the fewest answers shown together.

    Parameters
    ----------
    rule
        The rule for counts of people, None where the report has none; one that suppresses fewer counts than ``HES`` is
        not enough.
    pages
        The protected tables of the report.
    answers
        Fewest people whose opinions are shown together, None where there are no opinions; below ``FEWEST_ANSWERS`` is
        not enough.
    unrounded
        Whether ratios and percentages are of unrounded counts, which is not enough.

    Examples
    --------
    >>> from healthsys.disclosure import OFF
    >>> safety(HES, answers=11).safe, safety(HES, answers=5).safe, safety(OFF).safe
    (True, False, False)
    >>> safety(answers=5).reasons[0]
    'Answers of groups as small as 5 people are shown; the NHS Staff Survey shows none of fewer than 11.'
    """
    against, reasons = [], []
    if rule is not None and rule.highest < HES.highest:
        least = f"only counts of 1 to {rule.highest} are suppressed" if rule.highest else "no count is suppressed"
        against.append(
            f"The rule for small numbers was lowered to '{rule.name}': {least}, where the rule for Hospital Episode "
            f"Statistics suppresses 1 to {HES.highest}."
        )
    elif rule is not None:
        reasons.append(f"Counts of 1 to {rule.highest} are suppressed and others rounded ({rule.source}).")
        proofs = [page.proof for page in pages if page.proof is not None and not page.proof.ranges.empty]
        hidden, least = sum(len(proof.ranges) for proof in proofs), min((proof.smallest for proof in proofs), default=0)
        counts = "1 suppressed count" if hidden == 1 else f"{hidden} suppressed counts"
        reasons.append(
            f"We checked the {counts} by integer programming: from the tables of this report each "
            f"could still be any of several numbers in a range of at least {least}."
            if hidden
            else "No count had to be suppressed."
        )
    if unrounded:
        against.append(
            "Ratios and percentages are calculated from unrounded counts, which follow from their digits and can be "
            "subtracted from those of another report."
        )
    if answers is not None and answers < FEWEST_ANSWERS:
        against.append(
            f"Answers of groups as small as {answers} people are shown; the NHS Staff Survey shows none of fewer than "
            f"{FEWEST_ANSWERS}."
        )
    elif answers is not None:
        reasons.append(
            f"No answers of fewer than {answers} people are shown (the minimum of the NHS Staff Survey is "
            f"{FEWEST_ANSWERS}), and none that everybody gave alike."
        )
    return Safety(not against, (*against, *reasons, ONE_REPORT))
