"""The parameters of a notebook: what they are called, what they may be, and whether given values fit.

A notebook states its parameters in one cell tagged ``parameters``, one annotated assignment a line::

    survey: str = "climate_survey_baseline"  # answers to analyse; allowed: data set or file
    level: float = 0.95  # coverage of the intervals; allowed: 0.5 to 0.999

What follows ``allowed:`` is checked before a run: ``a to b`` (a range, ends included), ``a | b`` (a choice),
``data set or file``, ``file`` (both may be followed by ``or nothing``), or ``any``.

A reader's own file is never mixed with bundled data. Where one parameter names a file, every other that names data must
name a file too (or nothing), unless its line ends in ``; fits any data`` (an instrument, a codebook). A default that
belongs to the bundled data ends in ``; with your own data: "…"``, which then takes its place.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import tokenize
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import yaml

from compendium import datasets
from compendium.errors import RunError, nearest

#: The environment variables in which readers find the columns that a reader's own file names otherwise, and what
#: the reader states of an ambiguous file.
COLUMNS_VARIABLE, STATED_VARIABLE = "HEALTHSYS_COLUMNS", "HEALTHSYS_STATED"

#: What a reader can state of an ambiguous file, and what it may be (a sheet: any).
STATED = {"sheet": (), "dates": ("day first", "month first"), "comma": ("decimal", "thousands")}

#: Characters of a refused value that a message shows.
LONGEST_SHOWN = 200

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a text"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "list[str]": ((list,), "a list of texts"),
    "list[float]": ((list,), "a list of numbers"),
    "list[int]": ((list,), "a list of whole numbers"),
}


#: What a value looks like on the command line, for those that people get wrong.
_EXAMPLES = {
    "list[str]": ' such as ["North", "South"]', "list[int]": " such as [10, 30]", "list[float]": " such as [0.5]",
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook."""

    name: str
    type: str
    default: Any
    meaning: str
    allowed: str
    fits_any_data: bool = False
    with_own_data: Any = None
    set_with: str = ""

    @property
    def is_source(self) -> bool:
        """Whether the parameter names data: a data set or a file."""
        return self.allowed.startswith(("data set", "file"))


