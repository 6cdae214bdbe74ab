"""The texts of a module, from its description and its notebook: page, handout, slides."""

from __future__ import annotations

import re
from typing import Any

import nbformat

from compendium import datasets, escape, paths
from compendium.errors import RunError
from compendium.lookup import Lookup
from everyday.teaching import copies
from everyday.teaching.modules import Module, domains, load_modules


def book_pages() -> dict[str, str]:
    """Return the generated pages of the book's teaching part: text by path below ``book/``; none without modules."""
    found = load_modules()
    if not found:
        return {}
    return {"teaching/modules.md": overview(found)} | {f"teaching/{module.name}.md": page(module) for module in found}


def overview(modules: list[Module]) -> str:
    """Return the page that leads to the modules: what each asks for, and which domains of competency it serves."""
    rows = [
        [
            f'{module.about["order"]}. <a href="{module.name}.html">{escape.html(module.title)}</a>',
            escape.html(" ".join(plain(text).strip() for text in module.about["prerequisites"])),
            str(len(module.exercises)),
        ]
        for module in modules
    ]
    return f"""# Teaching modules

Each module is a session of two hours with an open question as homework. It has a timed plan, a story, data, exercises
that check themselves, common wrong answers, questions on ethics and power, and a marking guide. The answers are not in
this book. [The lecturer's guide](guide.md) explains how to make the edition with answers, and how to give each student
their own data.

{table("The modules and what they require", ["module", "required", "number of exercises"], rows)}

## Competency domains

The domains are those of the WHO-ASPHER framework for the public health workforce in the European Region
{{cite:p}}`whoaspher2020`, with the number of items as in table 2 of {{cite:t}}`grimaud2024`. "Yes" means that at
least one learning outcome of the module belongs to the domain. The page of the module says which.

{_served(modules)}
"""


