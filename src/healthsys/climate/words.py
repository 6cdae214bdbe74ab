"""Sentences about a climate study, built from its results: each stays true when a parameter changes."""

from __future__ import annotations

import pandas as pd

from healthsys.climate.agreement import CUSTOMARY
from healthsys.climate.profile import PLACES
from healthsys.climate.scoring import Shown
from healthsys.climate.study import Study, trust_variants
from healthsys.evidence import text_of


def joined(parts: list[str]) -> str:
    """Join words with commas and a last "and"; with a comma before it where a part holds an "and" itself.

    Examples
    --------
    >>> joined(["debate", "trust", "freedom"])
    'debate, trust and freedom'
    >>> joined(["debate", "trust and openness"])
    'debate, and trust and openness'
    """
    if len(parts) > 1 and any(" and " in part for part in parts):
        return f"{', '.join(parts[:-1])}, and {parts[-1]}"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(number: int, one: str, many: str = "") -> str:
    """Say a count with its noun.

    Examples
    --------
    >>> counted(1, "team"), counted(3, "team")
    ('1 team', '3 teams')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def points(value: float, *, sign: bool = False) -> str:
    """Format points on 0-300 for prose.

    Examples
    --------
    >>> points(-15.6, sign=True)
    '−16'
    """
    return text_of(round(value) + 0.0, "{:+.0f}" if sign else "{:.0f}")


def interval(lower: float, upper: float, *, level: float, sign: bool = False) -> str:
    """Say an interval, or that there is none.

    Examples
    --------
    >>> interval(51.2, 104.6, level=0.95)
    '95 % interval 51 to 105'
    """
    if pd.isna(lower):
        return "no interval: one team alone"
    ends = f"{points(lower, sign=sign)} to {points(upper, sign=sign)}"
    return f"{round(level * 100, 6):g} % interval {ends}"


def data_kind(study: Study) -> str:
    """Say what kind of data the page rests on, where a reader first meets a number.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> data_kind(open_study("climate_survey_baseline"))[:15]
    'Synthetic data:'
    """
    if study.shown is None:
        return (
            "Published figures: the means that Bolden et al. 2021 print in Table 4, after Ekvall 1996. They come from "
            "a small, old, Swedish sample: context, not a target."
        )
    compared = "The benchmarks are published figures (Bolden et al. 2021, Table 4): context, not a target."
    if study.wave.kind == "synthetic":
        return f"Synthetic data: an invented practice; no real person answered. {compared}"
    return f"Your own data. {compared}"


def withheld(shown: Shown | None) -> str:
    """Say how many teams are left out, and why they cannot be found by subtraction.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> withheld(open_study("climate_survey_baseline").shown)[:52]
    '1 team with fewer than 5 people is left out of every'
    """
    if shown is None:
        return "No survey is read here, so no team is left out."
    if shown.withheld_teams == 0:
        said = f"No team is left out: each has {shown.minimum_team_size} or more people with a score."
    else:
        verb = "is" if shown.withheld_teams == 1 else "are"
        said = (
            f"{counted(shown.withheld_teams, 'team')} with fewer than {shown.minimum_team_size} people {verb} left out "
            "of every table and figure, and of the organisation's figures too, so that no answer can be found by "
            "subtracting the shown teams from the whole."
        )
    if shown.withheld_cells:
        verb = "is" if shown.withheld_cells == 1 else "are"
        said += (
            f" {counted(shown.withheld_cells, 'result')} of a shown team on one dimension {verb} left out for the "
            "same reason."
        )
    return said


def provenance(study: Study) -> str:
    """Say in one line for each wave what is read: title, kind, people and teams shown, what is left out.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> provenance(open_study("climate_benchmarks"))
    'Benchmarks of nine dimensions of climate; published; 9 dimensions'
    """
    if study.shown is None:
        return f"{study.wave.provenance['title']}; published; {len(study.benchmarks)} dimensions"
    lines = []
    for wave in (study.wave, study.earlier):
        if wave is None:
            continue
        shown = wave.shown
        unscored = int(shown.scores.drop(columns=["respondent", "team"]).isna().to_numpy().sum())
        line = (
            f"{wave.provenance['title']}; {wave.kind}; {len(shown.scores)} people of {counted(len(shown.teams), 'team')} "
            f"shown, {counted(shown.withheld_teams, 'team')} withheld; {counted(unscored, 'score')} missing because fewer "
            f"than {round(100 * shown.minimum_answered, 6):g} % of the items are answered or the team is too small there"
        )
        if wave.ignored:
            line += f"; columns not read: {', '.join(wave.ignored)}"
        lines.append(line)
    return "\n".join(lines)


def finding(study: Study) -> str:
    """Say the finding of the page in one or two sentences with its number and interval.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> finding(open_study("climate_benchmarks"))
    'Innovative and stagnant organisations differ most in risk taking (195 against 53 points, a gap of 142) and least in idea time (148 against 97, a gap of 51).'
    """
    if study.trust_variant is not None:
        return _variant_finding(study)
    if study.shown is None:
        first, last = study.profile.iloc[0], study.profile.iloc[-1]
        return (
            f"Innovative and stagnant organisations differ most in {first['label'].lower()} ({first['innovative']} "
            f"against {first['stagnant']} points, a gap of {points(first['shortfall'])}) and least in "
            f"{last['label'].lower()} ({last['innovative']} against {last['stagnant']}, a gap of "
            f"{points(last['shortfall'])})."
        )
    return _change_finding(study) if study.change is not None else _profile_finding(study)


def _who(study: Study) -> str:
    return "the synthetic practice" if study.wave.kind == "synthetic" else "your organisation"


def _profile_finding(study: Study) -> str:
    first, profile = study.profile.iloc[0], study.profile
    said = (
        f"The largest shortfall of {_who(study)} is in {first['label'].lower()}: {points(first['score'])} points "
        f"({interval(first['lower'], first['upper'], level=study.level)}), where innovative organisations average "
        f"{first['innovative']} and stagnant ones {first['stagnant']}."
    )
    below = profile.loc[profile["place"] == PLACES[0], "label"].str.lower().tolist()
    if not below:
        return f"{said} No dimension is short of the stagnant benchmark."
    return f"{said} Short of the stagnant benchmark: {joined(below)}."


def _change_finding(study: Study) -> str:
    table = study.change[study.change["change"].notna()]
    clear = {word: table[table["verdict"] == word] for word in ("better", "worse")}
    if table.empty or (clear["better"].empty and clear["worse"].empty):
        return (
            f"Between the two surveys no dimension of {_who(study)} changed clearly: every interval of the teams' "
            f"changes includes no change."
        )
    names = {word: rows["dimension"].map(study.labels).str.lower().tolist() for word, rows in clear.items()}
    said = []
    for word, way in (("better", "improved"), ("worse", "got worse")):
        if names[word]:
            row = clear[word].iloc[0 if word == "better" else -1]
            span = interval(row["lower"], row["upper"], level=study.level, sign=True)
            said.append(
                f"{joined(names[word])} {way} clearly, {study.labels[row['dimension']].lower()} most, by "
                f"{points(row['change'], sign=True)} points ({span})"
            )
    unclear = int((table["verdict"] == "not clear").sum())
    rest = f" The other {counted(unclear, 'interval')} include no change." if unclear else ""
    if unclear == 1:
        rest = " The one other interval includes no change."
    holm = int((table["p_holm"] < 1 - study.level).sum())
    many = f" Allowing for {counted(len(table), 'comparison')}, {counted(holm, 'change')} would stand." if len(table) > 1 else ""
    return f"Between the two surveys of {_who(study)}, {'; '.join(said)}.{rest}{many}"


def _variant_finding(study: Study) -> str:
    printed, other = (row for _, row in trust_variants(study).iterrows())
    said = (
        f"With {points(other['stagnant'])} in place of the printed {points(printed['stagnant'])} as the trust score of "
        f"stagnant organisations, an unverified figure, the gap between the benchmarks shrinks from "
        f"{points(printed['gap'])} to {points(other['gap'])} points"
        if other["gap"] < printed["gap"]
        else f"With {points(other['stagnant'])} in place of the printed {points(printed['stagnant'])} as the trust score "
        f"of stagnant organisations, an unverified figure, the gap between the benchmarks grows from "
        f"{points(printed['gap'])} to {points(other['gap'])} points"
    )
    if study.shown is None:
        return f"{said}; the other dimensions stay as they are."
    moved = printed["place"] != other["place"]
    outcome = f"turns from {printed['place']} to {other['place']}" if moved else f"stays {printed['place']}"
    return (
        f"{said}: {_who(study)}, at {points(printed['score'])} points, moves from {share(printed['position'])} to "
        f"{share(other['position'])} of the way from stagnant to innovative and {outcome}. "
        "Its shortfall from the innovative benchmark, and every other dimension, stay as they are."
    )


def share(value: float | None) -> str:
    """Say a position between the benchmarks as a percentage of the way.

    Examples
    --------
    >>> share(0.124), share(-0.35)
    ('12 %', '−35 %')
    """
    return "no part" if value is None or pd.isna(value) else text_of(round(100 * value) + 0.0, "{:.0f} %")


def reliability_words(study: Study) -> str:
    """Say how consistently the items of each dimension are answered.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> reliability_words(open_study("climate_benchmarks"))
    'Only means are printed. Without the answers of people, no reliability can be computed.'
    """
    if study.reliability is None:
        return "Only means are printed. Without the answers of people, no reliability can be computed."
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
    >>> "no agreement" in aggregation_words(open_study("climate_benchmarks"))
    True
    """
    if study.aggregation is None or study.agreement is None:
        return "Only means are printed. Without the answers of people in teams, no agreement can be computed."
    values = study.agreement["uniform"].dropna()
    said = []
    if len(values):
        reach = int((values >= CUSTOMARY).sum())
        skewed = int((study.agreement["skewed"].dropna() >= CUSTOMARY).sum())
        said.append(
            f"Within teams, people agree: {reach} of {len(values)} team results reach {CUSTOMARY:.2f} "
            f"against a uniform null, {skewed} against a skewed one."
            if reach >= len(values) / 2
            else f"Within teams, people do not agree well: {reach} of {len(values)} team results reach {CUSTOMARY:.2f} "
            f"against a uniform null, {skewed} against a skewed one."
        )
    table = study.aggregation.dropna(subset=["icc1"])
    if table.empty:
        said.append(f"Between teams nothing can be said: {study.aggregation['reason'].iloc[0]}.")
        return " ".join(said)
    one, two = table["icc1"].median(), table["icc2"].median()
    said.append(
        f"Team membership accounts for {share(max(one, 0.0))} of the differences between people on the middle "
        f"dimension (ICC(1), median; {table['icc1'].min():.2f} to {table['icc1'].max():.2f})."
    )
    reliable = table.loc[table["icc2"] >= CUSTOMARY, "dimension"].map(study.labels).str.lower().tolist()
    if not reliable:
        said.append(
            f"On no dimension do the team means tell teams apart reliably (ICC(2) at most {table['icc2'].max():.2f}, "
            f"median {two:.2f}): averaging describes each team, but do not rank teams by these means."
        )
    else:
        said.append(
            f"The team means tell teams apart reliably (ICC(2) of {CUSTOMARY:.2f} or more) on {joined(reliable)} only; "
            "elsewhere do not rank teams."
            if len(reliable) < len(table)
            else f"The team means tell teams apart reliably on every dimension (ICC(2) of {CUSTOMARY:.2f} or more)."
        )
    return " ".join(said).replace("-0.", "−0.")


