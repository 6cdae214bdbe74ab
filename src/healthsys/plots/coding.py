"""Plots of coded events, coder agreement, markers in text and small rules of change, with their alternative texts.

>>> import pandas as pd
>>> counts = pd.DataFrame({"stressor": ["cuts", "cuts"], "strategy": ["adapt", "absorb"], "events": [3, 0]})
>>> alt_counts(counts, rows="stressor", columns="strategy")
'Grid of 1 by 2 with event counts. Most events, 3: cuts with adapt. Empty: cuts with absorb.'
"""

import textwrap

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from healthsys.coding.agreement import RELIABLE, TENTATIVE
from healthsys.coding.checklists import CATEGORIES
from healthsys.coding.events import by_code
from healthsys.coding.timelines import STAGES
from healthsys.plots.style import COLOUR, is_narrow, marker
from healthsys.say import percent_of

#: Events of at most so many days are drawn as a mark, longer ones as a line.
POINT_DAYS = 31


#: Dashes of what is dated approximately.
_DASHED = (0, (2, 1.2))

#: Pixels from one line of a label to the next.
_LINE = 16

_ROLE = {"absorption": "fourth", "adaptation": "subject", "transformation": "third"}


def _bare(ax: Axes) -> None:
    """Leave out the ticks and the lines of both axes."""
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)


