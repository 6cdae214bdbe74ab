"""The reviewer's tampers, one each: whatever is changed by hand, verification names it and exits with 1."""

import base64
import csv
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import jsonschema
import nbformat
import pytest
from click.testing import CliRunner

import in_process
import miniature
import minimethods
from compendium import bibliography, book, execution, files, stored, verification
from compendium.errors import RunError
from compendium.runs import load_runs
from everyday.cli import main
from everyday.ledger import claims, wording
from test_functional_verification import with_claims

ENTRY = "@article{ours2020,\n  title = {Waits},\n  doi = {10.1000/waits.1},\n}\n"


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """A whole project: record, stored outputs, claims, bibliography, a built book and an installed package."""
    root = miniature.make(tmp_path_factory.mktemp("tampered") / "mini")
    with_claims(root)
    (root / "book/references.bib").write_text(ENTRY)
    installed = root / "installed"
    installed.mkdir()
    (installed / "borrowed.py").write_text("LEVEL = 0.95\n")
    about = installed / "borrowed-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: borrowed\nVersion: 1.0\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"LEVEL = 0.95\n").digest()).rstrip(b"=").decode()
    (about / "RECORD").write_text(f"borrowed.py,sha256={digest},13\nborrowed-1.0.dist-info/RECORD,,\n")
    with (root / "requirements/book.lock").open("a") as lock:
        lock.write("borrowed==1.0\n")
    html = root / "book/_build/html"
    (html / "analyses").mkdir(parents=True)
    (html / "index.html").write_text("<h1>Miniature</h1>")
    (html / "analyses/waits-once.html").write_text('<h1>Waits</h1><figure><svg><path d="M 1 2"/></svg></figure>')
    with pytest.MonkeyPatch.context() as patch:
        miniature.enter(root, patch)
        bibliography.write()
        patch.syspath_prepend(root / "notebooks")
        for run in load_runs().values():
            record = execution.results_of(run, in_process.execute(run))
            files.write_whole(root / "results" / f"{run.name}.json", files.as_json(record))
        stored.refresh(root / "notebooks/waits.ipynb")
        (root / "book/_build" / book.OUTPUTS).write_text(json.dumps(book._hashes(html)))
    return root


@pytest.fixture
def project(original, tmp_path, monkeypatch) -> Path:
    """A copy to tamper with; a worker executes its runs without a kernel."""
    root = miniature.enter(shutil.copytree(original, tmp_path / "copy"), monkeypatch)
    monkeypatch.syspath_prepend(root / "installed")
    monkeypatch.syspath_prepend(root / "notebooks")
    monkeypatch.setattr(verification, "execute", _execute)
    sys.modules.pop("miniature_drawing", None)  # it has the plot by name
    yield root
    sys.modules.pop("miniature_drawing", None)


def _execute(run):
    try:
        run.read()
    except RunError as error:
        return None, str(error), 0.1
    return execution.results_of(run, in_process.execute(run)), "", 0.1


def verify(only: str, *arguments: str):
    return CliRunner().invoke(main, ["verify", "--only", only, *arguments])


def swap(name: str, old: str, new: str):
    """Return a tamper that puts one text in another's place, once, in a file of the project."""

    def change(root, _):
        text = (root / name).read_text(encoding="utf-8")
        assert old in text, name
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _limit(root, patch):
    def plot(waits, *, ax):
        return ax.plot(range(len(waits)), waits["days"] * 1.02, marker="s")

    patch.setattr(minimethods, "plot_waits", plot)


def _bars(places: list[int]):
    """Return a tamper that draws the months as bars at some places, data unchanged."""

    def change(root, patch):
        patch.setattr(minimethods, "plot_waits", lambda waits, *, ax: ax.bar(places, waits["days"]))

    return change


