"""The compendium described for machines: a Workflow Run RO-Crate, and the manifest of ``codecheck.yml``.

The crate follows RO-Crate 1.3 (no version of Workflow RO-Crate goes with 1.2) and Workflow Run Crate 0.6 (which
extends Process Run Crate 0.6 and Workflow RO-Crate 1.1): the list of runs is the main workflow, each notebook a
workflow with its parameters as inputs, each run an action with what it read and what it made. Authors are those of
``CITATION.cff``. All dates are that of the release, so that equal sources give an equal crate on any day.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import mimetypes
import re
import tomllib
from pathlib import Path
from typing import Any

from compendium import datasets, files, paths, project, record
from compendium.errors import CompendiumError
from compendium.parameters import Parameter, parameters_of
from compendium.runs import Run, load_runs

#: Profiles that the crate keeps, with name and version.
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.6": ("Process Run Crate", "0.6"),
    "https://w3id.org/ro/wfrun/workflow/0.6": ("Workflow Run Crate", "0.6"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.1": ("Workflow RO-Crate", "1.1"),
}

#: The file with the SHA-256 of every file of an archive, as ``sha256sum`` writes and checks them.
CHECKSUMS = "SHA256SUMS"

#: Licence of texts, figures and results, by its SPDX name; code has that of ``CITATION.cff``, data that of each set.
TEXT_LICENCE = "CC-BY-4.0"

#: Type of a parameter in schema.org's words.
_TYPES = {"str": "Text", "int": "Integer", "float": "Float", "bool": "Boolean"}

#: Folders described as a whole; every other file is described by itself.
_WHOLE = ("src/", "tests/", "book/", "benchmarks/", "teaching/", ".ci/")

_MEDIA = {".ipynb": "application/x-ipynb+json", ".yml": "application/yaml", ".csv": "text/csv", ".md": "text/markdown",
          ".lock": "text/plain", ".bib": "application/x-bibtex", ".cff": "application/yaml"}  # fmt: skip


def citation() -> dict[str, Any]:
    """Return what ``CITATION.cff`` says of the compendium; where there is none, the data package's title."""
    path = paths.root() / "CITATION.cff"
    package = datasets.package()
    known = {"title": package.get("title", package["name"]), "version": project.version(), "license": "MIT"}
    if path.is_file():
        known |= files.settings(path)
    return known


def released() -> str:
    """Return the date of the release, as ``CITATION.cff`` gives it; before the first release, the book's fixed date."""
    fixed = datetime.datetime.fromtimestamp(int(files.EPOCH), datetime.UTC).date()
    return str(citation().get("date-released") or fixed)


def _python() -> str:
    """Return the versions of Python that the project says it runs on, such as ``>=3.11,<3.14``."""
    path = paths.root() / "pyproject.toml"
    known = tomllib.loads(path.read_text(encoding="utf-8"))["project"] if path.is_file() else {}
    return known.get("requires-python", "3")


def file_stem() -> str:
    """Return the name of what holds the whole compendium: title and version."""
    about = citation()
    title = re.sub(r"[^a-z0-9]+", "-", about["title"].partition(":")[0].lower()).strip("-")
    return f"{title}-{about['version']}"


def metadata(names: list[str], *, sums: str) -> dict[str, Any]:
    """Return ``ro-crate-metadata.json`` of an archive of these files, entities in a stable order.

    ``sums`` is the content of the file with their checksums.
    """
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version="1.3")
    about = citation()
    maintainers = _authors(crate, about)
    root = crate.root_dataset
    root["name"] = about["title"]
    root["description"] = " ".join(about.get("abstract", about["title"]).split())
    root["version"] = str(about["version"])
    root["datePublished"] = released()
    root["license"] = _licence(crate, about["license"])
    root["author"] = maintainers
    root["keywords"] = ", ".join(about.get("keywords", []))
    for address, (name, version) in PROFILES.items():
        profile = _entity(crate, address, ["CreativeWork", "Profile"], name=name, version=version)
        root.append_to("conformsTo", profile)
    runs = load_runs()
    workflows = {f"notebooks/{run.notebook.name}" for run in runs.values()} | {"notebooks/runs.yml"}
    described = {name: _file(crate, name) for name in names if name not in workflows and not name.startswith(_WHOLE)}
    for folder in _WHOLE:
        inside = [name for name in names if name.startswith(folder)]
        if inside:
            part = crate.add_dataset(
                dest_path=folder,
                properties={"name": folder, "description": f"{len(inside)} files; {CHECKSUMS} has their SHA-256"},
            )
            part["license"] = _licence(crate, TEXT_LICENCE if folder == "book/" else about["license"])
    crate.add_file(
        dest_path=CHECKSUMS,
        properties={
            "name": "SHA-256 of every file, to check with: sha256sum -c SHA256SUMS",
            "contentSize": str(len(sums.encode())),
            "sha256": hashlib.sha256(sums.encode()).hexdigest(),
            "encodingFormat": "text/plain",
        },
    )["license"] = _licence(crate, TEXT_LICENCE)
    _workflows(crate, runs, described, maintainers)
    return _compacted(crate.metadata.generate())


