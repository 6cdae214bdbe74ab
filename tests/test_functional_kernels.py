"""Warm kernels: the same bytes as cold ones, their own surroundings, a cold start where warm fails, no orphans."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml

import miniature
from compendium import execution, kernels
from compendium.errors import RunError
from miniature import healthsys

pytestmark = pytest.mark.skipif(not kernels.available(), reason="kernels are not forked on this system")


@pytest.fixture(autouse=True)
def nobody_to_fork_from(monkeypatch):
    """Here every command starts its own."""
    monkeypatch.setattr(miniature, "KERNELS", "")


LOOKED_AT = (
    "import os, random, sys, threading, warnings\n"
    "import pandas\n"
    "for name, value in sorted(os.environ.items()):\n"
    "    print(name, hash(value) if name not in ('JPY_PARENT_PID', 'IPYTHONDIR', 'JPY_SESSION_NAME') else '')\n"
    "print(os.environ['HEALTHSYS_RUN_DATA'], os.path.basename(os.getcwd()), "
    "[os.path.basename(sys.argv[0]), sys.argv[1], *sys.argv[3:]])\n"
    "print(os.getsid(0) == os.getpid(), sys.flags.hash_randomization, hash('waits'), list({'b', 'a', 'c', 'd'}))\n"
    "print(repr(__name__), sys.path, sys.flags, sorted(name for name in dir() if not name.startswith('_')))"
)


def tree_of(pid: int) -> set[int]:
    """Return a process and everything below it."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def alive(pids: set[int]) -> set[int]:
    """Return those of the processes that are there and no zombies."""
    here = set()
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                here.add(pid)
        except OSError:
            continue
    return here


def wait_until(true, seconds: float = 60):
    until = time.monotonic() + seconds
    while not (answer := true()) and time.monotonic() < until:
        time.sleep(0.1)
    return answer


