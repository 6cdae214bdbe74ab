"""Teaching modules: copies without answers, keys, rosters, messages; none of it needs nbgrader."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import dis
import filecmp
import functools
import io
import json
import re
import shutil
import time
import zipfile

import nbformat
import numpy as np
import pandas as pd
import pytest

from answered import answered, rounds
from compendium.errors import RunError
from everyday.synthetic import teaching as generators
from everyday.teaching import checks as check
from everyday.teaching import copies, deck, editions, modules, pages, paper, roster
from healthsys.errors import DataError
from taught import MODULES
from workbooks import workbook

each = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)


def marks_of(notebook, module, frames=None):
    """Run a copy in this process and return the marks of each exercise and what its check said."""
    space, marks, said = {}, {}, {}
    checks = {
        c.metadata["nbgrader"]["grade_id"]: c
        for c in module.read().cells
        if c.metadata.get("nbgrader", {}).get("grade")
    }
    with check.sitting(frames or {}):
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if cell.cell_type != "code" or "figure" in cell.metadata.get("tags", []):
                continue
            if not name.endswith("-check"):
                with contextlib.suppress(NotImplementedError):
                    exec(cell.source, space)
                continue
            source = checks[name].source
            given, _, last = source.rpartition("check.award(")
            try:
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(given + "_marks = check.award(" + last, space)
                marks[name.removesuffix("-check")] = space["_marks"]
            except (check.NotYet, NameError) as error:
                marks[name.removesuffix("-check")] = 0
                out.write(str(error))
            said[name.removesuffix("-check")] = out.getvalue()
    return marks, said


def frames_of(module, seed):
    return {name: generators.from_bytes(name, made) for name, made in roster.own_data(module, seed=seed).items()}


@each
def test_a_module_says_all_that_a_lecturer_needs(module):
    assert 6 <= len(module.exercises) <= 10
    assert sum(exercise.is_open for exercise in module.exercises) == 1
    assert module.about["minutes"] == 120
    assert all("<summary>Hint" in exercise.text for exercise in module.exercises)
    assert {mistake.exercise for mistake in module.mistakes} == {e.name for e in module.exercises if not e.is_open}


@each
@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_the_solution_earns_every_mark_whatever_the_data(module, seed):
    full = {exercise.name: exercise.points for exercise in module.exercises if not exercise.is_open}
    frames = frames_of(module, seed) if seed else None
    assert marks_of(module.read(), module, frames)[0] == full


@each
def test_an_empty_copy_earns_nothing_and_each_wrong_answer_what_is_listed(module):
    empty = copies.student_notebook(module.read(), label=module.name)
    assert set(marks_of(empty, module)[0].values()) == {0}
    for wrong in rounds(module):
        marks, _ = marks_of(answered(module, {name: one.code for name, one in wrong.items()}), module)
        for name, one in wrong.items():
            assert marks[name] == one.marks, f"{name}: {one.mistake}"


def said_to_a_student(module, answers, folder, monkeypatch):
    """Run a student's own copy, with some answers filled in, where it was unpacked; return what each check says."""
    monkeypatch.setattr(check, "ADDITIONS", 3)  # what a hash costs is another test's
    for name, content in editions.student_files(module).items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_bytes(content)
    monkeypatch.chdir(folder)
    space, said = {}, {}
    for cell in nbformat.read(folder / module.notebook.name, as_version=4).cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if cell.cell_type != "code" or "figure" in cell.metadata.get("tags", []):
            continue
        with contextlib.redirect_stdout(io.StringIO()) as out:
            try:
                exec(answers.get(name, cell.source), space)
            except (check.NotYet, NotImplementedError) as error:
                out.write(f"{type(error).__name__}: {error}")
        said[name] = out.getvalue()
    return {name.removesuffix("-check"): text for name, text in said.items() if name.endswith("-check")}


@each
def test_a_students_check_speaks_to_every_answer(module, tmp_path, monkeypatch):
    """Plain Jupyter, without hidden tests: nothing given, the solution, each listed wrong answer."""
    for text in said_to_a_student(module, {}, tmp_path, monkeypatch).values():
        assert re.match(r"NotYet: wording is not text|NotYet: \w+ has no value yet: assign", text), text
    for text in said_to_a_student(module, copies.solutions(module), tmp_path, monkeypatch).values():
        assert ": right." in text or "passes every example" in text, text
    for wrong in rounds(module):
        answers = copies.solutions(module) | {name: one.code for name, one in wrong.items()}
        said = said_to_a_student(module, answers, tmp_path, monkeypatch)
        for name, one in wrong.items():
            assert one.reveals in said[name] or said[name].startswith("NotYet: ") or "not yet." in said[name]
            assert ": right." not in said[name], one.mistake