def change_words(study: Study) -> str:
    """Say what changed since the earlier wave, or that there is none.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> change_words(open_study("climate_benchmarks"))
    'The benchmarks are of one time: there is no change to see.'
    """
    if study.change is None:
        if study.shown is None:
            return "The benchmarks are of one time: there is no change to see."
        return "One survey is read here: there is no change to see. Name an earlier one in the parameter earlier."
    teams = study.change["teams"]
    count = f"{teams.min()}" if teams.min() == teams.max() else f"{teams.min()} to {teams.max()}"
    return (
        f"{_change_finding(study)} Each change is the mean over {count} teams shown in both surveys; people who left "
        "or joined are part of it."
    )


def source_words(study: Study) -> str:
    """Set what the review says beside what this page computes.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> source_words(open_study("climate_benchmarks")).startswith("The review prints")
    True
    """
    if study.shown is None:
        gaps = study.profile["shortfall"]
        return (
            f"The review prints {2 * len(gaps)} means and no gaps. With conflict reversed, as its Table 5 has it, the gap "
            f"averages {gaps.mean():.1f} points. Its text counts nine dimensions and names eight: debate is missing in "
            "the sentence and present in both tables."
        )
    said = []
    if study.change is not None:
        said.append(
            "The review reports (section 4.4) that the climate for innovation of one practice team improved "
            "significantly over nine months, and prints no score: its change cannot be set beside this one."
        )
    if study.recovery is not None:
        inside = int(study.recovery["inside"].sum())
        said.append(
            f"The truth behind these invented answers is known: {inside} of {len(study.recovery)} intervals hold it."
        )
    return " ".join(said) or (
        "The review prints benchmarks for innovative and stagnant organisations, and no other distribution: a score "
        "between them is neither average nor typical."
    )
