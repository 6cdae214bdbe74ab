"""The employer that a reader changes: ten people move from one band to another, and the pay gap follows.

Convention: everybody in a band has the mean hourly pay of that band's people, women and men together. What is left is
the gap that comes from who is in which band. The measures are those of :func:`healthsys.pay.statutory`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from compendium import plotting
from compendium.recording import text_of
from everyday.explorers.pages import Choice, Explorer, Number, Slider, State, titled
from healthsys import pay
from healthsys.errors import DataError
from healthsys.plots.pay import plot_quarters
from healthsys.plots.style import COLOUR

#: Order of the bands of Agenda for Change, very senior managers last.
BANDS = ("2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9", "VSM")

#: People that one press of a button moves.
STEP = 10

#: Names of the two groups, as a reader chooses them.
GROUPS = {"women": "F", "men": "M"}


def by_band(staff: pd.DataFrame, *, organisation: str) -> pd.DataFrame:
    """Count the people on full pay of one organisation by band, with the mean hourly pay of the band in pounds.

    A reader's own staff are refused: the page shows exact head counts and rates of small bands, without any
    disclosure rule. Doctors, who have no band, are not counted.

    Examples
    --------
    >>> people = pd.DataFrame({"organisation": "A", "sex": list("FFM"), "band": ["2", "3", "3"],
    ...                        "hourly_pay": [11.0, 12.0, 12.5]})
    >>> by_band(people, organisation="A").to_dict("list")
    {'band': ['2', '3'], 'rate': [11.0, 12.25], 'women': [1, 1], 'men': [0, 1]}
    """
    if staff.attrs.get("provenance", {}).get("kind") == "yours":
        raise DataError(
            "this page shows exact head counts and rates of pay of small bands, so it is for synthetic staff only; "
            "for your own file use `healthsys report pay_gap -p staff=FILE`, which applies a disclosure rule"
        )
    chosen = staff[(staff["organisation"] == organisation) & staff["band"].isin(BANDS)]
    chosen = pay.full_pay_staff(chosen)
    chosen = chosen[chosen["sex"].isin(GROUPS.values())]
    if chosen.empty:
        known = ", ".join(sorted(map(str, staff["organisation"].unique())))
        raise DataError(f"column 'organisation': nobody on a band in '{organisation}'; allowed: {known}")
    groups = chosen.groupby("band")
    found = pd.DataFrame({"rate": groups["hourly_pay"].mean().round(2)})
    for name, code in GROUPS.items():
        found[name] = groups["sex"].agg(lambda sex, code=code: int((sex == code).sum()))
    order = [band for band in BANDS if band in found.index]
    return found.loc[order].rename_axis("band").reset_index()


def moved(bands: pd.DataFrame, *, who: str, origin: str, to: str, people: int) -> pd.DataFrame:
    """Return the bands after so many of one group have moved; never more than the band has."""
    after = bands.copy()
    if origin == to:
        return after
    out, into = after["band"] == origin, after["band"] == to
    going = min(people, int(after.loc[out, who].iloc[0]))
    after.loc[out, who] -= going
    after.loc[into, who] += going
    return after


def staff_of(bands: pd.DataFrame) -> pd.DataFrame:
    """Return a row per person, each on the rate of the band."""
    people = bands.rename(columns=GROUPS).melt(["band", "rate"], list(GROUPS.values()), "sex", "people")
    return people.loc[people.index.repeat(people["people"]), ["sex", "rate"]].rename(columns={"rate": "hourly_pay"})


def pay_state(bands: pd.DataFrame, *, who: str, origin: str, to: str, people: int) -> State:
    """Return gaps and quarters after so many ``who`` (women or men) have moved, and the gaps before it."""
    after = moved(bands, who=who, origin=origin, to=to, people=people)
    before, found = pay.statutory(staff_of(bands)), pay.statutory(staff_of(after))
    numbers, says = [], {}
    for measure in ("mean", "median"):
        gap, was = found.gap(f"{measure}_hourly"), before.gap(f"{measure}_hourly")
        says[measure] = gap.percent, was.percent
        numbers += [
            Number(f"{measure}_gap", f"{measure} gap", gap.percent, _percent(gap.percent)),
            Number(f"{measure}_men", f"{measure} pay, men", gap.comparator, f"£{gap.comparator:.2f}"),
            Number(f"{measure}_women", f"{measure} pay, women", gap.group, f"£{gap.group:.2f}"),
        ]
    quarters = found.quarters
    for row in quarters.itertuples():
        name = row.quarter.replace(" ", "_")
        share = float(row.group_percent)
        numbers.append(Number(name, f"women, {row.quarter} quarter", share, _percent(share)))
    going = int((after[who] - bands[who]).clip(lower=0).sum())
    table = after.assign(share=100 * after["women"] / (after["women"] + after["men"]).where(lambda all_: all_ > 0))
    shares = quarters.rename(columns={"group_percent": "women", "comparator_percent": "men"})
    data = {"bands": _long(after, "band", "people"), "quarters": _long(shares, "quarter", "share")}
    return State(_sentence(who, origin, to, going, says, quarters), tuple(numbers), table, data)


def _long(table: pd.DataFrame, label: str, value: str) -> list[dict[str, Any]]:
    """Return a row for each label and sex, women first."""
    rows = table.set_index(label)[list(GROUPS)].rename_axis(columns="sex").stack().rename(value)
    return rows.reset_index().to_dict("records")


def _sentence(who: str, origin: str, to: str, going: int, says: dict[str, Any], quarters: pd.DataFrame) -> str:
    (mean, mean_was), (median, median_was) = says["mean"], says["median"]
    upper = f"{_percent(float(quarters['group_percent'].iloc[-1]))} of the upper quarter are women."
    if not going:
        return f"Before any move, the mean gap is {_percent(mean)} and the median gap {_percent(median)}; {upper}"
    return (
        f"With {going} {who} moved from band {origin} to band {to}, the mean gap is {_percent(mean)} "
        f"(before: {_percent(mean_was)}) and the median gap {_percent(median)} "
        f"(before: {_percent(median_was)}); {upper}"
    )


def _percent(value: float) -> str:
    return text_of(round(value, 1) + 0.0, "{:.1f}%")


def draw_bands(state: State, *, width: int) -> Figure:
    """Draw women and men in each band, side by side."""
    rows = pd.DataFrame(state.data["bands"]).pivot(index="band", columns="sex", values="people").reindex(BANDS).dropna()
    figure, axes = titled(width, title="People", across="pay band", heights=(300, 320))
    for name, role, shift in (("women", "subject", -0.2), ("men", "context", 0.2)):
        places = [place + shift for place in range(len(rows))]
        axes.bar(places, rows[name], width=0.38, color=COLOUR[role], hatch="//" if name == "men" else "",
                 edgecolor=COLOUR["paper"], linewidth=0, label=name)  # fmt: skip
    axes.set_xticks(range(len(rows)), rows.index)
    axes.legend(loc="upper right")
    return figure


def bands_figure(state: State, *, organisation: str) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the figure of bands."""
    largest = state.rows.loc[(state.rows["women"] + state.rows["men"]).idxmax()]
    return {
        "name": "people-by-band",
        "caption": f"Synthetic data: people on full pay and on a band in the invented organisation {organisation}, "
        f"n = {int(state.rows['women'].sum() + state.rows['men'].sum())}. Doctors, who have no band, are not counted.",
        "alt": f"Women and men in each pay band. The largest is band {largest['band']} with {largest['women']} women "
        f"and {largest['men']} men; the bands above it are smaller.",
        "drawn": pd.DataFrame(state.data["bands"]),
    }


