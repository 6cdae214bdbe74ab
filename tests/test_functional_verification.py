"""The reviewer's path on the miniature project: it agrees, and it can fail: each thing tampered with is named."""

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from click.testing import CliRunner
from lxml import html as parser

import miniature
import minimethods
from compendium import archive, book, crate, outputs, stored, verification
from compendium.runs import load_runs
from everyday.cli import main


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """A miniature project with stored outputs and a published record, made once."""
    root = miniature.make(tmp_path_factory.mktemp("verified") / "mini")
    shutil.copytree(miniature.built(tmp_path_factory) / "results", root / "results", dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        miniature.enter(root, patch)
        stored.refresh(root / "notebooks/waits.ipynb")
    return root


@pytest.fixture
def project(original, tmp_path, monkeypatch) -> Path:
    """A copy to tamper with."""
    return miniature.enter(shutil.copytree(original, tmp_path / "copy"), monkeypatch)


def verify(*arguments: str):
    return CliRunner().invoke(main, ["verify", *arguments])


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def with_claims(root: Path) -> None:
    """Give the miniature a ledger: the example claims of the template, in the layout of the project's ledger."""
    lines = (miniature.PROJECT / "data/templates/claims_template.csv").read_text(encoding="utf-8").splitlines(True)
    unlinked = [line for line in lines if "tested on data" not in line]  # the miniature has no result to test on
    (root / "data/claims.csv").write_text("".join(unlinked), encoding="utf-8")
    settings = {**miniature.PROJECT_SETTINGS, "extension": "everyday.extension"}
    (root / "book/_compendium.yml").write_text(yaml.safe_dump(settings))
    ours = json.loads((miniature.PROJECT / "data/datapackage.json").read_text())
    package = copy.deepcopy(miniature.PACKAGE)
    package["resources"] += [
        {**entry, "path": "claims.csv"} for entry in ours["resources"] if entry["name"] == "claims"
    ]
    miniature.stamp(root, package)


def test_an_untouched_project_agrees_and_leaves_a_report(project):
    with_claims(project)
    done = verify()
    assert done.exit_code == 0, done.output
    found = json.loads((project / "book/_build/verification/report.json").read_text())
    assert found["verdict"] == "agrees"
    verdicts = {(entry["part"], entry["name"]): entry["verdict"] for entry in found["checks"]}
    for expected in (("environment", "pandas"), ("data", "waits"), ("notebooks", "waits.ipynb"), ("runs", "waits-once"),
                     ("results", "waits-twice/mean_wait"), ("figures", "waits-twice/waits")):  # fmt: skip
        assert verdicts[expected] == "agrees"
    assert sum(part == "claims" for part, _ in verdicts) >= 2
    assert set(found["seconds"]) == {*verification.PARTS, "notebooks and runs", "total"}
    assert {"system", "processor", "Python", "pandas"} <= set(found["machine"])
    assert re.search(rf"^total +{len(verdicts)} +{len(verdicts)} +0$", done.output, flags=re.M)
    assert f"all {len(verdicts)} checks agree" in done.output
    assert [path.name for path in (project / "book/_build").iterdir()] == ["verification"], (
        "nothing built is written over"
    )
    assert str(project) not in (project / "book/_build/verification/report.html").read_text()


def test_the_report_is_one_accessible_page_that_needs_nothing_else(project):
    replace(project / "data/published/waits.csv", "12.5", "13.5")
    verify("--only", "data")
    text = (project / "book/_build/verification/report.html").read_text()
    page = parser.fromstring(text)
    assert page.get("lang") == "en-GB"
    assert page.xpath("string(//h1)") == "Verification"
    assert "1 of 4 checks differs" in page.text_content()
    left_out = "environment, package, references, notebooks, runs, claims, book"
    assert f"Not checked this time: {left_out}." in page.text_content()
    for table in page.xpath("//table"):
        for needed in ("caption", ".//thead//th[@scope='col']", ".//tbody//th[@scope='row']"):
            assert table.xpath(needed), needed
    differing = page.xpath("//h2[.='What differs']/following::table[1]/tbody/tr")
    assert [row.xpath("string(th)") for row in differing] == ["data: waits"]
    assert not re.search(r"<(?:script|link|img|iframe)|(?:src|href)=.https?:|@import|url\((?!data:)", text)


def test_a_changed_data_value_is_named_with_the_result_it_changes(project):
    replace(project / "data/published/waits.csv", "12.5", "13.5")
    done = verify("--only", "data,runs", "waits-once")
    assert done.exit_code == 1
    assert re.search(r"^data: waits, checksum: expected 'sha256:\w{64}', got 'sha256:\w{64}'$", done.output, flags=re.M)
    assert "waits-once: mean_wait, value: expected 13.5, got 14.0, difference 0.5" in done.output
    assert "waits-once: waits, figure data row 1, days: expected 12.5, got 13.5, difference 1" in done.output


def test_a_value_against_the_schema_is_named(project):
    miniature.checked(project)
    replace(project / "data/published/waits.csv", "12.5", "1250")
    done = verify("--only", "data")
    assert "waits.csv: column 'days', row 2: '1250' is not allowed; allowed: a number from 0 to 365" in done.output


def test_a_data_file_that_nothing_describes_is_named(project):
    (project / "data/published/more.csv").write_text("a\n1\n")
    done = verify("--only", "data")
    assert "data: published/more.csv, entry in data/datapackage.json: expected 'described', got 'absent'" in done.output


def test_a_changed_line_of_source_is_caught_by_the_result_it_changes(project, tmp_path):
    source = shutil.copytree(miniature.PROJECT / "src", tmp_path / "src")
    replace(source / "compendium/recording.py", "SIGNIFICANT_DIGITS = 8", "SIGNIFICANT_DIGITS = 2")
    done = subprocess.run(
        [sys.executable, "-m", "everyday.cli", "verify", "--only", "runs", "waits-once"],
        env={**miniature.clean_environment(), "HEALTHSYS_ROOT": str(project),
             "PYTHONPATH": os.pathsep.join([str(source), str(miniature.PROJECT / "tests")])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "waits-once: mean_wait, value: expected 13.5, got 14.0, difference 0.5" in done.stdout


def test_a_changed_result_file_is_named_with_expected_got_and_difference(project):
    path = project / "results/waits-once.json"
    replace(path, '"value": 13.5', '"value": 13.6')
    done = verify("--only", "runs", "waits-once")
    assert done.exit_code == 1
    assert "DIFFERS  results    waits-once/mean_wait" in done.output
    assert "waits-once: mean_wait, value: expected 13.6, got 13.5, difference -0.1" in done.output


def test_a_changed_stored_output_is_named_with_its_cell(project):
    path = project / "notebooks/waits.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[4].outputs[0].data["text/plain"] = "mean_wait: 12.50 days days — Mean wait"
    nbformat.write(notebook, path)
    done = verify("--only", "notebooks")
    assert done.exit_code == 1
    assert "notebooks: waits.ipynb, code cell 3, text/plain: expected 'mean_wait: 12.50" in done.output
    assert "got 'mean_wait: 13.50" in done.output


#: What a cell prints, what is stored of it, and whether both are the same output.
PRINTED = [
    ("slope 0.0565475", "slope 0.0565476", True),
    ("slope 0.0565475", "slope 0.0571130", False),
    ("slope 0.0565475", "trend 0.0565475", False),
    ("mean 13.50 days", "mean 13.51 days", False),
    ("p = 1.25e-07", "p = 1.2500001e-07", True),
    ("252,950", "252,951", False),
]


def test_only_last_digits_of_long_decimals_may_differ(monkeypatch, tmp_path):
    monkeypatch.setenv("HEALTHSYS_ROOT", str(miniature.PROJECT))
    cells = [
        nbformat.v4.new_code_cell(f"print({new!r})", outputs=[nbformat.v4.new_output("stream", text=f"{before}\n")],
                                  execution_count=number)
        for number, (new, before, _) in enumerate(PRINTED, start=1)
    ]  # fmt: skip
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "printed.ipynb")
    (found,), _ = verification.verify([], parts=["notebooks"], notebooks=[tmp_path / "printed.ipynb"])
    assert [(wrong.part, wrong.expected, wrong.got) for wrong in found.differences] == [
        (f"code cell {number}, stdout", f"{before}\n", f"{new}\n")
        for number, (new, before, agrees) in enumerate(PRINTED, start=1) if not agrees
    ]  # fmt: skip


def test_a_difference_is_named_and_a_last_digit_next_to_it_is_not():
    new = {"value": 17.595771, "lower": 15.251, "n": 60, "text": "17.6% of 0.1234567"}
    before = {"value": 17.595772, "lower": 15.252, "n": 61, "text": "17.5% of 0.1234568"}
    after = {"value": 17.595772, "lower": 15.251, "n": 60, "text": "17.6% of 0.1234568"}
    assert outputs.settled(before, new) == after
    assert not outputs.same(["a"], ["a", "b"])
    assert not outputs.same("<svg></svg>", "0.123456")


def test_a_changed_verdict_of_a_claim_is_named(project):
    with_claims(project)
    ledger = project / "data/claims.csv"
    ledger.write_text(ledger.read_text().replace("reproduced", "inconsistent", 1))
    done = verify("--only", "claims")
    assert done.exit_code == 1
    named = r"^claims: example-[\w-]+, verdict: expected 'inconsistent', got 'reproduced'$"
    assert re.search(named, done.output, flags=re.M)


def test_a_changed_lock_entry_is_named_and_so_is_a_missing_package(project):
    lock = project / "requirements/book.lock"
    installed = lock.read_text().strip().partition("==")[2]
    lock.write_text(
        'pandas==0.1 \\\n    --hash=sha256:00\nno-such-package==1.0\nnumpy==0.1 ; sys_platform == "nowhere"\n'
    )
    done = verify("--only", "environment")
    assert done.exit_code == 1
    assert f"environment: pandas, version: expected '0.1', got '{installed}'" in done.output
    assert "environment: no-such-package, version: expected '1.0', got 'not installed'" in done.output
    assert "numpy" not in done.output


def test_a_further_lock_is_checked_where_it_is_installed(project):
    (project / "requirements/test.lock").write_text("pandas==0.2\npytest==0.1\nno-such-package==1.0\n")
    done = verify("--only", "environment")
    assert "environment: pandas, version in test.lock: expected" in done.output
    assert "environment: pytest, version: expected '0.1'" in done.output
    assert "no-such-package" not in done.output


def test_a_run_without_a_record_and_a_record_without_a_run_are_named(project, monkeypatch):
    (project / "results/waits-once.json").rename(project / "results/waits-never.json")
    got = json.loads((project / "results/waits-twice.json").read_text())
    monkeypatch.setattr(verification, "execute", _kept(got))
    monkeypatch.setattr(verification, "ProcessPoolExecutor", _Here)
    done = verify("--only", "runs")
    assert done.exit_code == 1
    assert "waits-once: run, record: expected 'results/waits-once.json', got 'no published record'" in done.output
    assert "waits-never: run, entry in notebooks/runs.yml: expected 'a run', got 'absent'" in done.output


def _kept(got):
    return lambda run: (got, "", 0.1)


class _Here:
    """Run at once, in this process."""

    def __init__(self, **_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, what, *arguments):
        from concurrent.futures import Future

        future = Future()
        future.set_result(what(*arguments))
        return future


def test_a_run_that_fails_is_named_with_what_failed(project, monkeypatch):
    monkeypatch.setattr(verification, "execute", lambda run: (None, f"{run.name}: cell 2 failed", 0.1))
    monkeypatch.setattr(verification, "ProcessPoolExecutor", _Here)
    done = verify("--only", "runs", "waits-once")
    assert done.exit_code == 1
    assert "waits-once: run, execution: expected 'finished', got 'waits-once: cell 2 failed'" in done.output


def test_an_unknown_part_is_refused_with_the_nearest(project):
    done = verify("--only", "dta")
    assert done.exit_code == 2
    assert (
        "there is no part 'dta'. Did you mean 'data'? There are: "
        "environment, package, data, references, notebooks, runs, claims, book"
        in done.output
    )


def test_accepting_needs_a_name(project):
    done = verify("--accept")
    assert done.exit_code == 2
    assert "name the runs whose results to accept" in done.output


# The archive and what it says of itself.


@pytest.fixture
def unpacked(project, tmp_path) -> Path:
    """The project's archive, unpacked elsewhere."""
    (project / ".gitignore").write_text("book/_build/\n*.py[cod]\n__pycache__\n")
    (project / "notebooks/__pycache__").mkdir(exist_ok=True)
    (project / "notebooks/__pycache__/a.pyc").write_text("")
    done = CliRunner().invoke(main, ["archive", "--out", str(tmp_path / "all.zip")])
    assert done.exit_code == 0, done.output
    assert "no built book" in done.output
    shutil.unpack_archive(tmp_path / "all.zip", tmp_path / "elsewhere")
    (folder,) = (tmp_path / "elsewhere").iterdir()
    assert folder.name == f"miniature-{minimethods.__version__}"
    return folder


def test_an_archive_unpacked_elsewhere_verifies_without_git(unpacked, project, monkeypatch):
    shutil.rmtree(project)
    monkeypatch.setenv("HEALTHSYS_ROOT", str(unpacked))
    monkeypatch.setenv("GIT_DIR", str(unpacked / "nowhere"))
    monkeypatch.chdir(unpacked)
    done = verify("--only", "environment,data,runs", "waits-once")
    assert done.exit_code == 0, done.output
    again = CliRunner().invoke(main, ["archive"])
    assert again.exit_code == 0, again.output
    first = sorted(path for path in unpacked.rglob("*") if path.is_file() and "_build" not in path.parts)
    assert not [path for path in first if "__pycache__" in path.parts]


def test_two_archives_of_equal_sources_are_equal(project, tmp_path):
    for name in ("one.zip", "two.zip"):
        assert CliRunner().invoke(main, ["archive", "--out", str(tmp_path / name)]).exit_code == 0
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_crate_has_the_pythons_that_the_project_runs_on(project, tmp_path):
    (project / "pyproject.toml").write_text('[project]\nname = "one"\nrequires-python = ">=3.11,<3.14"\n')
    assert CliRunner().invoke(main, ["archive", "--out", str(tmp_path / "one.zip")]).exit_code == 0
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        (name,) = [name for name in packed.namelist() if name.endswith("ro-crate-metadata.json")]
        graph = json.loads(packed.read(name))["@graph"]
    (language,) = [entity for entity in graph if entity["@type"] == "ComputerLanguage"]
    assert language["version"] == ">=3.11,<3.14"


def test_the_crate_holds_what_the_workflow_run_profile_requires(unpacked):
    """RO-Crate 1.3, data entities; Workflow Run Crate 0.6, requirements; Workflow RO-Crate 1.1, main workflow."""
    crate = json.loads((unpacked / "ro-crate-metadata.json").read_text())
    assert crate["@context"] == "https://w3id.org/ro/crate/1.3/context"
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(entities) == len(crate["@graph"])

    def every(value):
        return value if isinstance(value, list) else [value]

    def kinds(entity):
        return set(every(entity["@type"]))

    for entity in entities.values():
        for key, value in entity.items():
            for item in every(value):
                outside = ("conformsTo", "identifier", "actionStatus")
                if isinstance(item, dict) and key not in outside:
                    assert item["@id"] in entities, f"{entity['@id']}.{key} names {item['@id']}, which is not described"
    descriptor, root = entities["ro-crate-metadata.json"], entities["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.3"}
    assert kinds(root) == {"Dataset"}
    assert {"name", "description", "author"} <= set(root)
    assert root["license"]["@id"].startswith("https://spdx.org/licenses/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", root["datePublished"])
    profiles = {entry["@id"] for entry in root["conformsTo"]}
    assert profiles == {
        "https://w3id.org/ro/wfrun/process/0.6",
        "https://w3id.org/ro/wfrun/workflow/0.6",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.1",
    }
    assert len(root["conformsTo"]) == len(profiles)
    assert all(kinds(entities[profile]) == {"CreativeWork", "Profile"} for profile in profiles)
    assert all(entities[profile]["version"] for profile in profiles)

    parts = {entry["@id"] for entry in root["hasPart"]}
    for part in parts:
        assert (unpacked / part).exists(), part
        assert kinds(entities[part]) & {"File", "Dataset"}
    for needed in (
        "data/published/waits.csv",
        "results/waits-once.json",
        "requirements/book.lock",
        "notebooks/waits.ipynb",
    ):
        assert needed in parts
    workflow = entities[root["mainEntity"]["@id"]]
    assert kinds(workflow) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert workflow["name"]
    assert workflow["@id"] in parts
    language = entities[workflow["programmingLanguage"]["@id"]]
    assert kinds(language) == {"ComputerLanguage"}
    assert language["version"] == "3"  # the miniature does not say which

    mentioned = {entry["@id"] for entry in root["mentions"]}
    actions = [entity for entity in entities.values() if "CreateAction" in kinds(entity)]
    assert {action["@id"] for action in actions} == mentioned == {"#book", "#run-waits-once", "#run-waits-twice"}
    assert workflow["@id"] in {action["instrument"]["@id"] for action in actions}
    for action in actions:
        assert {"name", "description", "agent", "object", "result"} <= set(action)
        assert action["endTime"] == "2026-01-01T00:00:00+00:00"
        instrument = entities[action["instrument"]["@id"]]
        for item in [*every(action["object"]), *every(action["result"])]:
            entity = entities[item["@id"]]
            assert kinds(entity) & {"File", "PropertyValue"}
            if instrument is not workflow and "exampleOfWork" in entity:
                slots = {slot["@id"] for slot in every(instrument["input"]) + every(instrument["output"])}
                assert entity["exampleOfWork"]["@id"] in slots
    formal = [entity for entity in entities.values() if "FormalParameter" in kinds(entity)]
    assert {entity["name"] for entity in formal} == {"source", "factor", "unit", "results"}
    assert all(entity["additionalType"] in {"Text", "Integer", "Float", "Boolean", "File"} for entity in formal)
    assert entities["#run-waits-twice-factor"]["value"] == "2.0"
    waits = entities["data/published/waits.csv"]
    content = (unpacked / "data/published/waits.csv").read_bytes()
    assert waits["sha256"] == hashlib.sha256(content).hexdigest()
    assert waits["contentSize"] == str(len(content))
    spdx = {part: [entry["@id"].rpartition("/")[2] for entry in every(entities[part]["license"])] for part in parts}
    assert spdx["notebooks/waits.ipynb"] == ["MIT", "CC-BY-4.0"]
    licences = {part: found[0] for part, found in spdx.items()}
    assert licences["data/published/waits.csv"] == "CC0-1.0"
    assert licences["results/waits-once.json"] == licences["book/"] == "CC-BY-4.0"
    assert licences["requirements/book.lock"] == "MIT"
    assert root["datePublished"] == "2026-01-01", "before a release, not the day on which it is packed"
    sums = (unpacked / "SHA256SUMS").read_bytes()
    assert entities["SHA256SUMS"]["sha256"] == hashlib.sha256(sums).hexdigest()
    listed = dict(reversed(line.split("  ", 1)) for line in sums.decode().splitlines())
    own = {"SHA256SUMS", "ro-crate-metadata.json"}
    assert listed == {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(unpacked.rglob("*"))
        if path.is_file() and (name := path.relative_to(unpacked).as_posix()) not in own
    }


def test_accepting_brings_the_manifest_up_to_date_and_leaves_the_rest(project):
    path = project / "codecheck.yml"
    path.write_text(
        "---\nversion: 1 # kept\nmanifest:\n  - file: old.json\n    comment: gone\n\n  - file: x\nsummary: kept\n"
    )
    assert crate.write_manifest()
    assert path.read_text() == (
        '---\nversion: 1 # kept\nmanifest:\n  - file: results/waits-once.json\n    comment: "Waits as printed"\n'
        '  - file: results/waits-twice.json\n    comment: "Waits doubled"\nsummary: kept\n'
    )
    assert not crate.write_manifest()


def test_the_manifest_of_the_project_names_every_published_result(monkeypatch):
    monkeypatch.setenv("HEALTHSYS_ROOT", str(miniature.PROJECT))
    text = (miniature.PROJECT / "codecheck.yml").read_text(encoding="utf-8")
    assert text.startswith("---\n"), "the format asks for an explicit document"
    found = yaml.safe_load(text)
    assert found["version"] == "https://codecheck.org.uk/spec/config/2.0/"
    assert found["paper"]["title"]
    assert found["paper"]["authors"][0]["name"]
    listed = [entry["file"] for entry in found["manifest"]]
    published = [f"results/{run}.json" for run in load_runs()]
    assert listed == [name for name in published if (miniature.PROJECT / name).is_file()]
    assert all(entry["comment"] for entry in found["manifest"])


def test_git_and_a_walk_find_the_same_sources(monkeypatch):
    monkeypatch.setenv("HEALTHSYS_ROOT", str(miniature.PROJECT))
    by_git = archive._from_git()
    if by_git is None:
        pytest.skip("this copy is no Git repository")
    assert sorted(by_git ^ archive._walk()) == []


def test_the_built_book_is_archived_only_while_it_is_up_to_date(project, monkeypatch):
    html = project / "book/_build/html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("<p>")
    key = project / "book/_build/.pages-key"
    key.write_text("another")
    assert archive.built_book() == []
    key.write_text(book.inputs_hash())
    assert archive.built_book() == ["book/_build/html/index.html"]


@pytest.mark.parametrize("name", ["words.csv", "templates/page.md", "words.py"])
def test_pages_are_built_again_where_a_file_of_a_package_changes(project, monkeypatch, name):
    file = project / "package" / name
    file.parent.mkdir(parents=True)
    monkeypatch.setattr(book.project, "folders", lambda: [project / "package"])
    seen = []
    for text in ("one", "two", "two"):
        file.write_text(text)
        seen.append(book.inputs_hash())
    assert seen[0] != seen[1] == seen[2]


def test_the_built_book_of_an_archive_is_checked_where_it_is_unpacked(project, tmp_path, monkeypatch):
    build = project / "book/_build"
    (build / "html").mkdir(parents=True)
    (build / "html/index.html").write_text("<p>as built")
    (build / book.OUTPUTS).write_text(json.dumps(book._hashes(build / "html")))
    (build / ".pages-key").write_text(book.inputs_hash())
    done = CliRunner().invoke(main, ["archive", "--out", str(tmp_path / "all.zip")])
    assert done.exit_code == 0, done.output
    shutil.unpack_archive(tmp_path / "all.zip", tmp_path / "elsewhere")
    (folder,) = (tmp_path / "elsewhere").iterdir()
    monkeypatch.setenv("HEALTHSYS_ROOT", str(folder))
    monkeypatch.chdir(folder)
    assert verify("--only", "book").exit_code == 0
    (folder / "book/_build/html/index.html").write_text("<p>as altered")
    done = verify("--only", "book")
    assert done.exit_code == 1
    assert "book: index.html, checksum: expected" in done.output


def test_a_walk_follows_gitignore_as_git_does(project):
    (project / ".gitignore").write_text("book/_build/\n*.log\n!kept.log\n/out\n")
    for name in ("a.log", "kept.log", "out/x", "src/out/y", "book/_build/z", ".git/config"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("")
    found = archive._walk()
    assert {"kept.log", "src/out/y", ".gitignore"} <= found
    assert not found & {"a.log", "out/x", "book/_build/z", ".git/config"}
