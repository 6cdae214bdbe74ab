"""Sentences about a climate study, built from its results: each stays true when a parameter changes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from compendium.recording import text_of
from healthsys.climate.dimensions import REVERSED
from healthsys.climate.profile import PLACES, holds_stagnant, place_in_words
from healthsys.climate.scoring import Shown
from healthsys.climate.sensitivity import trust_variants
from healthsys.climate.study import Study


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
        return "no interval: one team alone or teams all alike"
    ends = f"{points(lower, sign=sign)} to {points(upper, sign=sign)}"
    return f"{round(level * 100, 6):g} % interval {ends}"


def sentence(text: str) -> str:
    """Begin a sentence with a capital.

    Examples
    --------
    >>> sentence("idea time is short")
    'Idea time is short'
    """
    return text[:1].upper() + text[1:]


def ordinal(rank: int) -> str:
    """Say a rank among the widest gaps.

    Examples
    --------
    >>> ordinal(1), ordinal(5), ordinal(12)
    ('widest', 'fifth widest', '12th widest')
    """
    names = ("", "second ", "third ", "fourth ", "fifth ", "sixth ", "seventh ", "eighth ", "ninth ")
    return (names[rank - 1] if rank <= len(names) else f"{rank}th ") + "widest"


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
    kinds = {wave.kind for wave in (study.wave, study.earlier) if wave is not None}
    if kinds == {"synthetic"}:
        return f"Synthetic data: an invented practice; no real person answered. {compared}"
    names = {
        name: kept for wave in (study.wave, study.earlier) if wave is not None for name, kept in wave.joined.items()
    }
    said = f" {sentence(joined_teams(names))}." if names else ""
    if kinds == {"yours"}:
        return f"Your own data.{said} {compared}"
    return f"Data of the kind {joined(sorted(kinds))}. {compared}"


def withheld(shown: Shown | None) -> str:
    """Say how many teams are left out, and why they cannot be found by subtraction.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> withheld(open_study("climate_survey_baseline").shown)[:61]
    'Left out: 1 team with fewer than 5 people. It is in no table '
    """
    if shown is None:
        return "No survey is read here, so no team is left out."
    if shown.minimum_team_size == 1:
        said = "The protection of small teams is switched off (minimum team size 1): do not share this page."
    elif shown.withheld_teams == 0:
        said = f"No team is left out: each has {shown.minimum_team_size} or more people with a score."
    else:
        it = "It is" if shown.withheld_teams == 1 else "They are"
        said = (
            f"Left out: {counted(shown.withheld_teams, 'team')} with fewer than {shown.minimum_team_size} people. {it} "
            "in no table and no figure, and not in the organisation's figures either, so that no answer can be found "
            "by subtracting the shown teams from the whole."
        )
    if shown.withheld_cells:
        said += (
            f" Also left out, for the same reason: {counted(shown.withheld_cells, 'result')} of a shown team on one "
            "dimension."
        )
    if shown.unanimous:
        said += (
            f" Look before you share: in {counted(shown.unanimous, 'result')} of a team on one dimension everybody has "
            "the same score, so the mean shows what each person answered."
        )
    return said


def joined_teams(names: Mapping[str, str]) -> str:
    """Say which spellings of a team were joined.

    Examples
    --------
    >>> joined_teams({"WARD 7": "Ward 7"})
    "team names that differ only in case, spaces or dashes are joined: 'WARD 7' with 'Ward 7'"
    """
    pairs = joined([f"'{name}' with '{spelt}'" for name, spelt in names.items()])
    return f"team names that differ only in case, spaces or dashes are joined: {pairs}"


def provenance(study: Study) -> str:
    """Say in one line for each wave what is read: title, kind, people and teams shown, what is left out.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> provenance(open_printed())
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
            f"{wave.provenance['title']}; {wave.kind}; {len(shown.scores)} people of "
            f"{counted(len(shown.teams), 'team')} shown, {counted(shown.withheld_teams, 'team')} withheld; missing "
            f"scores: {unscored - shown.withheld_scores} because fewer than "
            f"{round(100 * shown.minimum_answered, 6):g} % of the items, or none, are answered, "
            f"{shown.withheld_scores} because too few of the team have a score there"
        )
        if wave.ignored:
            line += f"; columns not read: {', '.join(wave.ignored)}"
        if wave.joined:
            line += f"; {joined_teams(wave.joined)}"
        lines.append(line)
    return "\n".join(lines)


