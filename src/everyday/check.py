"""``healthsys check FILE``: what a file is, which notebooks take it, and what is odd about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from compendium import datasets
from compendium.errors import CompendiumError
from healthsys import climate, coding, io
from healthsys.coding import events
from healthsys.errors import DataError, HealthsysError
from healthsys.io import csv_files, payroll, refi_qda, staff_list

#: Layouts of bundled files, and the parameters that take a file of one.
LAYOUTS = (
    pd.read_csv(Path(__file__).with_name("check_layouts.csv")).groupby("layout", sort=False)["taken_by"].agg(tuple)
)

#: Series whose problems are listed, and problems listed of all of them.
MOST_SERIES, MOST_PROBLEMS = 20, 12


@dataclass(frozen=True)
class Kind:
    """A layout of files: what it is called, its reader, the columns that tell it, and the parameters that take it."""

    name: str
    read: Callable[..., pd.DataFrame]
    columns: tuple[str, ...]
    takes: tuple[str, ...]
    reads: tuple[str, ...] = ()  #: every column that is used, where the reader uses fewer than its example has


def _survey(path: Path, *, label: str) -> pd.DataFrame:
    items = datasets.load("climate_items")
    return io.read_survey(path, label=label, items=items[items["dimension"].isin(climate.DIMENSIONS)])


def _is_text(path: Path) -> bool:
    within = path.iterdir() if path.is_dir() else [path]
    return any(one.suffix.lower() in (*refi_qda.TEXT, ".qdpx") for one in within)


def _texts(path: Path, *, label: str) -> pd.DataFrame:
    if not _is_text(path):
        raise DataError(f"{label}: it is no text")
    return refi_qda.read_texts(path, label=label)


def _layout(name: str, path: Path, *, label: str) -> pd.DataFrame:
    return datasets.read(path, layout=name)


def _bundled(name: str, *takes: str) -> Kind:
    fields = datasets.describe(name)["schema"]["fields"]
    columns = tuple(field["name"] for field in fields if field.get("constraints", {}).get("required"))
    return Kind(f"in the layout of {name}", partial(_layout, name), columns, takes)


def kinds() -> list[Kind]:
    """Return the layouts that notebooks take, the most particular first."""
    return [
        Kind("a file of the gender pay gap service", io.read_pay_gap_service,
             ("EmployerName", "DiffMedianHourlyPercent"),
             ("published_pay_gaps -p file", "published_pay_gaps -p earlier")),
        Kind("answers to a climate survey", _survey, ("respondent", "team"),
             ("climate_benchmarks -p survey", "climate_benchmarks -p earlier", "climate_sensitivity -p survey")),
        Kind("items of a questionnaire", partial(io.read_items, dimensions=climate.DIMENSIONS),
             ("dimension", "item", "text"), ("climate_benchmarks -p items", "climate_sensitivity -p items")),
        *(_bundled(name, *takes) for name, takes in LAYOUTS.items()),
        Kind("returns of units, some of which do not report", io.read_reporting,
             ("unit", "period", "numerator", "denominator"), ("false_step -p data",)),
        Kind("texts", _texts, (), ("tensions_in_text -p texts_file",)),
        Kind("a staff file, one row a person", io.read_payroll, ("sex", "hourly_pay"),
             ("pay_gap -p staff", "pay_gap_decomposition -p staff", "intersectional_gaps -p staff"),
             payroll.COLUMNS),
        Kind("a staff list for the equality standards", io.read_staff_list, ("band", "ethnic_group"),
             ("workforce_equality -p staff",), staff_list.COLUMNS),
        Kind("series of an indicator", io.read_series, ("indicator", "unit", "period", "value"),
             ("control_chart -p data", "service_trends -p data", "explore_control_chart -p data"),
             ("indicator", "unit", "period", "value", "numerator", "denominator")),
    ]  # fmt: skip


def published() -> list[Kind]:
    """Return the publishers' own files that notebooks take as they are, or a folder of such."""
    from everyday.official import ethnicity, hospital, pay, retention, staff_survey, teams, waiting

    readers = {
        "a year of the gender pay gap service, NHS trusts in it": (pay.read_year, "nhs_gender_pay_gap -p official"),
        "the NHS Staff Survey by organisation, 2021 to 2024": (staff_survey.read, "autonomy_burnout -p official"),
        "the NHS Staff Survey by organisation and question": (staff_survey.read_items, "autonomy_burnout -p workbook"),
        "the NHS Staff Survey by organisation and score": (teams.read_staff_survey, "climate_real_teams -p official"),
        "the NHS Staff Survey by background": (ethnicity.staff_experience, "nhs_staff_experience -p official"),
        "WRES indicators of trusts": (ethnicity.read_trusts, "nhs_staff_experience -p trusts"),
        "the NHS workforce by ethnic group": (ethnicity.read_workforce, "nhs_workforce_ethnicity -p official"),
        "answers of the army companies lq2002": (teams.read_answers, "climate_real_teams -p answers"),
        "waiting times by group": (waiting.groups, "who_waits -p official"),
        "a panel of trusts by quarter": (hospital.read_panel, "occupancy_four_hour -p official"),
        "England's monthly A&E series": (hospital.ae_england, "four_hour_england -p official"),
        "a month of A&E by provider": (hospital.read_providers, "four_hour_england -p providers"),
        "a month of sickness absence": (retention.read_sickness, "retention_and_sickness -p official"),
        "a month of turnover": (retention.flows, "retention_and_sickness -p turnover"),
    }
    return [Kind(name, partial(_unlabelled, read), (), (takes,)) for name, (read, takes) in readers.items()]


