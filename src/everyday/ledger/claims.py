"""The claims ledger: what the sources state, checked by expression, with verdicts computed and not stored alone.

A claim has named inputs, a check over them and the kind of the check; :func:`verdict` computes its verdict from these.
The file keeps the committed verdict too, and :func:`evaluate` recomputes every one, so that a change shows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from compendium import datasets
from everyday.ledger import checks
from healthsys.errors import DataError

#: Every kind of check, with what it can prove, in the order in which they are shown.
KINDS = pd.read_csv(Path(__file__).with_name("kinds.csv")).set_index("kind")["meaning"].to_dict()

_VERDICTS = pd.read_csv(Path(__file__).with_name("verdicts.csv")).set_index("verdict")

#: Every verdict, with what it means, in the order in which they are shown.
VERDICTS = _VERDICTS["meaning"].to_dict()

#: What each verdict says of a comparison, for counts: it holds, it does not hold, or nothing was compared.
OUTCOMES = _VERDICTS["outcome"].to_dict()

#: Name under which an expression may use the result that a chapter computes.
RESULT_NAME = "result"

#: How far a linked result may differ from what the reported figures come to, as a share: eight digits are recorded.
RESULT_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Outcome:
    """What a check comes to: the verdict, the computed value, and the value shown with it."""

    verdict: str
    value: bool | int | float | None = None
    shown: bool | int | float | None = None


def verdict(
    inputs: Mapping[str, Any],
    *,
    kind: str,
    check: str = "",
    rounded: str = "",
    show: str = "",
    reason: str = "",
    judged_by: str = "",
    original_source: str = "",
) -> Outcome:
    """Compute the verdict of one claim.

    ================================================  =================
    check comes to a number                           derived
    check is true, a comparison of a source's places  consistent
    check is true, another kind                       reproduced
    check is false, ``rounded`` is true               rounding
    check is false otherwise                          inconsistent
    wordings as inputs, kind *same in two places*     wordings disagree
    wordings as inputs, another kind                  judged
    no inputs, kind *original source*                 unseen
    no inputs, kind *not checkable from the text*     not derivable
    ================================================  =================

    A check that cannot fail is refused (:func:`~everyday.ledger.checks.refuse_tautology`), and so is one that proves
    less than its kind says. A figure that the source reports to one decimal is compared at one decimal. ``show`` is an
    expression whose value is shown with the verdict.

    Examples
    --------
    >>> verdict({"after": 363, "before": 183}, kind="arithmetic", check="after / before > 2").verdict
    'inconsistent'
    >>> verdict({"abstract": 19, "methods": 19}, kind="same in two places", check="abstract == methods").verdict
    'consistent'
    >>> verdict({"one": "mean", "other": "median"}, kind="same in two places", judged_by="A", reason="Two.").verdict
    'wordings disagree'
    >>> verdict({}, kind="not checkable from the text", reason="Reported once.").verdict
    'not derivable'
    """
    if kind not in KINDS:
        raise checks.CheckError(f"'{kind}' is no kind of check; give one of {', '.join(KINDS)}")
    if not check:
        return Outcome(_unchecked(inputs, kind, rounded or show, reason, judged_by))
    _refuse_wrong_kind(inputs, kind, check, judged_by, original_source)
    used = checks.names_in(check, rounded, show)
    unused = sorted(set(inputs) - used - {RESULT_NAME})
    if unused:
        raise checks.CheckError(f"input '{unused[0]}' is used by no expression; use it or remove it")
    if not used & set(inputs):
        raise checks.CheckError("the check uses no input, so it checks nothing; name what the source reports as inputs")
    value = checks.compute(check, inputs)
    checks.refuse_tautology(check, inputs)
    shown = checks.compute(show, inputs) if show else None
    if not isinstance(value, bool):
        if rounded:
            raise checks.CheckError("the check comes to a number, so there is nothing to round; remove rounded")
        if kind != "arithmetic":
            raise checks.CheckError(f"the check comes to a number, so it is no comparison of the kind '{kind}'")
        return Outcome("derived", value, value if shown is None else shown)
    if value:
        within = kind in ("same in two places", "list as announced")
        return Outcome("consistent" if within else "reproduced", value, shown)
    after = checks.compute(rounded, inputs) if rounded else False
    if not isinstance(after, bool):
        raise checks.CheckError(f"'{rounded}' must come to true or false, as the check does")
    return Outcome("rounding" if after else "inconsistent", value, shown)


def _unchecked(inputs: Mapping[str, Any], kind: str, expression: str, reason: str, judged_by: str) -> str:
    """Return the verdict of a claim without a check: a reader's, or none."""
    if expression:
        raise checks.CheckError("there is an expression but no check; write the check, or remove the expression")
    if not reason:
        raise checks.CheckError("nothing is computed and no reason is given; say why in the column reason")
    if not inputs:
        if judged_by:
            raise checks.CheckError("somebody judged, but there are no wordings; give what was compared as inputs")
        if kind == "original source":
            return "unseen"
        if kind != "not checkable from the text":
            raise checks.CheckError(f"the kind is '{kind}' but there is no check; write it, or correct check_kind")
        return "not derivable"
    if len(inputs) < 2 or not all(isinstance(value, str) for value in inputs.values()):
        raise checks.CheckError(
            "there are inputs but no check; write a check over them (a claim that is judged has two or more "
            "wordings as its inputs, a claim that is not derivable has none)"
        )
    if not judged_by:
        raise checks.CheckError("two wordings are compared by a reader; say who judged in the column judged_by")
    return "wordings disagree" if kind == "same in two places" else "judged"


