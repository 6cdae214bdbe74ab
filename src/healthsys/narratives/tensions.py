"""Language markers of tension found in text: six markers, each by a documented rule, with offsets and a score.

The markers are those that the paradox study lists in its data analysis section. The study gives no rules; these are
ours. A ``broad`` rule takes the words wherever they stand; the ``narrow`` rule leaves out the uses that its
``leaves_out`` names. Rules were made on the development half of ``tension_passages`` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from healthsys.errors import DataError, nearest
from healthsys.narratives.codebooks import row_of
from healthsys.statistics import check_level

#: Characters of text shown on each side of a found passage.
CONTEXT = 60

_SENTENCE = re.compile(r"\S[^.!?\n]*(?:[.!?]+(?![\w])[\"'’”)]*|(?=\n)|$|[.!?]+(?=\w))", re.S)


@dataclass(frozen=True)
class Rule:
    """How one marker is found: two patterns, and in words what the narrow one leaves out."""

    marker: str
    broad: re.Pattern[str]
    narrow: re.Pattern[str]
    finds: str
    leaves_out: str


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.I)


#: The rules by marker. A paired marker may span sentences of one paragraph, at most 300 characters apart.
RULES: dict[str, Rule] = {
    rule.marker: rule
    for rule in (
        Rule(
            "yet",
            _pattern(r"\byet\b"),
            _pattern(r"(?:(?:^|(?<=[.!?;:,–—] )|(?<=[.!?;:,–—]))|(?<=\band ))yet\b(?! again)"),
            "yet as a conjunction: at the start of a clause, after a comma, semicolon or dash, or after 'and'",
            "yet of time (not yet, has yet to, yet again)",
        ),
        Rule(
            "but",
            _pattern(r"\bbut\b"),
            _pattern(
                r"(?<!\ball )(?<!\bnothing )(?<!\banything )(?<!\bnone )(?<!\blast )"
                r"(?:(?<=[,;:.!?–—] )|^)but\b(?! for\b)"
            ),
            "but at the start of a clause: after a comma, semicolon, dash or full stop",
            "all but, nothing but, anything but, but for; but without a pause before it",
        ),
        Rule(
            "on the one hand … on the other hand",
            _pattern(r"\bon (?:the )?one hand\b.{0,300}?\bon the other\b(?: hand)?|\bon the other hand\b"),
            _pattern(r"\bon (?:the )?one hand\b[^\n]{0,300}?\bon the other\b(?: hand)?"),
            "both halves in one paragraph, 'hand' optional in the second",
            "'on the other hand' without its first half",
        ),
        Rule(
            "fine line",
            _pattern(r"\bfine lines?\b"),
            _pattern(
                r"\b(?:fine|thin) lines? (?:between|to (?:tread|walk))\b|\b(?:tread|walk)\w* a (?:fine|thin) line\b"
            ),
            "a fine or thin line between, to tread, to walk",
            "a line that is fine in the literal sense",
        ),
        Rule(
            "balance",
            _pattern(r"\bbalanc(?:e|es|ed|ing)\b"),
            _pattern(
                r"\bbalanc(?:e|ing act)\b(?=[^.!?\n]{0,60}\b(?:between|against|with)\b)"
                r"|\b(?:str(?:ike|uck|iking)|h[oe]ld(?:ing)?|find(?:ing)?|found) (?:a|the|that|in) (?:\w+ )?balance\b"
                r"|\bbalanc(?:ed|ing)\b(?=[^.!?\n]{0,60}\b(?:and|against|with)\b)"
            ),
            "a balance between, against or with; to strike, hold or find one; balancing one thing and another",
            "sums of money left, and balance as a thing (sheet, ball)",
        ),
        Rule(
            "how can you … and still",
            _pattern(r"\bhow (?:can|could|do|does|would|should) .{0,200}?\bstill\b"),
            _pattern(r"\bhow (?:can|could|do|does|would|should) [^.!?\n]{0,200}?\b(?:and|but|yet|while) still\b"),
            "a question that opens with how can (could, do, would, should) and goes on with and still",
            "how … still without a joining word",
        ),
    )
}

#: The two sets of rules.
KINDS = ("narrow", "broad")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return start and end (exclusive) of each sentence, in code points.

    A sentence ends with a full stop, question or exclamation mark that no letter or digit follows, or with a line end.

    Examples
    --------
    >>> [("One. Two?"[a:b]) for a, b in sentences("One. Two?")]
    ['One.', 'Two?']
    """
    return [(found.start(), found.end()) for found in _SENTENCE.finditer(text)]