def _picture(root, _):
    path = root / "notebooks/waits.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (drawn,) = (out.data for cell in notebook.cells for out in cell.get("outputs", []) if "hs-figure" in str(out))
    line = re.search(r'<path d="M [\d.]+ ([\d.]+)\s+L [\d.]+ [\d.]+', drawn["text/html"])
    drawn["text/html"] = drawn["text/html"].replace(line[0], line[0].replace(line[1], f"{float(line[1]) + 5}", 1), 1)
    nbformat.write(notebook, path)


#: What is tampered with: how, the part of verify that finds it, and how it names it.
TAMPERS = {
    "a value in a data file": (
        swap("data/published/waits.csv", "12.5", "12.6"),
        "data",
        r"data: waits, checksum: expected 'sha256:",
    ),
    "a published number": (
        swap("results/waits-once.json", '"value": 13.5', '"value": 14.85'),
        "runs",
        r"waits-once: mean_wait, value: expected 14.85, got 13.5",
    ),
    "the text printed for a number": (
        swap("results/waits-once.json", '"text": "13.50 days"', '"text": "14.85 days"'),
        "runs",
        r"waits-once: mean_wait, text: expected '13.50 days', got '14.85 days'",
    ),
    "a version in the lock": (
        swap("requirements/book.lock", "borrowed==1.0", "borrowed==1.1"),
        "environment",
        r"environment: borrowed, version: expected '1.1', got '1.0'",
    ),
    "a file of an installed package": (
        swap("installed/borrowed.py", "0.95", "0.94"),
        "package",
        r"package: borrowed, borrowed.py: expected '",
    ),
    "a limit drawn 2% too high": (
        _limit,
        "runs",
        r"waits-once: waits, figure columns drawn: expected \['days'\], got \[\]",
    ),
    "two bars that change places": (
        _bars([1, 0, 2]),
        "runs",
        r"waits-once: waits, figure columns drawn: expected \['days'\], got \[\]",
    ),
    "a stored output": (
        swap("notebooks/waits.ipynb", "mean_wait: 13.50", "mean_wait: 14.85"),
        "notebooks",
        r"waits.ipynb, code cell 3, text/plain: expected 'mean_wait: 14.85",
    ),
    "a stored picture": (
        _picture,
        "notebooks",
        r"waits.ipynb, code cell 5, drawing 1: expected .<path d=.M",
    ),
    "a DOI": (
        swap("book/references.bib", "10.1000/waits.1", "10.1000/waits.2"),
        "references",
        r"references: ours2020, doi: expected '10.1000/waits.1', got '10.1000/waits.2'",
    ),
    "a title in the bibliography": (
        swap("book/references.bib", "{Waits}", "{Weights}"),
        "references",
        r"references: ours2020, sha256: expected '",
    ),
    "a heading of the built book": (
        swap("book/_build/html/index.html", "Miniature", "Gigantic"),
        "book",
        r"book: index.html, checksum: expected '",
    ),
    "a figure of the built book": (
        swap("book/_build/html/analyses/waits-once.html", '<path d="M 1 2"/>', ""),
        "book",
        r"book: analyses/waits-once.html, checksum: expected '",
    ),
    "the verdict on a claim": (
        swap("data/claims.csv", "reproduced", "inconsistent"),
        "claims",
        r"claims: example-[\w-]+, verdict: expected 'inconsistent'",
    ),
}


