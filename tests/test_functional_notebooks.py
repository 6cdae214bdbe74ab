"""What a committed notebook shows is what its run on the defaults, which the build has just executed, shows.

The same outputs as strict nbval compares, by the same rule (:mod:`compendium.outputs`), without executing each notebook
once more; ``healthsys verify`` and ``make check`` execute them, and ``make test`` those without a run: the exercises.
"""

import nbformat
import pytest

from compendium import outputs, parameters
from compendium.runs import load_runs
from miniature import PROJECT
from test_functional_book import book  # noqa: F401  (the fixture builds the book)

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


def on_defaults(path):
    """Return the run of a notebook whose settings are the notebook's own."""
    runs = [run for run in load_runs().values() if run.notebook.name == path.name]
    known = parameters.parameters_of(nbformat.read(path, as_version=4), label=path.name)
    return next(run for run in runs if all(known[name].default == given for name, given in run.parameters.items()))


def shown(path):
    """Return source and outputs of each code cell."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    return [[cell.source, [{name: part for name, part in one.items() if name != "execution_count"}
                           for one in cell.outputs]]
            for cell in code if "injected-parameters" not in cell.metadata.get("tags", [])]  # fmt: skip


def differing(stored, new):
    """Return the numbers of the code cells, from 1, in which two executed notebooks differ."""
    pairs = enumerate(zip(shown(stored), shown(new), strict=True), start=1)
    return [at for at, ((source, one), (other, two)) in pairs if source != other or not outputs.same(one, two)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_outputs_are_those_of_the_run_on_the_defaults(path):
    executed = PROJECT / f"book/_build/executed/{on_defaults(path).name}.ipynb"
    found = differing(path, executed)
    assert not found, f"{path.name}: code cells {found} show something else than is stored; run: make notebooks"


@pytest.mark.parametrize(
    ("was", "now", "differs"),
    [
        ('"text/plain": [\n      "0.7 s"', '"text/plain": [\n      "0.8 s"', [1]),
        ("0.0565475", "0.0565476", []),
        ("0.0565475", "0.0565495", [1]),
        ("252,950", "252,951", [1]),
        ("15.2%", "15.3%", [1]),
        ("<svg>a</svg>", "<svg>b</svg>", []),
        ("<svg>a</svg>", "a", [1]),
        ("1e-07", "1.0000001e-07", []),
    ],
)
def test_a_changed_output_is_found_and_a_last_digit_is_not(tmp_path, was, now, differs):
    for name, text in (("stored", was), ("new", now)):
        output = nbformat.v4.new_output("display_data", data={"text/html": f"<p>{text}</p>"})
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
        nbformat.write(made, tmp_path / f"{name}.ipynb")
    assert differing(tmp_path / "stored.ipynb", tmp_path / "new.ipynb") == differs
