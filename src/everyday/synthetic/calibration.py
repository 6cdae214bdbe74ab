"""The synthetic care system compared with the published figures that it was calibrated to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

#: What is compared: indicator and part of it (``ratio``; ``group`` or ``reference`` in the survey; a band; ``board``;
#: ``doctors``), the key in the published data, and the tolerance in the figure's unit.
TARGETS = Path(__file__).with_name("calibration.csv")


def compare_with_published(shown: pd.DataFrame, published: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare figures of the synthetic system with the published data sets that :data:`TARGETS` names.

    ``shown`` has ``indicator``, ``part``, ``value``; measures that are missing in it are left out. The table has
    ``measure``, ``period``, ``published``, ``synthetic``, ``tolerance`` and ``within``.
    """
    rows = []
    for name, table in published.items():
        keys = table.rename(columns={"item": "series"}).assign(data=name)
        rows.append(keys.reindex(columns=["data", "series", "period", "group", "value"]))
    known = pd.concat(rows).drop_duplicates(["data", "series", "period", "group"])
    known.loc[known["data"] == "review_equality", "period"] = "review"
    targets = pd.read_csv(TARGETS, dtype={"period": "str"})
    found = targets.merge(known, on=["data", "series", "period", "group"], how="left", validate="one_to_one")
    found = found.rename(columns={"value": "published"}).merge(shown.dropna(), on=["indicator", "part"])
    found = found.rename(columns={"value": "synthetic"})
    found["within"] = (found["synthetic"] - found["published"]).abs() <= found["tolerance"]
    return found[["measure", "period", "published", "synthetic", "tolerance", "within"]]
