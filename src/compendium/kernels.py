"""Warm kernels: a notebook's kernel is forked from a process that has already imported what notebooks import.

Importing pandas, statsmodels and seaborn takes longer than most notebooks' own work. :func:`warm` starts one process
that does it once (:mod:`compendium.forkserver`); while it lasts, jupyter_client starts kernels through
:class:`WarmProvisioner`, its own extension point for where kernels come from. Where there is no ``fork``, on macOS
(whose system libraries do not bear it), when the variable ``HEALTHSYS_COLD_KERNELS`` is set, or when anything about
the warm start fails, kernels start cold, as everywhere. A warm kernel has the environment, folder, arguments and hash
order of a cold one; a test compares their outputs byte for byte.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from compendium import fingerprint, project

#: Set to anything, every kernel starts cold.
COLD_VARIABLE = "HEALTHSYS_COLD_KERNELS"

#: Where the workers of this command find the process to fork from.
ADDRESS_VARIABLE = "HEALTHSYS_KERNEL_SERVER"

#: What the provisioner is called among jupyter_client's.
PROVISIONER = "healthsys-warm"

#: How long to wait for a warm kernel, seconds; the first one waits for the imports.
PATIENCE = 120


def available() -> bool:
    """Whether warm kernels are used here."""
    return hasattr(os, "fork") and sys.platform != "darwin" and not os.environ.get(COLD_VARIABLE)


def imported(notebooks: Iterable[Path], *, own: bool = False) -> list[str]:
    """Return the modules that notebooks and the source they use import, sorted.

    Parameters
    ----------
    notebooks
        Source notebooks.
    own
        The project's own modules too.
    """
    trees, files = [], set()
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        with suppress(SyntaxError):
            trees.append(ast.parse("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")))
        files |= {*fingerprint.source_files(notebook), *path.parent.glob("*.py")}
    trees += [ast.parse(file.read_text(encoding="utf-8")) for file in sorted(files) if file.suffix == ".py"]
    names: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    left_out = {*sys.stdlib_module_names, *(() if own else (folder.name for folder in project.folders()))}
    return sorted(name for name in names if name.partition(".")[0] not in left_out)


@contextmanager
def warm(notebooks: Iterable[Path], *, environment: dict[str, str], own: bool = False) -> Iterator[bool]:
    """While this lasts, kernels of this process and of the processes it starts are forked from a warm one.

    Parameters
    ----------
    notebooks
        What will be executed: it decides what is imported beforehand.
    environment
        Variables that must be in force before anything is imported (hash seed, number of threads).
    own
        Import the project's own modules beforehand too: for one command, during which its source does not change.

    Yields
    ------
    bool
        Whether kernels are warm.
    """
    if not available() or os.environ.get(ADDRESS_VARIABLE):
        yield available()
        return
    with tempfile.TemporaryDirectory(prefix="healthsys-") as folder:
        address = str(Path(folder) / "kernels")
        try:
            server = start(address, "-m", "compendium.forkserver", environment=environment,
                           arguments=imported(notebooks, own=own))  # fmt: skip
        except OSError:
            yield False
            return
        os.environ[ADDRESS_VARIABLE] = address
        try:
            yield True
        finally:
            os.environ.pop(ADDRESS_VARIABLE, None)
            end(server)


def start(
    address: str, *script: str, environment: dict[str, str], arguments: Iterable[str] = ()
) -> subprocess.Popen[bytes]:
    """Start a server that forks (:class:`compendium.forkserver.Server`) and listens at an address.

    ``script`` is what Python runs; the descriptor to listen at is its first argument, before the others.
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        return subprocess.Popen(
            [sys.executable, *script, str(listener.fileno()), *arguments],
            cwd=Path(address).parent,  # nothing is there that could be imported by mistake
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server that forks, and with it what it has forked."""
    server.stdin.close()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:  # still importing
        server.kill()
        server.wait()


def use_warm_kernels() -> None:
    """Let jupyter_client start kernels warm in this process, where :func:`warm` is in force; cold otherwise."""
    factory = KernelProvisionerFactory.instance()
    group = KernelProvisionerFactory.GROUP_NAME
    factory.provisioners[PROVISIONER] = EntryPoint(PROVISIONER, f"{__name__}:WarmProvisioner", group)
    is_warm = bool(os.environ.get(ADDRESS_VARIABLE)) and not os.environ.get(COLD_VARIABLE)
    factory.default_provisioner_name = PROVISIONER if is_warm else "local-provisioner"


class WarmProvisioner(LocalProvisioner):
    """Starts a local kernel by fork where that can be done, else as :class:`LocalProvisioner` does."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel and return its connection information."""
        forked = None
        with suppress(OSError, ValueError):
            forked = ForkedKernel.ask(cmd, folder=kwargs.get("cwd") or str(Path.cwd()), environment=kwargs["env"])
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info


class ForkedKernel:
    """A kernel that another process forked, with as much of :class:`subprocess.Popen` as jupyter_client asks for."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    @classmethod
    def ask(cls, command: list[str], *, folder: str, environment: dict[str, str]) -> ForkedKernel | None:
        """Ask for a kernel; None where the command is not one that can be forked.

        Raises
        ------
        OSError
            If there is nobody to ask, or no answer comes.
        """
        module = "ipykernel_launcher"
        if command[0] != sys.executable or module not in command:
            return None
        request = {
            "arguments": command[command.index(module) + 1 :],
            "folder": str(Path(folder).resolve()),
            "environment": {name: value for name, value in environment.items() if name != ADDRESS_VARIABLE},
        }
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(PATIENCE)
            connection.connect(os.environ.get(ADDRESS_VARIABLE, ""))
            text = json.dumps(request).encode() + b"\n"
            sent = socket.send_fds(connection, [text], [1, 2])
            connection.sendall(text[sent:])
            answer = _line(connection)
            if "pid" not in answer:
                raise ConnectionError("the kernel ended before it began")
            return cls(connection, answer["pid"])
        except BaseException:
            connection.close()
            raise

    def poll(self) -> int | None:
        """Return the exit code once the kernel has ended."""
        if self.returncode is None:
            self._connection.setblocking(False)
            try:
                self.returncode = int(_line(self._connection).get("exit", -signal.SIGKILL))
            except BlockingIOError:
                return None
            except OSError:  # whoever forked it is gone, and the kernel goes with it
                self.returncode = -signal.SIGKILL
            self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the kernel and return its exit code."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("kernel", timeout)
            time.sleep(0.01)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the kernel has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


def _line(connection: socket.socket) -> dict[str, Any]:
    """Return the next message; an empty one where the other side is gone."""
    text = b""
    while not text.endswith(b"\n"):
        piece = connection.recv(4096)
        if not piece:
            return {}
        text += piece
    return json.loads(text)
