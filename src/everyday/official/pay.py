"""Gender pay gaps that employers published since 2017, and the ONS's gaps by health occupation in 2025.

Six years' files of the gender pay gap service (2018-19 went through a spreadsheet) and one archive of the Annual Survey
of Hours and Earnings. Only distributions over employers are returned, never an employer.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pandas as pd

from healthsys.io.pay_gap_service import read_pay_gap_service

#: A trust by its name, next to NHS; the rule also wants a due date in March, that of public authorities.
TRUST_NAME = r"(?i)\b(?:trusts?|FT)\b"

#: Groups of employers, in the order in which the page shows them.
GROUPS = ("NHS trusts", "Other health employers", "All employers", "NHS trusts in all five official years")

#: Gaps and shares whose distribution is returned.
MEASURES = ("median_hourly_gap", "mean_hourly_gap", "women_lower", "women_lower_middle", "women_upper_middle",
            "women_upper")  # fmt: skip

#: The year whose only file went through a spreadsheet.
UNOFFICIAL = "2018-19"

#: Occupations of the health service in SOC 2020 that the page shows; the code None is all employees.
OCCUPATIONS = (
    None, "2211", "2212", "2223", "223", "2231", "2232", "2233", "2235", "2237", "2221", "2251", "2254", "2255", "6131",
    "6132", "4211", "1171",
)  # fmt: skip

#: Fill of a cell in the ONS's workbooks, and the quality of the estimate that it stands for (key in its column F).
QUALITY = {"9": "good", "51": "reasonable", "53": "lower", "10": "unreliable"}


def read_year(path: str | Path, *, label: str = "") -> pd.DataFrame:
    """Read one year's file and mark NHS trusts: NHS and trust (or FT) in the name, and due in March.

    Adds to the columns of :func:`healthsys.io.read_pay_gap_service`: ``trust``, the plain ``name``, and ``narrow``, the
    same rule with NHS and trust as whole words.
    """
    found = read_pay_gap_service(path, label=label)
    public = found["due"].dt.month.eq(3)
    found["trust"] = found["nhs"] & found["employer"].str.contains(TRUST_NAME) & public
    words = found["employer"].str.casefold().str.replace(r"[^\w\s]", " ", regex=True).str.split()
    found["name"] = words.str.join(" ")
    found["narrow"] = public & words.map(lambda said: {"nhs", "trust"} <= set(said))
    return found


def _quantiles(values: pd.Series) -> dict[str, float]:
    known = values.dropna()
    cuts = {f"p{100 * cut:.0f}": known.quantile(cut) for cut in (0.10, 0.25, 0.50, 0.75, 0.90)}
    signs = {"above_zero": 100 * known.gt(0).mean(), "zero": 100 * known.eq(0).mean(),
             "below_zero": 100 * known.lt(0).mean()}  # fmt: skip
    return {"employers": len(known), **cuts, **signs}


def _present(files: list[pd.DataFrame], chosen: list[pd.Series], key: str) -> pd.Index:
    """Return the keys that occur exactly once among the chosen records of every file."""
    keys = [one.loc[mask & one["median_hourly_gap"].notna(), key] for one, mask in zip(files, chosen, strict=True)]
    found = pd.concat([one.drop_duplicates(keep=False) for one in keys]).value_counts()
    return found.index[found == len(files)]


def years(*paths: Path) -> pd.DataFrame:
    """Return the distribution over employers of each measure, by year and group of employers.

    Trusts are matched over the official files by company number or, without one, by name. A narrower rule (NHS and
    trust as whole words, matched by name) is there for comparison. The rows ``change_since_first`` are the trusts' own
    changes of the median gap since the first year.
    """
    files = [read_year(path) for path in paths]
    official = [one for one in files if one.attrs["year"] != UNOFFICIAL]
    always = _present(official, [one["trust"] for one in official], "key")
    narrow = _present(official, [one["narrow"] for one in official], "name")
    rows = []
    for one in files:
        year, size = one.attrs["year"], one["size"].where(one["trust"])
        sets = {GROUPS[0]: one["trust"], GROUPS[1]: one["health"] & ~one["trust"], GROUPS[2]: one["trust"].notna()}
        sets |= {f"NHS trusts with {band} staff": size == band for band in ("1000 to 4999", "5000 to 19,999")}
        sets |= {"NHS in the name": one["nhs"], "NHS trusts that reported on time": one["trust"] & ~one["late"]}
        if year != UNOFFICIAL:
            sets[GROUPS[3]] = one["trust"] & one["key"].isin(always)
            sets[f"{GROUPS[3]}, narrower rule"] = one["narrow"] & one["name"].isin(narrow)
        for group, chosen in sets.items():
            for measure in MEASURES if group in GROUPS else MEASURES[:1]:
                rows.append({"year": year, "group": group, "measure": measure} | _quantiles(one.loc[chosen, measure]))
    first, last = (one[one["trust"]].set_index("key").loc[always, MEASURES[0]] for one in (official[0], official[-1]))
    change = {"year": official[-1].attrs["year"], "group": GROUPS[3], "measure": "change_since_first"}
    table = pd.DataFrame([*rows, change | _quantiles((last - first).round(6))]).rename(columns={"p50": "median"})
    shares = table["measure"].str.startswith("women")
    table.loc[shares, ["above_zero", "zero", "below_zero"]] = None
    return table.round(6)


def counts(*paths: Path) -> pd.DataFrame:
    """Return how many records each year's file holds, what the rule for a trust takes, and what was set aside."""
    rows = []
    for path in paths:
        one = read_year(path)
        public, health = one["due"].dt.month.eq(3), one["health"] & ~one["trust"]
        notes = {note: number for note, number in one.attrs["notes"].items() if "hourly" in note or "quarters" in note}
        notes |= {note: number for note, number in one.attrs["notes"].items() if "submitted twice" in note}
        found = {
            "records read": len(one), "NHS in the name": int(one["nhs"].sum()),
            "NHS trusts by the rule": int(one["trust"].sum()),
            "NHS in the name, due in March, but no trust by the rule": int((one["nhs"] & public & ~one["trust"]).sum()),
            "health code, due in March, without NHS in the name": int((health & public & ~one["nhs"]).sum()),
            "NHS trusts that reported late": int((one["trust"] & one["late"]).sum()),
        } | notes  # fmt: skip
        rows += [{"year": one.attrs["year"], "what": what, "records": number} for what, number in found.items()]
    return pd.DataFrame(rows)