@each
def test_the_names_of_a_check_do_not_overwrite_a_students(module):
    """A student who calls something `shares` finds it as it was, also where hidden tests stand between."""
    for cell in module.read().cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-check"):
            code = compile(cell.source, "check", "exec")
            stored = {one.argval for one in dis.get_instructions(code) if one.opname == "STORE_NAME"}
            assert all(name.startswith("_") for name in stored), stored


@each
def test_a_wrong_answer_is_never_told_to_a_student_who_is_right(module):
    for seed in range(4, 24):
        key = copies.answer_key(module, frames_of(module, seed))
        right = {row["exercise"]: row["answer"] for row in key.rows}
        assert any(key.slips.values())
        for name, slips in key.slips.items():
            assert right[name] not in [check.shown(slip["answer"]) for slip in slips], f"{name}, seed {seed}"


@each
def test_no_file_of_the_students_holds_an_answer(module):
    """Every line of a solution is planted in the instructor's source; none may be in anything a student is given."""
    texts = {"page": pages.page(module)}
    with zipfile.ZipFile(io.BytesIO(editions.student_zip(module))) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    for name, content in found.items():
        if not name.endswith(".whl"):
            texts[name] = content.decode()
            continue
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            ours = [one for one in archive.namelist() if one.startswith("everyday/")]  # the methods are no secret
            texts |= {f"{name}/{one}": archive.read(one).decode(errors="ignore") for one in ours}
    assert sum("/everyday/teaching/" in name for name in texts) == 5
    lines = [line.strip() for answer in copies.solutions(module).values() for line in answer.split("\n")]
    assert len(lines) > 10
    for name, text in texts.items():
        for line in lines:
            escaped = line.replace('"', '\\"')
            assert len(line) < 18 or (line not in text and escaped not in text), f"{name} holds: {line}"
        for marker in ("BEGIN SOLUTION", "HIDDEN TESTS", "check.award(", "generators", "teach roster"):
            assert marker not in text, f"{name} holds {marker}"


@each
def test_a_page_gives_what_the_lecturer_looks_for_and_answers_only_to_the_instructor(module):
    page = pages.page(module)
    for heading in ("Requirements", "Plan", "Story", "Data", "Exercises", "Common wrong answers",
                    "ethics", "Assessment", "Without a computer", "Further reading"):  # fmt: skip
        assert re.search(rf"^## .*{heading}", page, flags=re.M), heading
    solution = copies.solutions(module)["q3"].split("\n")[-1]
    assert solution not in page
    assert solution in pages.page(module, answers=True)


@each
def test_a_class_without_computers_gets_the_figure_and_tables(module):
    tables = paper.variants(module)
    printed = {name: paper.sheets(module, name, made) for name, made in tables.items()}
    drawn = {re.search(r"<svg.*?</svg>", text, flags=re.S)[0] for text in printed.values()}
    assert len(drawn) == 3, "each variant has the figure of its own data"
    instructions = paper.instructions(module, tables)
    for name, made in tables.items():
        assert 'stroke="#b9c6ce"' in printed[name], "the figure is on squared paper"
        assert f"Key of sheets {name}" in instructions
        assert "Key of sheets" not in printed[name]
        assert printed[name].count("<caption>") == len(module.about["sheets"]) >= 1
        assert not any(line in printed[name] for line in copies.solutions(module)["q3"].split("\n"))
        assert any(one.key for one in made), "there is a key"
    for one in zip(*tables.values(), strict=True):
        keys = [str(sheet.key) for sheet in one]
        assert len(set(keys)) == 3 or not one[0].key, f"two variants have the same key: {one[0].caption}"
    notes = pages.lecturer(module)
    for name in ("q1", "predict", "change", "interpret"):
        assert module.about["comments"][name] in notes
    for heading in ("Before you start", "What to say when", "Solutions", "The real figures", "Further reading"):
        assert f"## {heading}" in notes
    for step in module.about["plan"]:
        assert step["what"] == "Break" or (step.get("say") and step.get("watch")), step["what"]
    assert 'class="hs-narrow"' in notes, "the real figure has its version for a phone"
    for row in copies.answer_key(module).rows:
        assert f"{row['answer_to']} = {row['answer']}" in notes