def parameters_of(notebook: nbformat.NotebookNode, *, label: str) -> dict[str, Parameter]:
    """Return the parameters that a notebook states, by name.

    Raises
    ------
    RunError
        If there is no ``parameters`` cell, or a line of it is not ``name: type = value  # meaning; allowed: …``.
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise RunError(f"{label}: {len(cells)} cells are tagged 'parameters'; tag exactly one")
    source = cells[0].source
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = {}
    for statement in ast.parse(source).body:
        line = statement.lineno
        comment = comments.get(statement.end_lineno, "")
        meaning, _, allowed = comment.partition("; allowed:")
        allowed, _, bond = allowed.partition(";")
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name) or not allowed:
            raise RunError(
                f"{label}: line {line} of the parameters cell is not of the form "
                "`name: type = value  # meaning; allowed: …`"
            )
        kind = ast.unparse(statement.annotation)
        if kind not in _TYPES:
            raise RunError(
                f"{label}: parameter '{statement.target.id}' has type {kind}; use one of {', '.join(_TYPES)}"
            )
        found[statement.target.id] = Parameter(
            statement.target.id,
            kind,
            ast.literal_eval(statement.value),
            meaning.strip(),
            allowed.strip(),
            *_bond(bond.strip(), f"{label}: line {line} of the parameters cell"),
        )
    return found


def _bond(text: str, place: str) -> tuple[bool, Any, str]:
    """Read what the end of a parameter's line says of data that are the reader's own, or of another parameter."""
    if text == "fits any data":
        return True, None, ""
    if text.startswith("with your own data:"):
        return False, ast.literal_eval(text.partition(":")[2].strip()), ""
    if text.startswith("set with:"):
        return False, None, text.partition(":")[2].strip()
    if text:
        raise RunError(
            f"{place} ends in '{text}'; allowed: fits any data, with your own data: and a value, set with: and a name"
        )
    return False, None, ""


def own_sources(values: dict[str, Any], known: dict[str, Parameter]) -> list[str]:
    """Return the parameters that name a reader's own file, given or by default.

    >>> known = {"staff": Parameter("staff", "str", "workforce_staff", "staff", "data set or file")}
    >>> own_sources({}, known), own_sources({"staff": "folder/mine.csv"}, known)
    ([], ['staff'])
    """
    names = datasets.names()
    found = {name: values.get(name, one.default) for name, one in known.items() if one.is_source}
    return [name for name, value in found.items() if value and value not in names]


def with_own_data(checked: dict[str, Any], known: dict[str, Parameter], *, label: str) -> dict[str, Any]:
    """Return checked values, defaults of the bundled data replaced where a reader's own file is given.

    Raises
    ------
    RunError
        If a reader's own file would be mixed with bundled data, naming the parameters that still hold them.
    """
    own = own_sources(checked, known)
    if not own:
        return checked
    filled = dict(checked)
    for name, one in known.items():
        if one.with_own_data is not None and name not in filled:
            filled[name] = one.with_own_data
    values = {name: filled.get(name, one.default) for name, one in known.items() if one.is_source}
    mixed = [
        name
        for name, value in values.items()
        if value and name not in own and not known[name].fits_any_data and _is_data(value)
    ]
    if mixed:
        held = ", ".join(f"{name} ({values[name]})" for name in mixed)
        options = " ".join(f"-p {name}=FILE" for name in mixed)
        empty = [f"-p {name}=" for name in mixed if known[name].allowed.endswith("or nothing")]
        raise RunError(
            f"{label}: {', '.join(own)} {'is your own file' if len(own) == 1 else 'are your own files'}, but "
            f"{'this parameter is' if len(mixed) == 1 else 'these parameters are'} still set to this book's data: "
            f"{held}. The report would mix them with yours. Give your own file for each: {options}"
            + (f"; or leave it out: {' '.join(empty)}" if empty else "")
        )
    return filled


def _is_data(name: str) -> bool:
    """Say whether a bundled data set holds data; an empty form to fill in, or a codebook, does not."""
    return datasets.describe(name)["kind"] not in ("template", "reference")


def routed(notebook: nbformat.NotebookNode, pairs: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the notebook that options are meant for, or an empty name for this one, and the options in its terms.

    The notebook's metadata say what is called otherwise now and who answers without a value:
    ``{"healthsys": {"renamed": {"beside": "others"}, "without": {"change": "control_chart"}}}``.

    Examples
    --------
    >>> known = {"renamed": {"old": "new"}, "without": {"day": "b"}}
    >>> notebook = nbformat.v4.new_notebook(metadata={"healthsys": known})
    >>> routed(notebook, ("old=1", "day=2"))
    ('', ('new=1', 'day=2'))
    >>> routed(notebook, ("old=1", "day=", "control="))
    ('b', ('new=1',))
    """
    known = notebook.metadata.get("healthsys", {})
    split = [pair.partition("=") for pair in pairs]
    named = [(known.get("renamed", {}).get(name, name), sign, text) for name, sign, text in split]
    empty = {name for name, sign, text in named if sign and text.strip() in ("", "[]", '""', "''")}
    other = next((known["without"][name] for name in known.get("without", {}) if name in empty), "")
    kept = [f"{name}{sign}{text}" for name, sign, text in named if not (other and name in empty)]
    return other, tuple(kept)


