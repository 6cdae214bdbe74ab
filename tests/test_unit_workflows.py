"""The workflow files: readable, pinned, of few rights, and what they call is there."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from miniature import PROJECT

FOLDER = PROJECT / ".github/workflows"

WORKFLOWS = sorted(path.name for path in FOLDER.glob("*.yml"))


def workflow(name):
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def steps(name):
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


def targets():
    return set(re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text(encoding="utf-8"), flags=re.M))


def test_there_is_one_to_publish_and_one_for_every_week():
    assert WORKFLOWS == ["pages.yml", "weekly.yml"]
    # YAML 1.1 reads the key `on` as true.
    assert "push" in workflow("pages.yml")[True]
    (schedule,) = workflow("weekly.yml")[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"]), "once a week"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(name):
    used = [step["uses"] for step in steps(name) if "uses" in step]
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action), action
        assert [line for line in lines if action in line and re.search(r"# v\d+\.\d+\.\d+$", line)], action


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_make_target_that_a_step_calls_exists(name):
    called = [target for step in steps(name) for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))]
    assert called
    assert set(called) <= targets()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_rights_are_named_and_writing_is_left_to_the_job_that_needs_it(name):
    allowed = {
        "build": {"contents": "read", "pages": "read"},
        "publish": {"pages": "write", "id-token": "write"},
        "verify": {"contents": "read", "issues": "write"},
    }
    assert workflow(name)["permissions"] == {}, "a job has only the rights that it names"
    for job, described in workflow(name)["jobs"].items():
        assert described["timeout-minutes"] <= 120
        assert described["permissions"] == allowed[job]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_checkout_keeps_its_credentials(name):
    (checkout,) = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"] == {"persist-credentials": False}


def test_the_issue_is_opened_only_where_the_verification_differs_and_carries_the_report():
    (opening,) = [step for step in steps("weekly.yml") if "gh issue create" in step.get("run", "")]
    assert "steps.verify.outcome == 'failure'" in opening["if"]
    (verify,) = [step for step in steps("weekly.yml") if step.get("id") == "verify"]
    assert verify["run"].startswith("make verify")
    assert verify["shell"] == "bash", "bash stops at the first failure of a pipe; the default shell does not"


def test_what_is_published_is_what_the_build_leaves():
    (upload,) = [step for step in steps("pages.yml") if "upload-pages-artifact" in step.get("uses", "")]
    assert upload["with"]["path"] == "book/_build/html"


@pytest.mark.parametrize(
    ("fails", "code"),
    [("nothing", 0), ("make test", 1), ("healthsys verify", 1), ("make test-pythons", 1), ("book", 1)],
)
def test_a_landing_fails_where_one_of_its_commands_fails_and_all_are_called(tmp_path, fails, code):
    (tmp_path / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci/run", tmp_path / ".ci/run")
    if fails != "book":
        (tmp_path / "book/_build/html").mkdir(parents=True)
        (tmp_path / "book/_build/html/index.html").touch()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    script = f"""#!/bin/sh
called="$(basename "$0") $*"
echo "$called" >>"{tmp_path}/called"
[ "$called" != "{fails}" ]
"""
    for name in ("bin/make", "bin/chromium", "bin/bwrap", "bin/apt-get", ".venv/bin/healthsys"):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".venv/bin/python").write_text("#!/bin/sh\necho Python 3.11.7\n")
    (tmp_path / ".venv/bin/python").chmod(0o755)
    done = subprocess.run(["bash", str(tmp_path / ".ci/run")], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    called = (tmp_path / "called").read_text().splitlines()
    assert [line for line in called if not line.startswith("apt-get")] == [
        "make test", "healthsys verify", "make test-pythons"
    ]  # fmt: skip
    assert "the whole verification ran on Python 3.11.7" in done.stdout