@each
def test_the_figure_says_what_the_data_hold(module):
    """Drawn here at both widths, its words are those stored in the notebook; of another draw they are others."""
    cells = [cell for cell in module.read().cells if cell.cell_type == "code"]
    drawing = next(cell for cell in cells if "figure" in cell.metadata.get("tags", []))
    said = []
    for frames in (None, frames_of(module, 8)):
        space = {}
        with check.sitting(frames or {}), contextlib.redirect_stdout(io.StringIO()) as out:
            exec(cells[0].source, space)
            exec(drawing.source, space)
        assert 'class="hs-narrow"' in out.getvalue()
        said.append(re.search(r'aria-label="([^"]+)"', out.getvalue())[1])
    assert [f"Figure: {said[0]}"] == [output.data["text/plain"] for output in drawing.outputs]
    assert said[1] != said[0]


def test_a_sheet_that_fails_is_named():
    module = next(module for module in MODULES if module.name == "beds-and-slack")
    about = module.about | {"sheets": [{"caption": "The wards", "code": "sheet = wards['bed']"}]}
    with pytest.raises(RunError, match=r"beds-and-slack: the sheet 'The wards' fails: 'bed'"):
        copies.sheets(dataclasses.replace(module, about=about))


def test_the_overview_maps_modules_to_the_domains_that_are_cited():
    page = pages.overview(MODULES)
    for module in MODULES:
        assert page.count(f'<a href="{module.name}.html">') == 2
    row = re.search(r"Law, policies and ethics \((\d+)\)</th>(.*?)</tr>", page)
    served = ["yes" if "Law, policies and ethics" in module.domains else "–" for module in MODULES]
    assert row[1] == "6"
    assert re.findall(r"<td>(.*?)</td>", row[2]) == served
    assert "No module covers *Promoting health* or *One Health and health security*." in page
    assert "{cite:t}`grimaud2024`" in page


#: What the lecturer's plan states of the dice game: turned away of all arrivals, and pairs that do not see it.
STATED = {"small": 1 / 10, "large": 1 / 44, "pairs": 1 / 4}


