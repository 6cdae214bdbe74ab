"""Language markers of tension in text and their accuracy: the markers of Bolden et al. 2023, by rules of our own.

A ``broad`` rule takes the words wherever they occur; the ``narrow`` rule leaves out the uses that ``leaves_out`` names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from healthsys.errors import DataError, nearest, need_columns
from healthsys.io.csv_files import row_of
from healthsys.statistics import proportion_interval

#: Characters of text shown on each side of a found passage.
CONTEXT = 60

_SENTENCE = re.compile(r"\S[^.!?\n]*(?:[.!?]+(?![\w])[\"'’”)]*|(?=\n)|$|[.!?]+(?=\w))", re.S)


@dataclass(frozen=True)
class Rule:
    """How one marker is found: two patterns, and what the narrow one finds and leaves out."""

    marker: str
    broad: re.Pattern[str]
    narrow: re.Pattern[str]
    finds: str
    leaves_out: str


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.I)


#: Where a clause starts: at the start of a text, of a paragraph or of a line with a capital, or after a pause. Line
#: ends, blanks and opening quotation marks may stand between: so many, that a text of blank lines takes no longer.
_START = (
    r"(?:\A|[\r\n](?:[^\S\r\n]{0,20}[\r\n]|(?=[^\w\r\n]{0,20}(?-i:[A-Z])))"
    r"|(?:[.!?;:,…–—]|(?<=\s)-(?=\s))[\"”’')\]]{0,5})[\s\"“‘']{0,20}"
)


#: The rules by marker. A paired marker may span sentences of one paragraph, at most 300 characters apart.
RULES: dict[str, Rule] = {
    rule.marker: rule
    for rule in (
        Rule(
            "yet",
            _pattern(r"\byet\b"),
            _pattern(rf"(?:{_START}|\band\s+)(?P<word>yet)\b(?! again)"),
            "yet as a conjunction: at the start of a clause, after a comma, semicolon or dash, or after 'and'",
            "yet of time (not yet, has yet to, yet again)",
        ),
        Rule(
            "but",
            _pattern(r"\bbut\b"),
            _pattern(rf"{_START}(?P<word>but)\b(?! for\b)"),
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


def find_markers(texts: str | Mapping[str, str] | pd.Series, *, rules: str = "narrow") -> pd.DataFrame:
    r"""Find the markers in one text or several, as passages in context.

    Parameters
    ----------
    texts
        Name to text (a mapping, or a Series indexed by name), or one text; line ends are expected as ``\n``.
    rules
        ``narrow`` or ``broad``.

    Returns
    -------
    pandas.DataFrame
        One row per marker found: ``document``, ``marker``, ``start`` and ``end`` (code points from 0, end exclusive),
        ``matched`` (the words), ``passage_start``, ``passage_end`` and ``passage`` (the sentences around them),
        ``before`` and ``after`` (context).

    Raises
    ------
    DataError
        If ``rules`` is neither of the two, or there is no text.

    Examples
    --------
    >>> find_markers("We wait, yet we must act. Not yet.")[["marker", "start", "end"]].values.tolist()
    [['yet', 9, 12]]
    """
    if rules not in KINDS:
        raise DataError(f"rules is '{rules}'; allowed: {', '.join(KINDS)}")
    named = {"text": texts} if isinstance(texts, str) else dict(texts.items())
    if not named:
        raise DataError("there is no text to search; give at least one txt, md, docx or qdpx file")
    rows = []
    for document, text in named.items():
        spans = [found.span() for found in _SENTENCE.finditer(text)]
        hits = [(rule.marker, found) for rule in RULES.values() for found in getattr(rule, rules).finditer(text)]
        for marker, found in sorted(hits, key=lambda hit: (hit[1].start(hit[1].lastgroup or 0), hit[0])):
            start, end = found.span(found.lastgroup or 0)
            touched = [(a, b) for a, b in spans if a < end and b > start]
            first, last = (touched[0][0], touched[-1][1]) if touched else (start, end)
            place = (document, marker, start, end, text[start:end], first, last, text[first:last])
            rows.append((*place, text[max(0, first - CONTEXT) : first], text[last : last + CONTEXT]))
    columns = ["document", "marker", "start", "end", "matched", "passage_start", "passage_end", "passage"]
    return pd.DataFrame(rows, columns=[*columns, "before", "after"])


def marker_accuracy(passages: pd.DataFrame, *, rules: str = "narrow", level: float = 0.95) -> pd.DataFrame:
    """Precision and recall of the markers on passages coded by hand.

    A passage is found when a marker is found in it. Precision is the share of found passages that contain a tension;
    recall the share of passages with a tension that are found, per marker over all of them.

    Parameters
    ----------
    passages
        Columns ``passage_id``, ``text``, ``tension`` (true or false).
    rules, level
        Which rules; coverage of the Wilson intervals.

    Returns
    -------
    pandas.DataFrame
        ``marker`` (``any marker`` first, ``all markers except but`` last), ``found``, ``right``, ``tensions``,
        ``precision`` and ``recall`` with ``_lower`` and ``_upper``; a precision of no found passage is missing.

    Raises
    ------
    DataError
        If there is no passage, a column is missing, a passage occurs twice, or one is not coded.

    Examples
    --------
    >>> few = pd.DataFrame({"passage_id": list("ab"), "text": ["Late, but we stay.", "No."], "tension": [True, False]})
    >>> marker_accuracy(few)[["marker", "found", "right"]].head(1).to_dict("list")
    {'marker': ['any marker'], 'found': [1], 'right': [1]}
    """
    columns = ("passage_id", "text", "tension")
    need_columns(passages, columns, "passages")
    for column in columns:
        if (lost := passages[column].isna().to_numpy()).any():
            row = row_of(passages, int(lost.argmax()))
            raise DataError(f"passages: row {row}, column '{column}': the cell is empty; fill it in")
    for where in passages["passage_id"].duplicated().to_numpy().nonzero()[0]:
        raise DataError(
            f"passages: row {row_of(passages, int(where))}, column 'passage_id': "
            f"'{passages['passage_id'].iloc[where]}' occurs twice; rename or remove one"
        )
    hits = find_markers(dict(zip(passages["passage_id"], passages["text"], strict=True)), rules=rules)
    tension = set(passages.loc[passages["tension"].astype(bool), "passage_id"])
    groups = {"any marker": set(hits["document"])}
    groups |= {marker: set(hits.loc[hits["marker"] == marker, "document"]) for marker in RULES}
    groups["all markers except but"] = set(hits.loc[hits["marker"] != "but", "document"])
    rows = []
    for marker, found in groups.items():
        right = len(found & tension)
        shares = [proportion_interval(right, len(whole), level=level) for whole in (found, tension)]
        limits = [bound for share in shares for bound in (share.estimate, share.lower, share.upper)]
        rows.append((marker, len(found), right, len(tension), *limits))
    bounds = [f"{name}{end}" for name in ("precision", "recall") for end in ("", "_lower", "_upper")]
    table = pd.DataFrame(rows, columns=["marker", "found", "right", "tensions", *bounds])
    return table.astype(dict.fromkeys(bounds, "float64"))


def count_poles(passages: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Count which poles of each paradox passages voice: the first only, both, the second only.

    Parameters
    ----------
    passages
        Columns ``paradox``, ``first_pole``, ``second_pole``; passages without a paradox are left out.
    names
        One row per paradox: ``paradox`` and the names of its poles, ``first_pole`` and ``second_pole``.

    Raises
    ------
    DataError
        If a passage names a paradox that is not in the list.

    Examples
    --------
    >>> names = pd.DataFrame({"paradox": ["change"], "first_pole": ["keep"], "second_pole": ["alter"]})
    >>> passages = pd.DataFrame({"paradox": "change", "first_pole": [True, True], "second_pole": [True, False]})
    >>> count_poles(passages, names)[["first_only", "both", "second_only"]].values.tolist()
    [[1, 1, 0]]
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
