"""Sweeps on the miniature: the same files whichever way, failures set down, workers and sweeps killed and resumed."""

import csv
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import nbformat
import pytest

import miniature
from compendium import sweep, sweep_index
from compendium.errors import RunError
from compendium.parameters import parameters_of
from compendium.store import Store
from miniature import healthsys

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="Dask is not installed (group scale: make env-scale)"
)

CELLS = [
    ("markdown", "# Waits, scaled\n\nThe mean wait is {result}`mean_wait`."),
    ("parameters", 'source: str = "waits"  # waits to average; allowed: data set or file\n'
     "factor: float = 1.0  # multiplies every wait; allowed: 0 to 20\n"
     "pause: float = 0.0  # seconds to sleep; allowed: 0 to 60"),
    ("code", "import os, time\nimport minimethods\nfrom compendium.notebook import open_data, record\n"
     "from minimethods import DataError\n\n"
     "open(f'started-{factor}', 'w').close()\ntime.sleep(pause)\n"
     "if factor == 13:\n    raise DataError('thirteen is not a factor')\n"
     "if factor == 14:\n    os.kill(os.getppid(), 9) if os.environ.get('KILL') else None"),
    ("code", 'waits = open_data(source, read=minimethods.read_waits)\nmean = waits["days"].mean() * factor\n'
     'record("mean_wait", mean, unit="days", meaning="Mean wait", format="{:.2f} days",\n'
     "       n=len(waits) + int(factor), lower=mean - 1, upper=mean + 1, level=0.95);"),
]  # fmt: skip


def scaled(folder: Path) -> Path:
    """Return a miniature with the notebook that these sweeps run."""
    root = miniature.make(folder / "mini")
    nbformat.write(miniature.notebook(CELLS), root / "notebooks/scaled.ipynb")
    return root


@pytest.fixture
def mini(tmp_path, monkeypatch) -> Path:
    return miniature.enter(scaled(tmp_path), monkeypatch)


def grid(folder: Path, rows: list[str], header: str = "name,factor,pause") -> Path:
    path = folder / "grid.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def twelve(folder: Path, pause: float = 0.0) -> Path:
    """A dozen short rows, the last of which fails."""
    return grid(folder, [f"Trust {factor:02d},{factor},{pause}" for factor in [*range(1, 12), 13]])


