"""The texts of a module, from its description and its notebook: page, handout, slides."""

from __future__ import annotations

import re
from typing import Any

import nbformat

from compendium import datasets, escape, report
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
            escape.html(" ".join(_plain(text).strip() for text in module.about["prerequisites"])),
            str(len(module.exercises)),
        ]
        for module in modules
    ]
    return f"""# Teaching modules

Each module is a session of two hours with an open question as homework. It has a timed plan, a story, data, exercises
that check themselves, common wrong answers, questions on ethics and power, and a marking guide. The answers are not in
this book. [The lecturer's guide](guide.md) explains how to make the edition with answers, and how to give each student
their own data.

{_table("The modules and what they require", ["module", "required", "number of exercises"], rows)}

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
    return f"{_table('Competency domains by module', heads, rows, marked_up=True)}\n\n{said}"


def _plain(text: str) -> str:
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
        _listed(about["prerequisites"]),
        "## Learning outcomes",
        _outcomes(about["outcomes"]),
        "## Plan",
        _plan(about["plan"]),
        "## Story",
        about["story"],
        "## Key ideas",
        _listed(about["core"]),
        "## Data",
        _data(about["data"], answers=answers),
        "## Exercises",
        _files(module) if not answers else "",
        *(_exercise(module, exercise, answers=answers) for exercise in module.exercises),
        "## Common wrong answers",
        _mistakes(module, answers=answers),
        "## Discussion: ethics and power",
        _listed(about["discussion"]),
        "## Assessment",
        _rubric(module),
        "## Without a computer",
        about["paper"],
        "## Further reading",
        _listed([f"{{cite:t}}`{entry['key']}`: {entry['why']}" for entry in about["reading"]]),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _listed(items: list[str]) -> str:
    return "\n".join(f"- {item.strip()}" for item in items)


def _table(label: str, heads: list[str], rows: list[list[str]], *, marked_up: bool = False) -> str:
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
        _table("Learning outcomes and their competency domains", ["outcome", "domains"], rows)
        + "\n\nThe domains are those of the WHO-ASPHER framework for the public health workforce "
        "{cite:p}`whoaspher2020`, named as in table 2 of {cite:t}`grimaud2024`."
    )


def _plan(plan: list[dict[str, Any]]) -> str:
    rows, start = [], 0
    for step in plan:
        end = start + step["minutes"]
        rows.append([f"{start} to {end} min", escape.html(step["what"]), escape.html(step.get("with", "–"))])
        start = end
    return _table("Plan of the session", ["time", "activity", "material"], rows)


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
        _table("Data of the exercises", ["data set", "kind", "what it is", "columns"], rows)
        + "\n\nThe data dictionary describes every column, with its unit and allowed values."
    )


def _files(module: Module) -> str:
    return (
        f'Download <a href="files/{module.name}.zip" download>the exercise notebook with its data and handout</a>. '
        "It runs in any Jupyter with the package `healthsys`. Each exercise has a cell that checks your answer and "
        "says what is wrong with it. The answers are in the instructor's edition, which is not published here."
    )


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
    return _table("Common wrong answers", heads, rows)


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
        _table("Marks", ["exercise", "marks", "marked by"], marked)
        + "\n\n"
        + _table("Marking guide for the open question", ["criterion", "full marks", "some marks", "no marks"], rows)
    )


def handout(module: Module) -> str:
    """Return the body of the one-page handout, in Markdown: for students, without answers."""
    about = module.about
    asked = [f"**{one.title}.** {one.task}" for one in module.exercises]
    return "\n\n".join(
        [
            _first_sentences(about["story"], 3),
            "## Key ideas",
            _listed(about["core"]),
            "## Data",
            _listed([f"`{name}`: {datasets.describe(name)['description']}" for name in about["data"]]),
            "## Exercises",
            _listed(asked),
            "## Discussion",
            _listed(about["discussion"]),
        ]
    )


def _first_sentences(text: str, most: int) -> str:
    return " ".join(re.split(r"(?<=[.?!]) (?=[A-Z])", text.strip().replace("\n", " "))[:most])


def drawings(module: Module) -> list[nbformat.NotebookNode]:
    """Return the figures of a module's notebook, as they were drawn when its outputs were stored."""
    figures = [cell for cell in module.read().cells if "figure" in cell.metadata.get("tags", [])]
    return [_drawing(output) for cell in figures for output in cell.outputs]


def sheets(module: Module) -> str:
    """Return what a class without computers works on: the figure and the tables of the description, for printing."""
    parts = [f"# {module.title}: on paper", module.about["paper"].strip()]
    parts += [drawing.data["text/html"] for drawing in drawings(module)]
    for caption, frame in copies.sheets(module):
        cells = [[escape.html(str(value)) for value in row] for row in frame.itertuples(index=False)]
        parts.append(_table(caption, [str(name) for name in frame.columns], cells))
    return "\n\n".join(parts) + "\n"


def slides(module: Module) -> nbformat.NotebookNode:
    """Return the slides as a notebook: story, outcomes, ideas, figures of the notebook, exercises, discussion."""
    about = module.about
    texts = [
        f"# {module.title}\n\n{about['who_for']}",
        f"## Story\n\n{about['story']}",
        "## Learning outcomes\n\n" + _listed([one["text"] for one in about["outcomes"]]),
        *about["slides"],
    ]
    made = nbformat.v4.new_notebook(metadata={"title": module.title})
    made.cells = [_slide(text) for text in texts]
    for drawing in drawings(module):
        made.cells.append(_slide("## The data"))
        drawn = nbformat.v4.new_code_cell("", outputs=[drawing])
        drawn.metadata["slideshow"] = {"slide_type": "-"}
        made.cells.append(drawn)
    titles = _listed([exercise.title for exercise in module.exercises])
    made.cells.append(_slide(f"## Your turn\n\n{titles}"))
    made.cells.append(_slide("## Discussion\n\n" + _listed(about["discussion"])))
    for position, cell in enumerate(made.cells):
        cell.id = f"s{position:03d}"
    return made


def _slide(text: str) -> nbformat.NotebookNode:
    plain = re.sub(r"\{(cite:[pt])\}`([^`]+)`", _cited, _plain(text))
    return nbformat.v4.new_markdown_cell(plain, metadata={"slideshow": {"slide_type": "slide"}})


def _cited(match: re.Match[str]) -> str:
    return report.citation(match[2], in_text=match[1] == "cite:t")


def _drawing(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    markup = re.sub(
        r'<div class="hs-narrow".*?</div>(?=<figcaption|<details)', "", output.data["text/html"], flags=re.S
    )
    return nbformat.v4.new_output("display_data", data={"text/html": markup})