def played(beds, dice, *, pairs=100_000):
    """Play the dice game by the rules of its sheet for twenty days: strokes and arrivals of each pair."""
    throw = np.random.default_rng([beds, dice])
    occupied, strokes, arrivals = np.full(pairs, 2 * beds // 3), np.zeros(pairs, int), np.zeros(pairs, int)
    for _ in range(20):
        occupied -= throw.binomial(occupied, 1 / 2)  # four, five or six of six: the patient goes home
        coming = sum(np.array([0, 0, 1, 1, 2, 2])[throw.integers(0, 6, pairs)] for _ in range(dice))
        strokes += np.maximum(occupied + coming - beds, 0)
        arrivals += coming
        occupied = np.minimum(occupied + coming, beds)
    return strokes, arrivals


def test_the_dice_game_turns_away_what_the_lecturer_is_told():
    module = next(module for module in MODULES if module.name == "beds-and-slack")
    rules = " ".join(next(one for one in copies.sheets(module) if one.caption.startswith("Dice game")).table["rule"])
    for rule in ("three coins", "nine coins", "two thirds upturned", "four, five or six, the patient goes home",
                 "one or two: nobody, three or four: one person, five or six: two people", "three times"):  # fmt: skip
        assert rule in rules
    said = next(step["watch"] for step in module.about["plan"] if "dice" in step["what"])
    assert "one arrival in ten, the large ward one in forty-four. For one pair in four" in said
    small, large = played(3, 1), played(9, 3)
    for size, (strokes, arrivals) in (("small", small), ("large", large)):
        assert strokes.sum() / arrivals.sum() == pytest.approx(STATED[size], rel=0.05), size
    unseen = np.mean(small[0] / small[1] <= large[0] / large[1])
    assert unseen == pytest.approx(STATED["pairs"], abs=0.02)


@each
def test_slides_ask_first_show_a_formula_and_the_published_figures(module):
    """The order of a lesson, with speaker notes; every figure of the record is put in, none is typed."""
    made = deck.slides(module)
    texts = [text for text, _ in made]
    assert 13 <= len(made) <= 16
    assert all(note for _, note in made)
    heads = [text.partition("\n")[0] for text in texts]
    order = [module.title, "be able to do", "Predict", "Your turn", "Common errors",
             "After the exercises", "Discussion", "take home", "Homework"]  # fmt: skip
    found = [next(at for at, head in enumerate(heads) if word in head) for word in order]
    assert found == sorted(found)
    later = [at for at, (_, note) in enumerate(made) if note.startswith("After exercise")]
    assert later == list(range(found[3] + 1, found[4])), "what answers an exercise is shown after it, nothing else is"
    assert sum("Worked example" in head for head in heads) == 1
    assert sum("<svg" in text for text in texts) == 3, "the data, the idea and the real chart"
    assert any("$$" in text or "$100" in text for text in texts)
    assert not any("{result}" in text or "{real}" in text or "{picture}" in text for text in texts)
    assert any("{result}`" in text for text in module.about["slides"])
    page = deck.source(module)
    assert page.count('<aside class="notes">') == len(made)
    assert page.count('class="hs-title"') >= 2, "a chart has a title"
    assert "<math" in page
    assert "$$" not in page


@each
def test_no_answer_is_on_a_slide(module):
    """Neither a line of a solution, nor a number of the key with three digits or more; speaker notes are no slide."""
    shown = re.sub(r'<aside class="notes">.*?</aside>', "", deck.source(module), flags=re.S)
    seen = re.sub(r"<[^>]+>", " ", shown) + " ".join(re.findall(r'aria-label="([^"]*)"', shown))
    for name, solution in copies.solutions(module).items():
        for line in (line.strip() for line in solution.split("\n") if len(line.strip()) >= 18):
            assert line not in seen, f"{name}: {line}"
    for row in copies.answer_key(module).rows:
        if re.search(r"\d.*\d.*\d", row["answer"]):
            rounded = f"{float(row['answer']):.3g}" if re.fullmatch(r"-?[\d.]+", row["answer"]) else row["answer"]
            assert not re.search(rf"(?<![\d.]){re.escape(rounded)}", seen), f"{row['exercise']}: {rounded}"


@each
def test_the_page_links_the_real_figures_and_gives_five_minutes_of_set_up(module):
    page = pages.page(module)
    assert "{result}`" in module.about["real"]
    assert re.search(r"\]\(\.\./(analyses|evidence)/", module.about["real"])
    assert module.about["plan"][0]["minutes"] == 5
    assert module.about["plan"][0]["what"].startswith("Set-up")
    for text in module.thinking.values():
        assert text in page
    assert not any(module.about["comments"][name] in page for name in ("predict", "change", "interpret"))
    assert not any(step["say"] in page for step in module.about["plan"] if "say" in step), "for the lecturer only"


def test_references_to_the_record_are_resolved_outside_the_book():
    assert pages.resolved("a {result}`coder-agreement/percent` b") == "a 85% b"


def test_spreads_of_the_teaching_panel_are_those_of_the_real_one():
    """What the effects take is the difference of the sums of squares of the published moments."""
    from compendium import datasets

    sums = datasets.load("occupancy_moments").query("sample == 'all'").groupby("effects").sum(numeric_only=True)
    spread = {name: sums[f"{name}:{name}"] / sums["n"] for name in ("occupancy", "four_hour")}
    slopes = sums["four_hour:occupancy"] / sums["occupancy:occupancy"]
    between, common, left = generators.PANEL_SPREAD["occupancy"]
    real = spread["occupancy"]
    assert between == pytest.approx((real["quarter"] - real["trust and quarter"]) ** 0.5, abs=0.05)
    assert common == pytest.approx((real["trust"] - real["trust and quarter"]) ** 0.5, abs=0.05)
    assert left == pytest.approx(real["trust and quarter"] ** 0.5, abs=0.05)
    own = slopes["trust and quarter"]
    explained = {
        "quarter": (slopes["quarter"] * real["quarter"] - own * left**2) / between,
        "trust": (slopes["trust"] * real["trust"] - own * left**2) / common,
    }
    for name, given in (
        ("quarter", generators.PANEL_SPREAD["four_hour"][0]),
        ("trust", generators.PANEL_SPREAD["four_hour"][1]),
    ):
        apart = spread["four_hour"][name] - spread["four_hour"]["trust and quarter"] - explained[name] ** 2
        assert given == pytest.approx(apart**0.5, abs=0.1), name
    assert -0.75 < explained["quarter"] / between < -0.5
    assert -1.25 < explained["trust"] / common < -1.0


def test_every_panel_tells_the_story_of_the_real_one():
    """Steep within trusts, flat once quarters go too; least squares with dummies as the outside reference."""
    for seed in range(12):
        panel = generators.panel(seed)["teaching_panel"]
        found = {}
        for name, effects in {
            "none": [],
            "quarter": ["quarter"],
            "trust": ["trust"],
            "both": ["trust", "quarter"],
        }.items():
            design = pd.concat(
                [panel["occupancy"], *(pd.get_dummies(panel[one], dtype=float) for one in effects)], axis=1
            )
            design = design.assign(constant=1.0).to_numpy(float)
            found[name] = np.linalg.lstsq(design, panel["four_hour"].to_numpy(float), rcond=None)[0][0]
        assert found["trust"] < -0.6 < found["quarter"] < -0.25, (seed, found)
        assert found["trust"] / 3 < found["both"] < 0, (seed, found)


def test_every_passage_has_a_text_of_its_own_that_names_no_code():
    for seed in range(20):
        made = generators.coding(seed)["teaching_coding"]
        assert made["text"].is_unique
        assert not made["text"].str.contains("absorb|adapt|transform", case=False).any()
        known = {text.format(place=place): pair for pair, texts in generators.TEXTS.items() for text in texts
                 for place in generators.PLACES}  # fmt: skip
        known = {text[:1].upper() + text[1:]: pair for text, pair in known.items()}
        for row in made.itertuples():
            assert known[row.text] == (row.coder_a, row.coder_b)


@each
def test_notebook_cells_are_short(module):
    for cell in module.read().cells:
        if cell.cell_type == "code":
            assert len(cell.source.split("\n")) <= 15
            assert "def " not in cell.source


def test_markers_that_do_not_close_are_refused():
    cell = nbformat.v4.new_code_cell("### BEGIN SOLUTION\nx = 1")
    cell.metadata["nbgrader"] = {"solution": True}
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with pytest.raises(RunError, match=r"mine: '### BEGIN SOLUTION' is not followed by '### END SOLUTION'"):
        copies.student_notebook(notebook, label="mine")


@pytest.fixture
def module_folder(tmp_path, monkeypatch):
    """A copy of one module, to break."""
    source = modules.folder()
    for path in source.glob("beds-and-slack.*"):
        shutil.copy(path, tmp_path / path.name)
    monkeypatch.setattr(modules, "folder", lambda: tmp_path)
    return tmp_path / "beds-and-slack.yml"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("who_for:", "whofor:", r"unknown key 'whofor'\. Did you mean 'who_for'\?"),
        ("minutes: 120", "minutes: 90", r"the plan fills 120 minutes, the session has 90"),
        (
            "[Science and practice]",
            "[Science and practise]",
            r"no domain of the framework\. Did you mean 'Science and pr",
        ),
        ("data: [teaching_wards]", "data: [teaching_ward]", r"no data set\. Did you mean 'teaching_wards'\?"),
        ("exercise: q6", "exercise: q9", r"a mistake belongs to 'q9', which is no exercise"),
        ("marks: 1", "marks: 7", r"a mistake in q2 earns 7 of its marks"),
        ("  q3: ", "  q33: ", r"there is no comment on 'q3' for the lecturer"),
        ("core:", "# core:", r"is not readable YAML|there is no 'core'; add it"),
        ("minutes: 120", "minutes: [", r"beds-and-slack\.yml is not readable YAML"),
    ],
)
def test_a_faulty_description_is_named(module_folder, before, after, message):
    text = module_folder.read_text()
    assert before in text
    module_folder.write_text(text.replace(before, after, 1))
    with pytest.raises(RunError, match=message):
        modules.load_modules()


