"""What every notebook keeps to: steps in the open, in cells that can be read at a glance."""

import ast
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import frozen
from compendium import execution, normalise, plotting, stored
from compendium.errors import CompendiumError
from compendium.recording import record
from compendium.runs import read_source

NOTEBOOKS = sorted((frozen.PROJECT / "notebooks").glob("*.ipynb"))

#: Lines of code in a cell; the cell of parameters has a line for each.
MOST_LINES = 12


def code(path):
    """Yield place, tags and source of each cell of code."""
    for place, cell in enumerate(nbformat.read(path, as_version=4).cells):
        if cell.cell_type == "code":
            yield place, cell.metadata.get("tags", []), cell.source


def named_functions(source):
    """Return the names of the functions and classes that a cell defines, and of lambdas that it gives a name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and isinstance(node.value, ast.Lambda):
            found.append("lambda")
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            found += ["lambda" for one in node.value.elts if isinstance(one, ast.Lambda)]
    return found


def lines_of(source):
    return [line for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_a_source_says_first_how_its_references_are_read_and_nothing_made_from_it_does():
    first = {nbformat.read(path, as_version=4).cells[0].source for path in NOTEBOOKS}
    assert len(first) == 1, "copy the first cell of another notebook, with its tag"
    assert "`{result}` and a name stand for" in first.pop()
    for path in NOTEBOOKS:
        cells = read_source(path).cells
        assert cells[0].source.startswith("# "), path.name
        assert not [cell for cell in cells if normalise.READING in cell.metadata.get("tags", [])], path.name


def test_storing_outputs_keeps_the_first_cell(tmp_path, monkeypatch):
    path = shutil.copy(NOTEBOOKS[0], tmp_path)
    before = nbformat.read(path, as_version=4)
    monkeypatch.setattr(execution, "execute_notebook", lambda *_, **__: (normalise.normalise(before), ""))
    assert not stored.refresh(Path(path))
    assert nbformat.read(path, as_version=4) == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_cell_defines_a_function(path):
    found = {place: named_functions(source) for place, _, source in code(path)}
    assert not {place: names for place, names in found.items() if names}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_cell_is_longer_than_twelve_lines_of_code(path):
    found = {place: len(lines_of(source)) for place, tags, source in code(path) if "parameters" not in tags}
    assert not {place: lines for place, lines in found.items() if lines > MOST_LINES}


def test_a_function_by_any_name_would_be_seen():
    seen = ["def f(): pass", "f = lambda x: x", "f, g = 1, lambda x: x", "print(f := lambda x: x)", "class A: pass"]
    assert all(named_functions(source) for source in seen)
    assert not named_functions("sorted(rows, key=lambda row: row[0])")
    assert lines_of("# a\n\nx = 1\n") == ["x = 1"]


def test_limits_that_are_both_missing_are_no_interval(capsys):
    found = record("gap", 1.0, unit="", meaning="a gap", lower=float("nan"), upper=float("nan"), level=0.95)
    assert (found.lower, found.level, found.interval) == (None, None, None)
    with pytest.raises(CompendiumError, match="incomplete interval"):
        record("gap", 1.0, unit="", meaning="a gap", lower=float("nan"), upper=2.0, level=0.95)


def test_a_headline_is_drawn_wrapped_at_both_widths(monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "display", shown.append)
    said = "Occupancy fell by 24.9 percentage points <below> what its earlier trend predicts for the first quarter"
    options = {"caption": "A caption", "alt": "A line", "drawn": pd.DataFrame({"x": [1]})}
    for headline in ("", said):
        plotting.show(lambda ax: ax.plot([1, 2]), name="line", headline=headline, **options)
    plain, titled = (picture.html for picture in shown)
    heights = [[float(tall) for tall in re.findall(r'viewBox="0 0 \d+ ([\d.]+)', page)] for page in (plain, titled)]
    lines = [round((new - old) / (1.3 * plotting.TITLE_SIZE)) for old, new in zip(*heights, strict=True)]
    assert lines == [2, 3]
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", titled.partition("hs-narrow")[2])
    assert "".join(drawn).replace(" ", "").find("24.9percentagepoints&lt;below&gt;") >= 0


#: Libraries whose calls stand in the open, and what a method is called that only pandas has.
LIBRARIES = {"pandas", "numpy", "scipy", "statsmodels", "seaborn", "matplotlib"}
OF_PANDAS = {*dir(pd.DataFrame), *dir(pd.Series), *dir(pd.core.groupby.DataFrameGroupBy)} - {*dir(str), *dir(dict)}


def calls(path):
    """Return how many calls of a notebook are of libraries, or of methods of a frame, and how many of healthsys."""
    trees = [ast.parse(source) for _, _, source in code(path)]
    whose, open_calls, ours = {}, 0, 0
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            whose |= {(one.asname or one.name).split(".")[0]: one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            whose |= {one.asname or one.name: node.module.split(".")[0] for one in node.names}
    for node in (node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        package = whose.get(getattr(root, "id", ""), "")
        ours += package == "healthsys"
        open_calls += package in LIBRARIES or (not package and getattr(node, "attr", "") in OF_PANDAS)
    return open_calls, ours


#: The notebook of an explorer only lays out the states that its page computes.
ANALYSES = [path for path in NOTEBOOKS if not path.stem.startswith("explore_")]


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_calls_of_libraries_outnumber_those_of_healthsys(path):
    open_calls, ours = calls(path)
    assert open_calls > ours, f"{open_calls} calls of libraries and methods of frames, {ours} of healthsys"