def _compacted(described: Any) -> Any:
    """Return JSON-LD in which a list of one entry is that entry, as RO-Crate recommends.

    >>> _compacted({"@graph": [{"input": [{"@id": "a"}], "output": [{"@id": "a"}, {"@id": "b"}]}, {"@id": "./"}]})
    {'@graph': [{'input': {'@id': 'a'}, 'output': [{'@id': 'a'}, {'@id': 'b'}]}, {'@id': './'}]}
    """
    if isinstance(described, dict):
        return {
            key: _compacted(value[0] if key != "@graph" and isinstance(value, list) and len(value) == 1 else value)
            for key, value in described.items()
        }
    return [_compacted(entry) for entry in described] if isinstance(described, list) else described


def _entity(crate: Any, identifier: str, kind: str | list[str], **properties: str) -> Any:
    """Add an entity of a kind of schema.org to the crate."""
    from rocrate.model.contextentity import ContextEntity

    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _authors(crate: Any, about: dict[str, Any]) -> list[Any]:
    found = []
    for number, author in enumerate(about.get("authors") or [{"name": "The maintainers"}], start=1):
        person = "family-names" in author
        name = f"{author.get('given-names', '')} {author['family-names']}".strip() if person else author["name"]
        identifier = author.get("orcid") or f"#author-{number}"
        kind = "Person" if person else "Organization"
        found.append(_entity(crate, identifier, kind, name=name))
    return found


def _file(crate: Any, name: str) -> Any:
    path = paths.root() / name
    media = _MEDIA.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    properties = {"name": name, "encodingFormat": media, **_measured(path)}
    resource = next((r for r in datasets.package()["resources"] if f"data/{r['path']}" == name), None)
    if resource:
        properties |= {"name": resource["title"], "description": resource["description"]}
    part = crate.add_file(path, dest_path=name, properties=properties)
    named = [licence["name"] for licence in resource.get("licenses", [])] if resource else []
    named = [TEXT_LICENCE if name == "facts" else name for name in named]  # our arrangement of reported figures
    if not named:
        named = [TEXT_LICENCE if name.startswith("results/") or path.suffix == ".md" else citation()["license"]]
    licences = [_licence(crate, licence) for licence in named]
    part["license"] = licences if len(licences) > 1 else licences[0]
    return part


def _measured(path: Path) -> dict[str, str]:
    return {"contentSize": str(path.stat().st_size), "sha256": datasets.sha256(path)}


def _licence(crate: Any, name: str) -> Any:
    """Return the entity of a licence by its SPDX name, the same for every part that has it."""
    address = f"https://spdx.org/licenses/{name}"
    return crate.dereference(address) or _entity(crate, address, "CreativeWork", name=name)


