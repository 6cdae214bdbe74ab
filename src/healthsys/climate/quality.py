"""Sentences about how well a survey measures, and what the review says beside it."""

from __future__ import annotations

import pandas as pd

from compendium import tables
from compendium.recording import text_of
from everyday.ledger import claims, pages
from healthsys.climate.agreement import CUSTOMARY
from healthsys.climate.study import Study
from healthsys.climate.words import counted, joined, share

#: Most team results that are named one by one.
NAMED = 8

#: Claims about the benchmarks that stand on every page.
CLAIMS = ("od-soq-scale-bounds", "od-soq-reversed-dimension", "od-soq-dimension-list")


def reliability_words(study: Study) -> str:
    """Say how consistently the items of each dimension are answered.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> reliability_words(open_study("climate_survey_baseline"))[:15]
    'Alpha runs from'
    """
    table = study.reliability.dropna(subset=["alpha"])
    if table.empty:
        return f"No reliability can be computed: {study.reliability['reason'].iloc[0]}."
    low, high = (table.loc[table["alpha"].idxmin()], table.loc[table["alpha"].idxmax()])
    said = (
        f"Alpha runs from {low['alpha']:.2f} ({study.labels[low['dimension']].lower()}) to {high['alpha']:.2f} "
        f"({study.labels[high['dimension']].lower()})"
    )
    omega = table["omega"].dropna()
    said += f", omega from {omega.min():.2f} to {omega.max():.2f}. " if len(omega) else ". "
    weak = table[table["alpha"] < CUSTOMARY]
    if weak.empty:
        return f"{said}All lie at or above the customary {CUSTOMARY:.2f}."
    names = joined(weak["dimension"].map(study.labels).str.lower().tolist())
    return f"{said}Below the customary {CUSTOMARY:.2f}: {names}; read the score there with more doubt."


def aggregation_words(study: Study) -> str:
    """Say in plain words whether people may be averaged into teams.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> "do not rank teams" in aggregation_words(open_study("climate_survey_baseline"))
    True
    """
    return " ".join(part for part in (agreement_words(study), _icc_words(study)) if part)


def agreement_words(study: Study) -> str:
    """Say how far people of a team agree, and name the team results that are low or out of range.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> agreement_words(open_study("climate_survey_baseline"))[:27]
    'Within teams, people agree:'
    """
    table = study.agreement.dropna(subset=["uniform"])
    if table.empty:
        return "Agreement within teams cannot be computed: no team has enough complete answers on any dimension."
    reach, skewed = (int((table[null] >= CUSTOMARY).sum()) for null in ("uniform", "skewed"))
    way = "agree" if reach >= len(table) / 2 else "do not agree well"
    said = [
        f"Within teams, people {way}: {reach} of {counted(len(table), 'team result')} "
        f"{'reaches' if reach == 1 else 'reach'} {CUSTOMARY:.2f} against a uniform null, {skewed} against a skewed one."
    ]
    low = table[table["uniform"] < CUSTOMARY]
    if len(low):
        said.append(f"Below {CUSTOMARY:.2f} against the uniform null: {_places(study, low)}.")
    wild = table[table["out_of_range"]]
    if len(wild):
        both = wild[wild["uniform"] == 0]
        said.append(
            f"Out of range and set to nought against the skewed null, because answers vary more than that null "
            f"expects: {_places(study, wild)}."
            + (f" Out of range against the uniform null too: {_places(study, both)}." if len(both) else "")
        )
    return " ".join(said)


def _places(study: Study, rows: pd.DataFrame) -> str:
    named = [f"{row.team} on {study.labels[row.dimension].lower()}" for row in rows.itertuples()]
    if len(named) > NAMED:
        return f"{joined(named[:NAMED])}, with {len(named) - NAMED} more"
    return joined(named)


