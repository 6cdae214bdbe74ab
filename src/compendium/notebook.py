"""What a notebook asks of the machine: open data, record a result, show a figure, lay out a table, write a sentence."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from IPython import get_ipython
from IPython.display import display

from compendium import datasets
from compendium.datasets import provenance
from compendium.errors import CompendiumError, DatasetError, nearest
from compendium.escape import prose
from compendium.plotting import show
from compendium.recording import record
from compendium.tables import table

__all__ = ["open_data", "prose", "provenance", "record", "show", "table"]


def open_data(
    source: str | Path, read: Callable[..., pd.DataFrame] | None = None, *, layout: str = "", **options: Any
) -> pd.DataFrame:
    """Open a bundled data set by name, or a reader's own file, with its provenance attached.

    Parameters
    ----------
    source
        The name of a bundled data set, or the path of a file or folder.
    read
        A function that reads the layout: ``read(path, label=..., **options)`` returns a frame; ``label`` is what its
        messages call the file. A bundled data set without one is read by its schema in ``data/datapackage.json``.
    layout
        In place of ``read``: the bundled data set whose columns a reader's own CSV file must follow.
    options
        Further options of ``read``.

    Returns
    -------
    pandas.DataFrame
        ``attrs["provenance"]`` holds name, title, kind (``"yours"`` for a reader's own), path, SHA-256, sources and
        licence.

    Raises
    ------
    DatasetError
        If there is neither a data set nor a file of that name, or the file breaks its layout.

    Examples
    --------
    >>> open_data("climate_benchmarks").attrs["provenance"]["kind"]
    'published'
    """
    name = str(source)
    if layout:
        return _told(datasets.read(name, layout=layout), name)
    if name in datasets.names():
        return datasets.load(name) if read is None else datasets.opened(name, functools.partial(read, **options))
    path = Path(name)
    if read is None or not path.exists():
        raise DatasetError(
            f"'{name}' is neither a bundled data set nor a file.{nearest(name, datasets.names())} "
            "Give the name of a data set that `healthsys data` lists, or the path of a file"
        )
    return _told(datasets.owned(read(path, label=path.name, **options), path), path.name)


def _told(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Say on the page what of a reader's own file was read how, and return its frame."""
    if frame.attrs.get("read_as"):
        display(prose(f"How {Path(name).name} was read: {'; '.join(frame.attrs['read_as'])}."))
    return frame


def _refuse_unknown_parameters(cells: list[str]) -> None:
    """Refuse a parameter that plain papermill set and the notebook does not have: papermill itself only warns.

    >>> _refuse_unknown_parameters(["level: float = 0.95  # allowed: 0 to 1", "# Parameters\\nlevel = 0.9\\n"])
    """
    known = re.findall(r"^(\w+): ", "\n".join(cells), flags=re.M)
    injected = "".join(cell for cell in cells if cell.startswith("# Parameters\n"))
    for name in re.findall(r"^(\w+) = ", injected, flags=re.M):
        if known and name not in known:
            allowed = f"{nearest(name, known)} Allowed: {', '.join(known)}"
            raise CompendiumError(f"'{name}' is no parameter of this notebook.{allowed}")


if shell := get_ipython():  # the first cell after the parameters imports this
    _refuse_unknown_parameters(list(shell.user_ns.get("In", ())))