def _served(modules: list[Module]) -> str:
    known = domains()
    heads = ["domain (items)", *(f'<a href="{one.name}.html">{one.about["order"]}</a>' for one in modules)]
    rows = [
        [f"{escape.html(domain)} ({items})", *("yes" if domain in one.domains else "–" for one in modules)]
        for domain, items in known.items()
    ]
    left = [f"*{domain}*" for domain in known if not any(domain in module.domains for module in modules)]
    said = f"No module covers {' or '.join(left)}." if left else "At least one module covers each domain."
    return f"{table('Competency domains by module', heads, rows, marked_up=True)}\n\n{said}"


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
    parts = [
        f"# {module.title}",
        about["who_for"],
        "## Requirements",
        listed(about["prerequisites"]),
        "## Learning outcomes",
        _outcomes(about["outcomes"]),
        _competencies(about["competencies"]),
        "## Plan",
        _plan(about["plan"]),
        "## Story",
        about["story"],
        "## The real figures",
        about["real"],
        about["explorer"],
        "## Key ideas",
        listed(about["core"]),
        "## Data",
        _data(about["data"], answers=answers),
        "## Exercises",
        _files(module) if not answers else "",
        *_exercises(module, answers=answers),
        "## Common wrong answers",
        _mistakes(module, answers=answers),
        "## Discussion: ethics and power",
        listed(about["discussion"]),
        "## Assessment",
        _rubric(module),
        "## Without a computer",
        about["paper"],
        "## Further reading",
        listed([f"{{cite:t}}`{entry['key']}`: {entry['why']}" for entry in about["reading"]]),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def listed(items: list[str]) -> str:
    """Return texts as a Markdown list."""
    return "\n".join(f"- {item.strip()}" for item in items)


def table(label: str, heads: list[str], rows: list[list[str]], *, marked_up: bool = False) -> str:
    """Return a table of generated figures: what is in it counts as computed."""
    head = "".join(f'<th scope="col">{text if marked_up else escape.html(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows
    )
    return (
        f'<div class="hs-table hs-computed" role="region" aria-label="{escape.html(label)}" tabindex="0"><table>'
        f"<caption>{escape.html(label)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _outcomes(outcomes: list[dict[str, Any]]) -> str:
    rows = [[escape.html(one["text"]), escape.html("; ".join(one["domains"]))] for one in outcomes]
    return (
        table("Learning outcomes and their competency domains", ["outcome", "domains"], rows)
        + "\n\nThe domains are those of the WHO-ASPHER framework for the public health workforce "
        "{cite:p}`whoaspher2020`, named as in table 2 of {cite:t}`grimaud2024`."
    )


def _competencies(rows: list[dict[str, str]]) -> str:
    cells = [[escape.html(row[name]) for name in ("framework", "item", "level")] for row in rows]
    return (
        table("Competencies by item and level", ["framework", "item", "level after the session"], cells)
        + "\n\nItems of the WHO-ASPHER framework are the examples of table 2 of {cite:t}`grimaud2024`, in our words. "
        "Its levels run from novice to expert. The UK Public Health Skills and Knowledge Framework (2016, updated "
        "2019) has no levels, and its three areas are named."
    )


def _plan(plan: list[dict[str, Any]], *, notes: bool = False) -> str:
    rows, start = [], 0
    for step in plan:
        end = start + step["minutes"]
        row = [f"{start} to {end} min", escape.html(step["what"]), escape.html(step.get("with", "–"))]
        rows.append(row + ([escape.html(step.get(name, "–")) for name in ("say", "watch")] if notes else []))
        start = end
    heads = ["time", "activity", "material"] + (["what to say", "what to watch for"] if notes else [])
    return table("Plan of the session", heads, rows)


def _data(names: list[str], *, answers: bool) -> str:
    rows = []
    for name in names:
        resource = datasets.describe(name)
        link = f'<a href="../reference/data-dictionary.html#data-{name}"><code>{name}</code></a>'
        link = f"<code>{name}</code>" if answers else link
        columns = ", ".join(f"<code>{field['name']}</code>" for field in resource["schema"]["fields"][:6])
        more = " …" if len(resource["schema"]["fields"]) > 6 else ""
        rows.append([link, escape.html(resource["kind"]), escape.html(resource["description"]), f"{columns}{more}"])
    return (
        table("Data of the exercises", ["data set", "kind", "what it is", "columns"], rows)
        + "\n\nThe data dictionary describes every column, with its unit and allowed values."
    )


def _files(module: Module) -> str:
    return (
        f'Download <a href="files/{module.name}.zip" download>the exercise notebook with its data and handout</a>. '
        "It runs in any Jupyter with the package `healthsys`. Each exercise has a cell that checks your answer and "
        "says what is wrong with it. The answers are in the instructor's edition, which is not published here."
    )


def _exercises(module: Module, *, answers: bool) -> list[str]:
    """Return the exercises and the questions without marks, in the order of the notebook."""
    texts = {exercise.name: _exercise(module, exercise, answers=answers) for exercise in module.exercises}
    found = []
    for cell in module.read().cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-task")
        found += [texts.pop(name)] if name in texts else []
        found += [module.thinking[tag] for tag in cell.metadata.get("tags", []) if tag in module.thinking]
    return found


def _exercise(module: Module, exercise: Any, *, answers: bool) -> str:
    text = exercise.text
    if not answers:
        return text
    given = copies.solutions(module)[exercise.name]
    shown = given if exercise.is_open else f"```python\n{given}\n```"
    return f"{text}\n\n**Answer.**\n\n{shown}"


def _mistakes(module: Module, *, answers: bool) -> str:
    titles = {exercise.name: exercise.title for exercise in module.exercises}
    heads = ["exercise", "wrong answer", "likely reason"] + (["marks", "code"] if answers else [])
    rows = [
        [escape.html(titles[one.exercise]), escape.html(one.mistake), escape.html(one.reveals)]
        + ([str(one.marks), f"<pre><code>{escape.html_lines(one.code.strip())}</code></pre>"] if answers else [])
        for one in module.mistakes
    ]
    return table("Common wrong answers", heads, rows)


def _rubric(module: Module) -> str:
    marked = [
        [escape.html(one.title), str(one.points), "lecturer" if one.is_open else "automatic check"]
        for one in module.exercises
    ]
    total = sum(exercise.points for exercise in module.exercises)
    marked.append(["All", str(total), ""])
    rows = [
        [escape.html(one["criterion"]), escape.html(one["full"]), escape.html(one["part"]), escape.html(one["none"])]
        for one in module.about["rubric"]
    ]
    return (
        table("Marks", ["exercise", "marks", "marked by"], marked)
        + "\n\n"
        + table("Marking guide for the open question", ["criterion", "full marks", "some marks", "no marks"], rows)
    )


def handout(module: Module) -> str:
    """Return the body of the one-page handout, in Markdown: for students, without answers."""
    about = module.about
    asked = [f"**{one.title}.** {one.task}" for one in module.exercises]
    return "\n\n".join(
        [
            _first_sentences(about["story"], 3),
            "## Key ideas",
            listed(about["core"]),
            "## Data",
            listed([f"`{name}`: {datasets.describe(name)['description']}" for name in about["data"]]),
            "## Exercises",
            listed(asked),
            "## Discussion",
            listed(about["discussion"]),
        ]
    )


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
    about, worked = module.about, copies.work_out(module)
    numbers = {row["exercise"]: f"{row['answer_to']} = {row['answer']}" for row in worked.key}
    things = sorted({one for step in about["plan"] for one in step.get("with", "").split(", ") if one})
    ready = f"{about['minutes']} minutes. You need: {', '.join(things)}. Print five sets of paper sheets in any case."
    parts = [f"# {module.title}: notes for the lecturer", "## Before you start", ready]
    parts += ["## What to say when", _plan(about["plan"], notes=True)]
    parts += ["## Questions without marks"]
    parts += [f"{module.thinking[name]}\n\n**Comment.** {about['comments'][name]}" for name in module.thinking]
    parts += ["## Solutions, with the class's data"]
    for exercise in module.exercises:
        given = copies.solutions(module)[exercise.name]
        shown = given if exercise.is_open else f"**{numbers[exercise.name]}**\n\n```python\n{given}\n```"
        slips = [f"{one['answer'] if isinstance(one['answer'], str) else copies.shown(one['answer'])}: {one['says']}"
                 for one in worked.slips.get(exercise.name, [])]  # fmt: skip
        parts += [f"### {exercise.title}", shown, f"**Comment.** {about['comments'][exercise.name]}"]
        parts += ["Wrong answers to expect:", listed(slips)] if slips else []
    parts += ["## The real figures", about["real"], real_figure(module)]
    parts += ["## Further reading", listed([f"{{cite:t}}`{one['key']}`: {one['why']}" for one in about["reading"]])]
    return "\n\n".join(part.strip() for part in parts) + "\n"