def _workflows(crate: Any, runs: dict[str, Run], described: dict[str, Any], maintainers: list[Any]) -> None:
    """Describe the list of runs as main workflow, notebooks as its parts, runs as actions."""
    from rocrate.model.computerlanguage import ComputerLanguage

    address = "https://www.python.org/"
    language = {"name": "Python", "url": address, "identifier": {"@id": address}, "version": _python()}
    python = crate.add(ComputerLanguage(crate, address, properties=language))
    listed, version = paths.notebooks() / "runs.yml", str(citation()["version"])
    main = crate.add_workflow(
        listed, "notebooks/runs.yml", main=True, lang=python,
        properties={"name": "The runs of the book: one notebook with one set of parameters each", "version": version,
                    "encodingFormat": "application/yaml", **_measured(listed)},
    )  # fmt: skip
    main["author"] = maintainers
    main["license"] = code = _licence(crate, citation()["license"])
    if "requirements/book.lock" in described:
        main["softwareRequirements"] = described["requirements/book.lock"]
    outputs: dict[str, Any] = {}
    notebooks: dict[str, Any] = {}
    inputs: dict[str, dict[str, Any]] = {}
    results, read = [], {}
    for run in runs.values():
        name = f"notebooks/{run.notebook.name}"
        known = parameters_of(run.read(), label=run.notebook.name)
        if name not in notebooks:
            notebooks[name] = crate.add_workflow(
                run.notebook, name, lang=python,
                properties={"name": run.notebook.stem, "encodingFormat": _MEDIA[".ipynb"], "version": version,
                            **_measured(run.notebook)},
            )  # fmt: skip
            notebooks[name]["license"] = [code, _licence(crate, TEXT_LICENCE)]  # its cells are code, or text
            inputs[name] = {key: _parameter(crate, run.notebook.stem, value) for key, value in known.items()}
            outputs[name] = crate.add_formal_parameter(
                "results", "File", identifier=f"#{run.notebook.stem}-results", valueRequired=True,
                description="Named results and the data of the figures, as JSON",
            )  # fmt: skip
            notebooks[name]["input"] = list(inputs[name].values())
            notebooks[name]["output"] = [outputs[name]]
        used = [
            described[path] for path in (f"data/{datasets.describe(d)['path']}" for d in run.data) if path in described
        ]
        read |= {entity.id: entity for entity in used}
        made = described.get(f"results/{run.name}.json")
        if made is None:
            continue
        made["exampleOfWork"] = outputs[name]
        results.append(made)
        given = [_value(crate, run, parameter, inputs[name][parameter.name]) for parameter in known.values()]
        _action(crate, f"#run-{run.name}", notebooks[name], used + given, [made], maintainers, {
            "name": run.title, "description": f"healthsys run {run.name}"})  # fmt: skip
    main["hasPart"] = list(notebooks.values())
    _action(crate, "#book", main, list(read.values()), results, maintainers, {
        "name": "Every run of the book", "description": "make verify"})  # fmt: skip


def _parameter(crate: Any, notebook: str, parameter: Parameter) -> Any:
    kind = _TYPES.get(parameter.type, "PropertyValue" if parameter.type.startswith("list") else "Text")
    return crate.add_formal_parameter(
        parameter.name, kind, identifier=f"#{notebook}-{parameter.name}", description=parameter.meaning,
        properties={"defaultValue": json.dumps(parameter.default, ensure_ascii=False)},
    )  # fmt: skip


def _value(crate: Any, run: Run, parameter: Parameter, formal: Any) -> Any:
    value = run.parameters.get(parameter.name, parameter.default)
    if isinstance(value, str) and Path(value).is_absolute():
        value = Path(value).name
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    entity = _entity(crate, f"#run-{run.name}-{parameter.name}", "PropertyValue", name=parameter.name, value=text)
    entity["exampleOfWork"] = formal
    return entity


def _action(
    crate: Any, identifier: str, instrument: Any, object: list, result: list, agents: list, properties: dict[str, Any]
) -> None:
    status = {
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
        "endTime": f"{released()}T00:00:00+00:00",  # not later than this
    }
    action = crate.add_action(instrument, identifier, object=object, result=result, properties={**properties, **status})
    action["agent"] = agents
    crate.root_dataset.append_to("mentions", action)


def manifest() -> str:
    """Return the manifest of ``codecheck.yml``: every published result, with what it is."""
    lines = ["manifest:"]
    for run in load_runs().values():
        path = record.recorded_path(run.name)
        if path.is_file():
            lines.append(f"  - file: results/{path.name}")
            lines.append(f"    comment: {json.dumps(run.title, ensure_ascii=False)}")
    return "\n".join(lines if len(lines) > 1 else ["manifest: []"]) + "\n"


def write_manifest() -> bool:
    """Bring the manifest of ``codecheck.yml`` up to date, everything else in the file as it is; whether it changed.

    Raises
    ------
    CompendiumError
        If the file has no ``manifest:``.
    """
    path = paths.root() / "codecheck.yml"
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    new, found = re.subn(r"^manifest:.*\n(?:[ #-].*\n|\n(?=[ -]))*", lambda _: manifest(), text, count=1, flags=re.M)
    if not found:
        raise CompendiumError("codecheck.yml has no line 'manifest:'; add one, its entries are written for you")
    return files.write_whole(path, new)