def finding(study: Study) -> str:
    """Say the finding of the page in a few sentences with its number and interval.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> finding(open_printed())  # doctest: +NORMALIZE_WHITESPACE
    'Innovative and stagnant organisations differ most in risk taking (195 against 53 points, a gap of 142) and least
    in idea time (148 against 97, a gap of 51).'
    """
    if study.shown is None:
        first, last = study.profile.iloc[0], study.profile.iloc[-1]
        return (
            f"Innovative and stagnant organisations differ most in {first['label'].lower()} ({first['innovative']} "
            f"against {first['stagnant']} points, a gap of {points(first['shortfall'])}) and least in "
            f"{last['label'].lower()} ({last['innovative']} against {last['stagnant']}, a gap of "
            f"{points(last['shortfall'])})."
        )
    if study.trust_variant is not None:
        return variant_words(study)
    return _change_finding(study) if study.change is not None else _profile_finding(study)


def who(study: Study) -> str:
    """Name the organisation by the kind of its data.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> who(open_study("climate_survey_baseline"))
    'the synthetic practice'
    """
    names = {"synthetic": "the synthetic practice", "yours": "your organisation"}
    return names.get(study.wave.kind, "the organisation of this file")


def shortfall_ends(row: pd.Series) -> tuple[float, float]:
    """Return the interval of a shortfall from that of the score.

    Examples
    --------
    >>> shortfall_ends(pd.Series({"dimension": "trust", "innovative": 178, "lower": 100.0, "upper": 150.0}))
    (28.0, 78.0)
    """
    sign = -1 if row["dimension"] in REVERSED else 1
    low, high = sorted(sign * (row["innovative"] - row[end]) for end in ("lower", "upper"))
    return low, high


def largest_shortfall(study: Study) -> str:
    """Say where the organisation falls furthest short of innovative ones, without a capital or a full stop.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> largest_shortfall(open_study("climate_survey_baseline"))[:80]
    'the synthetic practice falls furthest short of innovative organisations in risk '
    """
    first = study.profile.iloc[0]
    if pd.isna(first["score"]):
        return f"no dimension of {who(study)} can be scored: too few people have a score on any"
    name = first["label"].lower() + (" (lower is better)" if first["dimension"] in REVERSED else "")
    score = f"{points(first['score'])} ({interval(first['lower'], first['upper'], level=study.level)})"
    if first["shortfall"] <= 0:
        return (
            f"{who(study)} is short of innovative organisations in no dimension; nearest to their mean is {name}: it "
            f"scores {score} against their {first['innovative']}"
        )
    short = points(first["shortfall"])
    if pd.notna(first["lower"]):
        low, high = shortfall_ends(first)
        short += f" points ({points(low)} to {points(high)})"
    else:
        short += " points"
    return (
        f"{who(study)} falls furthest short of innovative organisations in {name}: it scores {score} against their "
        f"{first['innovative']}, a shortfall of {short}; stagnant ones average {first['stagnant']}"
    )


def below_stagnant(study: Study) -> list[str]:
    """Name the dimensions short of the stagnant benchmark, with a note where the interval includes it.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> below_stagnant(open_study("climate_survey_baseline"))
    ['idea time (interval includes it)']
    """
    rows = study.profile[study.profile["place"] == PLACES[0]].to_dict("records")
    return [row["label"].lower() + (place_in_words(row) or "").removeprefix(PLACES[0]) for row in rows]


def _profile_finding(study: Study) -> str:
    below = below_stagnant(study)
    said = (
        f"Short of the stagnant benchmark: {joined(below)}"
        if below
        else "No dimension is short of the stagnant benchmark"
    )
    return f"{sentence(largest_shortfall(study))}. {said}."


def _moves(study: Study, rows: pd.DataFrame, *, level: bool) -> list[str]:
    """Name changes with their intervals; the level is said with the first only."""
    said = []
    for row in rows.to_dict("records"):
        name = study.labels[row["dimension"]].lower() + (" (lower is better)" if row["dimension"] in REVERSED else "")
        span = interval(row["lower"], row["upper"], level=study.level, sign=True)
        if said or not level:
            span = span.split("interval ")[-1]
        said.append((name, points(row["change"], sign=True), span))
    return said


