"""Plots of organisational climate: a profile between two benchmarks, change, agreement within teams.

Each plot draws on given axes and has its alternative text next to it, computed from what is drawn. On a narrow
figure names and labels are shorter.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes

from healthsys import say
from healthsys.climate.change import VERDICTS
from healthsys.climate.dimensions import REVERSED
from healthsys.climate.profile import PLACES
from healthsys.climate.rwg import CUSTOMARY
from healthsys.plots.style import COLOUR, estimate, is_narrow, marker, name_rows, note

#: Pixels of height for each row.
ROW = 38

#: Shorter names for a phone.
SHORT = {"challenge": "Challenge", "trust": "Trust", "playfulness": "Playfulness"}


def points(value: float, *, sign: bool = False) -> str:
    """Return points on 0-300 as a whole number.

    >>> points(-15.6, sign=True), points(-0.2)
    ('−16', '0')
    """
    return say.number(value, "{:+z.0f}" if sign else "{:z.0f}")


def _name(dimension: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the name of a dimension: its label, or its key with spaces."""
    return (labels or {}).get(dimension, dimension.replace("_", " ").capitalize())


def _rows(ax: Axes, dimensions: list[str], labels: Mapping[str, str], *, top: float = 0.9) -> None:
    """Lay out one row a dimension, the first on top; conflict says that lower is better."""
    short = SHORT if is_narrow(ax) else {}
    lower = {key: "\n(lower is better)" if key in REVERSED else "" for key in dimensions}
    name_rows(ax, [short.get(key, _name(key, labels)) + lower[key] for key in dimensions], top=top, bottom=0.5)


def _scale(ax: Axes, title: str) -> None:
    ax.set_xlim(0, 300)
    ax.set_xticks(range(0, 301, 100 if is_narrow(ax) else 50))
    ax.set_xlabel(title)


def plot_profile(profile: pd.DataFrame, *, ax: Axes, kind: str = "yours") -> Axes:
    """Draw each dimension as an arrow from stagnant to innovative, with the score and its interval on it.

    ``profile`` is from :func:`healthsys.climate.organisation_profile`, or the benchmarks alone (``dimension``,
    ``label``, ``stagnant``, ``innovative``), whose two means are then written at the ends of the arrow; ``kind`` says
    how the survey came to be: ``yours``, ``synthetic`` or ``published``. About :data:`ROW` pixels high a dimension.
    """
    narrow, scored = is_narrow(ax), "score" in profile
    band = {"arrowstyle": "simple,tail_width=0.62,head_width=1.15,head_length=0.75", "facecolor": COLOUR["faint"],
            "edgecolor": COLOUR["context"], "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0,
            "mutation_scale": 15}  # fmt: skip
    for row, entry in enumerate(profile.itertuples()):
        ax.annotate("", xy=(entry.innovative, row), xytext=(entry.stagnant, row), arrowprops=band, zorder=1)
        if not scored:
            mark = marker("published", COLOUR["context"])
            ax.plot([entry.stagnant], [row], linestyle="none", markersize=7, zorder=2, **mark)
            low, high = sorted((entry.stagnant, entry.innovative))
            note(ax, f"{low}", (low, row), (-9, 0), tone="text", va="center", ha="right")
            note(ax, f"{high}", (high, row), (9, 0), tone="text", va="center", ha="left")
            continue
        ax.plot([entry.stagnant] * 2, [row - 0.24, row + 0.24], color=COLOUR["context"], linewidth=2, zorder=1)
        below = entry.place == PLACES[0]
        said = "–" if pd.isna(entry.score) else points(entry.score)
        if pd.notna(entry.score):
            tone = COLOUR["comparison"] if below else COLOUR["subject"]
            estimate(ax, row, entry.score, [entry.lower, entry.upper], tone=tone, kind=kind)
        if below and not narrow:
            said += " worse than stagnant" + ("\n(interval includes it)" if entry.includes_stagnant else "")
        elif below:
            arrow = "▲" if entry.innovative < entry.stagnant else "▼"
            said += f" ({arrow})" if entry.includes_stagnant else f" {arrow}"
        tone = COLOUR["comparison"] if below else COLOUR["text"]
        ax.text(1.02, row, said, transform=ax.get_yaxis_transform(), va="center", color=tone, fontweight="bold")
    first = profile.iloc[0]
    left = "stagnant" if first["stagnant"] <= first["innovative"] else "innovative"
    for word in ("stagnant", "innovative"):  # on the first row only, so that the words do not repeat
        side, nudge = ("right", 14) if word == left else ("left", -14)
        note(ax, word, (first[word], -0.36), (nudge, 0), ha=side, va="bottom", fontsize=12)
    _rows(ax, profile["dimension"].tolist(), dict(zip(profile["dimension"], profile["label"], strict=True)))
    _scale(ax, "score (points, 0 to 300)")
    return ax


