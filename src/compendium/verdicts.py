"""What a verification found, for a person and for a machine: a short table, a page, a JSON file."""

from __future__ import annotations

import datetime
import json
import locale
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from compendium import archive, crate, datasets, files, paths, record
from compendium.record import Difference
from compendium.verification import PARTS, Check

#: Everything that gets a verdict, in the order of the report, with what a row is.
GROUPS = {
    "environment": "package",
    "package": "package",
    "data": "data set",
    "references": "entry",
    "notebooks": "notebook",
    "runs": "run",
    "results": "result",
    "figures": "figure",
    "claims": "claim",
    "book": "folder",
}

#: Libraries whose versions stand at the head of the report; the rest are in its table of packages.
_LIBRARIES = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "papermill", "nbval")

#: Longest expected or found text that is printed on a terminal.
_LONGEST = 300


def counts(checks: list[Check]) -> dict[str, dict[str, int]]:
    """Count what was checked, agrees and differs, for each group and in all.

    >>> counts([Check("data", "waits")])["total"]
    {'checked': 1, 'agree': 1, 'differ': 0}
    """
    found = {}
    for group in [*GROUPS, "total"]:
        chosen = [check for check in checks if group in (check.part, "total")]
        agree = sum(check.agrees for check in chosen)
        if chosen or group == "total":
            found[group] = {"checked": len(chosen), "agree": agree, "differ": len(chosen) - agree}
    return found


def machine() -> dict[str, str]:
    """Return what the verification ran on: system, processor, Python, libraries; no name of a person or a machine."""
    found = {
        "system": f"{platform.system()} {platform.release()}",
        "processor": f"{platform.machine()}, {os.cpu_count()} cores",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "linear algebra": _linear_algebra(),
        "locale": ".".join(part for part in locale.getlocale() if part) or "C",
    }
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _linear_algebra() -> str:
    """Return name and version of the library with which numpy adds and multiplies matrices."""
    import numpy as np

    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def subject() -> dict[str, str]:
    """Return what was verified: project, version, commit (and whether files differ from it), checksums of the locks."""
    about = crate.citation()
    commit, state = archive.commit()
    found = {"title": about["title"], "version": str(about["version"]), "commit": commit, "files": state}
    for lock in sorted((paths.root() / "requirements").glob("*.lock")):
        found[lock.name] = f"sha256:{datasets.sha256(lock)}"
    return found


def summary(checks: list[Check], seconds: dict[str, float], parts: list[str]) -> dict[str, Any]:
    """Return the whole verification as plain values: what ``report.json`` holds."""
    total = counts(checks)
    differ = total["total"]["differ"]
    return {
        "project": subject(),
        "verdict": "differs" if differ or not checks else "agrees",
        "parts": {name: PARTS[name] for name in parts},
        "parts not checked": [name for name in PARTS if name not in parts],
        "counts": total,
        "tolerance": {
            "relative": record.RELATIVE,
            "absolute": record.ABSOLUTE,
            "exact": "text, counts, parameters, checksums of data",
        },
        "machine": machine(),
        "finished": datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat(),
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "checks": [_plain(check) for check in checks],
    }


def _plain(check: Check) -> dict[str, Any]:
    entry: dict[str, Any] = {"part": check.part, "name": check.name, "verdict": "agrees" if check.agrees else "differs"}
    entry |= {key: value for key, value in (("expected", check.expected), ("got", check.got)) if value}
    if check.seconds:
        entry["seconds"] = round(check.seconds, 1)
    if check.differences:
        entry["differences"] = [
            {"run": d.run, "result": d.name, "part": d.part, "expected": _clean(d.expected), "got": _clean(d.got),
             "difference": d.by()}
            for d in check.differences
        ]  # fmt: skip
    return entry


def _clean(value: Any) -> Any:
    """Take the folders of this machine out of what a message says."""
    return (
        value.replace(f"{paths.root()}{os.sep}", "").replace(str(paths.root()), ".")
        if isinstance(value, str)
        else value
    )


def table(found: dict[str, Any]) -> str:
    """Return the short table that the command prints."""
    head = f"{'':<12} {'checked':>8} {'agree':>8} {'differ':>8}"
    lines = [head, *(f"{name:<12} {row['checked']:>8} {row['agree']:>8} {row['differ']:>8}"
                     for name, row in found["counts"].items())]  # fmt: skip
    return "\n".join(lines)


def times(found: dict[str, Any]) -> str:
    """Return how long each part took, on one line; notebooks and runs are executed side by side.

    >>> times({"seconds": {"data": 1.3, "notebooks and runs": 90.4, "notebooks": 80.0, "runs": 95.2, "total": 91.7}})
    'seconds by part: data 1.3, notebooks and runs 90.4 (added up: notebooks 80.0, runs 95.2), total 91.7'
    """
    seconds = dict(found["seconds"])
    each = ", ".join(f"{name} {seconds.pop(name)}" for name in ("notebooks", "runs") if name in seconds)
    if "notebooks and runs" in seconds:
        seconds["notebooks and runs"] = f"{seconds['notebooks and runs']} (added up: {each})"
    return f"seconds by part: {', '.join(f'{name} {value}' for name, value in seconds.items())}"


def line(difference: Difference) -> str:
    """Say on one line what differs, long texts cut."""
    sides = [
        text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        for text in (repr(_clean(side)) for side in (difference.expected, difference.got))
    ]
    by = f", difference {difference.by():.6g}" if difference.by() is not None else ""
    return f"{difference.run}: {difference.name}, {difference.part}: expected {sides[0]}, got {sides[1]}{by}"


def schema() -> dict[str, Any]:
    """Return the JSON schema of ``report.json``."""
    return json.loads((Path(__file__).parent / "templates" / "verification.schema.json").read_text(encoding="utf-8"))


def write(found: dict[str, Any], out: Path | None = None) -> str:
    """Write ``report.html`` and ``report.json`` into a folder, by default below the build folder; return where."""
    folder = out or paths.build() / "verification"
    files.write_together({folder / "report.json": files.as_json(found), folder / "report.html": page(found)})
    where = folder / "report.html"
    return (where.relative_to(paths.root()) if where.is_relative_to(paths.root()) else where).as_posix()


def page(found: dict[str, Any]) -> str:
    """Return the verification as one self-contained HTML page."""
    from compendium import policy
    from compendium.report import style

    groups = []
    for name, row in found["counts"].items():
        if name != "total":
            entries = [entry for entry in found["checks"] if entry["part"] == name]
            entries.sort(key=lambda entry: entry["verdict"] == "agrees")
            groups.append({"name": name, "noun": GROUPS[name], "entries": entries, **row})
    differing = [
        {**difference, "group": entry["part"]}
        for entry in found["checks"]
        for difference in entry.get("differences", [])
    ]
    environment = policy.templates()
    environment.filters["shown"] = _shown
    template = environment.get_template("verification.html")
    made = template.render(found=found, groups=groups, differing=differing, style=style()) + "\n"
    return policy.carry(made, policy.of_report(made))


def _shown(value: Any) -> str:
    text = f"{value:,.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 2 * _LONGEST else f"{text[: 2 * _LONGEST]}…"
