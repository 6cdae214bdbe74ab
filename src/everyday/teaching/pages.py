"""The pages of a module, from its description and its notebook: page, handout, lecturer's notes."""

from __future__ import annotations

import re
from typing import Any

import nbformat
from markupsafe import Markup

from compendium import datasets, escape, paths, policy
from compendium.errors import RunError
from compendium.lookup import Lookup
from everyday.teaching import copies
from everyday.teaching.modules import Exercise, Module, domains, load_modules


def book_pages() -> dict[str, str]:
    """Return the generated pages of the book's teaching part: text by path below ``book/``; none without modules."""
    found = load_modules()
    if not found:
        return {}
    return {"teaching/modules.md": overview(found)} | {f"teaching/{module.name}.md": page(module) for module in found}


def overview(modules: list[Module]) -> str:
    """Return the page that leads to the modules: what each asks for, and which domains of competency it serves."""
    required = [
        [
            Markup('{}. <a href="{}.html">{}</a>').format(module.about["order"], module.name, module.title),
            " ".join(plain(text).strip() for text in module.about["prerequisites"]),
            len(module.exercises),
        ]
        for module in modules
    ]
    known = domains()
    links = [Markup('<a href="{}.html">{}</a>').format(one.name, one.about["order"]) for one in modules]
    served = [
        [f"{domain} ({items})", *("yes" if domain in one.domains else "–" for one in modules)]
        for domain, items in known.items()
    ]
    left = [domain for domain in known if not any(domain in module.domains for module in modules)]
    return policy.rendered(
        "teaching/overview.md", package="everyday", required=required, links=links, served=served, left=left
    )


def unlinked(text: str) -> str:
    """Keep the words of links into the book, which is not part of an edition."""
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]*\)", r"\1", text)


def plain(text: str) -> str:
    """Return the words of Markdown links without their targets."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)


def page(module: Module, *, answers: bool = False) -> str:
    """Return a module's page in MyST Markdown.

    Parameters
    ----------
    module
        The module.
    answers
        Whether to give the solution of each exercise: for the instructor's edition only.
    """
    about = module.about
    outcomes = [[one["text"], "; ".join(one["domains"])] for one in about["outcomes"]]
    competencies = [[row[name] for name in ("framework", "item", "level")] for row in about["competencies"]]
    marks = [[one.title, one.points, "lecturer" if one.is_open else "automatic check"] for one in module.exercises]
    return policy.rendered(
        "teaching/module.md", package="everyday",
        about=about,
        name=module.name,
        answers=answers,
        outcomes=outcomes,
        competencies=competencies,
        plan=_plan(about["plan"], ("what", "with")),
        data=[_data(name, linked=not answers) for name in about["data"]],
        asked=_asked(module, answers=answers),
        mistakes=_mistakes(module, answers=answers),
        marks=[*marks, ["All", sum(one.points for one in module.exercises), ""]],
        rubric=[[one[name] for name in ("criterion", "full", "part", "none")] for one in about["rubric"]],
    )


def listed(items: list[str]) -> str:
    """Return texts as a Markdown list."""
    return "\n".join(f"- {item.strip()}" for item in items)


def table(label: str, heads: list[str], rows: list[list[Any]]) -> str:
    """Return a table of generated figures: what is in it counts as computed."""
    return policy.rendered("teaching/table.html", package="everyday", label=label, heads=heads, rows=rows).strip()


def _plan(plan: list[dict[str, Any]], columns: tuple[str, ...]) -> list[list[str]]:
    """Return the rows of a plan: when each step is, and columns of it."""
    rows, start = [], 0
    for step in plan:
        rows.append([f"{start} to {start + step['minutes']} min", *(step.get(name, "–") for name in columns)])
        start += step["minutes"]
    return rows


def _data(name: str, *, linked: bool) -> list[str]:
    """Return the row of a data set: its name, kind, description and first columns."""
    resource = datasets.describe(name)
    fields = [field["name"] for field in resource["schema"]["fields"]]
    link = Markup('<a href="../reference/data-dictionary.html#data-{}">{}</a>').format(name, _code(name))
    columns = Markup(", ").join(map(_code, fields[:6])) + (" …" if len(fields) > 6 else "")
    return [link if linked else _code(name), resource["kind"], resource["description"], columns]


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _asked(module: Module, *, answers: bool) -> list[tuple[str, str]]:
    """Return the exercises and the questions without marks, in the order of the notebook, with their solutions."""
    solved = copies.solutions(module) if answers else {}
    exercises = {exercise.name: exercise for exercise in module.exercises}
    found = []
    for cell in module.read().cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-task")
        if exercise := exercises.pop(name, None):
            found.append((exercise.text, _solution(exercise, solved[name]) if answers else ""))
        found += [(module.thinking[tag], "") for tag in cell.metadata.get("tags", []) if tag in module.thinking]
    return found


def _solution(exercise: Exercise, given: str) -> str:
    return given if exercise.is_open else f"```python\n{given}\n```"


def _mistakes(module: Module, *, answers: bool) -> list[list[Any]]:
    titles = {exercise.name: exercise.title for exercise in module.exercises}
    rows = []
    for one in module.mistakes:
        code = Markup(f"<pre><code>{escape.html_lines(one.code.strip())}</code></pre>")
        rows.append([titles[one.exercise], one.mistake, one.reveals, *([one.marks, code] if answers else [])])
    return rows


def handout(module: Module) -> str:
    """Return the body of the one-page handout, in Markdown: for students, without answers."""
    return policy.rendered(
        "teaching/handout.md", package="everyday",
        about=module.about,
        opening=_first_sentences(module.about["story"], 3),
        data=[f"`{name}`: {datasets.describe(name)['description']}" for name in module.about["data"]],
        asked=tasks(module),
    )


def tasks(module: Module) -> list[str]:
    """Return what the exercises ask, in Markdown."""
    return [f"**{one.title}.** {one.task}" for one in module.exercises]


def _first_sentences(text: str, most: int) -> str:
    return " ".join(re.split(r"(?<=[.?!]) (?=[A-Z])", text.strip().replace("\n", " "))[:most])


def resolved(text: str) -> str:
    """Put the figures of the published record in the place of references to results, for pages outside the book."""
    found = Lookup(paths.results())
    return re.sub(r"\{result\}`([^`]+)`", lambda match: found.resolve("result", match[1], "").text, text)


def drawings(module: Module) -> list[str]:
    """Return the figures of a module's notebook, as they were drawn when its outputs were stored, at both widths."""
    figures = [cell for cell in module.read().cells if "figure" in cell.metadata.get("tags", [])]
    return [output.data["text/html"] for cell in figures for output in cell.outputs]


