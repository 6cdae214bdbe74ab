"""Serve the book while it is written: watch its sources, build what a change touches, reload the browser.

Each build is a process of its own, forked from one that has imported Sphinx and the other libraries but nothing of the
project, so a change in ``src`` needs no restart. Kernels start in the same way (:mod:`compendium.kernels`). A build
that fails says why in the terminal, and the last good pages stay.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import multiprocessing
import runpy
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from tornado import httpserver, httputil, netutil, web

from compendium import book, configuration, execution, kernels, paths, project, state
from compendium.errors import CompendiumError

#: Only this computer can reach the server.
HOST = "127.0.0.1"

#: Seconds after which a browser that waits for the next build asks again.
PATIENCE = 50

#: Loaded by each page as it is served; the policy of pages allows scripts of this server, but no other connection.
_RELOAD = """addEventListener("load", function wait() {
  const script = document.createElement("script");
  script.src = "/-/wait.js?seen=%s&at=" + Date.now();
  script.onload = () => { script.remove(); setTimeout(wait); };
  script.onerror = () => { script.remove(); setTimeout(wait, 2000); };
  document.head.append(script);
});
"""


class Pages(web.StaticFileHandler):
    """The built pages; a browser asks for each one anew."""

    def set_extra_headers(self, path: str) -> None:
        """Forbid keeping, guessing of types, and frames of other sites."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "DENY")

    def should_return_304(self) -> bool:
        """Say no: what a page was a moment ago is not known."""
        return False


class Reloading(web.OutputTransform):
    """Adds the script that reloads to each page, after its policy; the file on the disk stays as it is."""

    def transform_first_chunk(self, status_code: int, headers: httputil.HTTPHeaders, chunk: bytes, finishing: bool):
        """Return the beginning of an answer."""
        if status_code == 200 and headers.get("Content-Type", "").startswith("text/html"):
            longer = chunk.replace(b"<title>", b'<script src="/-/reload.js" defer></script>\n<title>', 1)
            headers["Content-Length"] = str(int(headers.get("Content-Length", 0)) + len(longer) - len(chunk))
            chunk = longer
        return status_code, headers, chunk


class Scripts(web.RequestHandler):
    """The script that reloads, and the answer that it waits for."""

    def initialize(self, builds: Builds) -> None:
        """Take the builds to speak of."""
        self.builds = builds

    async def get(self, name: str) -> None:
        """Answer at once with the script, and with the next build when it is there."""
        self.set_header("Content-Type", "text/javascript")
        self.set_header("Cache-Control", "no-store")
        if name == "reload":
            self.finish(_RELOAD % self.builds.number)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE), self.builds.made:
                await self.builds.made.wait_for(lambda: self.get_query_argument("seen") != str(self.builds.number))
                self.write("location.reload();")


