"""Every bundled file is described, valid by an independent validator, and what its checksum says."""

import json
import re

import pandas as pd
import pytest
from frictionless import Package, Resource, system

from compendium import datasets, generated
from miniature import PROJECT

DATA = PROJECT / "data"
RESOURCES = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))["resources"]

each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource["name"])


def test_every_file_is_in_the_catalogue():
    described = {resource["path"] for resource in RESOURCES} | {"datapackage.json"}
    there = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file()}
    assert there == described


def test_names_are_unique():
    assert len({resource["name"] for resource in RESOURCES}) == len(RESOURCES)


def test_the_descriptor_is_a_valid_data_package():
    with system.use_context(trusted=True):
        assert Package.validate_descriptor(json.loads((DATA / "datapackage.json").read_text())).valid


@each_resource
def test_frictionless_finds_the_file_valid(resource):
    descriptor = {key: value for key, value in resource.items() if key in ("name", "path", "schema")}
    fields = [
        {key: value for key, value in field.items() if key not in ("optional", "unit")}
        for field in descriptor["schema"]["fields"]
    ]
    descriptor["schema"] = {**descriptor["schema"], "fields": fields}
    with system.use_context(trusted=True):
        report = Resource.from_descriptor(descriptor, basepath=str(DATA)).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "note"])[:5]


@each_resource
def test_checksum_and_size_are_those_of_the_file(resource):
    path = DATA / resource["path"]
    assert resource["bytes"] == path.stat().st_size, "run `healthsys data --stamp`"
    assert resource["hash"] == f"sha256:{datasets.sha256(path)}", "run `healthsys data --stamp`"


@each_resource
def test_kind_source_licence_and_columns_are_stated(resource):
    assert resource["kind"] in datasets.KINDS
    assert resource["licenses"]
    assert resource["description"].endswith(".")
    if resource["kind"] in ("published", "official"):
        assert resource["sources"]
    if resource["kind"] == "official":
        assert resource["computed"]["files"]
        assert all(len(one["sha256"]) == 64 for one in resource["computed"]["files"])
    for field in resource["schema"]["fields"]:
        assert field["description"], f"{field['name']} has no meaning"


@each_resource
def test_what_is_known_of_it_has_its_source_and_is_in_the_data_dictionary(resource):
    for one in resource.get("breaks", []):
        assert set(one) == {"indicators", "period", "note", "source", "locator", "confidence"}
        assert one["confidence"] in ("seen_in_source", "seen_in_secondary")
        assert any(datasets.load(resource["name"])["indicator"].str.startswith(tuple(one["indicators"])))
        assert f"{one['note']} ({one['source']}, {one['locator']};" in generated.data_dictionary()
    assert all(said.endswith(".") for said in resource.get("limits", []))
    assert resource.get("truth", resource["name"]) in {other["name"] for other in RESOURCES}


@each_resource
def test_our_own_reader_loads_it(resource):
    frame = datasets.load(resource["name"])
    assert len(frame)
    assert frame.attrs["provenance"]["kind"] == resource["kind"]


@each_resource
def test_a_published_figure_was_seen_somewhere(resource):
    if resource["kind"] == "published" and any(f["name"] == "confidence" for f in resource["schema"]["fields"]):
        seen = datasets.load(resource["name"])["confidence"]
        assert set(seen.dropna().unique()) <= {"seen_in_source", "seen_in_secondary"}
        assert seen.notna().all()


@each_resource
def test_a_synthetic_file_says_so(resource):
    if resource["kind"] == "synthetic":
        assert re.search("synthetic|invented", resource["title"] + resource["description"], flags=re.I)


@each_resource
def test_no_cell_starts_a_formula_or_holds_an_address_of_this_machine(resource):
    frame = pd.read_csv(DATA / resource["path"], dtype="str", keep_default_na=False)
    for column in frame:
        bad = frame[column].str.match(r"^[=@]|^[+-](?![\d.])")
        assert not bad.any(), f"{column}: {frame[column][bad].iloc[0]!r} could be run by a spreadsheet"
