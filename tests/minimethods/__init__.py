"""The methods of the miniature project: another package than the book's, which the same machine serves."""

import pandas as pd

__version__ = "0.2.0"


class DataError(ValueError):
    """A file that cannot be averaged."""


def read_waits(path, *, label):
    """Return the waits of a CSV file with the columns month and days."""
    table = pd.read_csv(path)
    if "days" not in table:
        raise DataError(f"{label}: there is no column 'days' (Mean wait)")
    days = pd.to_numeric(table["days"], errors="coerce")
    for row in table.index[table["days"].notna() & ~days.between(0, 365)]:
        said = f"'{table['days'][row]}' is not allowed; allowed: a number from 0 to 365"
        raise DataError(f"{label}: column 'days', row {row + 2}: {said}")
    return table.assign(days=days)


def plot_waits(waits, *, ax):
    """Draw the waits of each month on axes."""
    ax.plot(range(len(waits)), waits["days"], marker="s")
    ax.set_ylabel("Days")
    return ax