def results(out: Path) -> dict[str, bytes]:
    """Everything a sweep leaves, by path."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def table(out: Path) -> list[dict[str, str]]:
    with (out / "index.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def wait_until(true, seconds: float = 120):
    until = time.monotonic() + seconds
    while not (answer := true()) and time.monotonic() < until:
        time.sleep(0.05)
    assert answer, "it did not come to pass"
    return answer


def begin(root: Path, *arguments: str, **variables: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "everyday.cli", *arguments],
        cwd=root,
        env={**os.environ, "HEALTHSYS_ROOT": str(root), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.is_file() else 0


class Cluster:
    """A Dask scheduler and workers on loopback, each a process of its own."""

    def __init__(self, root: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.environment = {**miniature.clean_environment(), "HEALTHSYS_ROOT": str(root)}
        self.start(workers)

    def start(self, workers: int) -> None:
        port = self.address.rpartition(":")[2]
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        self.workers = [self.worker() for _ in range(workers)]

    def worker(self) -> subprocess.Popen:
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                           "--host", "127.0.0.1")  # fmt: skip

    def _start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()

    def whole(self) -> Self:
        """Start again whatever a test has killed, and return the cluster."""
        if self.scheduler.poll() is not None:
            self.close()
            self.start(len(self.workers))
        self.workers = [self.worker() if one.poll() is not None else one for one in self.workers]
        return self


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """One cluster for all, on a miniature of its own."""
    made = Cluster(scaled(tmp_path_factory.mktemp("cluster")), 2)
    yield made
    made.close()


@pytest.fixture
def cluster(standing):
    return standing.whole()


def test_a_dozen_rows_with_one_failing_and_a_second_time_nothing(mini, tmp_path):
    out = tmp_path / "out"
    twelve(tmp_path)
    done = healthsys(mini, "sweep", "scaled", "--grid", str(tmp_path / "grid.csv"), "--out", str(out), "--jobs", "2")
    assert done.returncode == 1
    assert "rows: 11 done, 0 skipped, 1 failed" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    index = table(out)
    assert [row["name"] for row in index[:2]] == ["trust-01", "trust-02"]
    assert [row["status"] for row in index] == ["done"] * 11 + ["failed"]
    assert index[11]["reason"] == "scaled: thirteen is not a factor"
    assert not (out / "trust-13").exists()
    with (out / "results.csv").open(newline="") as lines:
        found = list(csv.DictReader(lines))
    assert [(row["name"], row["value"]) for row in found[:2]] == [("trust-01", "13.5"), ("trust-02", "27.0")]
    page = (out / "trust-02/index.html").read_text()
    assert "27.00 days" in page
    assert 'href="../style.css"' in page
    assert str(tmp_path) not in page
    first = (out / "index.html").read_text()
    assert "11 of 12 reports are done; 1 failed" in first
    assert '<a href="trust-02/index.html">trust-02</a>' in first
    assert "11 reports from 13.50 days (trust-01) to 148.50 days (trust-11), median 81.00 days" in first
    assert "99.8% limits" in first
    before = results(out)
    again = healthsys(mini, "sweep", "scaled", "--grid", str(tmp_path / "grid.csv"), "--out", str(out))
    assert "rows: 0 done, 11 skipped, 1 failed" in again.stdout
    assert results(out) == before


def test_a_changed_row_or_file_is_made_again(mini, tmp_path):
    (tmp_path / "own.csv").write_text("month,days,locator\nJan,10,a\n")
    path = grid(tmp_path, ["own.csv,1", "waits,2"], "source,factor")
    out = str(tmp_path / "out")
    assert sweep.sweep("scaled", path, out=out, jobs=1) == {"done": 2, "skipped": 0, "failed": 0}
    (tmp_path / "own.csv").write_text("month,days,locator\nJan,30,a\n")
    assert sweep.sweep("scaled", path, out=out, jobs=1) == {"done": 1, "skipped": 1, "failed": 0}
    record = json.loads((tmp_path / "out/row-00001/results.json").read_text())
    assert record["results"]["mean_wait"]["value"] == 30
    assert record["parameters"]["source"] == "own.csv"


def test_a_report_of_an_earlier_run_is_not_left_as_if_it_were_of_this_one(mini, tmp_path):
    (tmp_path / "own.csv").write_text("month,days,locator\nJan,10,a\n")
    out = tmp_path / "out"
    rows = ["a,own.csv,1", "b,waits,2", "c,waits,3"]
    sweep.sweep("scaled", grid(tmp_path, rows, "name,source,factor"), out=str(out), jobs=1)
    (out / "a/note.txt").write_text("mine")
    (out / "mine").mkdir()
    (out / "mine/index.html").write_text("mine")
    rows = ["a,own.csv,13", "b,waits,2", "mine,own.csv,13"]
    sweep.sweep("scaled", grid(tmp_path, rows, "name,source,factor"), out=str(out), jobs=1)
    assert [path.name for path in (out / "a").iterdir()] == ["note.txt"]
    assert (out / "mine/index.html").read_text() == "mine"
    assert (out / "c/index.html").is_file()
    found = {row["name"]: (row["status"], row["reason"]) for row in table(out)}
    assert found == {
        "a": ("failed", "scaled: thirteen is not a factor (the report of an earlier run was removed)"),
        "b": ("done", ""),
        "mine": ("failed", "scaled: thirteen is not a factor (mine/index.html is not of this run)"),
        "c": ("earlier", sweep_index.EARLIER),
    }
    page = (out / "index.html").read_text()
    assert "1 of 3 reports are done" in page
    assert "of an earlier run and not counted here: c." in page


def test_a_file_in_the_readers_own_folder_that_changed_is_read_again(mini, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "own.csv"
    path.write_text("month,days,locator\nJan,10,a\n")
    (row,) = sweep.read_grid(grid(tmp_path, ["a,~/own.csv"], "name,source"), {"source": None})
    first = sweep.fingerprint_of(row, "base", folder=mini)
    path.write_text("month,days,locator\nJan,30,a\n")
    assert sweep.fingerprint_of(row, "base", folder=mini) != first


def test_a_name_of_a_file_that_is_no_utf8_fails_its_row_alone(mini, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name in (b"d\xe4ta.csv", b"good.csv"):
        with open(os.fsencode(folder) + b"/" + name, "w") as file:  # noqa: PTH123 - the name is bytes
            file.write("month,days,locator\nJan,10,a\n")
    out = tmp_path / "out"
    assert sweep.sweep("scaled", folder, out=str(out), jobs=1) == {"done": 1, "skipped": 0, "failed": 1}
    bad, good = sorted(table(out), key=lambda row: row["name"])
    assert (good["status"], bad["status"], bad["source"]) == ("done", "failed", "d?ta.csv")
    assert "d?ta.csv' is not in UTF-8; rename it" in bad["reason"]
    assert "d?ta.csv" in (out / "index.html").read_text()


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (["1"], "factr", r"grid\.csv: column 'factr' is no parameter of the notebook\. Did you mean 'factor'\?"),
        (["A b,1", "a B,2"], "name,factor", r"grid\.csv: lines 2 and 3 are both named 'a-b'"),
        (["1,2"], "factor", r"grid\.csv: line 2 has more cells than the header has columns"),
        ([], "factor", r"grid\.csv: the file has a header but no rows"),
    ],
)
def test_a_faulty_grid_is_said_before_anything_runs(mini, tmp_path, rows, header, message):
    with pytest.raises(RunError, match=message):
        sweep.sweep("scaled", grid(tmp_path, rows, header), out=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_is_said_before_anything_runs(mini, tmp_path):
    (tmp_path / "file").write_text("")
    done = healthsys(mini, "sweep", "scaled", "--grid", str(twelve(tmp_path)), "--out", str(tmp_path / "file/out"))
    assert done.returncode == 1
    assert "cannot write .sweep to" in done.stderr
    assert "Choose a folder that you may write to" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((mini / "notebooks").glob("started-*"))


def test_an_output_that_vanishes_stops_the_sweep_and_keeps_what_is_done(mini, tmp_path, monkeypatch):
    out, write, left = tmp_path / "out", Store.write, [3]

    def full(store, name, text):
        left[0] -= name.endswith("results.json")
        if left[0] < 0:
            raise RunError("cannot write: No space left on device")
        write(store, name, text)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", full)
        with pytest.raises(RunError, match="No space left"):
            sweep.sweep("scaled", twelve(tmp_path), out=str(out), jobs=2)
    assert len(list(out.glob("*/results.json"))) == 3
    assert sweep.sweep("scaled", tmp_path / "grid.csv", out=str(out)) == {"done": 8, "skipped": 3, "failed": 1}


def test_a_killed_sweep_loses_at_most_the_rows_in_flight(mini, tmp_path):
    out = tmp_path / "out"
    arguments = ["sweep", "scaled", "--grid", str(twelve(tmp_path, 0.5)), "--out", str(out), "--jobs", "2"]
    started = begin(mini, *arguments)
    wait_until(lambda: lines_of(out / "index.csv") >= 5)
    started.kill()
    started.communicate()
    kept = {path: path.stat().st_mtime_ns for path in out.glob("*/results.json")}
    noted = lines_of(out / "index.csv") - 1
    assert 4 <= noted <= len(kept) <= noted + 1
    done = healthsys(mini, *arguments)
    assert f"rows: {11 - len(kept)} done, {len(kept)} skipped, 1 failed" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    whole = tmp_path / "whole"
    healthsys(mini, *arguments[:4], "--out", str(whole), "--jobs", "2", HEALTHSYS_COLD_KERNELS="1")
    assert results(out) == results(whole), "a resumed sweep, on warm kernels, leaves what one go on cold ones leaves"


def test_a_row_that_kills_its_worker_fails_and_the_others_go_on(mini, tmp_path):
    path = grid(tmp_path, [f"{factor},{factor},0" for factor in (14, 1, 2, 3)])
    done = healthsys(mini, "sweep", "scaled", "--grid", str(path), "--out", str(tmp_path / "out"), "--jobs", "2",
                     KILL="1", HEALTHSYS_COLD_KERNELS="1")  # fmt: skip
    assert "rows: 3 done, 0 skipped, 1 failed" in done.stdout, done.stderr
    assert table(tmp_path / "out")[0]["reason"].startswith("its process ended 3 times")


@needs_dask
def test_on_a_cluster_the_same_files(mini, cluster, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    path = twelve(tmp_path)
    sweep.sweep("scaled", path, out=str(here))
    counts = sweep.sweep("scaled", path, out=str(there), scheduler=cluster.address)
    assert counts == {"done": 11, "skipped": 0, "failed": 1}
    assert results(there) == results(here)


@needs_dask
def test_a_cluster_that_loses_a_worker_finishes_every_row(mini, cluster, tmp_path):
    out = tmp_path / "out"
    path = twelve(tmp_path, 0.5)
    started = begin(mini, "sweep", "scaled", "--grid", str(path), "--out", str(out), "--scheduler", cluster.address)
    wait_until(lambda: lines_of(out / "index.csv") >= 4)
    cluster.workers[0].send_signal(signal.SIGKILL)
    said, errors = started.communicate(timeout=300)
    assert "rows: 11 done, 0 skipped, 1 failed" in said, errors
    assert len(list(out.glob("*/results.json"))) == 11


@needs_dask
def test_a_sweep_on_a_cluster_is_killed_and_resumed(mini, cluster, tmp_path):
    out = tmp_path / "out"
    arguments = ["sweep", "scaled", "--grid", str(twelve(tmp_path, 0.5)), "--out", str(out),
                 "--scheduler", cluster.address]  # fmt: skip
    started = begin(mini, *arguments)
    wait_until(lambda: lines_of(out / "index.csv") >= 4)
    started.kill()
    started.communicate()
    kept = len(list(out.glob("*/results.json")))
    done = healthsys(mini, *arguments)
    assert f"rows: {11 - kept} done, {kept} skipped, 1 failed" in done.stdout, done.stderr


@needs_dask
def test_a_lost_scheduler_is_said_and_the_sweep_goes_on_elsewhere(mini, cluster, tmp_path):
    out = tmp_path / "out"
    path = twelve(tmp_path, 0.5)
    started = begin(mini, "sweep", "scaled", "--grid", str(path), "--out", str(out), "--scheduler", cluster.address)
    wait_until(lambda: lines_of(out / "index.csv") >= 4)
    cluster.scheduler.kill()
    _, errors = started.communicate(timeout=120)
    assert started.returncode == 1
    assert f"the scheduler at {cluster.address} was lost" in errors
    assert "Traceback" not in errors
    kept = len(list(out.glob("*/results.json")))
    assert sweep.sweep("scaled", path, out=str(out)) == {"done": 11 - kept, "skipped": kept, "failed": 1}


@needs_dask
def test_an_address_that_fsspec_knows(mini, tmp_path):
    path = grid(tmp_path, ["a,1,0", "b,2,0"])
    sweep.sweep("scaled", path, out=str(tmp_path / "folder"))
    for _ in range(2):
        counts = sweep.sweep("scaled", path, out=f"file://{tmp_path}/address")
    assert counts == {"done": 0, "skipped": 2, "failed": 0}
    assert results(tmp_path / "address") == results(tmp_path / "folder")
    sweep.sweep("scaled", grid(tmp_path, ["a,13,0"]), out=f"file://{tmp_path}/address")
    assert not (tmp_path / "address/a/index.html").exists()
    assert [row["status"] for row in table(tmp_path / "address")] == ["failed", "earlier"]
    with pytest.raises(RunError, match=r"cannot write to nosuch://x: Protocol not known"):
        Store("nosuch://x")


@needs_dask
def test_no_scheduler_is_said(mini, tmp_path, monkeypatch):
    import distributed

    client = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda address, *, timeout: client(address, timeout=timeout / 20))
    with pytest.raises(RunError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        sweep.sweep("scaled", twelve(tmp_path), out=str(tmp_path / "out"), scheduler="tcp://127.0.0.1:9")


def test_names_and_values_of_a_grid(mini, tmp_path):
    known = parameters_of(nbformat.read(mini / "notebooks/scaled.ipynb", as_version=4), label="scaled")
    rows = list(sweep.read_grid(grid(tmp_path, ["Ünï & Co,2,", ",3,1"]), known))
    assert [row.name for row in rows] == ["n-co", "row-00002"]
    assert rows[0].cells == {"factor": "2"}
    assert sweep._values(rows[1].cells, known, label="scaled") == {"factor": 3, "pause": 1}
    with pytest.raises(RunError, match=r"scaled: parameter 'factor' is '\[1', which cannot be read; allowed: a number"):
        sweep._values({"factor": "[1"}, known, label="scaled")


def test_a_funnel_marks_what_lies_outside_and_needs_counts():
    points = [(f"r{n}", 50 + (-1) ** n * 100 / n**0.5, None, None, n) for n in range(10, 400, 10)]
    series = sweep_index.Series("Share", "percent", "{:.1f} %", [(*p[:4], p[4] + i % 3) for i, p in enumerate(points)])
    assert "0 outside" in sweep_index._funnel(series)
    series.points.append(("<far>", 90.0, None, None, 400))
    drawn = sweep_index._funnel(series)
    assert "1 outside the 99.8% limits: &lt;far&gt;" in drawn
    assert drawn.count('class="out"') == 1
    assert "median 1.5" in sweep_index._strip(
        sweep_index.Series("n", "", "{:d}", [("a", 1, None, None, None), ("b", 2, None, None, None)])
    )
    assert sweep_index._funnel(sweep_index.Series("x", "", "{}", [("a", 1.0, None, None, None)] * 9)) == ""


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "tcp://cluster.example:8786"])
def test_a_scheduler_elsewhere_without_tls_is_refused(address):
    said = rf"{address} is on another machine and not under TLS; a Dask scheduler runs code for whoever reaches it"
    with pytest.raises(RunError, match=said):
        sweep.refuse_open(address)
