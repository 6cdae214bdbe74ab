"""The serving build: what it answers and refuses, what a change and an error do, what an interrupt leaves."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

import miniature
from compendium import project, serve

#: Ends a wait for what never comes; no test says how long a thing takes.
PATIENCE = 300


@dataclass
class Served:
    """A server of the miniature."""

    root: Path
    process: subprocess.Popen
    said: Path
    port: int = 0

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Return status, text and headers; the path goes out as it is."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())

    def number(self) -> str:
        """Return the number of the build that a page which is loaded now has seen."""
        return re.search(r"seen=(\d+)", self.get("/-/reload.js")[1])[1]

    def until(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """Return the first match in what the server said, from a position on."""
        for _ in range(PATIENCE * 10):
            if found := re.compile(pattern).search(self.said.read_text(encoding="utf-8"), after):
                return found
            assert self.process.poll() is None, self.said.read_text(encoding="utf-8")
            time.sleep(0.1)
        raise AssertionError(f"the server never said {pattern}: {self.said.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path_factory.mktemp("serve") / "mini")
    given = {**miniature.clean_environment(), "HEALTHSYS_ROOT": str(root), "PYTHONUNBUFFERED": "1"}
    said = root.with_name("said")
    with said.open("w") as out:
        command = [sys.executable, "-m", "everyday.cli", "serve", "--port", "0"]
        process = subprocess.Popen(command, cwd=root, env=given, stdout=out, stderr=out, start_new_session=True)
    server = Served(root, process, said)
    try:
        server.port = int(server.until(r"serving http://127\.0\.0\.1:(\d+)/ ")[1])
        server.until(r"book (?:built|up to date)")
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_page_is_served_with_its_policy_and_the_script_that_reloads(served):
    status, text, headers = served.get("/")
    on_disk = (served.root / "book/_build/html/index.html").read_text(encoding="utf-8")
    added = '<script src="/-/reload.js" defer></script>\n'
    assert (status, text.replace(added, "")) == (200, on_disk)
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
    assert "connect-src 'none'" in policy[1]
    assert policy.end() < text.index(added), "the policy holds for the script too"
    assert int(headers["Content-Length"]) == len(text.encode())
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert headers["Cache-Control"] == "no-store"
    status, script, _ = served.get("/-/reload.js")
    assert status == 200
    assert "/-/wait.js?seen=" in script


@pytest.mark.parametrize(
    "path",
    ["/../.state.json", "/%2e%2e/.state.json", "/..%2f.state.json", "/_static/../../.state.json", "//etc/passwd"],
)
def test_a_path_out_of_the_built_book_is_refused(served, path):
    assert (served.root / "book/_build/.state.json").is_file()
    status, text, _ = served.get(path)
    assert status in (403, 404)
    assert not re.search('"read"|root:', text)


def test_another_site_cannot_pass_itself_off_as_this_computer(served):
    assert served.get("/", Host="example.org")[0] == 404
    assert served.get("/-/reload.js", Host="example.org")[0] == 404
    assert served.get("/", Host=f"localhost:{served.port}")[0] == 200


def test_only_this_computer_can_reach_it(served):
    listening = {one.laddr.ip for one in psutil.Process(served.process.pid).net_connections() if one.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


def test_a_port_that_is_taken_is_named(served):
    done = miniature.healthsys(served.root, "serve", "--port", str(served.port))
    assert done.returncode == 1
    assert f"port {served.port}: Address already in use; give another one: --port {served.port + 1}" in done.stderr


def test_a_change_is_built_and_the_browser_told(served):
    seen = served.number()
    start = len(served.said.read_text(encoding="utf-8"))
    page = served.root / "book/index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    while "One more sentence." not in (ahead := served.get("/")[1]):  # an earlier build may be told of first
        while not (answer := served.get(f"/-/wait.js?seen={seen}")[1]):
            assert served.process.poll() is None
        seen = served.number()
    assert answer == "location.reload();"
    served.until(r"book built", after=start)
    assert without_size(served.get("/")[1]) == without_size(ahead), "the rest of the build changes no page"


def without_size(page: str) -> str:
    """Return a page without the size of the zip, which is known only when all of it is built."""
    return re.sub(r"[\d.]+ [kM]B", "", page)


AHEAD = """
from compendium import book, paths

html, outputs = paths.build() / "html", paths.build() / book.OUTPUTS
before = outputs.read_bytes()


def ahead():
    print("seen", "One more sentence." in (html / "index.html").read_text(), outputs.read_bytes() == before)


print(book.build_pages(ahead=ahead), outputs.read_bytes() == before, book.changed_outputs())
"""


def test_changed_pages_are_seen_before_the_rest_is_built(tmp_path, tmp_path_factory):
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path / "mini")
    page = root / "book/index.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8")
    given = {**miniature.clean_environment(), "HEALTHSYS_ROOT": str(root)}
    done = subprocess.run([sys.executable, "-c", AHEAD], cwd=root, env=given, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["seen True True", "True False {}"], done.stderr


def test_pages_wait_for_a_zip_of_another_name(tmp_path, tmp_path_factory):
    """Pages that are shown ahead offer the zip of the last build, whose name has the title and version of the book."""
    root = shutil.copytree(miniature.built(tmp_path_factory), tmp_path / "mini")
    package = root / "data/datapackage.json"
    package.write_text(package.read_text(encoding="utf-8").replace('"Miniature"', '"Renamed"'), encoding="utf-8")
    given = {**miniature.clean_environment(), "HEALTHSYS_ROOT": str(root)}
    done = subprocess.run([sys.executable, "-c", AHEAD], cwd=root, env=given, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["True False {}"], done.stderr
    assert [path.name.partition("-")[0] for path in (root / "book/_build/html").glob("*-book.zip")] == ["renamed"]


def test_an_error_is_said_and_the_last_good_page_stays(served):
    page, notebook = served.root / "book/index.md", served.root / "notebooks/waits.ipynb"
    good, code = page.read_text(encoding="utf-8"), notebook.read_text(encoding="utf-8")
    before, start = served.get("/")[1], len(served.said.read_text(encoding="utf-8"))
    page.write_text(good + "\n{result}`no-run/no-result`\n", encoding="utf-8")
    served.until(r"the page build failed:\n.*no-run", after=start)
    assert served.get("/")[1] == before
    notebook.write_text(code.replace("factor\\n", "factor + unknown\\n"), encoding="utf-8")
    served.until(r"cell \d failed at .*NameError", after=start)
    assert served.get("/")[1] == before
    notebook.write_text(code, encoding="utf-8")
    page.write_text(good + "\nAll is well again.\n", encoding="utf-8")
    served.until(r"book built", after=start)
    assert "All is well again." in served.get("/")[1]


def test_an_interrupt_ends_it_and_its_workers(served):
    workers = psutil.Process(served.process.pid).children(recursive=True)
    os.killpg(served.process.pid, signal.SIGINT)
    assert served.process.wait(PATIENCE) == 0
    _, left = psutil.wait_procs(workers, timeout=PATIENCE)
    assert not left
    assert "Traceback" not in served.said.read_text(encoding="utf-8")


def test_what_a_build_finds_imported_is_not_of_the_project(mini, monkeypatch):
    """A change of the project's own code must be seen by the next build; only what is locked is imported before."""
    monkeypatch.setenv("HEALTHSYS_ROOT", str(mini))
    ours = {folder.name for folder in project.folders()}
    named = serve.libraries()
    assert {name for name in named if name.partition(".")[0] in ours} == {"compendium"}, "with nothing but its switch"
    assert {"pandas", "myst_nb", "sphinx_book_theme"} <= set(named)
