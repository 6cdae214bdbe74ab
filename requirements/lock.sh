#!/bin/sh
# Resolve the locks from pyproject.toml: hash-pinned, for Python 3.11 to 3.13, without any registry address.
# scale.lock holds every group; the smaller ones are cut from it, so that a package has one version everywhere.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
[ -x "$uv" ] || uv=uv
compile() { "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"; }
compile pyproject.toml --upgrade --extra build --extra book --extra test --extra teach --extra scale -o requirements/scale.lock
compile pyproject.toml -c requirements/scale.lock --extra build --extra book --extra test --extra teach -o requirements/teach.lock
compile pyproject.toml -c requirements/scale.lock --extra build --extra book --extra test -o requirements/test.lock
compile pyproject.toml -c requirements/scale.lock --extra build --extra book -o requirements/book.lock
echo "uv" | compile - -o requirements/bootstrap.lock