def alt_benchmarks(benchmarks: pd.DataFrame) -> str:
    """Say what :func:`plot_profile` shows of benchmarks alone, widest gap first.

    >>> ends = pd.DataFrame({"dimension": ["trust", "debate"], "label": ["Trust", "Debate"], "stagnant": [112, 105],
    ...                      "innovative": [178, 158]})
    >>> alt_benchmarks(ends)[-61:]
    'trust, from 112 to 178; the shortest debate, from 105 to 158.'
    """
    first, last = benchmarks.iloc[0], benchmarks.iloc[-1]
    lower = benchmarks.loc[benchmarks["innovative"] < benchmarks["stagnant"], "label"].tolist()
    return (
        f"Dimensions of climate, each an arrow from the mean of stagnant to the mean of innovative organisations on 0 "
        f"to 300. The longest is {first['label'].lower()}, from {first['stagnant']} to {first['innovative']}; the "
        f"shortest {last['label'].lower()}, from {last['stagnant']} to {last['innovative']}."
        + (f" {say.listed(lower)} alone points to the lower score." if lower else "")
    )


def alt_profile(profile: pd.DataFrame, *, who: str = "the organisation", level: float = 0.95) -> str:
    """Say what :func:`plot_profile` shows of a survey: the places, and the largest shortfall with its interval."""
    counts = profile["place"].value_counts()
    inside = counts.get(PLACES[1], 0)
    parts = [f"{inside} {'is' if inside == 1 else 'are'} between them"]
    if counts.get(PLACES[2], 0):
        parts.append(f"{counts[PLACES[2]]} at or past the innovative one")
    below = [
        row["label"].lower() + (" (interval includes it)" if row["includes_stagnant"] else "")
        for row in profile[profile["place"] == PLACES[0]].to_dict("records")
    ]
    if below:
        parts.append(f"worse than the stagnant one: {say.listed(below)}")
    first = profile.iloc[0]
    said = f"Profile of {who} on dimensions of climate against two benchmarks, by point estimate: {', '.join(parts)}."
    if pd.isna(first["score"]):
        return f"{said} No dimension can be scored: too few people have a score on any, or all have the same."
    span = short = ""
    if pd.notna(first["lower"]):
        sign = 1 if first["innovative"] >= first["stagnant"] else -1
        ends = sorted(sign * (first["innovative"] - first[end]) for end in ("lower", "upper"))
        span = f" ({say.interval(first['lower'], first['upper'], level=level, format='{:z.0f}')})"
        short = f" ({points(ends[0])} to {points(ends[1])})"
    if first["shortfall"] <= 0:
        return (
            f"{said} None is short of innovative organisations; nearest to their mean is {first['label'].lower()}: "
            f"{points(first['score'])}{span} against {first['innovative']}."
        )
    return (
        f"{said} Furthest from innovative organisations is {first['label'].lower()}: {points(first['score'])}{span} "
        f"against their {first['innovative']}, a shortfall of {points(first['shortfall'])} points{short}; stagnant "
        f"ones average {first['stagnant']}."
    )


def plot_change(
    change: pd.DataFrame, *, ax: Axes, kind: str = "yours", labels: Mapping[str, str] | None = None
) -> Axes:
    """Draw the change of each dimension (:func:`healthsys.climate.change_between`) around the line of no change."""
    narrow, tones = is_narrow(ax), {"better": "subject", "worse": "comparison"}
    for row, entry in enumerate(change.itertuples()):
        if pd.isna(entry.change):
            continue
        verdict = entry.verdict if isinstance(entry.verdict, str) else ""
        tone = COLOUR[tones.get(verdict.split(",")[0], "context")]
        estimate(ax, row, entry.change, [entry.lower, entry.upper], tone=tone, kind=kind)
        said = points(entry.change, sign=True)
        if verdict in tones:
            said += f" {verdict}"
        elif verdict.endswith("alone"):
            said += f" {verdict}".replace(", ", "\n" if narrow else ", ")
        ax.text(1.02, row, said, transform=ax.get_yaxis_transform(), va="center", color=tone,
                fontweight="bold" if verdict in tones else "normal")  # fmt: skip
    ax.plot([0, 0], [-0.5, len(change) - 0.5], color=COLOUR["text"], linewidth=1, zorder=0)
    reach = np.nanmax(np.abs(change[["change", "lower", "upper"]].to_numpy(dtype=float)), initial=10) * 1.05
    ax.set_xlim(-reach, reach)
    ax.annotate("no change", (0, -0.62), ha="center", va="bottom", color=COLOUR["quiet"], fontsize=12)
    _rows(ax, change["dimension"].tolist(), labels or {})
    ax.set_xlabel("change (points)" if narrow else "change since the earlier survey (points, 0 to 300)")
    return ax