def _refuse_wrong_kind(inputs: Mapping[str, Any], kind: str, check: str, judged_by: str, original_source: str) -> None:
    if kind == "not checkable from the text":
        raise checks.CheckError("there is a check, so the kind cannot be 'not checkable from the text'")
    if judged_by:
        raise checks.CheckError("the verdict is calculated, so nobody judges; leave judged_by empty")
    if kind == "original source" and not original_source:
        raise checks.CheckError("the original source is not named; fill in original_source")
    if kind == "tested on data" and RESULT_NAME not in checks.names_in(check):
        raise checks.CheckError("a claim tested on data uses the result of a page; name it in the column result")
    if kind != "list as announced":
        counted = checks.counted_lists(check, inputs)
        if counted and kind != "arithmetic":
            raise checks.CheckError(f"the list '{counted[0]}' is counted, so the kind is 'list as announced'")
    if kind not in ("same in two places", "original source") and checks.compares_reported_values(check, inputs):
        raise checks.CheckError(
            "the check compares two typed values without a calculation; that proves something only for two places of "
            "the text ('same in two places') or for an original source"
        )


def load_ledger(path: str | Path | None = None) -> pd.DataFrame:
    """Load the ledger, or a reader's own file of claims in the same layout; :func:`evaluate` checks the claims.

    A row per claim; empty texts are ``""``. A cell off the layout is refused by file, row, column, value and remedy.

    Examples
    --------
    >>> ledger = load_ledger()
    >>> ledger.columns[0]
    'claim_id'
    """
    claims = (datasets.load("claims") if path is None else datasets.read(path, layout="claims")).copy()
    for column in claims.columns:
        if column != "material":
            claims[column] = claims[column].fillna("").astype("str")
    claims["material"] = claims["material"].fillna(False).astype(bool)
    return claims


def evaluate(
    claims: pd.DataFrame, *, results: Mapping[str, Any] | None = None, label: str = "claims.csv"
) -> pd.DataFrame:
    """Recompute the verdict of every claim of a ledger (:func:`load_ledger`); ``label`` names its file in messages.

    ``results`` are values that chapters recorded, by ``run/name``, which claims may name in ``result``. Without them
    (in a chapter, which comes before the record of all) a claim whose check needs its result keeps the file's verdict.
    Added are ``committed`` (the verdict in the file), ``verdict`` (recomputed), ``value`` (what the check comes to),
    ``shown`` (its text, with the unit) and ``holds`` (whether the two verdicts agree or none is committed). All faulty
    claims are refused together, by row, column, value and remedy.

    Examples
    --------
    >>> unlinked = load_ledger().query("result == ''")  # those that need no chapter's result
    >>> bool(evaluate(unlinked)["holds"].all())
    True
    """
    outcomes = _outcomes(claims, results, label=label)
    found = claims.copy()
    found["committed"] = claims["verdict"]
    found["verdict"] = pd.Series([outcome.verdict for outcome in outcomes], index=claims.index, dtype="str")
    found["value"] = pd.Series([outcome.value for outcome in outcomes], index=claims.index, dtype=object)
    found["shown"] = [shown(outcome.shown, unit) for outcome, unit in zip(outcomes, claims["unit"], strict=True)]
    found["holds"] = (found["committed"] == found["verdict"]) | (found["committed"] == "")
    return found


def counts(evaluated: pd.DataFrame, *, by: str = "source_key") -> pd.DataFrame:
    """Count claims by verdict: a row for each group, a last row for all of several, a column for each verdict.

    >>> unlinked = load_ledger().query("result == ''")
    >>> int(counts(evaluate(unlinked))["all"].iloc[-1]) == len(unlinked)
    True
    """
    several = evaluated[by].nunique() > 1
    found = pd.crosstab(evaluated[by], evaluated["verdict"], margins=several, margins_name="all")
    order = [*dict.fromkeys(evaluated[by]), *(["all"] if several else [])]
    found = found.reindex(index=order, columns=list(VERDICTS), fill_value=0)
    return found.assign(all=found.sum(axis=1)).rename_axis(None, axis=1).reset_index()


