"""Full execution, rebuilds and memory: python benchmarks/execution.py [--rounds N] [--every K]

The runs of the book (each K-th with ``--every``) are executed from warm kernels, from cold ones, and by papermill in a
loop; the whole book is built by ``healthsys build`` and by jupyter-book executing the same notebooks itself.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import yaml
from measure import in_turn, keep, project_copy, timed

LOOP = """
import sys, yaml
from pathlib import Path
import papermill
root = Path.cwd()
out = root / "looped"
out.mkdir(exist_ok=True)
for name, run in yaml.safe_load((root / "notebooks/runs.yml").read_text())["runs"].items():
    papermill.execute_notebook(root / f"notebooks/{run['notebook']}.ipynb", out / f"{name}.ipynb",
                               parameters=run.get("parameters") or {}, cwd=str(root / "notebooks"),
                               kernel_name="python3", progress_bar=False)
"""

BOOK = "from jupyter_book.cli.main import main; main()"


def healthsys(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "everyday.cli", *arguments]


def only_every(root: Path, step: int) -> int:
    """Keep each step-th run, so that a short measurement still takes a bit of everything."""
    path = root / "notebooks/runs.yml"
    runs = dict(list(yaml.safe_load(path.read_text())["runs"].items())[::step])
    path.write_text(yaml.safe_dump({"runs": runs}, sort_keys=False, allow_unicode=True))
    return len(runs)


def plain_book(root: Path, *, execute: str, step: int) -> Path:
    """Write a jupyter-book of the same notebooks, each with its run's parameters, that executes them itself."""
    from papermill.parameterize import parameterize_notebook

    book = root / f"plain-{execute}"
    shutil.copytree(root / "notebooks", book)
    runs = dict(list(yaml.safe_load((root / "notebooks/runs.yml").read_text())["runs"].items())[::step])
    for name, run in runs.items():
        notebook = nbformat.read(root / f"notebooks/{run['notebook']}.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.metadata.setdefault("tags", [])
        notebook.metadata.setdefault("papermill", nbformat.from_dict({}))
        made = parameterize_notebook(notebook, run.get("parameters") or {}, kernel_name="python3", language="python")
        for cell in made.cells:
            if cell.cell_type == "code":
                cell.outputs = []
        nbformat.write(made, book / f"run-{name}.ipynb")
    (book / "index.md").write_text("# The same notebooks\n")
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": f"run-{name}"} for name in runs]}
    (book / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False))
    config = {
        "title": "Plain",
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": execute, "timeout": 600, "exclude_patterns": ["_build/**"]},
        "sphinx": {
            "extra_extensions": ["sphinx.ext.autodoc", "compendium.sphinx"],
            "config": {"html_math_renderer": "mathml"},
        },
    }
    (book / "_config.yml").write_text(yaml.safe_dump(config))
    return book


def outputs(root: Path) -> dict[str, str]:
    folder = root / "book/_build"
    found = [*folder.glob("executed/*.ipynb"), *folder.glob("results/*.json")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", choices=["execution", "book", "rebuild"], default="")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    command = "python benchmarks/execution.py" + (f" --every {chosen.every}" if chosen.every > 1 else "")
    with tempfile.TemporaryDirectory() as scratch:
        if chosen.only in ("", "execution"):
            execution(Path(scratch) / "execution", chosen, command, load)
        if chosen.only != "execution":
            building(Path(scratch) / "book", chosen, command, load)


def execution(root: Path, chosen: argparse.Namespace, command: str, load: float) -> None:
    count = only_every(project_copy(root), chosen.every)
    seen: dict[str, dict[str, str]] = {}

    def executed(*more: str) -> dict[str, float]:
        took = timed(healthsys("run", "--force", *more), folder=root)
        seen["cold" if more else "warm"] = outputs(root)
        return took

    rows = in_turn(
        {
            "healthsys run, warm kernels": executed,
            "healthsys run, cold kernels": lambda: executed("--cold"),
            "papermill in a loop": lambda: timed([sys.executable, "-c", LOOP], folder=root),
        },
        rounds=chosen.rounds,
    )
    same = sum(seen["warm"][name] == seen["cold"].get(name) for name in seen["warm"])
    rows[0]["note"] = f"{same} of {len(seen['cold'])} files byte for byte as from cold kernels"
    about = f"All {count} runs are executed again; nothing is taken from a cache."
    if chosen.every > 1:
        about = f"One run of the book in {chosen.every} ({count} runs) executed afresh; nothing is taken from a cache."
    keep("execution", title="Executing every run", about=about, command=command, rounds=chosen.rounds, rows=rows,
         load=load)  # fmt: skip


def building(root: Path, chosen: argparse.Namespace, command: str, load: float) -> None:
    project_copy(root)
    forced = plain_book(root, execute="force", step=1)
    cached = plain_book(root, execute="cache", step=chosen.every)

    def ours() -> dict[str, float]:
        shutil.rmtree(root / "book/_build", ignore_errors=True)
        shutil.rmtree(root / "book/analyses", ignore_errors=True)
        return timed(healthsys("build"), folder=root)

    def theirs(book: Path, *, clean: bool) -> dict[str, float]:
        if clean:
            shutil.rmtree(book / "_build", ignore_errors=True)
        return timed([sys.executable, "-c", BOOK, "build", str(book), "-q"], folder=root)

    def edited() -> dict[str, float]:
        page = root / "book/how-to-read.md"
        page.write_text(page.read_text() + "\nOne more sentence.\n")
        return timed(healthsys("build"), folder=root)

    def edited_notebook() -> dict[str, float]:
        path = sorted((root / "notebooks").glob("*.ipynb"))[0]
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[-1].source += "\n\nOne more sentence."
        nbformat.write(notebook, path)
        return timed(healthsys("build"), folder=root)

    count = len(yaml.safe_load((root / "notebooks/runs.yml").read_text())["runs"])
    if chosen.only != "rebuild":
        whole = in_turn(
            {
                "healthsys build": ours,
                "jupyter-book build, executing itself": lambda: theirs(forced, clean=True),
            },
            rounds=max(1, chosen.rounds // 2),
        )
        whole[1]["note"] = "the notebooks alone: without the book's other pages, checks and provenance"
        keep("book", title="The whole book from nothing", command=command, rounds=max(1, chosen.rounds // 2),
             rows=whole, load=load,
             about=f"Execution and pages of all {count} runs, from an empty build folder.")  # fmt: skip
    if chosen.only == "rebuild" or chosen.rounds > 1:
        ours()
    theirs(cached, clean=True)
    again = in_turn(
        {
            "healthsys build, nothing changed": lambda: timed(healthsys("build"), folder=root),
            "jupyter-book build with its cache, nothing changed": lambda: theirs(cached, clean=False),
        },
        rounds=chosen.rounds,
    )
    after = in_turn(
        {"healthsys build, one sentence changed": edited, "healthsys build, one notebook changed": edited_notebook},
        rounds=chosen.rounds,
    )
    for row in after:
        row["ratio"] = row["processor_ratio"] = None
        row["note"] = "executes nothing" if "sentence" in row["what"] else "executes the runs of that notebook"
    keep("rebuild", title="Building again", command=command, rounds=chosen.rounds, rows=again + after, load=load,
         about=f"A second build of the whole book ({count} runs), with nothing or one thing changed."
         + (f" jupyter-book builds one run in {chosen.every} only." if chosen.every > 1 else ""))  # fmt: skip


if __name__ == "__main__":
    main()