def test_a_description_without_notebook_is_named(module_folder):
    module_folder.with_suffix(".ipynb").unlink()
    with pytest.raises(RunError, match=r"beds-and-slack\.yml: there is no notebook beds-and-slack\.ipynb next to it"):
        modules.load_modules()


def test_a_notebook_without_a_prediction_is_named(module_folder):
    path = module_folder.with_suffix(".ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "predict" not in cell.metadata.get("tags", [])]
    nbformat.write(notebook, path)
    with pytest.raises(
        RunError, match=r"asks change, interpret besides its exercises; it must ask predict, change, inter"
    ):
        modules.load_modules()


@pytest.mark.parametrize(("cell", "message"), [("q2", "'q2' has no answer cell"), ("q2-check", "'q2' has no marks")])
def test_an_exercise_without_answer_or_marks_is_named(module_folder, cell, message):
    path = module_folder.with_suffix(".ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade_id") != cell]
    nbformat.write(notebook, path)
    with pytest.raises(RunError, match=f"beds-and-slack.ipynb: exercise {message}"):
        modules.load_modules()


def test_a_module_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(RunError, match=r"no module 'pay-gap'.*Did you mean 'pay-gaps'\?"):
        modules.select(("pay-gap",))


def roster_file(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "class.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_names_with_spaces_accents_and_commas_are_read_past(tmp_path):
    text = 'id,name\ns001,"Núñez, Ana María"\n s002 , Zoë  van der Berg\n\ns003,"O\'Neil, ""Mo"""\n'
    assert roster.read_roster(roster_file(tmp_path, text)) == ["s001", "s002", "s003"]
    assert roster.read_roster(roster_file(tmp_path, "﻿Name;Student_ID\nÅsa, B;x-1\n")) == ["x-1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"class\.csv: the file is empty"),
        ("id,name\n", r"class\.csv: the file has a header but no rows"),
        ("id,name\nCON,Ana\n", r"row 2, column 'id': Windows keeps 'CON' for a device; give the student another id"),
        ("id,name\nlpt1.x,Ana\n", r"row 2, column 'id': Windows keeps 'lpt1\.x' for a device"),
        ("id,name\ns1,Bo\n,Ana\n", r"row 3, column 'id': the id is empty; every student needs one"),
        ("name\nAna\n", r"class\.csv: there is no column 'id'; the header has: name"),
        ("id\ns1\nS1\n", r"row 3, column 'id': 'S1' is also in row 2; remove one of them"),
        ("id,name\n,Ana\n", r"row 2, column 'id': the id is empty"),
        ("id\nAna María\n", r"row 2, column 'id': 'Ana María' cannot name a folder everywhere; allowed:"),
        ("id\n../keys\n", r"'\.\./keys' cannot name a folder"),
    ],
)
def test_a_faulty_roster_is_refused_before_anything_is_written(tmp_path, text, message):
    out = tmp_path / "out"
    with pytest.raises(DataError, match=message):
        roster.write(roster_file(tmp_path, text), seed=1, out=out)
    assert not out.exists()


