"""How a page of an analysis begins and where it leads: question, how sure, next steps, from ``book/_chapters.yml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from compendium import escape, files, fingerprint, paths, project, reference
from compendium.errors import RunError, nearest
from compendium.runs import Run, load_runs

_KEYS = ("question", "sure", "kind", "find", "explore", "evidence")


@dataclass(frozen=True)
class Chapter:
    """What a page says of itself in addition to its notebook."""

    question: str = ""
    sure: str = ""
    kind: str = ""
    find: tuple[str, ...] = ()
    explore: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    ask: tuple[dict[str, str], ...] = ()


def load() -> dict[str, Chapter]:
    """Return the entries of ``book/_chapters.yml`` by run, with the questions of ``book/_questions.yml``.

    Raises
    ------
    RunError
        Naming the run and what is wrong: a run or key that is not known, an explorer that is not a run; or the place
        where the file is not YAML.
    """
    path = paths.book() / "_chapters.yml"
    if not path.is_file():
        return {}
    try:
        entries, runs = files.settings(path), load_runs()
    except yaml.YAMLError as error:
        raise RunError(f"book/_chapters.yml is not readable YAML: {error}") from None
    asked = files.settings(path.with_name("_questions.yml")) if path.with_name("_questions.yml").is_file() else {}
    for name in asked:
        if name not in entries:
            raise RunError(f"book/_questions.yml: '{name}' has no entry in book/_chapters.yml.{nearest(name, entries)}")
    return {name: _chapter(name, entry, runs, asked.get(name, ())) for name, entry in entries.items()}


def _chapter(name: str, entry: dict[str, Any], runs: dict[str, Run], asked: Sequence[dict[str, str]]) -> Chapter:
    label = f"book/_chapters.yml, '{name}'"
    for run in (name, *entry.get("explore", ())):
        if run not in runs:
            raise RunError(f"{label}: there is no run '{run}' in notebooks/runs.yml.{nearest(run, runs)}")
    for key in entry:
        if key not in _KEYS:
            raise RunError(f"{label}: unknown key '{key}'.{nearest(key, _KEYS)} Allowed: {', '.join(_KEYS)}")
    listed = (tuple(entry.get(key, ())) for key in ("find", "explore", "evidence"))
    said = (entry.get(key, "") for key in ("question", "sure", "kind"))
    return Chapter(*said, *listed, tuple(asked))


def opened(source: str, chapter: Chapter) -> str:
    """Return the first cell of a page with its question beneath the title.

    >>> print(opened("# Beds\\n\\nFewer.", Chapter(question="Are there fewer?")))
    # Beds
    <BLANKLINE>
    <p class="hs-question">Are there fewer?</p>
    <BLANKLINE>
    Fewer.
    """
    under = [f'<p class="hs-question">{escape.html(typeset(chapter.question))}</p>'] if chapter.question else []
    if chapter.find:  # main entries ("!") of the index: the search shows any other entry below everything else
        under.append("```{index} " + ", ".join(f"! {phrase}" for phrase in chapter.find) + "\n```")
    if under:
        source = re.sub(r"^(# .*)(\n|$)", lambda title: "\n\n".join([title[1], *under]) + title[2], source, count=1)
    return source


def how_sure(chapter: Chapter) -> str:
    """Return what follows the finding of a page: how sure it is, or nothing.

    >>> how_sure(Chapter(sure="A count.")).strip()
    '<p class="hs-sure"><span>How sure:</span> A count.</p>'
    """
    said = escape.html(typeset(chapter.sure))
    return f'\n\n<p class="hs-sure"><span>How sure:</span> {said}</p>' if said else ""


def typeset(text: str) -> str:
    """Return text with a typographer's apostrophe, and no line break before a percent sign.

    >>> typeset("the review's 5 %") == "the review\u2019s 5\u00a0%"
    True
    """
    return text.replace("'", "\u2019").replace(" %", "\u00a0%")


def questions(chapter: Chapter) -> str:
    """Return the section of questions with which readers check themselves; each answer is folded.

    >>> print(questions(Chapter(ask=({"question": "Why?", "answer": "Because."},))))
    ## Check yourself
    <BLANKLINE>
    **Why?**
    <BLANKLINE>
    :::{dropdown} Answer
    Because.
    :::
    """
    asked = [f"**{one['question']}**\n\n:::{{dropdown}} Answer\n{one['answer']}\n:::" for one in chapter.ask]
    return "\n\n".join(["## Check yourself", *asked]) if asked else ""


def next_steps(run: Run, chapter: Chapter) -> str:
    """Return the section that says where a page leads: next reading, explorer, functions, evidence, own data."""
    runs, steps = load_runs(), []
    following = _following(run.name)
    if following:
        steps.append(("Next page", [f"[{runs[following].title}]({following}.ipynb)"]))
    explorers = [name for name in chapter.explore if name != following]
    if explorers:
        steps.append(("Explore", [f"[{runs[name].title}]({name}.ipynb)" for name in explorers]))
    if chapter.evidence:
        steps.append(("Check the source", [f"[](../evidence/{key}.md)" for key in chapter.evidence]))
    topic, page = _topic(run)
    if topic:
        steps.append(("See the functions", [f"[`{project.name()}.{topic}`](../reference/{page}.md)"]))
    steps.append(("Run it", ["[Run this page again](../re-execute.md), or [use your own data](../own-data.md)"]))
    return "## Next steps\n\n" + "\n".join(f"- **{what}.** {'; '.join(links)}" for what, links in steps)


def _topic(run: Run) -> tuple[str, str]:
    """Return the topic of the methods that a notebook calls, by the first of its files, and its page; or nothing."""
    topics = reference.topics()
    for path in fingerprint.source_files(run.read()):
        package, part, *_ = [*fingerprint.label(path).split("/"), ""]
        name = part.removesuffix(".py")
        if package == project.name() and name not in reference.SHARED and name != "__init__":
            return name, f"api-{name}" if name in topics else "api"
    return "", ""


def _following(name: str) -> str:
    """Return the next page of the same part of the book; after its last page, the first again."""
    for part in files.settings(paths.book() / "_toc.yml").get("parts", ()):
        entries = [one for entry in part["chapters"] for one in (entry, *entry.get("sections", ()))]
        listed = [entry["file"].removeprefix("analyses/") for entry in entries if "analyses/" in entry["file"]]
        if name in listed and len(listed) > 1:
            return listed[(listed.index(name) + 1) % len(listed)]
    return ""