def with_columns(pairs: tuple[str, ...]) -> tuple[str, ...]:
    """Tell the readers which columns are named otherwise (``column.NAME=MINE``) and what the reader states of an
    ambiguous file (:data:`STATED`), and return the other options.

    Raises
    ------
    RunError
        If a statement is none that is allowed.
    """
    split = [pair.partition("=") for pair in pairs]
    mapped = {name.removeprefix("column."): text.strip() for name, _, text in split if name.startswith("column.")}
    names = [name for name, *_ in split if name.startswith("column.") or name in STATED]
    for name in names:
        if names.count(name) > 1:
            raise RunError(f"'-p {name}=…' is given twice; give it once")
    for name, mine in mapped.items():
        if not name.strip() or not mine:
            allowed = "-p column.value=MINE, for your column MINE"
            raise RunError(f"'-p column.{name}={mine}' names no column; allowed: {allowed}")
        other = next(one for one in mapped if mapped[one] == mine)
        if other != name:
            raise RunError(f"your column '{mine}' cannot be both '{other}' and '{name}'; name one column for each")
    stated = {name: text.strip() for name, equals, text in split if name in STATED and equals}
    for name, text in stated.items():
        if STATED[name] and text not in STATED[name]:
            raise RunError(f"'{name}' is '{text[:60]}'; allowed: {' or '.join(STATED[name])}")
    for variable, found in ((COLUMNS_VARIABLE, mapped), (STATED_VARIABLE, stated)):
        if found:
            os.environ[variable] = json.dumps(found)
    return tuple(
        pair for pair, (name, *_) in zip(pairs, split, strict=True)
        if not name.startswith("column.") and name not in STATED
    )  # fmt: skip


def parse_options(pairs: tuple[str, ...], known: dict[str, Parameter], *, label: str) -> dict[str, Any]:
    """Read ``key=value`` options of the command line; text parameters stay text, others are read as YAML.

    Raises
    ------
    RunError
        If an option has no ``=`` or names no parameter; the nearest name is given.
    """
    given = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise RunError(f"{label}: '-p {pair}' is not of the form -p name=value")
        if name in given:
            raise RunError(f"{label}: parameter '{name}' is given twice; give it once")
        given[name] = parsed(text, known.get(name), name=name, label=label)
    return given


def parsed(text: str, parameter: Parameter | None, *, name: str, label: str) -> Any:
    """Read the text that somebody gave for a parameter, on the command line or in a cell of a grid.

    A text stays one, anything else is read as YAML; in a list of texts a day or number is a text, and one value a list
    of one.

    Raises
    ------
    RunError
        If it cannot be read.
    """
    kind = parameter.type if parameter else "str"
    if kind == "str":
        return text
    if kind.startswith("list") and not text.strip():
        return []
    try:
        value = yaml.safe_load(text)
        if kind == "list[str]":
            plain = yaml.load(text, Loader=yaml.BaseLoader)  # as it is written: 7 is the level "7"
            several, plain = (given if isinstance(given, list) else [given] for given in (value, plain))
            pairs = zip(several, plain, strict=True)
            return [one.isoformat() if isinstance(one, date) else raw if type(one) in (int, float) else one
                    for one, raw in pairs]  # fmt: skip
    except (yaml.YAMLError, ValueError, RecursionError):
        words, example = _TYPES[kind][1], _EXAMPLES.get(kind, "")
        raise RunError(
            f"{label}: parameter '{name}' is '{printable(text[:60])}', which cannot be read; allowed: {words}{example}"
        ) from None
    return value


def validate(given: dict[str, Any], known: dict[str, Parameter], *, label: str, folder: Path) -> dict[str, Any]:
    """Check given values against a notebook's parameters and return them, files as absolute paths.

    Parameters
    ----------
    given
        Values by name.
    known
        The notebook's parameters.
    label
        What to call the run in messages.
    folder
        Relative file paths start here.

    Raises
    ------
    RunError
        Naming the run, the parameter, the value, what is allowed, and the nearest valid name; or, where a reader's
        own file would be mixed with bundled data, the parameters that still hold them; or, where a value is given
        without another that belongs to it, that one.
    """
    checked = {}
    for name, value in given.items():
        if name not in known:
            raise RunError(
                f"{label}: the notebook has no parameter '{name}'.{nearest(name, known)} "
                f"It has: {', '.join(known) or 'none'}"
            )
        checked[name] = _fitting(value, known[name], label=label, folder=folder)
    for name, one in known.items():
        other = known.get(one.set_with)
        if other and name not in checked and checked.get(other.name, other.default) != other.default:
            raise RunError(
                f"{label}: {other.name} is '{checked[other.name]}', so {name} must be given too; its default "
                f"'{one.default}' belongs to '{other.default}'. Add -p {name}=… ({one.meaning})"
            )
    return with_own_data(checked, known, label=label)