class Builds:
    """The builds of this server, one after the other.

    Parameters
    ----------
    build
        Builds the book, in a process of its own; must be a function of a module. It is given what to call once
        changed pages are to be seen.
    """

    def __init__(self, build: Callable[[Callable[[], None]], None]) -> None:
        self.build, self.number, self.made = build, time.time_ns(), asyncio.Condition()
        self.context = multiprocessing.get_context("forkserver" if kernels.available() else "spawn")
        if kernels.available():
            self.context.set_forkserver_preload(libraries())

    async def next(self) -> None:
        """Build; tell the browsers as soon as changed pages are to be seen, at the latest when it has succeeded."""
        receiver, sender = self.context.Pipe(duplex=False)
        process, ended = self.context.Process(target=_told, args=(self.build, sender)), asyncio.Event()
        process.start()
        sender.close()
        loop, told = asyncio.get_running_loop(), []

        def ahead() -> None:
            loop.remove_reader(receiver.fileno())
            with suppress(EOFError):  # the build has ended, and called nobody
                receiver.recv_bytes()
                told.append(loop.create_task(self.tell()))

        loop.add_reader(receiver.fileno(), ahead)
        loop.add_reader(process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(process.sentinel)
            loop.remove_reader(receiver.fileno())
            process.terminate()
            process.join()
            receiver.close()
        if process.exitcode == 0 and not told:
            await self.tell()

    async def tell(self) -> None:
        """Tell the browsers that there are new pages."""
        async with self.made:
            self.number = time.time_ns()
            self.made.notify_all()


def _told(build: Callable[[Callable[[], None]], None], sender: Connection) -> None:
    gc.freeze()  # what is imported already stays, and the process ends before it has made much to collect
    gc.disable()
    build(lambda: sender.send_bytes(b"new"))


def counts(path: str, written: list[Path]) -> bool:
    """Say whether a change of a file counts: not of a hidden one, nor of one that Python or a build writes.

    Examples
    --------
    >>> counts("book/index.md", []), counts("book/.index.md.swp", []), counts("src/a.pyc", [])
    (True, False, False)
    >>> counts("book/_build/html/index.html", [Path("book/_build")])
    False
    """
    changed = Path(path)
    passing = changed.name.startswith(".") or changed.name.endswith(("~", ".pyc"))
    return not passing and not any(changed.is_relative_to(one) for one in written)


def libraries() -> list[str]:
    """Return the modules that every build imports and that no change of the project changes."""
    from sphinx.application import builtin_extensions

    configuration.write()
    ours = {folder.name for folder in project.folders()}
    named = ["pandas", "nbformat", "lxml.html", "jupyter_client.asynchronous", "myst_nb.sphinx_ext"]
    named += builtin_extensions
    named += runpy.run_path(str(configuration.path()))["extensions"]
    return [project.MACHINE, *(name for name in named if name.partition(".")[0] not in ours)]


def application(builds: Builds) -> web.Application:
    """Return what answers, to this computer's own names alone: another site may not pass itself off as this one."""
    pages = {"path": str(paths.build() / "html"), "default_filename": "index.html"}
    made = web.Application(transforms=[Reloading])
    routes = [(r"/-/(reload|wait)\.js", Scripts, {"builds": builds}), (r"/(.*)", Pages, pages)]
    made.add_handlers(r"(127\.0\.0\.1|localhost)", routes)
    return made


def serve(build: Callable[[Callable[[], None]], None], *, port: int, tell: Callable[[str], None]) -> None:
    """Serve and build until interrupted.

    Parameters
    ----------
    build
        Builds the book; called in a process of its own, with what to call when pages are to be seen (:class:`Builds`).
    port
        Where to listen; 0 for any that is free.
    tell
        Called with the address.

    Raises
    ------
    CompendiumError
        If the port is taken, or the package that watches is not installed.
    """
    if not importlib.util.find_spec("watchfiles"):  # of the group `test`: who reads the book needs none of it
        raise CompendiumError("watchfiles is not installed, which watches for changes; install it: make env-test")
    try:
        sockets = netutil.bind_sockets(port, HOST)
    except OSError as error:
        raise CompendiumError(f"port {port}: {error.strerror}; give another one: --port {port + 1}") from None
    warm = kernels.warm(paths.notebooks().glob("*.ipynb"), environment=execution.KERNEL_ENVIRONMENT)
    with warm, suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_serve(Builds(build), sockets, tell))


async def _serve(builds: Builds, sockets: list, tell: Callable[[str], None]) -> None:
    import watchfiles

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    httpserver.HTTPServer(application(builds)).add_sockets(sockets)
    tell(f"http://{HOST}:{sockets[0].getsockname()[1]}/")
    written = [paths.build(), *book.written()]
    watched = [folder for name in state.READ if (folder := paths.root() / name).is_dir()]
    changes = watchfiles.awatch(*watched, watch_filter=lambda _, path: counts(path, written))
    while True:
        change = asyncio.ensure_future(anext(changes))  # while it builds too
        await builds.next()
        await change
