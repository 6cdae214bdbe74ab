"""Commands that tests call, forked from one process that has imported the libraries, as kernels are.

Three of the four seconds of a short command are imports of other people's libraries. Each command is a process of its
own, with its own folder, environment, streams and exit code, and imports the packages of the project itself. Who
wants another interpreter (other ``PYTHON…`` variables, its own order of hashes) starts one: ``miniature.healthsys``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compendium import forkserver

#: What commands import of other people's libraries, and Sphinx with the extensions of the book.
LIBRARIES = (
    "click", "tqdm", "yaml", "lxml.html", "nbformat", "nbclient", "nbconvert", "papermill", "jupyter_client",
    "IPython.core.interactiveshell", "pandas", "scipy.stats", "scipy.optimize", "statsmodels.api",
    "statsmodels.formula.api", "statsmodels.stats.multitest", "matplotlib.pyplot", "matplotlib.backends.backend_svg",
    "matplotlib.backends.backend_agg", "seaborn", "openpyxl", "PIL.Image", "jupyter_book.cli.main", "myst_nb",
    "sphinx.application", "sphinx.builders.html", "sphinxcontrib.bibtex", "sphinx_design", "sphinx_togglebutton",
    "sphinx_book_theme", "pydata_sphinx_theme", "sphinx_external_toc", "sphinx_jupyterbook_latex", "sphinx_thebe",
    "sphinx_comments", "sphinx_copybutton", "sphinx_multitoc_numbering", "sphinx.ext.viewcode", "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx", "sphinx.ext.napoleon", "multiprocessing.pool", "concurrent.futures.process",
)  # fmt: skip

#: Where the packages of the project are, installed or not.
SOURCES = str(Path(__file__).resolve().parents[1] / "src")

#: How long to wait for a process to be forked, seconds; the first one waits for the imports.
PATIENCE = 300


def command(request: dict[str, Any]) -> None:
    """Be ``python -m <module> <arguments>``."""
    sys.path.insert(0, request["folder"])
    for name in [name for name in sys.modules if name.partition(".")[0] == "compendium"]:
        del sys.modules[name]  # the machine is imported anew too
    for folder in request["environment"].get("PYTHONPATH", "").split(os.pathsep):  # what a new interpreter reads first
        if folder and (own := Path(folder) / "sitecustomize.py").is_file():
            exec(compile(own.read_text(), own, "exec"), {"__name__": "sitecustomize"})
    module, *arguments = request["arguments"]
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        with contextlib.suppress(BaseException):
            threading._shutdown()  # ends pools of processes, as the end of an interpreter does


class Commands(forkserver.Server):
    """Forks commands; imports nothing before the first is asked for."""

    begin, ready = staticmethod(command), False

    def start(self) -> None:
        """Import once, then fork a command for whoever connects."""
        if not self.ready:
            forkserver.preload(list(LIBRARIES))
            gc.collect()
            gc.freeze()
            self.ready = True
        super().start()


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """While this lasts, commands can be forked; yields where to ask, or nothing where they cannot."""
    from compendium import kernels

    if not kernels.available():
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="commands-") as folder:
        address = str(Path(folder) / "commands")
        server = kernels.start(address, __file__, environment={"PYTHONPATH": SOURCES})
        try:
            yield address
        finally:
            kernels.end(server)


def call(
    address: str, module: str, arguments: tuple[str, ...], *, folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a module as a command in a forked process; return its exit code and what it said.

    Raises
    ------
    OSError
        If no process could be forked.
    """
    request = {"arguments": [module, *arguments], "folder": str(folder.resolve()), "environment": environment}
    with (
        socket.socket(socket.AF_UNIX) as connection,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        connection.settimeout(PATIENCE)
        connection.connect(address)
        text = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(connection, [text], [out.fileno(), err.fileno()])
        connection.sendall(text[sent:])
        with connection.makefile("r", encoding="utf-8") as answers:
            if "pid" not in json.loads(answers.readline() or "{}"):
                raise ConnectionError("no process was forked")
            connection.settimeout(None)
            code = json.loads(answers.readline() or '{"exit": -9}')["exit"]
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode().replace("\r\n", "\n"))
    return subprocess.CompletedProcess([module, *arguments], code, *said)


if __name__ == "__main__":
    del sys.path[0]  # this folder; a command adds its own
    Commands(socket.socket(fileno=int(sys.argv[1])), {}).serve()