def _fitting(value: Any, parameter: Parameter, *, label: str, folder: Path) -> Any:
    types, words = _TYPES[parameter.type]
    place = f"{label}: parameter '{parameter.name}'"
    wrong_bool = isinstance(value, bool) and bool not in types
    items = {"list[str]": str, "list[int]": int, "list[float]": (int, float)}.get(parameter.type)
    if not isinstance(value, types) or wrong_bool or (items and not all(isinstance(item, items) for item in value)):
        raise RunError(f"{place} is {_cut(value)}; allowed: {words} ({parameter.meaning})")
    allowed = parameter.allowed
    if parameter.is_source:
        return _source(value, parameter, place=place, folder=folder)
    between = re.fullmatch(r"(-?[\d.]+) to (-?[\d.]+)", allowed)
    if between and not float(between[1]) <= value <= float(between[2]):
        raise RunError(f"{place} is {_cut(value)}; allowed: {words} from {between[1]} to {between[2]}")
    if "|" in allowed:
        choices = [choice.strip() for choice in allowed.split("|")]
        for item in value if isinstance(value, list) else [value]:
            if str(item) not in choices:
                raise RunError(f"{place} is {_cut(item)}; allowed: {', '.join(choices)}.{nearest(str(item), choices)}")
    return value


def _cut(value: Any) -> str:
    """Return a value as somebody would write it, not too long.

    >>> _cut("a"), _cut(None), _cut([True, date(2022, 6, 1), 7])
    ("'a'", 'empty', '[true, 2022-06-01, 7]')
    """
    said = _written(value)
    return said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…"


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "empty", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_written(key)}: {_written(one)}' for key, one in value.items())}}}"
    return value.isoformat() if isinstance(value, date) else repr(value)


def printable(text: str) -> str:
    r"""Return a text that can be written: a name of a file may hold bytes that are no UTF-8.

    >>> printable("d\udce4ta.csv")
    'd?ta.csv'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def path_of(given: str, folder: Path) -> Path:
    """Return the file that a parameter names: absolute, in the reader's own folder (~), or from ``folder``."""
    try:
        path = Path(given).expanduser()
    except RuntimeError:  # ~ and the name of nobody
        path = Path(given)
    path = path if path.is_absolute() else folder / path
    apart = path.with_name(unicodedata.normalize("NFD", path.name)) if path.name else path
    return apart if not os.path.exists(path) and os.path.exists(apart) else path  # noqa: PTH110 - as in _source


def _source(value: str, parameter: Parameter, *, place: str, folder: Path) -> str:
    if value == "" and parameter.allowed.endswith("or nothing"):
        return value
    names = datasets.names() if parameter.allowed.startswith("data set") else []
    if value in names:
        return value
    path = path_of(value, folder)
    wrong = next((name for name in _names_of(path) if printable(name) != name), None)
    if wrong is not None:
        raise RunError(
            f"{place}: the name of the file '{printable(wrong)[:LONGEST_SHOWN]}' is not in UTF-8; rename it, for "
            "example with unaccented letters alone"
        )
    if not (os.path.isfile(path) or os.path.isdir(path)):  # noqa: PTH112,PTH113 - a path too long for the system is none
        kinds = "the name of a bundled data set, or a file" if names else "a file"
        looked = f"{path.name[:LONGEST_SHOWN]} in {path.parent}"
        raise RunError(
            f"{place} is '{value[:LONGEST_SHOWN]}', which is not there (looked for {looked}); allowed: {kinds}."
            f"{nearest(value[:LONGEST_SHOWN], names)}"
        )
    return str(path.resolve())


def _names_of(path: Path) -> list[str]:
    """Return a path as text, and the names of the files in it if it is a folder."""
    return [str(path), *(os.listdir(path) if os.path.isdir(path) else [])]  # noqa: PTH112,PTH208 - as in _source
