"""The attacker: what lookup, equality and one arithmetic step on a student's files earn, in practice and in an exam."""

import json
import re

import numpy as np
import pytest

from everyday.synthetic import teaching as generators
from everyday.teaching import checks, copies, editions, pages, roster
from taught import MODULES

#: Students of a roster whose files are attacked; numbers of a student's data that are combined, two at a time.
STUDENTS, NUMBERS = 12, 150

#: Warm-ups whose task is itself one step with two numbers of the student's data.
ONE_STEP = {("beds-and-slack", "q1"), ("auditing-numbers", "q1")}


def numbers(text):
    """Every number in a text, in its order."""
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def agrees(values, right):
    """Where answers agree with the right one: :func:`everyday.teaching.checks.same` for many numbers at once."""
    near = np.isclose(values, right, rtol=checks.RELATIVE, atol=1e-9)
    return near | (values == float(f"{right:.{checks.FIGURES}g}"))


def steps(found):
    """The numbers, and each sum, difference, product and quotient of two, by place: the attacker's strategies."""
    with np.errstate(all="ignore"):
        one, other = np.meshgrid(found, found, indexing="ij")
        made = (one + other, one - other, one * other, one / other, 100 * one / other)
        return np.concatenate([found, *(part.ravel() for part in made)])


def is_number(right):
    return not isinstance(right, (str, bool, list))


@pytest.fixture(scope="module", params=MODULES, ids=lambda module: module.name)
def attacked(request):
    """A module, and of each student the right answers and the numbers in the files of their own."""
    module, found = request.param, []
    for number in range(STUDENTS):
        made = roster.own_data(module, seed=roster.seed_of(f"a{number:03d}", seed=7))
        frames = {name: generators.from_bytes(name, content) for name, content in made.items()}
        key = copies.answer_key(module, frames)
        files = [*made.values(), copies.slips_text(key).encode()]
        own = [one for content in files for one in numbers(content.decode())]
        found.append(({k: v for k, v in key.right.items() if is_number(v)}, own))
    return module, found


def test_no_step_that_works_for_classmates_works_for_everybody(attacked):
    """A student who learns from classmates which two numbers to combine, and how, gets what chance gives.

    Chance is what the same strategies give on another student's answers: files say no more about one's own answers.
    """
    module, found = attacked
    length = min(NUMBERS, *(len(own) for _, own in found))
    fixed = [0.0, 1.0, 2.0, 100.0]
    tried = [steps(np.array([*fixed, *own[:length]])) for _, own in found]
    for exercise in found[0][0]:
        says = next(one.text for one in module.exercises if one.name == exercise)
        if "The answer is the same for the whole class." in says or (module.name, exercise) in ONE_STEP:
            continue
        hits = [
            sum(
                agrees(mine, found[(at + shift) % STUDENTS][0][exercise]).astype(np.int8)
                for at, mine in enumerate(tried)
            )
            for shift in (0, 3, 7)
        ]
        most, *chance = (int(one.max()) for one in hits)
        assert most <= max(*chance, STUDENTS // 4) + 1, f"{exercise}: one step is right for {most} of {STUDENTS}"


def test_no_page_notebook_or_handout_holds_an_answer_of_the_class(attacked):
    """By equality with a number of three figures; by one step, no more often than answers that nobody published."""
    module, found = attacked
    copy = copies.student_notebook(module.read(), label=module.name)
    texts = [cell.source for cell in copy.cells] + [pages.page(module), pages.handout(module)]
    known = json.loads(editions.student_files(module)[f"data/{checks.SLIPS}"])
    texts += [slip["says"] for one in known["exercises"].values() for slip in one["slips"]]
    pool = np.array([one for text in texts for one in numbers(text)])
    derived = np.concatenate([pool, 100 * pool, pool / 100, 1 - pool, 100 - pool])
    written = np.array([one for one in pool if len(f"{abs(one):g}".replace(".", "").lstrip("0")) >= checks.FIGURES])
    ours = {name: right for name, right in copies.answer_key(module).right.items() if is_number(right)}
    for exercise, right in ours.items():
        assert float(right) == int(right) or not agrees(written, right).any(), f"{exercise}: {right} is in a file"
    hits = [sum(agrees(derived, right).any() for right in one.values()) for one in (ours, *(them for them, _ in found))]
    assert hits[0] <= max(hits[1:]) + 1, hits