def _icc_words(study: Study) -> str:
    table = study.aggregation.dropna(subset=["icc1"])
    if table.empty:
        return f"Between teams nothing can be said: {study.aggregation['reason'].iloc[0]}."
    one, two = table["icc1"], table["icc2"]
    ends = (text_of(one.min(), "{:.2f}"), text_of(one.max(), "{:.2f}"))
    said = (
        f"Team membership accounts for {share(max(one.median(), 0.0))} of the differences between people on the middle "
        f"dimension (ICC(1), median; range over dimensions {ends[0]} to {ends[1]})."
    )
    reliable = table[two >= CUSTOMARY]
    if reliable.empty:
        return (
            f"{said} On no dimension does the estimate of ICC(2) reach {CUSTOMARY:.2f} (highest "
            f"{text_of(two.max(), '{:.3f}')}, median {text_of(two.median(), '{:.2f}')}): averaging describes each "
            "team, but do not rank teams by these means."
        )
    names = joined(reliable["dimension"].map(study.labels).str.lower().tolist())
    where = names if len(reliable) < len(table) else "every dimension"
    lowest, teams = reliable["icc2_lower"].min(), counted(int(reliable["teams"].min()), "team")
    start = text_of(lowest, "{:.2f}")
    if lowest >= CUSTOMARY:
        return (
            f"{said} The estimate of ICC(2) reaches {CUSTOMARY:.2f} on {where}, and so do the lower ends of its "
            "intervals: there the means tell teams apart"
            f"{'' if len(reliable) == len(table) else '; elsewhere do not rank teams'}."
        )
    runs = "its interval runs" if len(reliable) == 1 else "its intervals run"
    return (
        f"{said} The estimate of ICC(2) reaches {CUSTOMARY:.2f} on {where}, but with {teams} {runs} from {start} "
        "upwards: do not rank teams."
    )


def source_words(study: Study) -> str:
    """Say what the review states beside what this page computes.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> source_words(open_printed()).startswith("The review prints")
    True
    """
    if study.shown is None:
        gaps = study.profile["shortfall"]
        return (
            f"The review prints {2 * len(gaps)} means and no gaps. With conflict reversed, as its Table 5 has it, the "
            f"gap averages {gaps.mean():.1f} points. Its text counts nine dimensions and names eight: debate is "
            "missing in the sentence and present in both tables."
        )
    first = study.profile.iloc[0]
    if study.trust_variant is not None:
        first = study.profile.set_index("dimension").loc["trust"]
    said = (
        f"The review prints {first['innovative']} for innovative and {first['stagnant']} for stagnant organisations in "
        f"{first['label'].lower()}, and no other distribution: a score between the benchmarks is neither average nor "
        "typical."
    )
    if study.change is not None:
        said = (
            "The review reports (section 4.4) that the climate for innovation of one practice team improved "
            f"significantly over nine months, and prints no score: its change cannot be set beside this one. {said}"
        )
    return said


def source_claims(study: Study) -> tables.Table:
    """Return the claims of the review that concern a page, with their recomputed verdicts.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> "Table 4" in source_claims(open_printed()).text
    True
    """
    ends = [study.profile["dimension"].iloc[0]]
    wanted = list(CLAIMS)
    if study.shown is None:
        ends.append(study.profile["dimension"].iloc[-1])
        wanted += ["od-soq-mean-gap", "od-soq-practices"]
    if study.trust_variant is not None:
        ends.append("trust")
    names = [CLAIM_OF.get(key, f"od-soq-{key.replace('_', '-')}") for key in dict.fromkeys(ends)]
    first = ["od-frome-climate-months"] if study.change is not None else []
    wanted = [*first, *names, *wanted]
    ledger = claims.load_ledger()
    chosen = claims.evaluate(ledger[ledger["claim_id"].isin(wanted)])
    return pages.beside(chosen, wanted, caption="What the review states, and whether it can be recomputed")


#: Claims whose name is not that of the dimension.
CLAIM_OF = {
    "challenge": "od-soq-challenge-involvement",
    "trust": "od-soq-trust-openness",
    "playfulness": "od-soq-playfulness-humour",
}


def truth_words(study: Study) -> str:
    """Say how many intervals hold the truth of synthetic data, or that the truth is not known.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> truth_words(open_study("climate_survey_baseline"))[:49]
    'The truth behind these invented answers is known:'
    """
    if study.recovery is None:
        return (
            "The truth behind these answers is not known, so the method cannot be scored on them. The pages on the "
            "synthetic practice score it on data whose truth is built in."
        )
    inside, known = int(study.recovery["inside"].sum()), int(study.recovery["inside"].notna().sum())
    of = "change" if study.recovery.attrs["of"] == "change" else "score"
    return (
        f"The truth behind these invented answers is known: of {known} intervals of the {of}, {inside} "
        f"{'holds' if inside == 1 else 'hold'} it."
    )


def truth_caption(study: Study) -> str:
    """Say what the truth is that the intervals aim at.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> truth_caption(open_study("climate_survey_baseline"))[:10]
    'Truth: the'
    """
    what = "true change, in points, in" if study.recovery.attrs["of"] == "change" else "mean of"
    return (
        f"Truth: the {what} the population of teams; about {text_of(round(100 * study.level, 6), '{:g}')} in 100 such "
        "intervals should hold it"
    )
