"""England's answers in the NHS Staff Survey of 2024: the gates of autonomy, autonomy itself, and disability."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from everyday.official import sheet_of

_AGREE, _DISAGREE = ("% Agree", "% Strongly agree"), ("% Disagree", "% Strongly disagree")
_OFTEN, _RARELY = ("% Often", "% Always"), ("% Never", "% Rarely")
_YES, _NO = ("% Yes",), ("% No",)
#: Wanted answers: topic, gate or subject, question, what was asked (in our words), how near it comes to the subject,
#: and for each reading of the answers the answers that it adds up.
WANTED = (
    ("autonomy", "autonomy", "Q5b", "has a choice in how to do the work", "direct", _RARELY, _OFTEN),
    ("autonomy", "autonomy", "Q3e", "is involved in deciding on changes", "direct", _DISAGREE, _AGREE),
    ("autonomy", "autonomy", "Q3f", "can make improvements happen", "direct", _DISAGREE, _AGREE),
    ("gate", "fear of punishment", "Q19a", "staff involved in an error are treated fairly", "near", _DISAGREE, _AGREE),
    ("gate", "fear of punishment", "Q25e", "feels safe to speak up", "near", _DISAGREE, _AGREE),
    ("gate", "skills", "Q24c", "has opportunities to improve knowledge and skills", "near", _DISAGREE, _AGREE),
    ("gate", "vacancies", "Q3i", "there are enough staff to do the job properly", "near", _DISAGREE, _AGREE),
    ("gate", "morale", "Q26a", "often thinks about leaving", "near", _AGREE, _DISAGREE),
    ("gate", "burnout", "Q12b", "feels burnt out because of work", "direct", _OFTEN, _RARELY),
    ("slack", "slack in time", "Q5a", "has unrealistic time pressures", "direct", _OFTEN, _RARELY),
    ("disability", "long-lasting condition", "Q31a", "has a condition of 12 months or more", "direct", _YES, _NO),
    ("disability", "adjustments", "Q31b", "the employer has made adjustments", "direct", _NO, _YES),
    ("disability", "adjustments", "Q31b", "needs no adjustment", "direct", ("% No adjustment required",), _YES + _NO),
)  # fmt: skip


def national(workbook: Path) -> pd.DataFrame:
    """Return one row per question and reading: weighted percentages of all England, and how many answered.

    Parameters
    ----------
    workbook
        "NSS24 detailed spreadsheets national results.xlsx" of NHS England, weighted results.

    Returns
    -------
    pandas.DataFrame
        ``topic``, ``subject``, ``question``, ``asked``, ``fit``, ``closed_answers``, ``closed``, ``open_answers``,
        ``open`` (percent of those who answered), ``base`` (people), ``sheet``.

    Raises
    ------
    ValueError
        If the workbook has no such question, or its national row is not where it was in 2024.
    """
    found = {}
    for sheet, cells in sheet_of(workbook, None).items():
        if len(cells) < 6 or cells.iloc[4, 0] != "Base":
            continue
        if cells.iloc[5, 0] != "National" or pd.notna(cells.iloc[5, 1]):
            raise ValueError(f"sheet '{sheet}': the sixth row is not the national one; is this the workbook of 2024?")
        question = cells.iloc[0].astype("string").str.extract(r"^(Q\d+\w*) - ")[0].where(cells.iloc[0].notna()).ffill()
        values = zip(question, cells.iloc[4], cells.iloc[5], strict=True)
        found |= {(asked, answer): (value, sheet) for asked, answer, value in values if pd.notna(asked)}
    rows = []
    for topic, subject, question, asked, fit, closed, opened in WANTED:
        if (question, closed[0]) not in found:
            raise ValueError(f"the workbook has no answer '{closed[0]}' to {question}; is this the workbook of 2024?")
        sums = [round(sum(float(found[question, one][0]) for one in answers), 4) for answers in (closed, opened)]
        said = [" or ".join(one.removeprefix("% ").lower() for one in answers) for answers in (closed, opened)]
        base, sheet = found[question, "Base (number of responses)"]
        rows.append((topic, subject, question, asked, fit, said[0], sums[0], said[1], sums[1], int(base), sheet))
    columns = ["topic", "subject", "question", "asked", "fit", "closed_answers", "closed", "open_answers", "open"]
    return pd.DataFrame(rows, columns=[*columns, "base", "sheet"])


COMPUTED = {"staff_survey_national": national}