def _fills(book: zipfile.ZipFile, sheet: int) -> dict[str, str]:
    """Return the indexed colour behind each cell of a sheet of a workbook, which readers of values do not give."""
    styles = book.read("xl/styles.xml").decode()
    fills = re.findall(r"<fill>.*?</fill>", styles)
    colours = [found[1] if (found := re.search(r'<fgColor indexed="(\d+)"', fill)) else "" for fill in fills]
    used = re.findall(r'<xf [^>]*?fillId="(\d+)"', styles[styles.index("<cellXfs") : styles.index("</cellXfs>")])
    cells = re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', book.read(f"xl/worksheets/sheet{sheet}.xml").decode())
    return {cell: colours[int(used[int(style)])] for cell, style in cells}


def occupations(path: Path) -> pd.DataFrame:
    """Return median and mean gap by health occupation (ASHE table 14.12), each with the quality the ONS gives it."""
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if "Table 14.12" in name)
        data = archive.read(name)
    rows = []
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for number, sheet in ((2, "All"), (3, "Full-Time"), (4, "Part-Time")):
            cells = pd.read_excel(io.BytesIO(data), engine="calamine", sheet_name=sheet, header=None)
            fills, code = _fills(book, number), cells[1].astype("str")
            for wanted in OCCUPATIONS:
                at = (cells[0].eq("All employees") if wanted is None else code.eq(wanted)).idxmax()
                row = {"occupation": cells.at[at, 0], "code": wanted or "all", "hours": sheet.lower()}
                for column, measure in ((2, "median"), (3, "mean")):
                    row[f"{measure}_gap"] = pd.to_numeric(cells.at[at, column], errors="coerce")
                    row[f"{measure}_quality"] = QUALITY[fills[f"{'ABCD'[column]}{at + 1}"]]
                rows.append(row)
    return pd.DataFrame(rows)


COMPUTED = {
    "nhs_pay_gap_years": years, "nhs_pay_gap_counts": counts, "ashe_health_occupations": occupations,
}  # fmt: skip