def real_figure(module: Module) -> str:
    """Return a figure of the book on real data, at both widths, as it is stored in the notebook that the module names.

    Raises
    ------
    RunError
        If the notebook stores no figure of that name.
    """
    notebook, name = module.about["figure"]
    for cell in nbformat.read(paths.notebooks() / f"{notebook}.ipynb", as_version=4).cells:
        for output in cell.get("outputs", []):
            markup = output.get("data", {}).get("text/html", "")
            if f'id="figure-{name}"' in markup:
                return markup
    raise RunError(f"{module.name}: notebooks/{notebook}.ipynb stores no figure '{name}'; name another under 'figure'")


def wide(markup: str) -> str:
    """Return a figure as it is on a wide screen, without its version for a narrow one, which would hide it there."""
    alone = re.sub(r'<div class="hs-narrow".*?</div>(?=<figcaption|<details)', "", markup, flags=re.S)
    return alone.replace('<div class="hs-wide">', "<div>")


def lecturer(module: Module) -> str:
    """Return the lecturer's notes: what to say when, solutions with number and comment, further reading."""
    about, key, given = module.about, copies.answer_key(module), copies.solutions(module)
    numbers = {row["exercise"]: f"**{row['answer_to']} = {row['answer']}**\n\n" for row in key.rows}
    solved = [
        {
            "name": one.name,
            "title": one.title,
            "solution": numbers.get(one.name, "") + _solution(one, given[one.name]),
            "slips": [_slip(slip) for slip in key.slips.get(one.name, [])],
        }
        for one in module.exercises
    ]
    return policy.rendered(
        "teaching/lecturer.md", package="everyday",
        about=about,
        things=sorted({one for step in about["plan"] for one in step.get("with", "").split(", ") if one}),
        plan=_plan(about["plan"], ("what", "with", "say", "watch")),
        thinking=module.thinking,
        solved=solved,
        figure=real_figure(module),
    )


def _slip(slip: dict[str, Any]) -> str:
    answer = slip["answer"]
    return f"{answer if isinstance(answer, str) else copies.shown(answer)}: {slip['says']}"
