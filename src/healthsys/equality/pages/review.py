"""The review's equality figures beside what they allow: differences, ratios, and what cannot be compared."""

from __future__ import annotations

from typing import Any

import pandas as pd

from compendium.recording import text_of
from healthsys.equality import words

#: Pairs that the review prints: what, group, reference, labels of the two.
PAIRS = (
    ("Experienced discrimination at work", "discrimination_bme", "discrimination_white", "BME", "white"),
    ("Believe in equal opportunities", "opportunity_bme", "opportunity_white", "BME", "white"),
    ("Able to work from home", "home_working_bme", "home_working_white", "BME", "white"),
    ("Worked on a COVID-19 ward", "covid_ward_bme", "covid_ward_white", "BME", "white"),
    ("Feel that their work is valued", "valued_disabled", "valued_nondisabled", "disabled", "not disabled"),
)


def pairs_table(review: pd.DataFrame) -> pd.DataFrame:
    """Return every printed pair with its difference in points and its ratio, and what is missing beside it."""
    table = review.set_index("item")
    rows = []
    for what, group, reference, first, second in PAIRS:
        a, b = table.loc[group, "value"], table.loc[reference, "value"]
        note = table.loc[group, "note"]
        rows.append((what, first, second, a, b, a - b, a / b, "" if pd.isna(note) else note))
    columns = [
        "what",
        "group",
        "reference",
        "group_percent",
        "reference_percent",
        "difference",
        "ratio",
        "missing",
    ]
    return pd.DataFrame(rows, columns=columns)


def representation_table(review: pd.DataFrame) -> pd.DataFrame:
    """Return the BME shares of boards and of senior bands over the share of all staff."""
    value = review.set_index("item")["value"]
    rows = [
        (
            name,
            value[item],
            value["workforce_bme"],
            value[item] - value["workforce_bme"],
            value[item] / value["workforce_bme"],
        )
        for name, item in (("Board members", "board_bme"), ("Bands 8c and above", "senior_bme"))
    ]
    return pd.DataFrame(rows, columns=["place", "share", "workforce", "difference", "ratio"])


def sample_needed(review: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Return how wide the interval of each printed percentage would be for samples of some sizes.

    The review prints no counts, so no interval can be given; this says what one would look like.
    """
    from healthsys.equality.standards import proportion

    table = review.set_index("item")
    rows = []
    for what, group, _reference, first, _ in PAIRS:
        share = table.loc[group, "value"] / 100
        widths = []
        for people in (100, 1000, 10000):
            _, low, high = proportion(round(share * people), people, level=level)
            widths.append(f"{low:.1f} to {high:.1f}")
        rows.append((f"{what}, {first}", 100 * share, *widths))
    return pd.DataFrame(rows, columns=["what", "printed", "hundred", "thousand", "ten_thousand"])


def contradictions(review: pd.DataFrame) -> pd.DataFrame:
    """Return what the review prints twice with different values or populations, and how to cite it."""
    value = review.set_index("item")["value"]
    rows = [
        (
            "Deaths of healthcare workers from COVID-19",
            f"{value['deaths_workers_bme']:.0f} % of workers, {value['deaths_doctors_bme']:.0f} % of "
            "doctors (section 5.2)",
            f"{value['deaths_workers_bme_later']:.0f} % of healthcare workers (section 5.2, later)",
            "the later passage gives the doctors' figure to all workers; keep each figure with its population",
        ),
        (
            "Maternal deaths of Black against white women",
            f"{value['maternal_deaths_times']:.0f} times as likely (section 5.2)",
            f"{value['maternal_deaths_times_later']:.0f} times the number (section 5.4)",
            "a ratio of rates and a ratio of numbers are two things; cite the rate ratio with its years "
            "from the enquiry",
        ),
        (
            "Mean gender pay gap",
            "called the mean (section 5.3)",
            "explained by the mid-point of pay (section 5.3)",
            "the mid-point is the median; the regulations ask for both, worked out apart",
        ),
        (
            "Bangladeshi pay gap, 2018",
            f"{value['bangladeshi_gap']:.1f} % less on average (section 5.3)",
            "the publisher's figure is of median hourly pay",
            "say median; an average would be another number",
        ),
        (
            "Ethnicity pay gap of a rail company",
            f"a fall of {value['network_rail_change']:.1f} per cent (section 5.5)",
            "then called gender pay data",
            "percent or percentage points is not said, and no level is printed: the change cannot be used",
        ),
    ]
    return pd.DataFrame(rows, columns=["topic", "first", "second", "reading"])


def mean_and_median(staff: pd.DataFrame) -> pd.DataFrame:
    """Return mean and median gap of each employer of a staff file, to show that they are not one figure."""
    from healthsys.pay import statutory

    rows = []
    for name in staff["organisation"].unique():
        found = statutory(staff[staff["organisation"] == name])
        rows.append((name, *(found.gap(f"{m}_hourly").percent for m in ("mean", "median"))))
    return pd.DataFrame(rows, columns=["employer", "mean_gap", "median_gap"])


def finding(review: pd.DataFrame) -> str:
    """Say the finding of the page."""
    pairs = pairs_table(review)
    first = pairs.iloc[0]
    return (
        f"The review's equality figures point one way, and their sizes can be compared: {first['group']} "
        "staff of "
        f"commissioning groups report discrimination {text_of(first['ratio'], '{:.1f}')} times as often as "
        f"{first['reference']} "
        f"staff, a difference of {text_of(first['difference'], '{:.1f}')} percentage points. How sure they "
        "are cannot be "
        f"said: none of these pairs is printed with the counts behind it, and {len(contradictions(review))} other "
        "figures of the review have two values or two meanings."
    )


def results(review: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the named results of the page."""
    rows: list[dict[str, Any]] = []
    for row, (_, item, *_rest) in zip(pairs_table(review).itertuples(), PAIRS, strict=True):
        name = item.rsplit("_", 1)[0]
        rows.append(
            {
                "name": f"{name}_difference",
                "value": row.difference,
                "unit": "percentage points",
                "format": "{:+.1f}",
                "meaning": f"{row.what}: {row.group} less {row.reference}, as printed",
            }
        )
        rows.append(
            {
                "name": f"{name}_ratio",
                "value": row.ratio,
                "unit": "ratio",
                "format": "{:.2f}",
                "meaning": f"{row.what}: {row.group} over {row.reference}, as printed",
            }
        )
    for row, name in zip(representation_table(review).itertuples(), ("board", "senior"), strict=True):
        rows.append(
            {
                "name": f"{name}_ratio",
                "value": row.ratio,
                "unit": "ratio",
                "format": "{:.2f}",
                "meaning": f"{row.place}: BME share over the share of all staff, as printed",
            }
        )
    rows.append({"name": "finding", "value": finding(review), "unit": "", "meaning": "the finding of this page"})
    rows.append({"name": "data_kind", "value": words.kind_words("published"), "unit": "", "meaning": "kind of data"})
    return rows
