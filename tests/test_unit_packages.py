"""The arrows between the three packages go one way, and within the methods too."""

import ast
import graphlib

import nbformat
import pytest

from miniature import PROJECT

SOURCE = PROJECT / "src"

#: What a module of the methods may import of its own package, by its first part, beside its own topic.
BELOW = {"errors", "statistics", "say", "disclosure", "io"}
ABOVE = {"plots", "validation"}

#: Third-party packages that the light wheel of the methods brings; figures need the second set.
LIGHT = {"numpy", "pandas", "scipy", "statsmodels"}
FIGURES = {"matplotlib", "seaborn"}

#: What one module needs besides, and no other imports for it: the wheel names it as an extra.
FURTHER = {"healthsys/io/refi_qda.py": {"lxml"}}


def modules(package):
    return sorted((SOURCE / package).rglob("*.py"))


def named(path):
    return path.relative_to(SOURCE).as_posix()


def imported(path, *, inside=True):
    """Yield the dotted name of everything that a module imports, that of its functions included or not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if inside else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import; write it out, the fingerprint follows absolute ones"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_each_module_can_be_imported_first():
    """Of two modules that import each other only one can."""
    known = {".".join(path.relative_to(SOURCE).with_suffix("").parts): path for path in modules(".")}
    known = {name.removesuffix(".__init__"): path for name, path in known.items()}
    uses = {
        name: {part if part in known else part.rpartition(".")[0] for part in imported(path, inside=False)} - {name}
        for name, path in known.items()
    }
    order = list(graphlib.TopologicalSorter(uses).static_order())  # refuses a circle, and names it
    assert set(order) >= known.keys()


def roots(path):
    return {name.partition(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", modules("healthsys"), ids=named)
def test_methods_know_neither_the_machine_nor_the_book(path):
    assert not roots(path) & {"compendium", "everyday"}


@pytest.mark.parametrize("path", modules("healthsys"), ids=named)
def test_a_method_imports_what_is_below_it(path):
    topic = path.relative_to(SOURCE / "healthsys").parts[0].removesuffix(".py")
    others = {name.split(".")[1] for name in imported(path) if name.startswith("healthsys.")} - {topic}
    if topic in ABOVE:
        return
    assert others <= BELOW
    if topic in {"errors", "statistics", "say"}:
        assert others <= {"errors"}


@pytest.mark.parametrize("path", modules("healthsys"), ids=named)
def test_the_light_wheel_brings_what_the_methods_import(path):
    import sys

    outside = roots(path) - set(sys.stdlib_module_names) - {"healthsys"} - LIGHT
    if path.parts[-2] == "plots":
        outside -= FIGURES
    outside -= FURTHER.get(named(path), set())
    assert not outside


@pytest.mark.parametrize("path", modules("compendium"), ids=named)
def test_the_machine_knows_no_analysis(path):
    assert not roots(path) & {"healthsys", "everyday"}


@pytest.mark.parametrize("path", modules("everyday"), ids=named)
def test_relative_imports_are_written_out(path):
    assert list(imported(path)) is not None


def sorts_by_one_key(code):
    """Yield the line of each sort of rows by one key that does not say how ties are kept."""
    for node in ast.walk(ast.parse(code)):
        name = getattr(getattr(node, "func", None), "attr", "")
        if name not in {"sort_values", "argsort"} or any(one.arg in ("kind", None) for one in node.keywords):
            continue
        if name == "argsort" or (node.args and not isinstance(node.args[0], ast.List)):
            yield ast.unparse(node)


def test_ties_are_sorted_alike_on_every_processor():
    # The quicksort of numpy leaves ties in another order where the processor has wider registers.
    assert list(sorts_by_one_key("t.sort_values('a'); t.sort_values(['a', 'b'])")) == ["t.sort_values('a')"]
    for path in [*SOURCE.rglob("*.py"), *(PROJECT / "notebooks").glob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            cells = nbformat.reads(text, as_version=4).cells
            text = "\n".join(one.source for one in cells if one.cell_type == "code")
        assert not list(sorts_by_one_key(text)), f'{path.name}: add kind="stable"'