def alt_change(
    change: pd.DataFrame, *, who: str = "the organisation", level: float = 0.95, labels: Mapping[str, str] | None = None
) -> str:
    """Say what :func:`plot_change` shows: what is better or worse, with its interval, and how many are not clear.

    >>> row = {"dimension": "trust", "change": 16.0, "lower": -2.0, "upper": 34.0, "verdict": "not clear"}
    >>> alt_change(pd.DataFrame([row]))[-32:]
    ' 1 of 1 intervals includes zero.'
    """
    parts = []
    for word in VERDICTS[:-1]:
        named = [
            f"{_name(row.dimension, labels).lower()} {points(row.change, sign=True)} "
            f"({say.interval(row.lower, row.upper, level=level, format='{:+z.0f}')})"
            for row in change[change["verdict"] == word].itertuples()
        ]
        if named or "," not in word:
            parts.append(f"{word}: {say.listed(named)}" if named else f"none is {word} after Holm's adjustment")
    unclear = int((change["verdict"] == VERDICTS[-1]).sum())
    said = "; ".join(parts)
    return (
        f"Change of dimensions of climate between two surveys of {who}. {said[:1].upper()}{said[1:]}. {unclear} of "
        f"{len(change)} intervals {'includes' if unclear == 1 else 'include'} zero."
    )


def plot_ranges(
    table: pd.DataFrame, *, ax: Axes, label: str, axis: str, own: tuple[float, float, float] | None = None
) -> Axes:
    """Draw how a score is spread in each group, with an own score and its interval across all of them.

    ``table`` has a row per group, the first on top: ``label``, and p05, p25, p50, p75 and p95 (the thin line, the thick
    line and the mark).
    """
    for place, row in enumerate(table.to_dict("records")):
        for low, high, width in (("p05", "p95", 2), ("p25", "p75", 7)):
            ax.plot([row[low], row[high]], [place] * 2, color=COLOUR["context"], linewidth=width,
                    solid_capstyle="butt", zorder=2)  # fmt: skip
        ax.plot(row["p50"], place, markersize=9, zorder=3, **marker("official"))
    if own:
        ax.axvspan(*own[1:], color=COLOUR["faint"], alpha=0.6, zorder=0, linewidth=0)
        ax.axvline(own[0], color=COLOUR["comparison"], linewidth=1.8, zorder=1)
        ax.annotate(f"{own[0]:g}", (own[0], -0.6), ha="center", va="bottom", color=COLOUR["comparison"], fontsize=12,
                    bbox={"facecolor": COLOUR["paper"], "edgecolor": "none", "pad": 1})  # fmt: skip
    name_rows(ax, list(table[label]), top=1.2, bottom=0.5)
    ax.set_xlabel(axis)
    return ax


def alt_ranges(table: pd.DataFrame, *, label: str, what: str) -> str:
    """Say the median and the middle nine tenths of each group.

    >>> one = pd.DataFrame({"group": ["acute"], "p05": [6.5], "p50": [6.7], "p95": [7]})
    >>> alt_ranges(one, label="group", what="Teams")
    'Teams, median and range of the middle nine tenths: acute 6.7 (6.5 to 7.0).'
    """
    said = "; ".join(f"{row[label]} {row['p50']:.1f} ({row['p05']:.1f} to {row['p95']:.1f})"
                     for row in table.to_dict("records"))  # fmt: skip
    return f"{what}, median and range of the middle nine tenths: {said}."


