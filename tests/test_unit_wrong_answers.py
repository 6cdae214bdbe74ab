"""Typical wrong answers are marked as they should be, on the class's data and on students' own."""

import contextlib
import io
from pathlib import Path

import pytest
import yaml

from everyday.synthetic import teaching as generators
from everyday.teaching import checks, copies, editions, marking, roster
from taught import MODULES

ANSWERS = yaml.safe_load((Path(__file__).parent / "wrong_answers.yml").read_text())
each = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)

#: What a student is told by the kind of an answer.
TOLD = {kind: {kind} for kind in ("not yet", "slip", "right")} | {"guess": {"not yet"}, "either": {"slip", "not yet"}}


def own(module, student):
    """The data of a student of a roster; the class's without one."""
    made = roster.own_data(module, seed=roster.seed_of(student, seed=11)) if student else editions.bundled(module)
    return {name: generators.from_bytes(name, content) for name, content in made.items()}


def answers(module, frames):
    """Kind, exercise, variable and value of each typical wrong answer on some data."""
    names = marking.variables(module)
    with checks.sitting(frames), contextlib.redirect_stdout(io.StringIO()):
        space = {}
        exec("from scipy import stats", space)
        exec(copies.compiled(module)[0][1], space)
        for exercise, kinds in ANSWERS[module.name].items():
            for kind, codes in kinds.items():
                for code in codes:
                    tried = dict(space)
                    exec(code, tried)
                    yield kind, exercise, names[exercise], tried[names[exercise]], code


def test_the_list_has_every_automatic_exercise_with_a_number_or_names():
    assert sum(len(codes) for one in ANSWERS.values() for kinds in one.values() for codes in kinds.values()) >= 110
    left_out = {("auditing-numbers", "q5"), ("service-trends", "q7")}  # a text, and an exercise newer than the list
    left_out |= {("changing-comparisons", name) for name in ("q6", "q7")}
    automatic = {(one.name, exercise.name) for one in MODULES for exercise in one.exercises if not exercise.is_open}
    assert automatic - left_out == {(name, exercise) for name, kinds in ANSWERS.items() for exercise in kinds}


@each
def test_practice_tells_a_wrong_answer_from_a_slip(module, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checks, "ADDITIONS", 3)  # what a hash costs is another test's
    given = copies.slips_text(copies.answer_key(module), salt="practice", secret="of this test")
    says = [f"{mistake.mistake} {mistake.reveals}" for mistake in module.mistakes]
    tried = list(answers(module, own(module, None)))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / checks.SLIPS).write_text(given)
    for kind, exercise, name, value, code in tried:
        checks.slips(exercise, name, value)
        said = capsys.readouterr().out
        told = "right" if said.endswith(": right.\n") else "slip" if any(one in said for one in says) else "not yet"
        assert told in TOLD[kind], f"{exercise}: {code}: {said}"
        assert told == "right" or ": not yet." in said


@each
def test_a_students_wrong_answer_earns_what_it_should(module):
    frames = own(module, "s003")
    key = copies.answer_key(module, frames)
    points = {exercise.name: exercise.points for exercise in module.exercises}
    for kind, exercise, _, value, code in answers(module, frames):
        marks, said = marking.compare(module, frames, {exercise: value})[exercise]
        slips = {slip["says"] for slip in key.slips[exercise] if checks.same(value, slip["answer"])}
        earned = {one.marks for one in module.mistakes if f"{one.mistake} {one.reveals}" in slips}
        told = "right" if marks == points[exercise] else "slip" if slips else "not yet"
        assert told in TOLD[kind], f"{exercise}: {code}: {marks} marks, {said}"
        assert marks == {"right": points[exercise], "not yet": 0}.get(told, marks)
        assert told != "slip" or marks in earned, f"{exercise}: {code}: {marks} marks"


@each
def test_no_wrong_method_earns_full_marks_on_any_draw(module):
    """On data where a wrong method has the right answer, the rule would not matter; guesses may be right by chance."""
    for number in range(20, 28):
        frames = own(module, f"s{number:03d}")
        key = copies.answer_key(module, frames)
        for exercise, slips in key.slips.items():
            listed = [one for one in module.mistakes if one.exercise == exercise]
            is_text = (module.name, exercise) == ("auditing-numbers", "q5")
            assert is_text or len(slips) == len(listed), f"s{number:03d}, {exercise}: a listed slip is right"
        for kind, exercise, _, value, code in answers(module, frames):
            if kind in ("not yet", "slip", "either"):
                assert not checks.same(value, key.right[exercise]), f"s{number:03d}, {exercise}: {code}"
