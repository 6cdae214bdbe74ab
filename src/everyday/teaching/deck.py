"""The slides of the modules: a text for each slide, made into decks by sphinx-revealjs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from compendium import files, paths, printing, report, typefaces
from compendium.errors import CompendiumError, RunError
from everyday.teaching import idea_figures, pages
from everyday.teaching.modules import Module

#: Settings and look of the decks, carried with the package.
LOOK = Path(__file__).parents[1] / "slides"

#: A line that starts the second column of a slide.
COLUMN = "\n+++\n"

#: What students are told next to the list of exercises.
HOW = """### How it works

- Alone for five minutes, then compare with a neighbour
- Run the cell below your answer: it says *right*, *not yet*, or which slip it is
- Hints are folded: the idea first, code last
- No computer? Use your sheet"""


def slides(module: Module) -> list[tuple[str, str]]:
    """Return the slides as Markdown with HTML, each with its speaker notes.

    Question, aims, prediction over the data, ideas with their picture and formula, a worked example next to the real
    chart, tasks, common errors, questions, homework. No solution and no key is on any of them; a slide whose note
    starts with "After exercise" stands after the tasks.
    """
    about, thinking = module.about, module.thinking
    said = [step["say"] for step in about["plan"] if step.get("say")]
    named = {exercise.name: exercise.title for exercise in module.exercises}
    wrong = [f"{named[one.exercise].partition(':')[0]}: {one.mistake}" for one in module.mistakes]
    last, drawn = module.exercises[-1], pages.drawings(module)
    charts = {"picture": idea_figures.idea_figure(module.name), "real": pages.real_figure(module)}
    marked = [f"**{one['criterion']}.** {one['full']}" for one in about["rubric"]]
    tasks = "\n".join(f"1. {title.partition(': ')[2].capitalize()}" for title in list(named.values())[:-1])
    think = [_headed(thinking[name], "### ") for name in ("change", "interpret")]
    own = [(text.partition("\nNote:")[0], text.partition("\nNote:")[2].strip()) for text in about["slides"]]
    later = [one for one in own if one[1].startswith("After exercise")]
    texts = [
        (f"# {module.title}\n\n{about['story']}", said[1]),
        ("## What you will be able to do\n\n" + pages.listed([one["text"] for one in about["outcomes"]]), said[0]),
        (f"{_headed(thinking['predict'])}{COLUMN}{drawn[0]}", about["comments"]["predict"]),
        *(one for one in own if one not in later),
        (f"## Your turn\n\n{tasks}{COLUMN}{HOW}", about["comments"]["q1"]),
        *later,
        ("## Common errors\n\n" + pages.listed(wrong[:6]), "Show this after the exercises. Ask how each comes about."),
        (f"## After the exercises\n\n{COLUMN.join(think)}\n\n{about['explorer']}",
         f"{about['comments']['change']} {about['comments']['interpret']}"),
        ("## Discussion\n\n" + pages.listed(about["discussion"]), "Give each question to one group, three minutes."),
        ("## What to take home\n\n" + pages.listed(about["core"]), "Ask which of these was new."),
        (f"## Homework: {last.title.partition(': ')[2]}\n\n{last.task}{COLUMN}### What earns marks\n\n"
         f"{pages.listed(marked)}", about["comments"][last.name]),
    ]  # fmt: skip
    for name, chart in charts.items():
        texts = [(text.replace(f"{{{name}}}", chart), note) for text, note in texts]
    return [(pages.resolved(pages.plain(text)), pages.resolved(pages.plain(note)).strip()) for text, note in texts]


def _headed(text: str, level: str = "## ") -> str:
    """Return a question of the notebook as a slide, without its hints."""
    return re.sub(r"^#+ ", level, text.partition("<details")[0].replace(" (no marks)", "").strip())


def source(module: Module) -> str:
    """Return the deck of a module as sphinx-revealjs reads it: a heading for each slide, its parts as HTML."""
    parts = ["---\norphan: true\n---\n"]
    for text, note in slides(module):
        heading, _, rest = text.partition("\n")
        made = [report.markdown(pages.unlinked(part)) for part in rest.split(COLUMN)]
        columns = "".join(f"<div>{_titled(part, narrow=len(made) > 1)}</div>" for part in made)
        kind = "hs-columns" if len(made) > 1 else "hs-whole"
        aside = f'<aside class="notes">{report.markdown(pages.unlinked(note))}</aside>' if note else ""
        body = re.sub(r"\n\s*\n", "\n", f'<div class="{kind}">{columns}</div>{aside}')
        parts.append(f"{heading}\n\n``````{{raw}} html\n{body}\n``````\n")
    return "\n".join(parts)


def _titled(markup: str, *, narrow: bool) -> str:
    """Return a figure as it fits its place; its title, if it has none, is the first sentence of its caption."""
    if narrow:
        markup = re.sub(r'<div class="hs-wide".*?</div>(?=<div class="hs-narrow")', "", markup, flags=re.S)
        markup = markup.replace('<div class="hs-narrow" style="display:none">', "<div>")
    else:
        markup = pages.wide(markup)
    if re.search(r'id="figure-.*font-weight: 700[^"]*--hs-text', markup, flags=re.S):
        return markup
    title = r'\1<p class="hs-title">\3</p>\2<figcaption>\4</figcaption>'
    return re.sub(r"(<figure[^>]*>)(.*?)<figcaption>(.+?)\.(?= |<)(.*?)</figcaption>", title, markup, flags=re.S)


def build(modules: list[Module], target: Path) -> None:
    """Write the decks as ``<module>/slides.html`` below a folder, and what they need into ``_static`` next to them.

    Raises
    ------
    RunError
        If sphinx-revealjs is missing, or finds a fault in a deck.
    """
    with tempfile.TemporaryDirectory() as folder:
        here, made = Path(folder) / "source", Path(folder) / "made"
        for module in modules:
            files.write_whole(here / module.name / "slides.md", source(module))
        files.write_whole(here / "index.md", "# Slides\n")
        files.write_whole(here / "conf.py", (LOOK / "conf.py").read_text(encoding="utf-8"))
        look = (LOOK / "healthsys.css").read_text(encoding="utf-8")
        files.write_whole(here / "_static" / "healthsys.css", f"{typefaces.rules()}\n{look}")
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "revealjs", "-d", f"{folder}/trees"]
        done = subprocess.run([*command, str(here), str(made)], capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RunError(f"the slides were not made: {said}; install the group 'teach': make env-teach")
        for module in modules:
            files.write_whole(target / module.name / "slides.html", (made / module.name / "slides.html").read_text())
        for name in ("healthsys.css", *(f"revealjs/{one}" for one in ("LICENSE", "dist/reveal.css", "dist/reveal.js",
                                                                    "plugin/notes/notes.js"))):  # fmt: skip
            (target / "_static" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(made / "_static" / name, target / "_static" / name)


def print_slides() -> int:
    """Print each module's slides as ``slides.pdf`` next to them; return how many, none without Chromium."""
    from playwright.sync_api import sync_playwright

    try:
        browser = printing.find_browser()
    except CompendiumError:
        return 0
    decks = sorted((paths.build() / "teaching" / "instructor").glob("*/slides.html"))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for deck in decks:
            page = opened.new_page(color_scheme="light")
            page.goto(f"{deck.as_uri()}?print-pdf")
            # reveal.js lays the pages out in several frames, and says when it is ready
            page.wait_for_function("window.Reveal && Reveal.isReady() && document.querySelector('.pdf-page')")
            page.pdf(path=str(deck.with_suffix(".pdf")), prefer_css_page_size=True, print_background=True, outline=True,
                     tagged=True)  # fmt: skip
            page.close()
    return len(decks)