def _wrap(text: str, width: int) -> str:
    """Break a label between words only."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def plot_timeline(events: pd.DataFrame, labels: dict[str, str], *, ax: Axes, kind: str = "published") -> Axes:
    """Draw the pressures of a checked register by stressor above and its responses by strategy below, line or mark.

    Each lane takes 34 units of height and each event 7; the figure is best as many pixels high, and 50 more.
    """
    pressures, answers = by_code(events[events["kind"] == "pressure"], "stressor"), by_code(events, "strategy")
    lanes = [("context", f"Pressure: {labels[code]}", lane) for code, lane in pressures.groupby("code", sort=False)]
    answered = dict(list(answers.groupby("code")))
    lanes += [(_ROLE[code], f"Strategy: {labels[code]}", answered[code]) for code in STAGES if code in answered]
    y, first, last = 0.0, events["start"].min(), events["end"].max()
    for role, title, lane in lanes:
        y += 34
        ax.text(first, y - 8, f"{title}, {len(lane)}", va="bottom", ha="left", fontweight="bold", color=COLOUR["text"])
        for event in lane.sort_values(["start", "end"]).itertuples():
            y += 7
            if event.days <= POINT_DAYS:
                ax.plot([event.start], [y], linestyle="none", **(marker(kind, COLOUR[role]) | {"markersize": 5}))
                continue
            style = {"linewidth": 2.6, "solid_capstyle": "butt", "color": COLOUR[role]}
            style["linestyle"] = _DASHED if event.basis == "period" else "solid"
            ax.plot([event.start, event.end], [y, y], **style)
    margin = (last - first) * 0.02
    ax.set(ylim=(y + 14, 0), xlim=(first - margin, last + margin), yticks=[])
    ax.spines["left"].set_visible(False)
    narrow, days = is_narrow(ax), (last - first).days
    if days < 540:
        locator, form = mdates.AutoDateLocator(minticks=3, maxticks=4 if narrow else 8), "%b %Y"
    elif narrow or days > 1200:
        locator, form = mdates.YearLocator(), "%Y"
    else:
        locator, form = mdates.MonthLocator(bymonth=(1, 7)), "%b %Y"
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.DateFormatter(form))
    ax.set_xlabel("Date (year begins at the tick)" if form == "%Y" else "Date")
    return ax


def alt_timeline(events: pd.DataFrame, labels: dict[str, str]) -> str:
    """Say how many events of which kind and strategy :func:`plot_timeline` draws, and of how many."""
    drawn = int((events["kind"].eq("pressure") | events["strategy"].notna()).sum())
    number = f"{len(events)}" if drawn == len(events) else f"{drawn} of {len(events)}"
    pressures = int((events["kind"] == "pressure").sum())
    strategies = by_code(events, "strategy")["code"].map(labels).value_counts()
    told = ", ".join(f"{name} {count}" for name, count in strategies.items()) or "none"
    return (
        f"Timeline of {number} events: {pressures} pressures above, and below them the responses and results with "
        f"a strategy ({told})."
    )


def _cells(ax: Axes, table: pd.DataFrame, texts: pd.DataFrame) -> None:
    """Draw a table as cells in the subject colour, transparent so that they follow the page from light to dark."""
    high = float(table.to_numpy().max()) or 1.0
    for (y, x), value in np.ndenumerate(table.to_numpy()):
        style = {"facecolor": COLOUR["subject"], "alpha": 0.06 + 0.44 * float(value) / high, "linewidth": 0}
        ax.add_patch(Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, **style))
        ax.text(x, y, texts.iloc[y, x], ha="center", va="center", color=COLOUR["text"])
    ax.set(xlim=(-0.5, table.shape[1] - 0.5), ylim=(table.shape[0] - 0.5, -0.5))
    _bare(ax)


def plot_counts(
    counts: pd.DataFrame, *, rows: str, columns: str, value: str, ax: Axes, note: str | None = None
) -> Axes:
    """Draw a heat map of counts with the number in each cell; ``note`` names a second number shown below it."""
    down, along = (list(dict.fromkeys(counts[name])) for name in (rows, columns))

    def shaped(name: str) -> pd.DataFrame:
        return counts.pivot(index=rows, columns=columns, values=name).loc[down, along].astype(float)

    texts = shaped(value).map("{:.0f}".format)
    if note:
        texts += "\n" + shaped(note).map(lambda number: f"c {number:.2f}" if pd.notna(number) else "")
    _cells(ax, shaped(value), texts)
    ax.xaxis.tick_top()
    across, crowded = 9 if is_narrow(ax) else 14, is_narrow(ax) and len(along) > 3
    turned = {"rotation": 50, "ha": "left", "rotation_mode": "anchor"} if crowded else {"rotation": 0}
    ax.set_xticks(range(len(along)), [_wrap(name, 40 if crowded else across) for name in along], **turned)
    ax.set_yticks(range(len(down)), [_wrap(name, across + 3) for name in down])
    return ax


def fullest(counts: pd.DataFrame, *, rows: str, columns: str) -> str:
    """Say which cells of a grid have most events: a title of :func:`plot_counts`.

    >>> fullest(pd.DataFrame({"a": ["x", "y"], "b": ["u", "v"], "events": [2, 2]}), rows="a", columns="b")
    'Most events, 2 each: x with u; y with v'
    """
    most = counts["events"].max()
    cells = [f"{row} with {column}" for row, column in counts.loc[counts["events"] == most, [rows, columns]].to_numpy()]
    return f"Most events, {most}{' each' if len(cells) > 1 else ''}: {'; '.join(cells)}"


def alt_counts(counts: pd.DataFrame, *, rows: str, columns: str) -> str:
    """Describe a grid of event counts: the fullest cells and the empty ones."""
    empty = counts.loc[counts["events"] == 0, [rows, columns]].to_numpy()
    text = f"Grid of {counts[rows].nunique()} by {counts[columns].nunique()} with event counts. "
    text += f"{fullest(counts, rows=rows, columns=columns)}."
    return f"{text} Empty: {'; '.join(f'{row} with {column}' for row, column in empty)}." if len(empty) else text


def plot_agreement(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw alpha and AC1 with their intervals for each code, and percent agreement as a tick."""
    codes = list(dict.fromkeys(table["code"]))
    styles = (("Krippendorff's alpha", "subject", "s", -0.14), ("Gwet's AC1", "comparison", "o", 0.14))
    for measure, role, shape, shift in styles:
        rows = table[(table["measure"] == measure) & table["value"].notna()]
        for row in rows.itertuples():
            y = codes.index(row.code) + shift
            if pd.notna(row.lower):
                ax.plot([row.lower, row.upper], [y, y], color=COLOUR[role], linewidth=1.6)
            ax.plot([row.value], [y], shape, color=COLOUR[role], label=measure if row.code == codes[-1] else None)
    percent = table[table["measure"] == "percent agreement"]
    places = [codes.index(code) for code in percent["code"]]
    style = {"markersize": 14, "markeredgewidth": 2, "color": COLOUR["text"]}
    ax.plot(percent["value"], places, "|", label="Percent agreement, as a share", **style)
    for threshold, dashes in ((TENTATIVE, (1, 2)), (RELIABLE, (4, 3))):
        ax.axvline(threshold, color=COLOUR["context"], linewidth=1, linestyle=(0, dashes))
    ax.set_yticks(range(len(codes)), [_wrap(code.replace("_", " "), 14) for code in codes])
    ax.set(ylim=(len(codes) - 0.4, -0.6), xlim=(min(0.0, float(table["lower"].min(skipna=True))) - 0.03, 1.04))
    marked = f"dots: {TENTATIVE:g}, dashes: {RELIABLE:g}"
    ax.set_xlabel(f"Agreement ({marked})" if is_narrow(ax) else f"Agreement (1 = complete); {marked}, by convention")
    ax.figure.legend(loc="outside lower left", ncols=1 if is_narrow(ax) else 3, handlelength=1.2)
    return ax