def plot_rwg(
    agreement: pd.DataFrame, *, ax: Axes, kind: str = "yours", labels: Mapping[str, str] | None = None
) -> Axes:
    """Draw rwg(j) of every team on every dimension (:func:`healthsys.climate.team_rwg`), lowest median first.

    Each mark is a team against a uniform null, the bar the median against the skewed one; a cross marks a team whose
    answers vary more than the skewed null expects.
    """
    table = agreement.dropna(subset=["uniform"])
    medians = table.groupby("dimension")[["uniform", "skewed"]].median().sort_values("uniform", kind="stable")
    order, narrow = medians.index.tolist(), is_narrow(ax)
    ax.plot([CUSTOMARY] * 2, [-0.5, len(order) - 0.5], color=COLOUR["context"], linewidth=1.4, linestyle=(0, (4, 3)),
            zorder=0)  # fmt: skip
    ax.annotate(f"customary {CUSTOMARY:.2f}", (CUSTOMARY, -0.62), ha="center", va="bottom", color=COLOUR["quiet"],
                fontsize=12)  # fmt: skip
    open_mark = kind == "synthetic"
    style = {"marker": marker(kind)["marker"], "color": COLOUR["paper" if open_mark else "subject"]}
    if len(table):
        seaborn.swarmplot(
            data=table, x="uniform", y="dimension", order=order, ax=ax, size=7, zorder=2, warn_thresh=1,
            edgecolor=COLOUR["subject"], linewidth=1.8, **style,
        )  # fmt: skip
    wild = table[table["out_of_range"]]
    rows = [order.index(dimension) for dimension in wild["dimension"]]
    ax.plot(wild["uniform"], rows, linestyle="none", marker="x", markersize=13, markeredgewidth=2,
            color=COLOUR["comparison"], zorder=4)  # fmt: skip
    for row, median in enumerate(medians["skewed"]):
        ax.plot([median] * 2, [row - 0.34, row + 0.34], color=COLOUR["comparison"], linewidth=3, zorder=3)
    _rows(ax, order, labels or {}, top=2.1 if narrow and len(wild) else 1.7)
    key = {"fontsize": 12, "ha": "left", "va": "bottom", "transform": ax.get_yaxis_transform()}
    symbol = "◆" if kind == "yours" else "□" if open_mark else "■"
    ax.text(0.0, -1.25, f"{symbol} a team", color=COLOUR["subject"], **key)
    ax.text(0.3 if narrow else 0.13, -1.25, "| median, skewed null", color=COLOUR["comparison"], **key)
    if len(wild):
        crossed = f"× too varied for the skewed{chr(10) if narrow else ' '}null (set to zero)"
        ax.text(0.0 if narrow else 0.5, -1.6 if narrow else -1.25, crossed, color=COLOUR["comparison"], **key)
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylabel("")
    ax.set_xlabel("agreement, rwg(j)" if narrow else "agreement within the team, rwg(j): 0 as by chance, 1 complete")
    return ax


def alt_rwg(agreement: pd.DataFrame, *, labels: Mapping[str, str] | None = None, named: int = 8) -> str:
    """Say what :func:`plot_rwg` shows: how many reach the customary value, which do not, and the two ends.

    >>> row = {"team": "A", "dimension": "trust", "uniform": 0.9, "skewed": 0.8, "out_of_range": False}
    >>> alt_rwg(pd.DataFrame([row]))[:63]
    'Agreement of 1 team on 1 dimension: 1 of 1 results reaches 0.70'
    """
    table = agreement.dropna(subset=["uniform"])
    if table.empty:
        return "No team result can be shown."
    reach = [int((table[null] >= CUSTOMARY).sum()) for null in ("uniform", "skewed")]
    middle = table.groupby("dimension")["uniform"].median()

    def places(rows: pd.DataFrame) -> str:
        said = [f"{row.team} on {_name(row.dimension, labels).lower()}" for row in rows.itertuples()]
        return say.listed(said[:named]) + (f", with {len(said) - named} more" if len(said) > named else "")

    low, wild = table[table["uniform"] < CUSTOMARY], table[table["out_of_range"]]
    said = [
        f"Agreement of {say.count(table['team'].nunique(), 'team')} on {say.count(len(middle), 'dimension')}: "
        f"{reach[0]} of {len(table)} results {'reaches' if reach[0] == 1 else 'reach'} {CUSTOMARY:.2f} against a "
        f"uniform null, {reach[1]} against a skewed one."
    ]
    if len(low):
        said.append(f"Below {CUSTOMARY:.2f} against the uniform null: {places(low)}.")
    if len(wild):
        said.append(f"Out of range and set to zero against the skewed null: {places(wild)}.")
    if (wild["uniform"] == 0).any():
        said.append(f"Out of range against the uniform null too: {places(wild[wild['uniform'] == 0])}.")
    ends = [f"{_name(key, labels).lower()} ({middle[key]:.2f})" for key in (middle.idxmin(), middle.idxmax())]
    return " ".join([*said, f"The median team agrees least on {ends[0]} and most on {ends[1]}."])