def write(root: Path, *cells: str) -> Path:
    """Write a notebook of code cells into the miniature and return its path."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    path = root / "notebooks/probe.ipynb"
    nbformat.write(made, path)
    return path


def test_warm_and_cold_runs_of_the_miniature_are_the_same_bytes(tmp_path):
    built = {}
    for way, variables in (("warm", {}), ("cold", {kernels.COLD_VARIABLE: "1"})):
        root = miniature.make(tmp_path / way / "mini")
        done = healthsys(root, "run", "--jobs", "1", **variables)
        assert done.returncode == 0, done.stderr
        folder = root / "book/_build"
        files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]  # names the process
        files = [path for path in files if "kept" not in path.parts]
        built[way] = {path.relative_to(folder): path.read_bytes() for path in files}
    assert len(built["cold"]) == 4
    assert built["warm"] == built["cold"]


def test_a_warm_kernel_stands_where_a_cold_one_would(mini):
    path = write(mini, LOOKED_AT)
    cold, _ = execution.execute_notebook(path, {}, label="probe", data=("waits",))
    with kernels.warm([path], environment=execution.KERNEL_ENVIRONMENT) as is_warm:
        warm, _ = execution.execute_notebook(path, {}, label="probe", data=("waits",))
    assert is_warm
    assert warm.cells[0].outputs[0].text.splitlines() == cold.cells[0].outputs[0].text.splitlines()
    said = warm.cells[0].outputs[0].text
    assert "HEALTHSYS_KERNEL_SERVER" not in said
    assert "waits notebooks ['ipykernel_launcher.py', '-f'" in said


def test_warm_kernels_are_forked_share_no_random_state_and_run_no_thread_of_another(mini):
    path = write(
        mini,
        "import os, random\nimport numpy as np\n"
        "print(open(f'/proc/{os.getppid()}/cmdline').read().count('forkserver'), random.random(), np.random.rand())\n"
        "print(len(os.listdir(f'/proc/{os.getppid()}/task')))",
    )
    said = set()
    with kernels.warm([path], environment=execution.KERNEL_ENVIRONMENT):
        for _ in range(2):
            done, _ = execution.execute_notebook(path, {}, label="probe")
            forked, *numbers, threads = done.cells[0].outputs[0].text.split()
            assert (forked, threads) == ("1", "1"), "the process that is forked has one thread"
            said |= set(numbers)
    assert len(said) == 4


def test_strict_nbval_forks_its_kernels_and_still_fails_where_an_output_differs():
    path = miniature.PROJECT / "book/_build/probe/probe.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    asked = "import os; print(open(f'/proc/{os.getppid()}/cmdline').read().count('forkserver'))"
    made = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    stored = nbformat.v4.new_output("stream", name="stdout", text="1\n")
    made.cells = [nbformat.v4.new_code_cell(asked, outputs=[stored]), nbformat.v4.new_code_cell("2", outputs=[])]
    try:
        nbformat.write(made, path)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "1", "--nbval", str(path)],
            cwd=miniature.PROJECT, env=miniature.clean_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        shutil.rmtree(path.parent)
    assert "1 failed, 1 passed" in done.stdout, done.stdout


def test_as_many_runs_as_cores_and_a_refused_variable_start_cold(mini, monkeypatch):
    path = write(mini, "import os; print(open(f'/proc/{os.getppid()}/cmdline').read().count('forkserver'))")
    with execution.kernels_for([path]):
        assert not os.environ.get("HEALTHSYS_KERNEL_SERVER")
    with execution.kernels_for([path, path], jobs=2):
        assert not os.environ.get("HEALTHSYS_KERNEL_SERVER")
    with execution.kernels_for([path, path]):
        assert os.environ.get("HEALTHSYS_KERNEL_SERVER")
    with execution.kernels_for([path, path], cold=True):
        assert not os.environ.get("HEALTHSYS_KERNEL_SERVER")
    monkeypatch.setenv(kernels.COLD_VARIABLE, "1")
    with kernels.warm([path], environment={}) as is_warm:
        assert not is_warm


def test_where_the_warm_process_is_gone_a_kernel_starts_cold(mini, monkeypatch):
    path = write(mini, "print('executed')")
    monkeypatch.setenv("HEALTHSYS_KERNEL_SERVER", str(mini / "nobody"))
    done, _ = execution.execute_notebook(path, {}, label="probe")
    assert done.cells[0].outputs[0].text == "executed\n"


def test_a_kernel_that_kills_itself_is_a_failure_and_the_next_one_starts(mini):
    path = write(mini, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with kernels.warm([path], environment=execution.KERNEL_ENVIRONMENT):
        with pytest.raises((RunError, RuntimeError), match=r"(?i)kernel died"):
            execution.execute_notebook(path, {}, label="probe")
        done, _ = execution.execute_notebook(write(mini, "print('next')"), {}, label="probe")
    assert done.cells[0].outputs[0].text == "next\n"


#: Commands that have two notebooks at work, with the signals that end them (SIGINT to the whole group, as Ctrl-C does).
VERIFY = ("verify", "--only", "notebooks,runs", "waits-twice")
INTERRUPTED = [
    *(pytest.param(("run",), cold, number, id=f"run-{'cold' if cold else 'warm'}-{number.name}")
      for cold in (False, True) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)),
    *(pytest.param(VERIFY, True, number, id=f"verify-{number.name}") for number in (signal.SIGINT, signal.SIGKILL)),
]  # fmt: skip


@pytest.mark.parametrize(("command", "cold", "number"), INTERRUPTED)
def test_an_interrupted_command_leaves_no_process(mini, command, cold, number):
    notebook = nbformat.read(mini / "notebooks/waits.ipynb", as_version=4)
    notebook.cells[4].source = "import time\nopen(f'asleep-{factor}', 'w').close()\ntime.sleep(600)"
    nbformat.write(notebook, mini / "notebooks/waits.ipynb")
    runs = yaml.safe_load((mini / "notebooks/runs.yml").read_text())
    runs["runs"]["waits-thrice"] = runs["runs"]["waits-twice"] | {"parameters": {"factor": 3.0}}
    (mini / "notebooks/runs.yml").write_text(yaml.safe_dump(runs))
    variables = {kernels.COLD_VARIABLE: "1"} if cold else {}
    started = subprocess.Popen(
        [sys.executable, "-m", "everyday.cli", *command, "--jobs", "2"],
        cwd=mini,
        env={**miniature.clean_environment(), **variables, "HEALTHSYS_ROOT": str(mini)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert wait_until(lambda: len(list((mini / "notebooks").glob("asleep-*"))) == 2, 180), "both runs should be asleep"
    below = tree_of(started.pid)
    assert len(below) >= 5
    (os.killpg if number == signal.SIGINT else os.kill)(started.pid, number)
    started.wait(timeout=60)
    wait_until(lambda: not alive(below), 30)
    assert alive(below) == set()


def test_plain_papermill_refuses_a_misspelt_parameter_by_the_notebooks_own_first_check(mini, tmp_path):
    """Papermill itself only warns, and would compute on the default."""
    papermill = pytest.importorskip("papermill")
    with pytest.raises(papermill.PapermillExecutionError, match=r"'facter' is no parameter.*Did you mean 'factor'\?"):
        papermill.execute_notebook(
            mini / "notebooks/waits.ipynb", tmp_path / "out.ipynb", parameters={"facter": 2.0},
            cwd=mini / "notebooks", language="python", progress_bar=False,
        )  # fmt: skip