def counts_by_kind(evaluated: pd.DataFrame) -> pd.DataFrame:
    """Count claims by kind of check and by what came of it: a row for each kind, a last row for all.

    >>> unlinked = load_ledger().query("result == ''")
    >>> counts_by_kind(evaluate(unlinked)).columns.tolist()
    ['check_kind', 'holds', 'does not hold', 'nothing compared', 'all']
    """
    found = pd.crosstab(evaluated["check_kind"], evaluated["verdict"].map(OUTCOMES))
    columns = list(dict.fromkeys(OUTCOMES.values()))
    found = found.reindex(index=list(KINDS), columns=columns, fill_value=0).assign(all=lambda f: f.sum(axis=1))
    found.loc["all"] = found.sum()
    return found.rename_axis(None, axis=1).rename_axis("check_kind").reset_index()


def shown(value: Any, unit: str = "") -> str:
    """Write a computed value for a reader: four significant digits, whole numbers in full, with its unit.

    >>> shown(1195066, "pounds")
    '1,195,066 pounds'
    >>> shown(363 / 183, "times")
    '1.984 times'
    """
    if value is None or isinstance(value, bool):
        return ""
    number = round(float(value), 9)
    if unit.startswith("("):  # a year, which takes no comma
        text = f"{number:.0f}"
    elif number.is_integer() or abs(number) >= 10000:
        text = f"{number:,.0f}"
    else:
        text = f"{number:.4g}"
    return f"{text} {unit}".strip().replace("-", "−", 1) if number < 0 else f"{text} {unit}".strip()


def _outcomes(claims: pd.DataFrame, results: Mapping[str, Any] | None, *, label: str) -> list[Outcome]:
    outcomes, faults = [], []
    for row, claim in zip(claims.index, claims.to_dict("records"), strict=True):
        column = "inputs"
        try:
            inputs, column = checks.parse_inputs(claim["inputs"]), "check"
            if claim["result"] and results is None:
                outcomes.append(_unlinked(claim, inputs))
                continue
            if claim["result"]:
                if claim["result"] not in results:
                    raise checks.CheckError(
                        f"the claim uses the result '{claim['result']}', which no run has recorded; "
                        "run `healthsys run` first, or correct the column result"
                    )
                inputs[RESULT_NAME] = results[claim["result"]]
            outcomes.append(_agreeing(claim, inputs, _outcome(claim, inputs)))
        except checks.CheckError as error:
            faults.append(_fault(label, row, claim, column, claim[column], error))
    _raise(label, faults)
    return outcomes


def _unlinked(claim: Mapping[str, Any], inputs: Mapping[str, Any]) -> Outcome:
    """Compute a linked claim from the reported figures alone."""
    if RESULT_NAME not in checks.names_in(claim["check"], claim["rounded"]):
        return _outcome(claim, inputs)
    return Outcome(claim["verdict"], None, checks.compute(claim["show"], inputs) if claim["show"] else None)


def _agreeing(claim: Mapping[str, Any], inputs: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """Compare what the reported figures come to with the linked result, where no expression does so itself."""
    if RESULT_NAME not in inputs or RESULT_NAME in checks.names_in(claim["check"], claim["rounded"], claim["show"]):
        return outcome
    linked = inputs[RESULT_NAME]
    if outcome.verdict != "derived" or isinstance(linked, str):
        raise checks.CheckError(
            f"the result '{claim['result']}' is linked and not used; write it into the check as result"
        )
    if not math.isclose(outcome.value, linked, rel_tol=RESULT_TOLERANCE):
        raise checks.CheckError(
            f"the reported figures come to {outcome.value:.8g} and the linked result '{claim['result']}' is "
            f"{linked:.8g}; correct the inputs, or link the result of the same quantity"
        )
    return outcome


def _outcome(claim: Mapping[str, Any], inputs: Mapping[str, Any]) -> Outcome:
    names = ("check", "rounded", "show", "reason", "judged_by", "original_source")
    if claim["check_kind"] == "same in two places" and not claim["judged_by"] and ";" not in claim["section"]:
        raise checks.CheckError("two places are compared but one is named; separate the places in section by ';'")
    if len({bool(claim[name]) for name in ("original_source", "original_locator", "original_seen")}) > 1:
        raise checks.CheckError(
            "an original source needs its name, the place in it, and whether it was seen itself; fill in "
            "original_source, original_locator and original_seen"
        )
    return verdict(inputs, kind=claim["check_kind"], **{name: claim[name] for name in names})


def _fault(label: str, row: int, claim: Mapping[str, Any], column: str, value: str, error: Exception) -> str:
    said = f"'{value[:60]}'" if value else "the cell is empty"
    return f"{label}: row {row + 2}, claim '{claim['claim_id']}', column '{column}', {said}: {error}"


def _raise(label: str, faults: list[str]) -> None:
    if faults:
        more = [f"{label}: and {len(faults) - 10} more claims"] if len(faults) > 10 else []
        remedy = "Correct these claims and try again; `healthsys claims --help` and the page on writing claims say how"
        raise DataError("\n".join([*faults[:10], *more, remedy]))