def find(text: str, *, document: str = "text", rules: str = "narrow") -> pd.DataFrame:
    r"""Find the markers in one text, as passages in context.

    Parameters
    ----------
    text
        The text; line ends are expected as ``\n`` (see :func:`healthsys.narratives.readers.texts`).
    document
        Name of the text in the result.
    rules
        ``narrow`` or ``broad``.

    Returns
    -------
    pandas.DataFrame
        One row per marker found, in order of place: ``document``, ``marker``, ``start`` and ``end`` (code points from
        0, end exclusive), ``matched`` (the words), ``passage_start``, ``passage_end`` (the sentence or sentences that
        hold them), ``passage``, ``before`` and ``after`` (context).

    Raises
    ------
    DataError
        If ``rules`` is neither of the two.

    Examples
    --------
    >>> find("We wait, yet we must act. Not yet.")[["marker", "start", "end"]].values.tolist()
    [['yet', 9, 12]]
    """
    if rules not in KINDS:
        raise DataError(f"rules is '{rules}'; allowed: {', '.join(KINDS)}")
    spans = sentences(text)
    rows = []
    for rule in RULES.values():
        for found in getattr(rule, rules).finditer(text):
            start, end = found.span()
            touched = [(a, b) for a, b in spans if a < end and b > start]
            first, last = (touched[0][0], touched[-1][1]) if touched else (start, end)
            rows.append(
                {
                    "document": document,
                    "marker": rule.marker,
                    "start": start,
                    "end": end,
                    "matched": found[0],
                    "passage_start": first,
                    "passage_end": last,
                    "passage": text[first:last],
                    "before": text[max(0, first - CONTEXT) : first],
                    "after": text[last : last + CONTEXT],
                }
            )
    columns = ["document", "marker", "start", "end", "matched", "passage_start", "passage_end", "passage"]
    found = pd.DataFrame(rows, columns=[*columns, "before", "after"])
    return found.sort_values(["start", "marker"], kind="stable").reset_index(drop=True)


def find_all(texts: Mapping[str, str], *, rules: str = "narrow") -> pd.DataFrame:
    """Find the markers in several texts; see :func:`find`."""
    found = [find(text, document=name, rules=rules) for name, text in texts.items()]
    if not found:
        raise DataError("there is no text to search; give at least one txt, md or qdpx file")
    return pd.concat(found, ignore_index=True)


def score(passages: pd.DataFrame, *, rules: str = "narrow", level: float = 0.95) -> pd.DataFrame:
    """Score the finder against passages coded by hand.

    A passage counts as found when at least one marker is found in it. Precision is the share of found passages that
    hold a tension; recall the share of passages with a tension that are found. Per marker, recall is over all
    passages with a tension, so that the markers show what each contributes.

    Parameters
    ----------
    passages
        Columns ``passage_id``, ``text``, ``tension`` (true or false).
    rules, level
        Which rules; coverage of the Wilson intervals.

    Raises
    ------
    DataError
        If there is no passage, a column is missing, a passage stands twice, or one is not coded.

    Returns
    -------
    pandas.DataFrame
        ``marker`` (``any marker`` first, ``all markers except but`` last), ``found``, ``right``, ``tensions``,
        ``precision`` and ``recall`` with ``_lower`` and ``_upper``; a precision of no found passage is missing.

    Examples
    --------
    >>> few = pd.DataFrame({"passage_id": ["a", "b"], "text": ["It is late, but we stay.", "No."],
    ...                     "tension": [True, False]})
    >>> score(few)[["marker", "found", "right"]].head(1).to_dict("list")
    {'marker': ['any marker'], 'found': [1], 'right': [1]}
    """
    for column in ("passage_id", "text", "tension"):
        if column not in passages:
            raise DataError(f"passages: there is no column '{column}'.{nearest(column, map(str, passages.columns))}")
        if (lost := passages[column].isna().to_numpy()).any():
            row = row_of(passages, int(lost.argmax()))
            raise DataError(f"passages: row {row}, column '{column}': the cell is empty; fill it in")
    twice = passages["passage_id"].duplicated().to_numpy()
    if twice.any():
        where = int(twice.argmax())
        raise DataError(
            f"passages: row {row_of(passages, where)}, column 'passage_id': "
            f"'{passages['passage_id'].iloc[where]}' stands twice; rename or remove one"
        )
    hits = find_all(dict(zip(passages["passage_id"], passages["text"], strict=True)), rules=rules)
    tension = set(passages.loc[passages["tension"].astype(bool), "passage_id"])
    groups = {"any marker": set(hits["document"])}
    groups |= {marker: set(hits.loc[hits["marker"] == marker, "document"]) for marker in RULES}
    groups["all markers except but"] = set(hits.loc[hits["marker"] != "but", "document"])
    table = pd.DataFrame([_scored(marker, found, tension, level=level) for marker, found in groups.items()])
    shares = [column for column in table if column.startswith(("precision", "recall"))]
    return table.astype(dict.fromkeys(shares, "float64"))


