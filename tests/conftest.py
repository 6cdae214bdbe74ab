"""What several test files share: the miniature project, and where the reference material is."""

from __future__ import annotations

import os
from pathlib import Path

import coverage
import pytest
from hypothesis import settings

import miniature
from compendium import kernels

SHARED = miniature.PROJECT.parent / "shared"


if coverage.Coverage.current() is not None:  # what forked workers execute counts, wherever they stand
    os.environ["COVERAGE_FILE"] = str(miniature.PROJECT / ".coverage")


@pytest.fixture(scope="session", autouse=True)
def warm_commands(kernel_server, command_server) -> None:
    """Let the commands that tests call be forked, and fork their kernels, from the session's warm processes."""
    miniature.KERNELS, miniature.COMMANDS = kernel_server, command_server


@pytest.fixture
def warm_kernels(monkeypatch, kernel_server) -> None:
    """Let what this process executes fork its kernels from the session's warm one, and start none of its own."""
    if kernel_server:
        monkeypatch.setenv(kernels.ADDRESS_VARIABLE, kernel_server)


@pytest.fixture
def mini(tmp_path, monkeypatch) -> Path:
    """A fresh miniature project that the package takes for its root."""
    return miniature.enter(miniature.make(tmp_path / "mini"), monkeypatch)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference folder beside the project, which a fresh machine does not have."""
    if not SHARED.is_dir():
        pytest.skip("the reference material ../shared is not on this machine; the project does not need it")
    return SHARED


settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