def _change_finding(study: Study) -> str:
    table = study.change
    known = table[table["lower"].notna()]
    between = "Between the two surveys"
    if known.empty:
        return (
            f"{between} no change of {who(study)} can be told from none: no dimension has two teams shown in both, so "
            "there is no interval."
        )
    verdicts, tests = known["verdict"], int(known["p_holm"].notna().sum())
    firm, alone = known[verdicts.isin(("better", "worse"))], known[verdicts.str.endswith("alone")]
    unclear = int((verdicts == "not clear").sum())
    holm = f"after allowing for {counted(tests, 'comparison')} (Holm)"
    said = []
    if firm.empty and alone.empty:
        return f"{between} no dimension of {who(study)} changed clearly: every interval includes no change."
    moved = [(row, move) for row, move in zip(firm["verdict"], _moves(study, firm, level=True), strict=True)]
    phrases = [
        f"{name} {'improved' if word == 'better' else 'got worse'} by {change} points ({span})"
        for word, (name, change, span) in moved
    ]
    if phrases:
        only = "the only change that stands" if len(phrases) == 1 else "the changes that stand"
        said.append(f"{between} of {who(study)}, {joined(phrases)}, {only} {holm}.")
    else:
        said.append(f"{between} of {who(study)}, no change stands {holm}.")
    if len(alone):
        found = _moves(study, alone, level=firm.empty)
        ways = ["" if word.startswith("better") else ", worse" for word in alone["verdict"]]
        note = " (lower is better)"
        names = [
            f"{name.removesuffix(note)} ({'lower is better, ' if name.endswith(note) else ''}{change}; {span}{way})"
            for (name, change, span), way in zip(found, ways, strict=True)
        ]
        text = sentence(joined(names))
        has = "have intervals that leave" if len(names) > 1 else "has an interval that leaves"
        do = "do" if len(names) > 1 else "does"
        said.append(f"{text} {has} out no change taken alone, but {do} not stand after it")
        said[-1] += f"; {_rest(unclear)}." if unclear else "."
    elif unclear:
        said.append(f"{sentence(_rest(unclear))}.")
    return " ".join([*said, fragility(study)]).strip()


def _rest(unclear: int) -> str:
    return "the one other includes no change" if unclear == 1 else f"the other {unclear} include no change"


def fragility(study: Study) -> str:
    """Say under which other choices fewer changes stand after Holm's adjustment; nothing where none stands anyway.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> study = open_study("climate_survey_followup", earlier="climate_survey_baseline")
    >>> "none with a minimum team size of 8" in fragility(study)
    True
    """
    table = study.change_choices
    page = table["holm"].iloc[0]
    if pd.isna(page) or page == 0:
        return ""
    others = table.iloc[1:].dropna(subset=["holm"])
    fewer = others[others["holm"] < page]
    if others.empty:
        return ""
    if fewer.empty:
        return "Under none of the other choices tried do fewer changes stand."
    parts = []
    for row in fewer[fewer["kind"] != "leave"].itertuples():
        choice = row.choice.replace("minimum team size", "a minimum team size of")
        parts.append(f"{row.holm or 'none'} with {choice}")
    left = int((fewer["kind"] == "leave").sum())
    if left:
        parts.append(f"fewer in {left} of {(others['kind'] == 'leave').sum()} ways to leave one team out")
    return f"Fewer stand under other choices: {joined(parts)}."


