"""Figures of the narratives room; each drawing function is called at 720 and at 358 pixels."""

from __future__ import annotations

import textwrap

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from compendium.plotting import COLOUR, NARROW, canvas, marker
from healthsys.narratives.events import long
from healthsys.narratives.timelines import STAGES

#: Events of at most so many days are drawn as a mark, longer ones as a line.
POINT_DAYS = 31

_ROLE = {"absorption": "fourth", "adaptation": "subject", "transformation": "third"}


def _wrap(text: str, width: int) -> str:
    """Break a label between words only."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def draw_timeline(events: pd.DataFrame, labels: dict[str, str], *, width: int, kind: str = "published") -> Figure:
    """Draw pressures by stressor above and responses by strategy below, one line or mark per event.

    Parameters
    ----------
    events
        A checked register.
    labels
        Code to label.
    kind
        Kind of the data, for the marks.
    """
    pressures = long(events[events["kind"] == "pressure"], "stressor")
    answers = long(events, "strategy")
    lanes = [
        ("context", f"Pressure: {labels[code]}", pressures[pressures["code"] == code])
        for code in dict.fromkeys(pressures["code"])
    ]
    lanes += [
        (_ROLE[code], f"Strategy: {labels[code]}", answers[answers["code"] == code])
        for code in STAGES
        if (answers["code"] == code).any()
    ]
    step, gap = 7, 34
    height = 50 + sum(gap + step * len(lane) for _, _, lane in lanes)
    figure, axes = canvas(width, height)
    y = 0.0
    first, last = events["start"].min(), events["end"].max()
    for role, title, lane in lanes:
        y += gap
        axes.text(
            first,
            y - 8,
            f"{title}, {len(lane)}",
            color=COLOUR["text"],
            va="bottom",
            ha="left",
            fontweight="bold",
        )
        for event in lane.sort_values(["start", "end"]).itertuples():
            y += step
            if event.days <= POINT_DAYS:
                axes.plot([event.start], [y], linestyle="none", **(marker(kind, COLOUR[role]) | {"markersize": 5}))
            else:
                style = (0, (2, 1.2)) if event.basis == "period" else "solid"
                axes.plot(
                    [event.start, event.end],
                    [y, y],
                    color=COLOUR[role],
                    linewidth=2.6,
                    linestyle=style,
                    solid_capstyle="butt",
                )
    axes.set_ylim(y + 14, 0)
    margin = (last - first) * 0.02
    axes.set_xlim(first - margin, last + margin)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    narrow, days = width <= NARROW, (last - first).days
    if days < 540:
        locator, form = mdates.AutoDateLocator(minticks=3, maxticks=4 if narrow else 8), "%b %Y"
    elif narrow or days > 1200:
        locator, form = mdates.YearLocator(), "%Y"
    else:
        locator, form = mdates.MonthLocator(bymonth=(1, 7)), "%b %Y"
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.DateFormatter(form))
    axes.set_xlabel("Date (year begins at the tick)" if form == "%Y" else "Date")
    return figure


def _cells(axes: Axes, table: pd.DataFrame, texts: pd.DataFrame) -> None:
    """Draw a table as shaded cells with a text in each.

    The shade is the subject colour, more or less transparent, so that it follows the page from light to dark; it stays
    pale enough for the text on it.
    """
    high = float(table.to_numpy().max()) or 1.0
    for y in range(table.shape[0]):
        for x in range(table.shape[1]):
            shade = 0.06 + 0.44 * float(table.iloc[y, x]) / high
            style = {"facecolor": COLOUR["subject"], "alpha": shade, "linewidth": 0}
            axes.add_patch(Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, **style))
            axes.text(x, y, texts.iloc[y, x], ha="center", va="center", color=COLOUR["text"])
    axes.set_xlim(-0.5, table.shape[1] - 0.5)
    axes.set_ylim(table.shape[0] - 0.5, -0.5)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def draw_counts(
    counts: pd.DataFrame, *, rows: str, columns: str, value: str, width: int, note: str | None = None
) -> Figure:
    """Draw a heat map of counts with the number in each cell; ``note`` names a second number shown below it."""
    order = [list(dict.fromkeys(counts[name])) for name in (rows, columns)]
    table = counts.pivot(index=rows, columns=columns, values=value).reindex(index=order[0], columns=order[1])
    texts = table.astype(float).map(lambda number: f"{number:.0f}")
    if note:
        second = counts.pivot(index=rows, columns=columns, values=note).reindex(index=order[0], columns=order[1])
        texts = texts + "\n" + second.astype(float).map(lambda number: f"c {number:.2f}" if pd.notna(number) else "")
    across = 14 if width > NARROW else 9
    figure, axes = canvas(width, 78 + 62 * len(order[0]))
    _cells(axes, table.astype(float), texts)
    axes.xaxis.tick_top()
    crowded = width <= NARROW and len(order[1]) > 3
    turned = {"rotation": 50, "ha": "left", "rotation_mode": "anchor"} if crowded else {"rotation": 0}
    axes.set_xticks(range(len(order[1])), [_wrap(name, 40 if crowded else across) for name in order[1]], **turned)
    axes.set_yticks(range(len(order[0])), [_wrap(name, across + 3) for name in order[0]])
    return figure


def draw_agreement(table: pd.DataFrame, *, width: int) -> Figure:
    """Draw alpha and AC1 with their intervals for each code, and percent agreement as a tick."""
    codes = list(dict.fromkeys(table["code"]))
    figure, axes = canvas(width, 90 + 44 * len(codes))
    styles = (("Krippendorff's alpha", "subject", "s", -0.14), ("Gwet's AC1", "comparison", "o", 0.14))
    for measure, role, shape, shift in styles:
        rows = table[(table["measure"] == measure) & table["value"].notna()]
        for row in rows.itertuples():
            y = codes.index(row.code) + shift
            if pd.notna(row.lower):
                axes.plot([row.lower, row.upper], [y, y], color=COLOUR[role], linewidth=1.6)
            axes.plot([row.value], [y], shape, color=COLOUR[role], label=measure if row.code == codes[-1] else None)
    percent = table[table["measure"] == "percent agreement"]
    places = [codes.index(code) for code in percent["code"]]
    axes.plot(percent["value"], places, "|", color=COLOUR["text"], markersize=14,
              markeredgewidth=2, label="Percent agreement, as a share")  # fmt: skip
    axes.axvline(0.8, color=COLOUR["context"], linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(codes)), [_wrap(code.replace("_", " "), 14) for code in codes])
    axes.set_ylim(len(codes) - 0.4, -0.6)
    low = min(0.0, float(table["lower"].min(skipna=True)))
    axes.set_xlim(low - 0.03, 1.04)
    axes.set_xlabel(
        "Agreement (1 = complete); dashes: 0.80 by convention" if width > NARROW else "Agreement (dashes: 0.80)"
    )
    figure.legend(loc="outside upper left", ncols=3 if width > NARROW else 1, handlelength=1.2)
    return figure


def draw_prevalence(curve: pd.DataFrame, observed: pd.DataFrame, *, width: int) -> Figure:
    """Draw kappa and AC1 against prevalence at a fixed agreement, with the codes of the page as marks (alpha)."""
    figure, axes = canvas(width, 320)
    for column, role, style, name in (
        ("kappa", "subject", "solid", "kappa"),
        ("ac1", "comparison", (0, (5, 2)), "AC1"),
    ):
        axes.plot(100 * curve["prevalence"], curve[column], color=COLOUR[role], linestyle=style)
        at = curve.iloc[len(curve) // 4]
        lift = -0.09 if column == "kappa" else 0.05
        axes.text(100 * at["prevalence"], at[column] + lift, name, color=COLOUR[role], fontweight="bold")
    axes.plot(100 * observed["applied"], observed["value"], "s", color=COLOUR["context"], markersize=5)
    axes.axhline(0, color=COLOUR["faint"], linewidth=1)
    axes.set_xlim(0, 100)
    axes.set_ylim(min(-0.12, float(observed["value"].min()) - 0.05), 1.05)
    axes.set_xlabel("Share of units with the code (percent)")
    axes.set_ylabel("Agreement beyond chance")
    return figure


def draw_scores(scores: pd.DataFrame, *, width: int, level: float = 0.95) -> Figure:
    """Draw precision and recall with Wilson intervals for each marker; ``level`` is their coverage."""
    names = scores["marker"].tolist()
    figure, axes = canvas(width, 90 + 46 * len(names))
    for name, role, shape, shift in (
        ("precision", "subject", "s", -0.15),
        ("recall", "comparison", "o", 0.15),
    ):
        for y, row in enumerate(scores.itertuples()):
            value = getattr(row, name)
            if pd.isna(value):
                continue
            bounds = [100 * getattr(row, f"{name}_lower"), 100 * getattr(row, f"{name}_upper")]
            axes.plot(bounds, [y + shift] * 2, color=COLOUR[role], linewidth=1.6)
            style = marker("illustrative", COLOUR[role]) | {"marker": shape}
            axes.plot(
                [100 * value],
                [y + shift],
                linestyle="none",
                label=name.capitalize() if y == 0 else None,
                **style,
            )
    wrap = 24 if width > NARROW else 15
    axes.set_yticks(range(len(names)), [_wrap(f"{row.marker} ({row.found:.0f})", wrap) for row in scores.itertuples()])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(-3, 103)
    axes.set_xlabel(f"Percent of passages ({round(100 * level, 6):g} % interval)")
    figure.legend(loc="outside upper left", ncols=2, handlelength=1.2)
    return figure


def draw_poles(balance: pd.DataFrame, *, width: int) -> Figure:
    """Draw, for each paradox, how many passages voice the first pole, both, the second."""
    figure, axes = canvas(width, 90 + 74 * len(balance))
    for y, row in enumerate(balance.itertuples()):
        half = row.both / 2
        axes.barh(y, -row.first_only, left=-half, color=COLOUR["fourth"], height=0.42)
        axes.barh(y, row.both, left=-half, color=COLOUR["subject"], height=0.42)
        axes.barh(y, row.second_only, left=half, color=COLOUR["comparison"], height=0.42)
        axes.text(0, y, f"both {row.both}", ha="center", va="center", color=COLOUR["paper"], fontweight="bold")
        for x, text, align in (
            (-half, f"{row.first_pole} {row.first_only}", "right"),
            (half, f"{row.second_pole} {row.second_only}", "left"),
        ):
            axes.text(x, y - 0.30, text, ha=align, va="bottom", color=COLOUR["text"])
    reach = float((balance["both"] / 2 + balance[["first_only", "second_only"]].max(axis=1)).max())
    room = 1.6 if width > NARROW else 2.3
    axes.set_xlim(-reach * room, reach * room)
    axes.set_ylim(len(balance) - 0.5, -0.75)
    axes.set_yticks(range(len(balance)), balance["paradox"])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


def draw_activities(activities: pd.DataFrame, *, width: int) -> Figure:
    """Draw the activity grid of the learning sites: squares for the level, with meetings a year where printed."""
    sites, names = list(dict.fromkeys(activities["site"])), list(dict.fromkeys(activities["activity"]))
    figure, axes = canvas(width, 84 + 44 * len(names))
    for row in activities.itertuples():
        x, y = sites.index(row.site), names.index(row.activity)
        inside = COLOUR["subject" if row.level == "present" else "paper"]
        square = {"marker": "s", "linestyle": "none", "markeredgecolor": COLOUR["subject"]}
        axes.plot([x], [y], markersize=15, markerfacecolor=inside, markeredgewidth=1.8, **square)
        if row.level == "limited":
            axes.plot([x], [y], markersize=5, markerfacecolor=COLOUR["subject"], **square)
        if pd.notna(row.per_year_low):
            low, high = int(row.per_year_low), int(row.per_year_high)
            axes.text(x + 0.18, y, f"{low}" if low == high else f"{low}–{high}", va="center", color=COLOUR["text"])
    axes.set_xticks(range(len(sites)), [_wrap(site, 11) for site in sites])
    axes.set_yticks(range(len(names)), [_wrap(name, 30 if width > NARROW else 17) for name in names])
    axes.set_xlim(-0.5, len(sites) - 0.3)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


def draw_sites(history: pd.DataFrame, *, programme: tuple[int, int], width: int) -> Figure:
    """Draw when relations and work began at each site, with the years of the programme shaded."""
    sites = list(dict.fromkeys(history["site"]))
    figure, axes = canvas(width, 70 + 62 * len(sites))
    axes.axvspan(programme[0], programme[1] + 1, color=COLOUR["faint"], linewidth=0)
    axes.text((programme[0] + programme[1] + 1) / 2, -0.62, "programme", ha="center", color=COLOUR["quiet"])
    for row in history.itertuples():
        work = row.phase == "site work"
        style = (0, (2, 1.2)) if row.precision == "approximate" else "solid"
        y = sites.index(row.site) + (0.12 if work else -0.12)
        axes.plot([row.start, row.end + 1], [y, y], color=COLOUR["subject" if work else "context"],
                  linewidth=7 if work else 3,
                  linestyle=style, solid_capstyle="butt")  # fmt: skip
        if work:
            axes.text(row.end + 1.2, y, "site work", va="center", color=COLOUR["subject"]) if width > NARROW else None
    axes.set_yticks(range(len(sites)), [_wrap(site, 11) for site in sites])
    axes.set_ylim(len(sites) - 0.5, -0.8)
    axes.set_xlim(float(history["start"].min()) - 0.5, float(history["end"].max()) + (3.4 if width > NARROW else 1.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10 if width > NARROW else 5))
    axes.set_xlabel("Year")
    return figure


def draw_arrows(decisions: pd.DataFrame, *, width: int) -> Figure:
    """Draw each decision as an arrow between centre (above) and locality (below), by inputs, processes, outcomes."""
    categories = ["inputs", "processes", "outcomes"]
    figure, panels = canvas(width, 640, nrows=3)
    role = {"down": "subject", "up": "comparison", "level": "context"}
    top, low = 0.90, 0.50
    most = max(3, *decisions["category"].value_counts())
    for panel, category in zip(panels, categories, strict=True):
        mine = decisions[decisions["category"] == category].reset_index(drop=True)
        for x, row in enumerate(mine.itertuples()):
            if row.arrow == "level":
                panel.plot([x - 0.18, x + 0.18], [top, top], color=COLOUR["context"], linewidth=3)
            else:
                start, end = (top, low) if row.arrow == "down" else (low, top)
                style = {
                    "arrowstyle": "-|>",
                    "color": COLOUR[role[row.arrow]],
                    "lw": 2.4,
                    "mutation_scale": 16,
                }
                panel.annotate("", (x, end), (x, start), arrowprops=style)
            panel.text(x, low - 0.06, _wrap(row.decision, 12 if width <= NARROW else 20), ha="center", va="top")
        panel.set_title(category.capitalize())
        panel.set_xlim(-0.5, (len(mine) if width <= NARROW else most) - 0.5)
        panel.set_ylim(0, 1)
        panel.set_yticks([top, low], ["centre", "locality"])
        panel.set_xticks([])
        for side in ("left", "bottom"):
            panel.spines[side].set_visible(False)
        panel.tick_params(length=0)
    return figure


def draw_space(spaces: dict[str, pd.DataFrame], *, width: int) -> Figure:
    """Draw the decision space under each rule, as numbers over both dimensions of autonomy."""
    stacked, count = width <= NARROW, len(spaces)
    shape = (count, 1) if stacked else (1, count)
    figure, panels = canvas(width, 300 * count if stacked else 320, nrows=shape[0], ncols=shape[1], squeeze=False)
    for panel, (rule, grid) in zip(panels.ravel(), spaces.items(), strict=True):
        table = grid.pivot(index="vertical", columns="horizontal", values="space").sort_index(ascending=False)
        _cells(panel, table, table.map("{:.2f}".format))
        panel.set_xticks(range(table.shape[1]), [f"{share:g}" for share in table.columns])
        panel.set_yticks(range(table.shape[0]), [f"{share:g}" for share in table.index])
        panel.set_title(f"Rule: {rule}")
        panel.set_xlabel("Horizontal: room to act with partners")
        panel.set_ylabel("Vertical: release from control")
    return figure


def draw_diffusion(curves: dict[str, pd.DataFrame], *, width: int) -> Figure:
    """Draw adopters over time under each model, with the juncture between early adopters and early majority."""
    figure, axes = canvas(width, 330)
    styles = (("subject", "solid"), ("comparison", (0, (5, 2))))
    for (name, curve), (role, style) in zip(curves.items(), styles, strict=False):
        axes.plot(curve["period"], 100 * curve["share"], color=COLOUR[role], linestyle=style, label=name)
    last = max(int(curve["period"].max()) for curve in curves.values())
    axes.axhline(16, color=COLOUR["context"], linewidth=1, linestyle=(0, (2, 2)))
    axes.text(last, 17, "early majority begins, 16 %", ha="right", va="bottom", color=COLOUR["quiet"])
    axes.set_ylim(0, 102)
    axes.set_xlim(0, last)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("Periods after the start")
    axes.set_ylabel("Adopters (percent)")
    axes.legend(loc="upper left")
    return figure
