"""Put the table schemas of the modules' data into the students' wheel, from the data package."""

import json
import tempfile
from pathlib import Path

import yaml
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROJECT = Path(__file__).parents[2]


class Layouts(BuildHookInterface):
    """Write ``everyday/teaching/layouts.json``: a schema by name of the data set."""

    def initialize(self, version, build_data):
        modules = sorted(PROJECT.glob("notebooks/teaching/*.yml"))
        names = {name for path in modules for name in yaml.safe_load(path.read_text(encoding="utf-8"))["data"]}
        package = json.loads((PROJECT / "data/datapackage.json").read_text(encoding="utf-8"))
        found = {one["name"]: one["schema"] for one in package["resources"] if one["name"] in names}
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "layouts.json"
        path.write_text(json.dumps(found, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        build_data["force_include"][str(path)] = "everyday/teaching/layouts.json"

    def finalize(self, version, build_data, artifact_path):
        self.folder.cleanup()
