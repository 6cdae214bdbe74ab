"""How many runs a change of each source file executes: the invalidation table, from the fingerprints.

Run it from the project: ``python benchmarks/invalidation.py``. It executes nothing.
"""

from __future__ import annotations

from collections import Counter

from compendium import fingerprint
from compendium.runs import load_runs


def table() -> dict[str, int]:
    """Return the number of runs that depend on each source file, most first."""
    runs = load_runs().values()
    found = Counter(fingerprint.label(path) for run in runs for path in fingerprint.source_files(run.read()))
    return dict(found.most_common())


if __name__ == "__main__":
    total = len(load_runs())
    for name, count in table().items():
        print(f"{count:3d} of {total}  {name}")
