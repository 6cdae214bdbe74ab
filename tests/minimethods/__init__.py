"""The methods of the miniature project: another package than the book's, which the same machine serves."""

import pandas as pd


class DataError(ValueError):
    """A file that cannot be averaged."""


def read_waits(path, *, label):
    """Return the waits of a CSV file with the columns month and days."""
    table = pd.read_csv(path)
    if "days" not in table:
        raise DataError(f"{label}: there is no column 'days' (Mean wait)")
    if (table["days"] > 365).any():
        raise DataError(f"{label}: column 'days': more than 365 days is not allowed")
    return table


def plot_waits(waits, *, ax):
    """Draw the waits of each month on axes."""
    ax.plot(range(len(waits)), waits["days"], marker="s")
    ax.set_ylabel("Days")
    return ax
