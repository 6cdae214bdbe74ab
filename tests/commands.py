"""Commands that tests call, forked from one process that has imported the libraries, as kernels are.

Three of the four seconds of a short command are imports of other people's libraries. Each command is a process of its
own, with its own folder, environment, streams and exit code, and imports the packages of the project itself. Who
wants another interpreter (other ``PYTHON…`` variables, its own order of hashes) starts one: ``miniature.healthsys``.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import random
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


class Commands(forkserver.Server):
    """Forks commands; imports nothing before the first is asked for."""

    ready = False

    def start(self) -> None:
        """Import once, then fork a command for whoever connects."""
        if not self.ready:
            forkserver.preload(list(LIBRARIES))
            gc.collect()
            gc.freeze()
            self.ready = True
        super().start()


def become_command(
    request: dict[str, Any], descriptors: list[int], connection: socket.socket, *, imported: dict[str, str]
) -> None:
    """Turn this freshly forked process into ``python -m <module> <arguments>``; does not return."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in zip([nothing, *descriptors], range(3), strict=True):
            os.dup2(source, target)
            os.close(source)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        named = request["environment"].get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:0] = [request["folder"], *(folder for folder in named if folder and folder not in sys.path)]
        for name in [name for name in sys.modules if name.partition(".")[0] == "compendium"]:
            del sys.modules[name]  # the machine is imported anew too
        for folder in named:  # what a new interpreter reads first
            if folder and (own := Path(folder) / "sitecustomize.py").is_file():
                exec(compile(own.read_text(), own, "exec"), {"__name__": "sitecustomize"})
        tempfile.tempdir = None
        random.seed()
        sys.modules["numpy"].random.seed()
        connection.sendall(json.dumps({"pid": os.getpid()}).encode() + b"\n")
        connection.close()
        module, *arguments = request["arguments"]
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(BaseException):
            threading._shutdown()  # ends pools of processes, as the end of an interpreter does
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """While this lasts, commands can be forked; yields where to ask, or nothing where they cannot."""
    from compendium import kernels

    if not kernels.available():
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="commands-") as folder, socket.socket(socket.AF_UNIX) as listener:
        address = str(Path(folder) / "commands")
        listener.bind(address)
        listener.listen(64)
        server = subprocess.Popen(
            [sys.executable, __file__, str(listener.fileno())],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()], start_new_session=True, env={**os.environ, "PYTHONPATH": SOURCES},
        )  # fmt: skip
        try:
            yield address
        finally:
            server.stdin.close()
            try:
                server.wait(timeout=5)
            except subprocess.TimeoutExpired:  # still importing
                server.kill()
                server.wait()


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
    forkserver.become_kernel = become_command
    Commands(socket.socket(fileno=int(sys.argv[1])), {}).serve()
