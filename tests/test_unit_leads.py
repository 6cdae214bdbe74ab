"""What the stored leads of pages on pay, equality and climate say: the answer first, of whom, when and how sure."""

import itertools

import nbformat
import pytest

from compendium import normalise, paths
from compendium.plotting import FIGURE_TYPE
from compendium.recording import RESULT_TYPE

NOTEBOOKS = sorted((paths.root() / "notebooks").glob("*.ipynb"))


def stored(name, kind=RESULT_TYPE):
    """Return the results or figures that a source notebook stores, by name."""
    cells = nbformat.read(paths.root() / f"notebooks/{name}.ipynb", as_version=4).cells
    found = (output["data"].get(kind) for cell in cells for output in cell.get("outputs", []) if "data" in output)
    return {one["name"]: one for one in found if one}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_answer_is_the_first_paragraph(path):
    cells = nbformat.read(path, as_version=4).cells
    shown = (cell for cell in cells if normalise.READING not in cell.metadata.get("tags", []))
    paragraphs = [one for one in next(shown).source.split("\n\n") if one.strip()]
    if paragraphs[1:] == []:  # a page on synthetic data says the real figure first, where one exists
        real = list(itertools.takewhile(lambda cell: cell.source.startswith("*The real figures.*"), shown))
        assert real
        assert all("bundled-data" in cell.metadata["tags"] for cell in real)
        (answer,) = [cell for cell in cells if cell.source.startswith("{result}`finding`")]
        assert cells.index(answer) == cells.index(real[-1]) + 1
    elif "finding" in stored(path.stem):
        assert paragraphs[1].strip() == "{result}`finding`"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("retention_and_sickness", "In October and November 2025, 1.06% of staff joined an organisation and 0.98%"),
        ("nhs_gender_pay_gap", "in March 2024 (reporting year 2024-25), compared with 9.3% in March 2017."),
        ("nhs_workforce_ethnicity", "37.1% of band 5 staff of known ethnicity were"),
        ("review_claims_equality", "BME staff of clinical commissioning groups (abolished in July 2022) experienced"),
        ("climate_sensitivity", "better than the reported 112 points, worse than the unverified 128."),
    ],
)
def test_a_lead_says_of_whom_and_when(name, said):
    assert said in stored(name)["finding"]["text"]


def test_a_change_of_two_groups_is_said_as_gained_and_lost():
    change = stored("nhs_workforce_ethnicity")["band5_change"]["text"]
    assert change == "gained 35,017 BME staff and lost 33,681 white staff"


def test_the_figure_of_the_multilevel_model_says_how_much_of_a_deviation_it_shows():
    figure = stored("intersectional_gaps", FIGURE_TYPE)["residuals"]
    assert all("which shows only about 40% of a deviation" in figure[part] for part in ("caption", "alt"))


def test_staff_groups_are_called_by_names_that_need_no_code():
    for name, said in (
        ("retention_and_sickness", "Hospital and community doctors, without resident doctors"),
        ("nhs_workforce_ethnicity", "doctors: specialty doctor, associate specialist or staff grade (SAS)"),
    ):
        cells = nbformat.read(paths.root() / f"notebooks/{name}.ipynb", as_version=4).cells
        shown = str([output for cell in cells for output in cell.get("outputs", [])])
        assert said in shown
        assert "HCHS" not in shown
        assert "specialist and SAS" not in shown
