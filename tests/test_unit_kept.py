"""What a build keeps is used again only while everything it was made from is the same."""

import os
import subprocess
import sys

import pytest

import miniature
from compendium import kept


def test_a_product_is_made_once_and_again_when_a_file_or_a_text_changes(mini):
    made = []

    def make():
        made.append(1)
        return f"product {len(made)}".encode()

    source = mini / "data/published/waits.csv"
    assert kept.kept("product", make, of=[source, "version 1"]) == b"product 1"
    assert kept.kept("product", make, of=[source, "version 1"]) == b"product 1"
    assert kept.kept("product", make, of=[source, "version 2"]) == b"product 2"
    source.write_text(source.read_text() + "Apr,9.5,row 4\n")
    assert kept.kept("product", make, of=[source, "version 2"]) == b"product 3"
    assert kept.kept("products", make, of=["version 1"]) == b"product 4"
    names = sorted(path.name.partition(".")[0] for path in (mini / "book/_build/kept").iterdir())
    assert names == ["product", "products"], "only the newest of each is kept, and no name takes another's place"


def test_code_data_results_and_lock_count(mini):
    (mini / "book/_build/results").mkdir(parents=True)
    (mini / "book/_build/results/waits-once.json").write_text("{}")
    names = {path.name for path in kept.sources()}
    assert {"waits.csv", "datapackage.json", "waits-once.json", "kept.py", "book.lock"} <= names


#: What costs seconds to import and no step of a build needs.
NEEDLESS = {
    "rfc3987_syntax", "lark", "jupyter_book", "notebook", "nbconvert", "jupyter_server", "nbgrader", "dask",
    "distributed", "statsmodels", "seaborn", "pandera", "frictionless", "hypothesis", "pyfixest", "playwright",
}  # fmt: skip


def test_a_build_imports_nothing_that_it_does_not_need():
    """The modules behind `healthsys build` and behind Sphinx with our extension, by name and not by the clock."""
    steps = {
        "build": "everyday.cli, compendium.book, compendium.execution, compendium.state",
        "pages": "compendium, sphinx.cmd.build, myst_nb, compendium.sphinx",
    }
    for step, modules in steps.items():
        done = subprocess.run(
            [sys.executable, "-c", f"import sys, {modules}; print(*(k for k, v in sys.modules.items() if v))"],
            env={**os.environ, "PYTHONPATH": miniature.PATH}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = {name.partition(".")[0] for name in done.stdout.split()}
        assert {"build": "nbformat", "pages": "sphinx"}[step] in found
        assert not found & NEEDLESS, f"{step} imports {sorted(found & NEEDLESS)}"


#: What reading notebooks and their schema imports, with the formats that the schema library finds installed.
READING = {
    "IPython", "arrow", "attr", "attrs", "dateutil", "fastjsonschema", "fqdn", "idna", "isoduration", "jsonpointer",
    "jsonschema", "jsonschema_specifications", "nbformat", "pygments", "referencing", "rfc3339_validator",
    "rfc3986_validator", "rfc3987", "rpds", "six", "traitlets", "typing_extensions", "uri_template", "webcolors",
}  # fmt: skip


@pytest.mark.parametrize("command", ["list", "report --help"])
def test_a_command_that_only_tells_imports_no_more_than_its_budget(command):
    asks = f"from everyday.cli import main; main({command.split()}, standalone_mode=False)"
    shows = "import sys; print(*(name for name, module in sys.modules.items() if module), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"import contextlib\nwith contextlib.suppress(SystemExit):\n {asks}\n{shows}"],
        env={**os.environ, "PYTHONPATH": miniature.PATH}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = done.stderr.split()
    found = {name.partition(".")[0] for name in loaded if not name.startswith("_")} - sys.stdlib_module_names
    further = {"click", "compendium", "cython_runtime", "everyday", "healthsys", "numpy", "pandas", "yaml"}
    assert found - READING <= further, found - READING - further
    ours = {name for name in loaded if name.startswith(("compendium.", "healthsys.", "everyday."))}
    assert len(ours) < 20, f"a list of notebooks needs none of the methods and no step of the build: {sorted(ours)}"