def test_a_roster_is_read_as_universities_export_it(tmp_path):
    """A header in capitals, another encoding, a workbook."""
    path = roster_file(tmp_path, "Student ID,name\ns1,Zoë\n", encoding="latin-1")
    assert roster.read_roster(path) == ["s1"]
    sheet = {"Class": [["Name", "Student ID"], ["Ana", "u07"], ["Bo", "u08"]]}
    assert roster.read_roster(workbook(tmp_path / "class.xlsx", sheet)) == ["u07", "u08"]


def test_a_roster_gives_the_same_folders_again_and_every_student_other_data(tmp_path):
    path = roster_file(tmp_path, 'id,name\ns001,"Núñez, Ana"\ns002,Bo Ek\n')
    for name in ("one", "two"):
        roster.write(path, seed=7, out=tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert len(files) == sum(2 * (6 + len(module.about["data"])) for module in MODULES) + 4
    for module in MODULES:
        folder = tmp_path / "one/students/s001" / module.name
        assert {path.name for path in folder.iterdir()} == {
            f"{module.name}.ipynb", "handout.html", "data", "wheels", "requirements.txt",
        }  # fmt: skip
        assert {f"{name}.csv" for name in module.about["data"]} < {path.name for path in (folder / "data").iterdir()}
    same, differ, odd = filecmp.cmpfiles(
        tmp_path / "one", tmp_path / "two", [str(name) for name in files], shallow=False
    )
    assert (len(same), differ, odd) == (len(files), [], [])
    for name in files:
        text = (tmp_path / "one" / name).read_text(errors="ignore")
        assert "Núñez" not in text, name
        assert "Bo Ek" not in text, name
    series = [
        (tmp_path / f"one/students/{s}/service-trends/data/teaching_series.csv").read_bytes() for s in ("s001", "s002")
    ]
    assert series[0] != series[1]
    with (tmp_path / "one/keys/s001.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert {row["module"] for row in rows} == {module.name for module in MODULES}
    assert not [p for p in (tmp_path / "one/students").rglob("*") if "key" in p.name]


def test_students_work_is_never_written_over(tmp_path):
    path = roster_file(tmp_path, "id\ns1\n")
    (tmp_path / "students").mkdir()
    with pytest.raises(RunError, match=r"students is there already, perhaps with students' work"):
        roster.write(path, seed=1, out=tmp_path)


def test_a_key_is_what_the_students_own_copy_earns_marks_with(tmp_path):
    module = next(module for module in MODULES if module.name == "beds-and-slack")
    frames = frames_of(module, roster.seed_of("s001", seed=3))
    answers = {row["exercise"]: row["answer"] for row in copies.answer_key(module, frames).rows}
    given = answered(module, {"q1": f"load = {answers['q1']}", "q3": f"fullest = {answers['q3']!r}"})
    assert marks_of(given, module, frames)[0]["q1"] == 1
    assert marks_of(given, module)[0]["q1"] == 0, "another student's answer must not fit"


def test_no_draw_of_the_paper_goes_on_for_ever():
    """In one draw of some hundreds a row to be cut off is of 2000 or 3000, which has no percentage that fits."""
    for seed in [*range(300), roster.seed_of("s044", seed=7)]:
        rows = generators.paper(seed)["teaching_paper"]
        exact = 1000 * rows["part"] // rows["whole"] / 10
        rounded = [generators._rounded(part, whole) for part, whole in zip(rows["part"], rows["whole"], strict=True)]
        assert ((rows["printed"] == exact) & (exact != rounded)).sum() >= 2, seed


def test_five_hundred_students_take_seconds_a_module(tmp_path):
    path = roster_file(tmp_path, "id\n" + "".join(f"s{number:03d}\n" for number in range(500)))
    started = time.perf_counter()
    chosen = [module for module in MODULES if module.name == "beds-and-slack"]
    assert len(roster.write(path, seed=1, out=tmp_path / "out", modules=chosen)) == 500
    assert time.perf_counter() - started < 180
    assert len(list((tmp_path / "out/students").iterdir())) == 500


def test_a_solution_that_fails_on_some_data_is_named():
    module = next(module for module in MODULES if module.name == "beds-and-slack")
    broken = {"teaching_wards": frames_of(module, 1)["teaching_wards"].query("ward != 'Harbour'")}
    with pytest.raises(RunError, match=r"beds-and-slack: q1 fails on these data: KeyError: 'Harbour'"):
        copies.answer_key(module, broken)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check.number("x", 3, low=4, hint="too small"), "x is 3, below 4: too small"),
        (lambda: check.number("x", None), "x has no value yet: assign your answer to it in the cell above"),
        (lambda: check.number("x", "four"), "x is 'four', not a number"),
        (lambda: check.number("x", float("nan")), "x is nan: the calculation contains a missing value or a division"),
        (lambda: check.number("x", [1, 2]), "x has 2 values; give one number"),
        (lambda: check.choice("x", "Best", ["best"]), "x is 'Best'; it must be one of 'best', with this spelling"),
        (lambda: check.names("x", "a", ["a"]), "x is str; give a list of names"),
        (lambda: check.names("x", ["b"], ["a"]), "x holds 'b', which is none of 'a'"),
        (lambda: check.names("x", ["a", "a"], ["a"]), "x contains a name twice"),
        (lambda: check.award(1, "x", 2, right=3), "x is 2, which does not follow from the data"),
    ],
)
def test_a_check_says_what_is_wrong(call, message):
    with pytest.raises(check.NotYet, match=re.escape(message)):
        call()