def quarters_table(state: State) -> pd.DataFrame:
    """Return the quarters as :func:`healthsys.plots.pay.plot_quarters` takes them."""
    rows = pd.DataFrame(state.data["quarters"]).pivot(index="quarter", columns="sex", values="share")
    order = list(dict.fromkeys(row["quarter"] for row in state.data["quarters"]))
    return rows.loc[order[::-1]].reset_index().rename(columns={"women": "group_percent", "men": "comparator_percent"})


def quarters_figure(state: State) -> dict[str, Any]:
    """Return name, caption, alternative text and data of the figure of pay quarters."""
    table = quarters_table(state)
    said = ", ".join(f"{row.quarter} {row.group_percent:.1f}%" for row in table.itertuples())
    return {
        "name": "quarters-to-move",
        "caption": "Synthetic data, everybody on the mean rate of the band. Four equal groups by hourly pay; people on "
        "the same rate are shared between two quarters in proportion.",
        "alt": f"Share of women in each pay quarter, from the upper down: {said}.",
        "drawn": table,
    }


def show_start(state: State, *, organisation: str) -> None:
    """Show both figures of the start; the browser puts its own in their place."""
    plotting.show(draw_bands, state, **bands_figure(state, organisation=organisation))
    plotting.show(plot_quarters, quarters_table(state), names=("men", "women"), height=258, **quarters_figure(state))


def pay_explorer(bands: pd.DataFrame, *, who: str, origin: str, to: str) -> Explorer:
    """Return the explorer of an employer's bands; nobody has moved at the start."""
    names = {band: f"band {band}" for band in bands["band"]}
    most = int(bands.loc[bands["band"] == origin, who].iloc[0]) // STEP * STEP
    return Explorer(
        kind="pay-gap",
        title="Pay bands to move people between",
        controls=[
            Choice("who", "Who moves", {name: name for name in GROUPS}, who),
            Choice("origin", "From", names, origin),
            Choice("to", "To", names, to),
            Slider(
                "people", "How many move", 0, most, STEP, 0, "0 people", "people",
                push=(("Ten fewer", -STEP), ("Ten more", STEP)),
            ),
        ],
        start=pay_state(bands, who=who, origin=origin, to=to, people=0),
        inputs={"bands": bands.to_dict("list"), "step": STEP},
        charts={"people-by-band": (240, 125), "quarters-to-move": (150, 105)},
        caption="People by band after the move, with the hourly pay assumed for everybody in the band",
        formats={"rate": "£{:.2f}", "share": "{:.1f}"},
        headings={"rate": "hourly pay", "share": "women (%)"},
    )  # fmt: skip