def plot_prevalence(curve: pd.DataFrame, observed: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw kappa and AC1 against prevalence at a fixed agreement, with alpha of each code observed as a mark."""
    at = curve.iloc[len(curve) // 4]
    styles = (("kappa", "subject", "solid", "kappa", -0.09), ("ac1", "comparison", (0, (5, 2)), "AC1", 0.05))
    for column, role, style, name, lift in styles:
        ax.plot(100 * curve["prevalence"], curve[column], color=COLOUR[role], linestyle=style)
        ax.text(100 * at["prevalence"], at[column] + lift, name, color=COLOUR[role], fontweight="bold")
    ax.plot(100 * observed["applied"], observed["value"], "s", color=COLOUR["context"], markersize=5)
    ax.axhline(0, color=COLOUR["faint"], linewidth=1)
    ax.set(xlim=(0, 100), ylim=(min(-0.12, float(observed["value"].min()) - 0.05), 1.05))
    ax.set(xlabel="Units with the code (%)", ylabel="Agreement beyond chance")
    return ax


def alt_prevalence(curve: pd.DataFrame) -> str:
    """Say how far kappa and AC1 go from the middle of the curve to its edge."""
    edge, middle = curve.iloc[1], curve.iloc[len(curve) // 2]
    return (
        f"Kappa falls from {middle['kappa']:.2f} where half of the events have the code to {edge['kappa']:.2f} where "
        f"{100 * edge['prevalence']:.0f}% have it, at the same percent agreement; AC1 goes from {middle['ac1']:.2f} to "
        f"{edge['ac1']:.2f}."
    )


def plot_accuracy(accuracy: pd.DataFrame, *, ax: Axes, level: float = 0.95) -> Axes:
    """Draw precision and recall with Wilson intervals for each marker; ``level`` is their coverage."""
    for name, role, shape, shift in (("precision", "subject", "s", -0.15), ("recall", "comparison", "o", 0.15)):
        style = marker("illustrative", COLOUR[role]) | {"marker": shape, "linestyle": "none"}
        for y, row in enumerate(accuracy.to_dict("records")):
            if pd.isna(row[name]):
                continue
            bounds = [100 * row[f"{name}_lower"], 100 * row[f"{name}_upper"]]
            ax.plot(bounds, [y + shift] * 2, color=COLOUR[role], linewidth=1.6)
            ax.plot([100 * row[name]], [y + shift], label=name.capitalize() if y == 0 else None, **style)
    wrap = 15 if is_narrow(ax) else 24
    labels = [_wrap(f"{row.marker} ({row.found:.0f})", wrap) for row in accuracy.itertuples()]
    ax.set_yticks(range(len(labels)), labels)
    ax.set(xlim=(-3, 103), ylim=(len(labels) - 0.4, -0.6))
    ax.set_xlabel(f"Percent of passages ({percent_of(level)} CI)")
    ax.figure.legend(loc="outside upper left", ncols=2, handlelength=1.2)
    return ax


def plot_poles(balance: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw, for each paradox, how many passages voice the first pole, both, the second."""
    for y, row in enumerate(balance.itertuples()):
        half = row.both / 2
        ax.barh(y, -row.first_only, left=-half, color=COLOUR["fourth"], height=0.42)
        ax.barh(y, row.both, left=-half, color=COLOUR["subject"], height=0.42)
        ax.barh(y, row.second_only, left=half, color=COLOUR["comparison"], height=0.42)
        ax.text(0, y, f"both {row.both}", ha="center", va="center", color=COLOUR["paper"], fontweight="bold")
        ax.text(-half, y - 0.30, f"{row.first_pole} {row.first_only}", ha="right", va="bottom", color=COLOUR["text"])
        ax.text(half, y - 0.30, f"{row.second_pole} {row.second_only}", ha="left", va="bottom", color=COLOUR["text"])
    reach = float((balance["both"] / 2 + balance[["first_only", "second_only"]].max(axis=1)).max())
    reach *= 2.3 if is_narrow(ax) else 1.6
    ax.set(xlim=(-reach, reach), ylim=(len(balance) - 0.5, -0.75))
    ax.set_yticks(range(len(balance)), balance["paradox"])
    ax.xaxis.set_visible(False)
    _bare(ax)
    return ax


def alt_poles(balance: pd.DataFrame) -> str:
    """Say how many passages voice which pole of each paradox."""
    told = [
        f"{row.paradox}: {row.first_pole} {row.first_only}, both {row.both}, {row.second_pole} {row.second_only}"
        for row in balance.itertuples()
    ]
    return "; ".join(told) + "."


def plot_activities(activities: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw the activity grid of the learning sites: squares for the level, with meetings a year where reported."""
    sites, names = list(dict.fromkeys(activities["site"])), list(dict.fromkeys(activities["activity"]))
    for row in activities.itertuples():
        x, y = sites.index(row.site), names.index(row.activity)
        inside = COLOUR["subject" if row.level == "present" else "paper"]
        square = {"marker": "s", "linestyle": "none", "markeredgecolor": COLOUR["subject"]}
        ax.plot([x], [y], markersize=15, markerfacecolor=inside, markeredgewidth=1.8, **square)
        if row.level == "limited":
            ax.plot([x], [y], markersize=5, markerfacecolor=COLOUR["subject"], **square)
        if pd.notna(row.per_year_low):
            low, high = int(row.per_year_low), int(row.per_year_high)
            ax.text(x + 0.18, y, f"{low}" if low == high else f"{low}–{high}", va="center", color=COLOUR["text"])
    ax.set_xticks(range(len(sites)), [_wrap(site, 11) for site in sites])
    ax.set_yticks(range(len(names)), [_wrap(name, 17 if is_narrow(ax) else 30) for name in names])
    ax.set(xlim=(-0.5, len(sites) - 0.3), ylim=(len(names) - 0.5, -0.5))
    ax.xaxis.tick_top()
    _bare(ax)
    return ax


def plot_sites(history: pd.DataFrame, *, programme: tuple[int, int], ax: Axes) -> Axes:
    """Draw when relations and work began at each site, with the years of the programme shaded."""
    sites, narrow = list(dict.fromkeys(history["site"])), is_narrow(ax)
    ax.axvspan(programme[0], programme[1] + 1, color=COLOUR["faint"], linewidth=0)
    ax.text((programme[0] + programme[1] + 1) / 2, -0.62, "programme", ha="center", color=COLOUR["quiet"])
    for row in history.itertuples():
        work = row.phase == "site work"
        y = sites.index(row.site) + (0.12 if work else -0.12)
        style = {"linewidth": 7, "color": COLOUR["subject"]} if work else {"linewidth": 3, "color": COLOUR["context"]}
        style |= {"linestyle": _DASHED if row.precision == "approximate" else "solid", "solid_capstyle": "butt"}
        ax.plot([row.start, row.end + 1], [y, y], **style)
        if work and not narrow:
            ax.text(row.end + 1.2, y, "site work", va="center", color=COLOUR["subject"])
    ax.set_yticks(range(len(sites)), [_wrap(site, 11) for site in sites])
    right = float(history["end"].max()) + (1.5 if narrow else 3.4)
    ax.set(ylim=(len(sites) - 0.5, -0.8), xlim=(float(history["start"].min()) - 0.5, right), xlabel="Year")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5 if narrow else 10))
    return ax


def alt_sites(history: pd.DataFrame) -> str:
    """Say from when to when each phase at each site ran."""
    told = [f"{row.site}: {row.phase} {row.start} to {row.end} ({row.precision})" for row in history.itertuples()]
    return "; ".join(told) + "."


def _staggered(names: pd.Series, *, across: int, narrow: bool) -> tuple[list[str], list[int]]:
    """Break names below neighbouring marks so that they stay apart; return them and by how many pixels each is lower.

    Where the longest word is wider than the room of a mark, of so many ``across``, neighbours are on different heights.
    """
    room = max(1, (40 if narrow else 100) // across)
    longest = max((len(word) for name in names for word in str(name).split()), default=1)
    tiers = min(3, len(names), -(-longest // room))
    labels = [_wrap(name, min(12 if narrow else 20, room * tiers)) for name in names]
    lines = [max(label.count("\n") + 1 for label in labels[tier::tiers]) for tier in range(tiers)]
    return labels, [_LINE * sum(lines[: place % tiers]) for place in range(len(labels))]


def plot_arrows(decisions: pd.DataFrame, *, ax: np.ndarray) -> np.ndarray:
    """Draw each decision as an arrow between centre (above) and locality (below), one axes for each category used."""
    role, top, low = {"down": "subject", "up": "comparison"}, 0.90, 0.50
    most = max(3, *decisions["category"].value_counts())
    used = [category for category in CATEGORIES if category in set(decisions["category"])]
    for panel, category in zip(np.atleast_1d(ax), used, strict=True):
        mine, narrow = decisions[decisions["category"] == category], is_narrow(panel)
        labels, lowered = _staggered(mine["decision"], across=len(mine) if narrow else most, narrow=narrow)
        for x, row in enumerate(mine.itertuples()):
            if row.arrow == "level":
                panel.plot([x - 0.18, x + 0.18], [top, top], color=COLOUR["context"], linewidth=3)
            else:
                start, end = (top, low) if row.arrow == "down" else (low, top)
                style = {"arrowstyle": "-|>", "color": COLOUR[role[row.arrow]], "lw": 2.4, "mutation_scale": 16}
                panel.annotate("", (x, end), (x, start), arrowprops=style)
            place = {"xytext": (0, -lowered[x]), "textcoords": "offset points", "ha": "center", "va": "top"}
            panel.annotate(labels[x], (x, low - 0.06), **place)
        panel.set(
            title=category.capitalize(), xlim=(-0.5, (len(mine) if narrow else most) - 0.5), ylim=(0, 1), xticks=[]
        )
        panel.set_yticks([top, low], ["centre", "locality"])
        _bare(panel)
    return ax


def alt_arrows(decisions: pd.DataFrame) -> str:
    """Say which way each decision went."""
    return "; ".join(f"{row.decision}: {row.arrow}" for row in decisions.itertuples()) + "."


def plot_space(spaces: pd.DataFrame, *, ax: np.ndarray) -> np.ndarray:
    """Draw the decision space under each rule (``rule``, ``vertical``, ``horizontal``, ``space``), one axes a rule."""
    for panel, (rule, grid) in zip(ax, spaces.groupby("rule", sort=False), strict=True):
        table = grid.pivot(index="vertical", columns="horizontal", values="space").sort_index(ascending=False)
        _cells(panel, table, table.map("{:.2f}".format))
        panel.set_xticks(range(table.shape[1]), [f"{share:g}" for share in table.columns])
        panel.set_yticks(range(table.shape[0]), [f"{share:g}" for share in table.index])
        panel.set_title(f"Rule: {rule}")
    ax[0].figure.supxlabel("Horizontal: freedom to act with partners", color=COLOUR["quiet"], fontsize=12.5)
    ax[0].figure.supylabel("Vertical: freedom from control from above", color=COLOUR["quiet"], fontsize=12.5)
    return ax


def alt_space(spaces: pd.DataFrame) -> str:
    """Say where two rules of the decision space agree, and where they differ most."""
    wide = spaces.pivot(index=["vertical", "horizontal"], columns="rule", values="space")
    apart = (wide["minimum"] - wide["product"]).idxmax()
    return (
        "Two grids. By either rule the space is zero where one dimension is zero and one where both are full; between "
        f"them the product is below the minimum, at most {wide.loc[apart, 'product']:.2f} against "
        f"{wide.loc[apart, 'minimum']:.2f}."
    )


def plot_adoption(curves: dict[str, pd.DataFrame], *, ax: Axes) -> Axes:
    """Draw adopters over time under each model, with the juncture between early adopters and early majority."""
    styles = (("subject", "solid"), ("comparison", (0, (5, 2))))
    for (name, curve), (role, style) in zip(curves.items(), styles, strict=False):
        ax.plot(curve["period"], 100 * curve["share"], color=COLOUR[role], linestyle=style, label=name)
    last = max(int(curve["period"].max()) for curve in curves.values())
    ax.axhline(16, color=COLOUR["context"], linewidth=1, linestyle=(0, (2, 2)))
    ax.text(last, 17, "early majority begins, 16%", ha="right", va="bottom", color=COLOUR["quiet"])
    ax.set(xlim=(0, last), ylim=(0, 102), xlabel="Periods after the start", ylabel="Adopters (%)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(loc="upper left")
    return ax


def alt_adoption(curve: pd.DataFrame) -> str:
    """Say when an adoption curve passes 16% and half, and where it ends."""
    told = []
    for share, name in ((0.16, "16%"), (0.5, "half")):
        passed = curve.loc[curve["share"] >= share, "period"]
        told.append(f"{name} in period {passed.iloc[0]}" if len(passed) else f"{name} not within the periods shown")
    return f"Adoption passes {' and '.join(told)}; at the end {100 * curve['share'].iloc[-1]:.0f}% have adopted."


def plot_days_late(actions: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw how many days late each action was closed or is (``action``, ``days``, ``state``); a mark for none."""
    import seaborn as sns  # not with the module: it brings IPython, which no other plot of codings needs

    tones = {"closed on time": "subject", "closed late": "fourth", "open": "comparison"}
    colours = {state: COLOUR[role] for state, role in tones.items()}
    style = {"palette": colours, "saturation": 1, "errorbar": None}
    sns.barplot(actions, x="days", y="action", hue="state", **style, ax=ax)
    for y, row in enumerate(actions.itertuples()):
        if row.days == 0:  # closed on the day it was due: a bar without length
            ax.plot([0], [y], "|", color=colours[row.state], markersize=16, markeredgewidth=4)
    ax.set(xlabel="Days late", ylabel="Action")
    ax.get_legend().set_title("State")
    return ax