def test_answers_as_students_give_them_are_taken():
    """Columns instead of lists, numpy numbers, three figures; but not two, nor a neighbouring whole number."""
    frame = pd.DataFrame({"row": ["p2", "p1"]})
    for given in (frame["row"], pd.Index(["p1", "p2"]), np.array(["p1", "p2"]), {"p1", "p2"}):
        check.names("x", given, ["p1", "p2"])
        assert check.award(2, "x", given, right=["p1", "p2"]) == 2
    assert check.same(np.float64(0.596), 0.59551)
    assert not check.same(0.6, 0.59551)
    assert not check.same(11, 12)
    assert not check.same("12", ["12"])


def test_practice_says_right_not_yet_or_which_slip(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    check.slips("q1", "x", 0.6)
    assert capsys.readouterr().out == "", "nothing is said where no file of answers was handed out"
    (tmp_path / "data").mkdir()
    key = copies.AnswerKey([], {"q1": [{"answer": 4.0, "says": "Four is what is left."}]}, {"q1": 0.59551})
    (tmp_path / "data" / check.SLIPS).write_text(copies.slips_text(key, salt="s"))
    for value, said in (
        (0.6, "x is 0.6: not yet. If you rounded it, give at least three significant figures.\n"),
        (0.596, "x is 0.596: right.\n"),
        (0.59551, "x is 0.5955: right.\n"),
        (4, "x is 4: not yet. Four is what is left.\n"),
        ("word", "x is word: not yet.\n"),
    ):
        check.slips("q1", "x", value)
        assert capsys.readouterr().out == said


def test_trying_every_count_up_to_a_thousand_takes_minutes(tmp_path, monkeypatch):
    """A core does a few million rounds in a second; here, whoever knows one answer knows no other's addition."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    key = copies.AnswerKey([], {"q1": [{"answer": 3.0, "says": "Three."}]}, {"q1": 740})
    (tmp_path / "data" / check.SLIPS).write_text(copies.slips_text(key, salt="s", secret="kept"))
    rounds = []
    monkeypatch.setattr(check.hashlib, "pbkdf2_hmac", lambda *given: rounds.append(given[3]) or b"no")
    check.slips("q1", "x", 12)
    assert 1001 * sum(rounds) > 1e9
    monkeypatch.undo()
    monkeypatch.setattr(check, "ROUNDS", 1)
    listed, found = check.hashes(740, salt="sq1", secret="kept"), []
    for one in (739.5, 740.0, 740.5):
        found += [n for n in range(check.ADDITIONS) if check.hashed(one, salt="sq1", addition=n) in listed]
    assert len(set(found)) == 3


def test_an_exam_says_recorded_and_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / check.SLIPS).write_text(copies.slips_text(copies.AnswerKey([], {}, {"q1": 3.0})))
    for value in (3.0, 4.0, "word"):
        check.slips("q1", "x", value)
    check.number("x", 40, low=0, high=1, hint="a share")  # a range would tell a wrong answer
    check.remark("x", False, "it is not that")
    check.that(False, "what is wrong with it")
    with pytest.raises(check.NotYet, match="x must name two codes"):
        check.that(False, "x must name two codes", form=True)
    assert capsys.readouterr().out == "x: recorded.\n" * 4
    with pytest.raises(DataError, match=r"no file data/teaching_pay\.csv next to this notebook"):
        check.data("teaching_pay")


def numbers_in(value):
    """Every number that a JSON value holds, also as text."""
    if isinstance(value, dict):
        return [one for part in value.values() for one in numbers_in(part)]
    if isinstance(value, list):
        return [one for part in value for one in numbers_in(part)]
    return [] if isinstance(value, str) else [value]


@each
def test_what_a_student_is_given_holds_no_answer(module):
    """An attacker who reads every file: no number to compare or to compute with in practice, nothing in an exam."""
    given = editions.student_files(module)
    known = json.loads(given[f"data/{check.SLIPS}"])
    assert numbers_in(known["exercises"]) == []
    key = copies.answer_key(module)
    hashes = functools.partial(check.hashes, secret=module.notebook.read_text())
    for exercise, one in known["exercises"].items():
        own = f"{known['salt']}{exercise}"
        assert set(hashes(key.right[exercise], salt=own)) == set(one["right"])
        assert not set(check.hashes(key.right[exercise], salt=own, secret="another")) & set(one["right"])
        listed = {found for slip in one["slips"] for found in slip["hashes"]}
        for other, right in key.right.items():
            assert not listed & set(hashes(right, salt=own)), f"a slip of {exercise} is the answer of {other}"
    assert json.loads(copies.slips_text(key)) == {"mode": "exam", "data": "your own"}


def test_a_students_own_file_is_read_first_and_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(check.data("teaching_wards")) == 4
    (tmp_path / "data").mkdir()
    (tmp_path / "data/teaching_wards.csv").write_text("ward,beds,arrivals,stay\nPier,9,1.5,4\n")
    assert list(check.data("teaching_wards")["ward"]) == ["Pier"]
    (tmp_path / "data/teaching_wards.csv").write_text("ward,beds,arrivals,stay\nPier,many,1.5,4\n")
    with pytest.raises(DataError, match=r"teaching_wards\.csv.*beds.*many"):
        check.data("teaching_wards")