def plot_positions(cases: pd.DataFrame, *, ax: Axes, kind: str = "yours", title: str = "score") -> Axes:
    """Draw one score with its interval between different benchmarks, one row a case; the share of the way at the right.

    ``cases`` has ``benchmark`` (name of the case; ``reported`` is drawn as published), ``stagnant``, ``innovative``,
    ``score``, ``lower``, ``upper``, ``position``, ``position_lower``, ``position_upper`` and ``place``; ``title`` is
    what is scored, for the axis.
    """
    for row, entry in enumerate(cases.itertuples()):
        ax.plot([entry.stagnant, entry.innovative], [row, row], color=COLOUR["faint"], linewidth=16, zorder=0,
                solid_capstyle="butt")  # fmt: skip
        for value in (entry.stagnant, entry.innovative):
            tried = entry.benchmark != "reported" and value == entry.stagnant
            mark = {"marker": "x", "color": COLOUR["context"], "markeredgewidth": 2}
            mark = mark if tried else marker("published", COLOUR["context"])
            ax.plot([value], [row], linestyle="none", markersize=8, zorder=2, **mark)
            note(ax, f"{value:g}", (value, row), (0, 10), ha="center", fontsize=12)
        if pd.isna(entry.score):
            continue
        tone = COLOUR["comparison"] if entry.place == PLACES[0] else COLOUR["subject"]
        ax.plot([entry.lower, entry.upper], [row, row], color=tone, linewidth=2.4, zorder=3)
        ax.plot([entry.score], [row], linestyle="none", markersize=8, zorder=4, **marker(kind, tone))
        said = share_of_way(entry.position, entry.position_lower, entry.position_upper)
        ax.text(1.02, row, said.replace(" (", "\n(") if is_narrow(ax) else said, transform=ax.get_yaxis_transform(),
                va="center", color=tone, fontweight="bold")  # fmt: skip
    name_rows(ax, [f"{row.benchmark}\n({row.stagnant:g})" for row in cases.itertuples()], top=0.9, bottom=0.5)
    _scale(ax, f"{title} (points)" if is_narrow(ax) else f"score on {title} (points, 0 to 300)")
    return ax


def share_of_way(position: float, lower: float, upper: float) -> str:
    """Return a position between the benchmarks as a percentage of the way, with its interval where there is one.

    >>> share_of_way(0.119, -0.386, 0.623)
    '12% (−39% to 62%)'
    """
    said = say.number(100 * position, "{:z.0f}%")
    if pd.isna(lower):
        return said
    low, high = (say.number(100 * end, "{:z.0f}%") for end in sorted((lower, upper)))
    return f"{said} ({low} to {high})"


def alt_positions(cases: pd.DataFrame, *, who: str = "the organisation") -> str:
    """Say what :func:`plot_positions` shows of two cases: the position in each, and what its interval includes."""
    one, other = (row for _, row in cases.iterrows())
    ways = [share_of_way(row["position"], row["position_lower"], row["position_upper"]) for row in (one, other)]
    places = f"turns from {one['place']} to {other['place']}"
    said = (
        f"{who[:1].upper()}{who[1:]}, at {points(one['score'])} points, moves from {ways[0]} to {ways[1]} of the way "
        "from stagnant to innovative; its point estimate "
        f"{places if one['place'] != other['place'] else 'stays ' + one['place']}."
    )
    if pd.isna(one["lower"]):
        return f"{said} With one team there is no interval, so nobody can say how sure this is."
    span = f"{points(one['lower'])} to {points(one['upper'])}"
    held = [row["stagnant"] for row in (one, other) if row["lower"] <= row["stagnant"] <= row["upper"]]
    if len(held) == 2:
        return f"{said} The survey cannot tell the two apart: its interval, {span}, includes both benchmarks."
    what = f"{points(held[0])} and not the other benchmark" if held else "neither benchmark"
    return f"{said} Its interval, {span}, includes {what}."