def _scored(marker: str, found: set[str], tension: set[str], *, level: float) -> dict:
    right = len(found & tension)
    row = {"marker": marker, "found": len(found), "right": right, "tensions": len(tension)}
    for name, whole in (("precision", len(found)), ("recall", len(tension))):
        row[name], row[f"{name}_lower"], row[f"{name}_upper"] = wilson(right, whole, level=level)
    return row


def wilson(part: int, whole: int, *, level: float = 0.95) -> tuple[float | None, float | None, float | None]:
    """Return a share with its Wilson interval (statsmodels); three times None where the whole is 0.

    Raises
    ------
    DataError
        If a count is negative, the part is more than the whole, or ``level`` is not between 0 and 1.

    References
    ----------
    Wilson EB. Journal of the American Statistical Association 1927;22:209-212.

    Examples
    --------
    >>> tuple(round(bound, 3) for bound in wilson(6, 16))
    (0.375, 0.185, 0.614)
    """
    check_level(level)
    if not 0 <= part <= whole:
        raise DataError(f"{part} of {whole} is no share; allowed: a part from 0 to the whole. Are the two swapped?")
    if whole == 0:
        return None, None, None
    from statsmodels.stats.proportion import proportion_confint

    lower, upper = proportion_confint(part, whole, alpha=1 - level, method="wilson")
    return part / whole, float(lower), float(upper)


def poles(passages: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Count which poles of each paradox passages voice: the first only, both, the second only.

    Parameters
    ----------
    passages
        Columns ``paradox``, ``first_pole``, ``second_pole``; passages without a paradox are left out.
    names
        The data set ``paradoxes``.

    Returns
    -------
    pandas.DataFrame
        ``paradox``, ``first_pole``, ``second_pole`` (names), ``first_only``, ``both``, ``second_only``, ``passages``.

    Raises
    ------
    DataError
        If a passage names a paradox that is not in the list.
    """
    known = names["paradox"].tolist()
    for position, paradox in enumerate(passages["paradox"]):
        if pd.notna(paradox) and paradox not in known:
            raise DataError(
                f"passages: row {row_of(passages, position)}, column 'paradox': '{paradox}' is none of "
                f"{', '.join(known)}.{nearest(str(paradox), known)} An empty cell means none"
            )
    rows = []
    for name in names.itertuples():
        mine = passages[passages["paradox"] == name.paradox]
        first, second = mine["first_pole"].astype(bool), mine["second_pole"].astype(bool)
        voiced = [int(which.sum()) for which in (first & ~second, first & second, ~first & second)]
        rows.append((name.paradox, name.first_pole, name.second_pole, *voiced, len(mine)))
    columns = ["paradox", "first_pole", "second_pole", "first_only", "both", "second_only", "passages"]
    return pd.DataFrame(rows, columns=columns)