def _unlabelled(read: Callable[[Path], pd.DataFrame], path: Path, *, label: str) -> pd.DataFrame:
    return read(path)


def columns_read(notebook: str) -> dict[str, dict[str, bool]]:
    """Return, for a parameter whose reader uses other columns than its example has, these and whether each is needed.

    A parameter that takes texts has none.

    >>> columns_read("workforce_equality")["staff"]["band"], columns_read("workforce_equality")["staff"]["clinical"]
    (True, False)
    """
    return {
        one.partition(" -p ")[2]: {name: name in kind.columns for name in kind.reads}
        for kind in kinds()
        for one in kind.takes
        if (kind.reads or not kind.columns) and one.startswith(f"{notebook} -p ")
    }


def examined(path: Path) -> list[str]:
    """Return lines that say what a file is, which notebooks take it and what is odd about it.

    Raises
    ------
    CompendiumError
        If no notebook takes the file, with what the nearest layout misses.
    """
    if not path.is_file() and not path.is_dir():
        raise CompendiumError(f"{path.name} is neither a file nor a folder; give a CSV file, a workbook or a folder")
    refused: dict[str, tuple[int, str]] = {}
    said: list[str] = []
    for kind in (*kinds(), *published()):
        try:
            frame = kind.read(path, label=path.name)
        except (HealthsysError, CompendiumError) as error:
            there = [_has(path, column) for column in kind.columns]
            if kind.read is _texts and _is_text(path):
                refused[kind.name] = (101, str(error))
            elif there:
                refused[kind.name] = (100 * sum(there) // len(there), str(error))
            continue
        if frame.empty:
            continue
        said += [f"{path.name} is {kind.name}: {len(frame):,} rows", *(f"  taken by: {one}=FILE" for one in kind.takes)]
        said += [f"  read how: {one}" for one in frame.attrs.get("read_as", ())]
        notes = frame.attrs.get("notes", ())
        said += [f"  check: {one}" for one in (notes if isinstance(notes, list) else ())]
        said += [f"  check: {one}" for one in _uncoded(frame, kind.takes)]
        said += [f"  check: {one}" for one in (_odd(frame) if kind.read is io.read_series else [])]
    if said:
        for kind in kinds():
            share, why = refused.get(kind.name, (0, ""))
            line = why.partition("\n")[0]
            said += [f"  not taken by: {', '.join(kind.takes)}: {line}"] if share == 100 else []
    if not said:
        name = max(reversed(refused), key=lambda one: refused[one][0])  # series, where no column is known
        share, why = refused[name]
        nearest = f"; nearest is {name}" if share else ""
        raise CompendiumError(f"no notebook takes {path.name}{nearest}:\n{why}")
    return said


def _has(path: Path, column: str) -> bool:
    try:
        return path.is_file() and csv_files.names(path, [column])
    except HealthsysError:
        return False


def _uncoded(frame: pd.DataFrame, takes: tuple[str, ...]) -> list[str]:
    """Return why a report with the book's codebook refuses a coding or a register of events, and the remedy."""
    if not {"coder_agreement -p first", "resilience_narrative -p events_file"} & {*takes}:
        return []
    book = coding.codebook(datasets.load("narrative_codebook"))
    try:
        if "coder_agreement -p first" in takes:
            for column, parent in events.CODED.items():
                coding.check_codes(frame, column, book.under(parent))
        else:
            coding.event_register(frame, book)
    except DataError as error:
        own = "codebook" in str(error)
        return [f"{error}" + ("; or name a codebook of your own: -p codebook_file=FILE" if own else "")]
    return []


def _odd(frame: pd.DataFrame) -> list[str]:
    """Return what the checks of a series find, by indicator and unit."""
    found = []
    for (indicator, unit), _ in list(frame.groupby(["indicator", "unit"], sort=False))[:MOST_SERIES]:
        series = io.pick_series(frame, indicator=indicator, unit=unit)
        found += [f"{indicator}, {unit}: {one.says}" for one in io.check_series(series, indicator=str(indicator))]
    more = len(found) - MOST_PROBLEMS
    return found[:MOST_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