def variant_words(study: Study) -> str:
    """Say what another stagnant benchmark of trust changes: the gap, its rank, and the position of a survey.

    Examples
    --------
    >>> from healthsys.climate import open_printed
    >>> variant_words(open_printed(trust_stagnant_variant=128))[-48:]
    'narrowest of all, below idea time (a gap of 51).'
    """
    if study.trust_variant is None:
        return "No other benchmark is tried here."
    printed, other = (row for _, row in trust_variants(study).iterrows())
    if other["gap"] == printed["gap"]:
        return f"The figure tried, {points(other['stagnant'])}, is the printed one: nothing changes."
    way = "shrinks" if other["gap"] < printed["gap"] else "grows"
    gaps = study.benchmarks.set_index("dimension")
    gaps = (gaps["innovative"] - gaps["stagnant"]).abs().drop("trust")
    last = len(gaps) + 1
    moved = [f"from the {ordinal(printed['gap_rank'])} of {last}"]
    if other["gap_rank"] == printed["gap_rank"]:
        moved = [f"and stays the {ordinal(other['gap_rank'])} of {last}"]
    elif other["gap"] < gaps.min():
        moved.append(
            f"to the narrowest of all, below {study.labels[gaps.idxmin()].lower()} (a gap of {points(gaps.min())})"
        )
    elif other["gap"] > gaps.max():
        moved.append(
            f"to the widest of all, above {study.labels[gaps.idxmax()].lower()} (a gap of {points(gaps.max())})"
        )
    else:
        moved.append(f"to the {ordinal(other['gap_rank'])}")
    said = (
        f"With {points(other['stagnant'])} in place of the printed {points(printed['stagnant'])} as the trust score of "
        f"stagnant organisations, an unverified figure, the gap between the benchmarks of trust {way} from "
        f"{points(printed['gap'])} to {points(other['gap'])} points, {' '.join(moved)}."
    )
    if study.shown is None or pd.isna(printed["score"]):
        return said
    return f"{said} {_position_words(study, printed, other)}"


def _position_words(study: Study, printed: pd.Series, other: pd.Series) -> str:
    trust = study.profile.set_index("dimension").loc["trust"]
    places = printed["place"], other["place"]
    turned = f"turns from {places[0]} to {places[1]}" if places[0] != places[1] else f"stays {places[0]}"
    said = (
        f"{sentence(who(study))}, at {points(printed['score'])} points, moves from {percent_of(printed)} to "
        f"{percent_of(other)} of the way from stagnant to innovative; its point estimate {turned}."
    )
    if pd.isna(trust["lower"]):
        return f"{said} With one team there is no interval, so how sure this is cannot be said."
    span = f"{points(trust['lower'])} to {points(trust['upper'])}"
    inside = [holds_stagnant({**trust, "stagnant": row["stagnant"]}) for row in (printed, other)]
    if all(inside):
        return f"{said} The survey cannot tell the two apart: its interval, {span}, holds both benchmarks."
    if any(inside):
        held = printed if inside[0] else other
        return f"{said} Its interval, {span}, holds {points(held['stagnant'])} and not the other benchmark."
    return f"{said} Its interval, {span}, holds neither benchmark."


def percent_of(row: pd.Series | dict) -> str | None:
    """Say a position between the benchmarks with its interval, as percentages of the way.

    Examples
    --------
    >>> percent_of({"position": 0.119, "position_lower": -0.386, "position_upper": 0.623})
    '12 % (−39 to 62 %)'
    """
    if pd.isna(row["position"]):
        return None
    if pd.isna(row["position_lower"]):
        return share(row["position"])
    low, high = sorted((row["position_lower"], row["position_upper"]))
    return f"{share(row['position'])} ({share(low).removesuffix(' %')} to {share(high)})"


def share(value: float) -> str:
    """Say a share as a percentage.

    Examples
    --------
    >>> share(0.124), share(-0.35)
    ('12 %', '−35 %')
    """
    return text_of(round(100 * value) + 0.0, "{:.0f} %")


def change_words(study: Study) -> str:
    """Say how to read the change since the earlier wave, or that there is none.

    Examples
    --------
    >>> from healthsys.climate import open_study
    >>> change_words(open_study("climate_survey_baseline"))[:24]
    'One survey is read here:'
    """
    if study.change is None:
        return "One survey is read here: there is no change to see. Name an earlier one in the parameter earlier."
    teams = study.change["teams"]
    count = f"{teams.min()}" if teams.min() == teams.max() else f"{teams.min()} to {teams.max()}"
    noun = "team" if teams.max() == 1 else "teams"
    return (
        f"Each change is the mean over {count} {noun} shown in both surveys; people who left or joined are part of "
        "it. The figure and the table call a change better or worse where it stands after Holm's adjustment, and "
        "better or worse, taken alone, where only its own interval leaves out no change."
    )