def test_untampered_everything_agrees_and_the_report_follows_its_schema(project, tmp_path):
    done = verify(",".join(verification.PARTS), "--json", str(tmp_path / "found.json"), "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "found.json").read_text())
    assert found == json.loads((tmp_path / "out/report.json").read_text())
    schema = json.loads(CliRunner().invoke(main, ["verify", "--schema"]).output)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert found["parts not checked"] == []
    assert set(verification.PARTS) == {entry["part"] for entry in found["checks"]} - {"results", "figures"}
    assert found["project"]["book.lock"].startswith("sha256:")
    assert {"linear algebra", "locale"} < set(found["machine"])
    assert not (project / "book/_build/verification").exists()
    with pytest.raises(jsonschema.ValidationError, match="commit"):
        jsonschema.validate({**found, "project": {**found["project"], "commit": "main"}}, schema)


@pytest.mark.parametrize("tamper", TAMPERS)
def test_what_is_tampered_with_is_named(project, monkeypatch, tamper):
    change, part, named = TAMPERS[tamper]
    change(project, monkeypatch)
    done = verify(part, *(["waits-once"] if part == "runs" else []))
    assert done.exit_code == 1, done.output
    assert re.search(f"^{named}" if part != "notebooks" else named, done.output, flags=re.M), done.output


def test_bars_in_their_places_show_what_the_frame_says(project, monkeypatch):
    _bars([0, 1, 2])(project, monkeypatch)
    done = verify("runs", "waits-once")
    assert done.exit_code == 0, done.output


def test_the_printed_words_of_a_claim_follow_from_its_inputs(monkeypatch):
    monkeypatch.setenv("HEALTHSYS_ROOT", str(miniature.PROJECT))
    ledger = {claim["claim_id"]: claim for claim in claims.load_ledger().to_dict("records")}
    unsaid = {name for name, claim in ledger.items() if wording.unsaid(claim)}
    assert unsaid == wording.ELSEWHERE, "a claim uses a number that its words do not give, or an exception is needless"
    claim = ledger["cpt-span-of-control"]
    assert "363" in claim["printed"]
    assert wording.unsaid({**claim, "printed": claim["printed"].replace("363", "393"), "statement": ""})


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("results/waits-once.json", "run, record: expected 'results/waits-once.json', got 'damaged: results/"),
        ("notebooks/waits.ipynb", "run, execution: expected 'finished', got 'waits.ipynb is no notebook ("),
        ("data/claims.csv", "claims: example-who-reports, row: expected 'a claim', got "),
    ],
)  # fmt: skip
def test_one_damaged_file_gives_its_verdict_and_the_rest_goes_on(project, damage, named):
    path = project / damage
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = verify("data,references,runs,claims,book")
    assert done.exit_code == 1, done.output
    assert named in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    counts = dict(re.findall(r"^(\w+) +(\d+) +\d+ +\d+$", done.output, flags=re.M))
    assert {"references", "claims", "book", "runs"} <= set(counts)


def test_one_damaged_row_of_the_ledger_gives_its_verdict_and_the_other_claims_go_on(project):
    path = project / "data/claims.csv"
    head, first, *others = path.read_text(encoding="utf-8").splitlines(True)
    rows = list(csv.DictReader([head, first]))
    assert rows[0]["check"] in first
    path.write_text(head + first.replace(rows[0]["check"], "1 +", 1) + "".join(others), encoding="utf-8")
    done = verify("claims")
    assert done.exit_code == 1
    assert f"claims: {rows[0]['claim_id']}, row: expected 'a claim', got" in done.output
    assert re.search(rf"^claims +{len(others) + 1} +{len(others)} +1$", done.output, flags=re.M), done.output


def test_the_record_says_of_every_figure_which_columns_it_draws():
    records = [json.loads(path.read_text(encoding="utf-8")) for path in (miniature.PROJECT / "results").glob("*.json")]
    figures = {f"{one['run']}/{name}": figure for one in records for name, figure in one["figures"].items()}
    assert [name for name, figure in figures.items() if "drawn" not in figure] == [], "healthsys verify --accept RUN"
    none = [name for name, figure in figures.items() if not figure["drawn"]]
    assert none == ["published-pay-gaps/peers"], "its bars count peers, which the frame lists one by one"
    charts = [figure["drawn"] for name, figure in figures.items() if name.endswith("/control-chart")]
    assert all({"value", "mean", "lpl", "upl"} <= set(drawn) for drawn in charts), "limits are compared on every chart"
