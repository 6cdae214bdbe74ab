"""England's answers in the NHS Staff Survey of 2024: the gates of autonomy, autonomy itself, and disability."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from everyday.official import sheet_of

#: Wanted answers: topic, gate or subject, question, what was asked (in our words), how near it comes to the subject,
#: and for each reading of the answers the answers that it adds up, with a semicolon between them.
WANTED = pd.read_csv(Path(__file__).with_name("staff_survey_national.csv"))


def national(workbook: Path) -> pd.DataFrame:
    """Return one row per question and reading: weighted percentages of all England, and how many answered.

    ``workbook`` is "NSS24 detailed spreadsheets national results.xlsx" of NHS England. Columns are ``topic``,
    ``subject``, ``question``, ``asked``, ``fit``, ``closed_answers``, ``closed``, ``open_answers``, ``open`` (percent
    of those who answered), ``base`` (people) and ``sheet``. A workbook without a question, or with its national row
    elsewhere than in 2024, is a ValueError.
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
    for *wanted, closed, opened in WANTED.itertuples(index=False):
        question, closed, opened = wanted[2], closed.split(";"), opened.split(";")
        if (question, closed[0]) not in found:
            raise ValueError(f"the workbook has no answer '{closed[0]}' to {question}; is this the workbook of 2024?")
        sums = [round(sum(float(found[question, one][0]) for one in answers), 4) for answers in (closed, opened)]
        said = [" or ".join(one.removeprefix("% ").lower() for one in answers) for answers in (closed, opened)]
        base, sheet = found[question, "Base (number of responses)"]
        rows.append((*wanted, said[0], sums[0], said[1], sums[1], int(base), sheet))
    columns = ["topic", "subject", "question", "asked", "fit", "closed_answers", "closed", "open_answers", "open"]
    return pd.DataFrame(rows, columns=[*columns, "base", "sheet"])


COMPUTED = {"staff_survey_national": national}
