"""The process that warm kernels are forked from: it imports what notebooks import once, then forks on request.

It is started by :mod:`compendium.kernels`, imports what that names and nothing of the project by itself. It has one
thread and no socket of a kernel, so that a fork carries nothing over but imported modules. Its life hangs on its
standard input: when whoever started it is gone, it ends every kernel and itself. A kernel's life hangs on the
connection it was asked for over: when that closes, the kernel is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import importlib.util
import json
import os
import random
import selectors
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

#: What every kernel imports before its first cell, whatever the notebook imports.
KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "encodings.idna",
)

#: What a library imports only when it is first used: by the module that a notebook names.
LATER = {
    "matplotlib": ("matplotlib.backends.backend_svg", "matplotlib.backends.backend_agg"),
}


def preload(modules: list[str]) -> dict[str, str]:
    """Import modules by name and return the variables that they set, which a kernel's imports would have set.

    A module that is not there, or fails, is left for the notebook to fail on.
    """
    before = dict(os.environ)
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads it when imported: a kernel dies with its parent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in [*modules, *(later for module in modules for later in LATER.get(module, ()))]:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    with contextlib.suppress(Exception):  # imported outside a kernel, pandas takes itself to be in a terminal
        sys.modules["pandas"].set_option("display.max_columns", 20)
    return {name: value for name, value in os.environ.items() if before.get(name) != value}


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return a request (arguments, folder, environment) and the two file descriptors sent with it."""
    text, descriptors = b"", []
    while not text.endswith(b"\n"):
        piece, sent, _, _ = socket.recv_fds(connection, 1 << 16, 2)
        if not piece:
            raise ConnectionError("the request is cut off")
        text += piece
        descriptors += sent
    return json.loads(text), descriptors


def become(
    begin: Callable[[dict[str, Any]], None],
    request: dict[str, Any],
    descriptors: list[int],
    connection: socket.socket,
    *,
    imported: dict[str, str],
) -> None:
    """Turn this freshly forked process into what a new interpreter would have become; does not return.

    Parameters
    ----------
    begin
        Is called with the request in the folder, the environment and with the streams that were asked for.
    request, descriptors, connection
        What :func:`receive` returns, and where the process's number goes.
    imported
        Variables that imports have set (:func:`preload`).
    """
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in zip([nothing, *descriptors], range(3), strict=True):
            os.dup2(source, target)
            os.close(source)
        os.environ.clear()
        os.environ.update({**imported, **request["environment"]})
        os.chdir(request["folder"])
        named = request["environment"].get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:0] = [folder for folder in named if folder and folder not in sys.path]
        tempfile.tempdir = None
        random.seed()
        if "numpy" in sys.modules:  # every process starts from its own entropy, as a new interpreter does
            sys.modules["numpy"].random.seed()
        connection.sendall(json.dumps({"pid": os.getpid()}).encode() + b"\n")
        connection.close()
        begin(request)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def kernel(request: dict[str, Any]) -> None:
    """Be the kernel that a cold start would have given."""
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    sys.argv = [importlib.util.find_spec("ipykernel_launcher").origin, *request["arguments"]]
    sys.modules["ipykernel.kernelapp"].launch_new_instance()


class Server:
    """Answers requests for kernels until standard input closes."""

    #: What a forked process does, of its request.
    begin = staticmethod(kernel)

    def __init__(self, listener: socket.socket, imported: dict[str, str]) -> None:
        self.listener = listener
        self.imported = imported
        self.kernels: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.woken, waker = socket.socketpair()
        self.waker = waker
        for end in (self.woken, waker):
            end.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
        self.selector.register(0, selectors.EVENT_READ, "end")
        self.selector.register(listener, selectors.EVENT_READ, "ask")
        self.selector.register(self.woken, selectors.EVENT_READ, "child")

    def serve(self) -> None:
        """Run until standard input closes, then kill what is left."""
        try:
            while True:
                for key, _ in self.selector.select():
                    if key.data == "end":
                        return
                    if key.data == "ask":
                        self.start()
                    elif key.data == "child":
                        self.woken.recv(4096)
                    elif key.data in self.kernels:  # a client says nothing more, so this is its end
                        self.kill(key.data)
                self.reap()
        finally:
            for pid in list(self.kernels):
                self.kill(pid)

    def start(self) -> None:
        """Fork a kernel for whoever connects."""
        connection, _ = self.listener.accept()
        connection.settimeout(10)
        descriptors: list[int] = []
        try:
            request, descriptors = receive(connection)
            pid = os.fork()
            if pid == 0:
                self.forget()
                become(self.begin, request, descriptors, connection, imported=self.imported)
            connection.setblocking(False)
            self.kernels[pid] = connection
            self.selector.register(connection, selectors.EVENT_READ, pid)
        except (OSError, ValueError):  # the asker then starts a cold kernel
            connection.close()
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def forget(self) -> None:
        """In a forked kernel: let go of everything that is the server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.selector.close()
        for held in (self.listener, self.woken, self.waker, *self.kernels.values()):
            held.close()

    def reap(self) -> None:
        """Tell the asker of every kernel that has ended how it ended."""
        for pid, connection in list(self.kernels.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with contextlib.suppress(OSError):
                    connection.sendall(json.dumps({"exit": os.waitstatus_to_exitcode(status)}).encode() + b"\n")
                self.drop(pid)

    def kill(self, pid: int) -> None:
        """End a kernel and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            try:
                os.killpg(pid, signal.SIGKILL)
            except OSError:  # it is not the leader of a group yet
                os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.drop(pid)

    def drop(self, pid: int) -> None:
        """Forget a kernel that is gone."""
        connection = self.kernels.pop(pid)
        self.selector.unregister(connection)
        connection.close()


def main() -> None:
    """Serve on the listening socket whose descriptor is the first argument; the others name modules to import."""
    del sys.path[0]  # the working folder; a kernel adds its own
    listener = socket.socket(fileno=int(sys.argv[1]))
    imported = preload([*KERNEL_MODULES, *sys.argv[2:]])
    gc.collect()
    gc.freeze()  # a kernel's collector then leaves alone what it shares with this process, and copies none of it
    Server(listener, imported).serve()


if __name__ == "__main__":
    main()
