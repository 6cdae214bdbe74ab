"""Execute a run cell by cell in this process: no kernel, no pipeline, so that coverage sees what the cells execute.

Each figure is drawn at both widths, but only its lettering is written: laying out and writing the drawing takes a third
of a page's time, and the build does it for every run, ``test_unit_level`` and the hostile files for other settings.
"""

import contextlib
import copy
import dataclasses
import io
from typing import Any
from unittest import mock

import nbformat
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput
from matplotlib import pyplot
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.text import Text
from traitlets.config import Config

from compendium import escape
from compendium.recording import RESULT_TYPE
from compendium.runs import Run, load_runs


def execute(run: Run, *, rendered: bool = False) -> nbformat.NotebookNode:
    """Return the run's notebook with what its cells display; the first failing cell raises its own error."""
    with contextlib.nullcontext() if rendered else mock.patch.object(FigureCanvasSVG, "print_svg", _lettering):
        return _execute(run)


def _lettering(canvas: FigureCanvasSVG, out: io.StringIO, **_: Any) -> None:
    """Write the texts of a drawn figure, those of its ticks too, in place of the drawing."""
    for axis in canvas.figure.findobj(Axis):
        axis.get_majorticklabels()  # they get their texts when they are asked for
    found = (text for text in canvas.figure.findobj(Text) if text.get_visible())
    texts = (f"<text>{escape.html(text.get_text())}</text>" for text in found)
    out.write(f'<svg viewBox="0 0 1 1">{"".join(texts)}</svg>')


def fresh_shell() -> InteractiveShell:
    """Return a shell with nothing in it, that keeps no history and colours no traceback: the error itself is raised."""
    InteractiveShell.clear_instance()
    settings = Config()
    settings.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=settings)
    shell.showtraceback = lambda *_, **__: None
    return shell


def _execute(run: Run) -> nbformat.NotebookNode:
    notebook = copy.deepcopy(run.read())
    shell = fresh_shell()
    kept = shell.display_pub
    try:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = _outputs(shell, cell.source)
                if "parameters" in cell.metadata.get("tags", []):
                    shell.push(dict(run.parameters))
    finally:
        shell.display_pub = kept
        InteractiveShell.clear_instance()  # a doctest of record() prints only where no shell runs
        pyplot.close("all")
    return notebook


def executed(name: str, **changes: Any) -> nbformat.NotebookNode:
    """Execute a run of the register with some parameters changed."""
    run = load_runs()[name]
    return execute(dataclasses.replace(run, parameters={**run.parameters, **changes}))


def recorded(notebook: nbformat.NotebookNode) -> dict[str, dict[str, Any]]:
    """Return the results that an executed notebook records, by name."""
    found = [output.data.get(RESULT_TYPE) for cell in notebook.cells for output in cell.get("outputs", [])]
    return {entry["name"]: entry for entry in found if entry}


def _outputs(shell: InteractiveShell, source: str) -> list[nbformat.NotebookNode]:
    shell.display_pub = CapturingDisplayPublisher(shell=shell)
    with contextlib.redirect_stdout(io.StringIO()):
        done = shell.run_cell(source, store_history=False)
    done.raise_error()
    shown = [RichOutput(**output) for output in shell.display_pub.outputs]
    if done.result is not None:
        data, metadata = shell.display_formatter.format(done.result)
        shown += [RichOutput(data=data, metadata=metadata)] if data else []
    return [
        nbformat.v4.new_output("display_data", data=output.data, metadata=output.metadata or {}) for output in shown
    ]
