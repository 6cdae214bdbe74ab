"""What holds for every test wherever it stands: which worker runs it, warm kernels for notebooks, a limit of time.

``make test`` is one call of pytest (``-n auto --no-loadscope-reorder``). A file is a
group, that is, one worker runs it, so that what it builds is built once; the tests of the files in
:data:`SPREAD` go one by one to whoever is free. Long groups begin first. A new file needs no entry anywhere.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parent

#: Where the process that kernels are forked from listens, as one session knows it.
KERNELS = pytest.StashKey[str]()

#: Where the process that commands are forked from listens.
COMMANDS = pytest.StashKey[str]()

#: When the time that ``--seconds`` allows is over.
DEADLINE = pytest.StashKey[float]()

#: What runs whatever the time.
SMOKE = "test_functional_smoke.py"

#: What a test says that did not run, or not to its end, for want of time.
LEFT = "left to `make test`: the time is over"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seconds", type=float, help="stop testing so long after collecting and skip what is left")


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", {})
    config.stash[KERNELS], config.stash[COMMANDS] = given.get("kernels", ""), given.get("commands", "")


# Warm kernels: one process per session imports what notebooks import, and every kernel is forked from it.


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    is_worker = hasattr(config, "workerinput")
    if is_worker or config.option.collectonly:
        return
    import commands

    with contextlib.ExitStack() as stack:
        config.stash[COMMANDS] = stack.enter_context(commands.serving())  # it imports nothing before it is asked
        config.add_cleanup(stack.pop_all().close)
    if not (config.getoption("nbval", default=False) or config.getoption("numprocesses", default=None)):
        return
    from compendium import execution, kernels

    with contextlib.ExitStack() as stack:
        notebooks = sorted((PROJECT / "notebooks").rglob("*.ipynb"))
        stack.enter_context(kernels.warm(notebooks, environment=execution.KERNEL_ENVIRONMENT))
        config.add_cleanup(stack.pop_all().close)
    # Only what asks for a warm kernel is to see it: the tests of kernels start their own.
    config.stash[KERNELS] = os.environ.pop(kernels.ADDRESS_VARIABLE, "")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell a worker what only the process that started it knows."""
    node.workerinput |= {"kernels": node.config.stash[KERNELS], "commands": node.config.stash[COMMANDS]}


@contextlib.contextmanager
def warm_kernel(item: pytest.Item) -> Iterator[None]:
    """While the first cell of a notebook is set up, strict nbval starts its kernel by fork where that can be done."""
    address = item.config.stash[KERNELS]
    if item.path.suffix != ".ipynb" or not address:
        yield
        return
    from jupyter_client.provisioning import KernelProvisionerFactory

    from compendium import execution, kernels

    factory = KernelProvisionerFactory.instance()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**execution.KERNEL_ENVIRONMENT, kernels.ADDRESS_VARIABLE: address}.items():
            patch.setenv(name, value)
        patch.setattr(factory, "default_provisioner_name", factory.default_provisioner_name)
        kernels.use_warm_kernels()
        yield


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let strict nbval compare outputs by the rule of ``healthsys verify``: last digits of long decimals may differ."""
    if item.path.suffix == ".ipynb":
        from compendium import outputs

        item.compare_outputs = outputs.by_rule(item.compare_outputs)


@pytest.fixture(scope="session")
def kernel_server(request: pytest.FixtureRequest) -> str:
    """Where warm kernels of this session come from; empty where they start cold."""
    return request.config.stash[KERNELS]


@pytest.fixture(scope="session")
def command_server(request: pytest.FixtureRequest) -> str:
    """Where commands of this session are forked; empty where each is a new interpreter."""
    return request.config.stash[COMMANDS]


# Who runs what, in which order.


#: Files whose tests go one by one to whichever worker is free.
SPREAD = ("tests/test_functional_browser.py",)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return one worker more than there are cores: now and then one waits, for a browser or for what it has killed."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker whole files, except those of :data:`SPREAD`; xdist 3.8 loses its own groups under pytest 9."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if file in SPREAD else file

    return Files(config, log)


def group_of(item: pytest.Item) -> str:
    """Return the file of a test, which one worker runs, or nothing where its tests are spread."""
    file = item.path.relative_to(PROJECT).as_posix()
    return "" if file in SPREAD else file


def rank(item: pytest.Item) -> tuple[int, str]:
    """Return the place of a test in the queue: long files, notebooks, short ones, then what fills every gap."""
    group = group_of(item)
    if not group:
        return 3, item.path.name
    if group.startswith("tests/test_functional"):
        return 0, group
    return (1 if item.path.suffix == ".ipynb" else 2), group


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("seconds") is None:  # with a limit of time what is asked for first comes first
        items.sort(key=rank)


# The limit of time. A test that has begun is broken off: what it started is cleared away by its own fixtures.


def pytest_collection_finish(session: pytest.Session) -> None:
    # What is collected stays to the end. statsmodels and IPython ask for a full search for garbage in each call; with
    # 7,000 tests and all libraries in memory it takes half a second, and milliseconds without them.
    gc.collect()
    gc.freeze()
    seconds = session.config.getoption("seconds")
    if seconds is not None:
        session.config.stash[DEADLINE] = time.time() + seconds


@pytest.fixture(scope="module", autouse=True)
def _what_stays_is_not_searched() -> None:
    """What earlier files left in memory is not looked through again either; this costs milliseconds a file."""
    gc.collect()
    gc.freeze()


def over(*_: object) -> None:
    """Skip the test that is at it: one place for all of them, so that pytest says it in one line."""
    pytest.skip(LEFT)


@contextlib.contextmanager
def within_the_time(item: pytest.Item) -> Iterator[None]:
    """Skip a test that begins too late, and break one off that is still at it."""
    deadline = item.config.stash.get(DEADLINE, None)
    if deadline is None or not hasattr(signal, "setitimer") or item.path.name == SMOKE:
        yield
        return
    left = deadline - time.time()
    if left <= 0:
        over()
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, left)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item):
    with within_the_time(item), warm_kernel(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    with within_the_time(item):
        return (yield)
