"""Disclosure control: the rules, secondary suppression and the attack on what is printed."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from healthsys.disclosure import HES, LOCAL_1_4, LOCAL_1_9, OFF, Printed, Statement, protect, rule
from healthsys.errors import DataError


def test_hes_rule_worked_example():
    """Methods reference, section 5: 0, 3, 7, 8, 12, 13 become 0, *, *, 10, 10, 15."""
    assert [HES.text(count) for count in (0, 3, 7, 8, 12, 13)] == ["0", "*", "*", "10", "10", "15"]


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [(LOCAL_1_4, ["0", "*", "*", "5", "5", "10"]), (LOCAL_1_9, ["0", "*", "*", "*", "*", "10"])],
)
def test_local_rules(chosen, shown):
    assert [chosen.text(count) for count in (0, 1, 4, 5, 7, 10)] == shown


@given(st.sampled_from([HES, LOCAL_1_4, LOCAL_1_9, OFF]), st.integers(0, 500))
def test_a_shown_count_lies_within_its_bounds(chosen, count):
    shown = chosen.show(count)
    if shown is not None:
        low, high = chosen.bounds(shown)
        assert low <= count <= high
        assert {chosen.show(number) for number in range(low, high + 1)} == {shown}


def test_a_percentage_uses_the_counts_shown_or_is_suppressed():
    assert HES.percent(13, 48) == 30.0
    assert HES.percent(3, 48) is None
    assert HES.percent(0, 48) == 0.0
    assert HES.percent(0, 0) is None


def test_a_negative_or_broken_count_is_refused():
    with pytest.raises(DataError, match=r"a count of people is -1; allowed: a whole number, 0 or more"):
        HES.show(-1)


def test_an_unknown_rule_names_the_nearest():
    with pytest.raises(DataError, match=r"no disclosure rule 'hess'. Did you mean 'hes'\?"):
        rule("hess")


def grid(numbers, rows="band", columns="sex"):
    """Lay out a list of rows of counts as people by two characteristics."""
    return pd.DataFrame(
        [
            {rows: f"r{row}", columns: f"c{column}", "people": number}
            for row, line in enumerate(numbers)
            for column, number in enumerate(line)
        ]
    )


def test_rounding_alone_may_not_protect():
    """7 and 11 print as * and 10 of 20: 18 to 22 less 8 to 12 leaves 6 or 7, so a second cell goes."""
    page = protect(grid([[7, 11]]), tables=[Printed("t", ("band", "sex"))], rule=HES)
    assert page.proof.holds
    assert page.frame("t").iloc[0].tolist()[1:3] == ["*", "*"]


def test_a_printed_percentage_gives_a_suppressed_count_away():
    people = grid([[3, 42], [60, 70]])
    told = Statement({"band": "r0", "sex": "c0"}, {"band": "r0"}, 100 * 3 / 45)
    open_page = protect(people, tables=[Printed("t", ("band", "sex"))], rule=HES)
    assert open_page.proof.holds
    closed = protect(people, tables=[Printed("t", ("band", "sex"))], rule=HES, statements=[told])
    assert closed.proof.holds
    assert len(closed.secondary) > len(open_page.secondary)


def test_a_percentage_that_cannot_be_protected_is_refused():
    told = [
        Statement({"band": "r0", "sex": "c0"}, {"band": "r0"}, 100 * 1 / 3, 6),
        Statement({"band": "r0"}, {}, 100 * 3 / 7, 6),
    ]
    with pytest.raises(DataError, match="can be narrowed to too few numbers whatever else is suppressed"):
        protect(grid([[1, 2], [1, 3]]), tables=[Printed("t", ("band", "sex"))], rule=HES, statements=told)


def test_figures_that_contradict_the_counts_are_refused():
    told = Statement({"band": "r0", "sex": "c1"}, {"band": "r0"}, 1.0)
    with pytest.raises(DataError, match="contradicts the counts"):
        protect(grid([[3, 42], [60, 70]]), tables=[Printed("t", ("band", "sex"))], rule=HES, statements=[told])


def test_two_tables_of_one_page_are_linked():
    """The total of band r0 is suppressed nowhere in the second table alone; the page sees both."""
    people = pd.DataFrame(
        [
            (band, sex, group, number)
            for (band, sex, group), number in zip(
                itertools.product(("5", "6"), ("F", "M"), ("a", "b")),
                (30, 2, 21, 9, 44, 13, 17, 26),
                strict=True,
            )
        ],
        columns=["band", "sex", "group", "people"],
    )
    both = [Printed("one", ("band", "sex")), Printed("two", ("band", "group"))]
    page = protect(people, tables=both, rule=LOCAL_1_9)
    assert page.proof.holds
    assert page.frame("one").iloc[0, 3] == page.frame("two").iloc[0, 3]


def test_derived_levels_are_linked_to_what_they_follow_from():
    people = grid([[30, 4], [28, 40]]).assign(cluster=lambda found: found["band"].map({"r0": "low", "r1": "low"}))
    tables = [Printed("bands", ("band", "sex")), Printed("clusters", ("cluster", "sex"))]
    page = protect(people, tables=tables, rule=HES, derived={"cluster": "band"})
    assert page.proof.holds
    with pytest.raises(DataError, match="goes with more than one level"):
        protect(people, tables=tables, rule=HES, derived={"band": "cluster"})


def attack_by_hand(page):
    """Enumerate every 2 by 2 table that prints as this one; return the possible values of each suppressed cell."""
    cells = [{"band": f"r{row}", "sex": f"c{column}"} for row in range(2) for column in range(2)]
    lines = {"r0": (0, 1), "r1": (2, 3), "c0": (0, 2), "c1": (1, 3), "all": (0, 1, 2, 3)}
    where = {"r0": {"band": "r0"}, "r1": {"band": "r1"}, "c0": {"sex": "c0"}, "c1": {"sex": "c1"}, "all": {}}
    possible = {position: set() for position in range(4)}

    def fits(number, cell):
        key = frozenset(cell.items())
        if key in page.primary:
            return 1 <= number <= page.rule.highest
        if key in page.secondary:
            return number > page.rule.highest
        return page.rule.show(number) == page.shown(cell)

    ranges = [[n for n in range(40) if fits(n, cell)] for cell in cells]
    for guess in itertools.product(*ranges):
        if all(fits(sum(guess[i] for i in line), where[name]) for name, line in lines.items()):
            for position, number in enumerate(guess):
                possible[position].add(number)
    return cells, possible


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 14), min_size=4, max_size=4), st.sampled_from([HES, LOCAL_1_4]))
def test_the_solver_agrees_with_enumeration(numbers, chosen):
    page = protect(grid([numbers[:2], numbers[2:]]), tables=[Printed("t", ("band", "sex"))], rule=chosen)
    cells, possible = attack_by_hand(page)
    found = page.proof.ranges.set_index("cell")
    for position, cell in enumerate(cells):
        if page.shown(cell) is None:
            line = found.loc[", ".join(f"{name} {level}" for name, level in sorted(cell.items()))]
            assert len(possible[position]) >= 3
            assert min(possible[position]) == line["lowest"]
            assert max(possible[position]) == line["highest"] or line["highest"] > 30


def test_rule_off_shows_everything_and_says_so():
    page = protect(grid([[3, 4]]), tables=[Printed("t", ("band", "sex"))], rule=OFF)
    assert page.frame("t").iloc[0].tolist() == ["r0", "3", "4", "7"]
    assert "do not publish" in page.sentence()


def test_an_empty_cell_of_a_characteristic_is_refused():
    people = pd.DataFrame({"sex": ["F", None]})
    with pytest.raises(DataError, match="column 'sex' has 1 empty cells; name them, for example 'Not stated'"):
        protect(people, tables=[Printed("t", ("sex",))], rule=HES)


def test_a_level_nobody_has_is_a_cell_of_zero():
    page = protect(
        pd.DataFrame({"sex": ["F"] * 20}),
        tables=[Printed("t", ("sex",))],
        rule=HES,
        levels={"sex": ["F", "M"]},
    )
    assert page.frame("t").values.tolist() == [["F", "20"], ["M", "0"], ["All", "20"]]
