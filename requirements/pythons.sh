#!/bin/sh
# Test the package and the miniature project on every Python from 3.11 to 3.13 that this machine has, beside the one
# that `make test` uses, in environments of their own by the lock: .venv-3.12 and so on, kept until the lock changes.
set -eu
cd "$(dirname "$0")/.."
ours=$("${PYTHON:-python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ ! -x .venv/bin/python ] || ours=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# Prints a working interpreter of one version: from the path, else the newest that pyenv has.
find_python() {
    for candidate in "$(command -v "python$1" || true)" \
        $(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python 2>/dev/null | sort -rV); do
        if [ -n "$candidate" ] && "$candidate" -c "import sys, venv, ensurepip
sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# What depends on the versions of Python and numpy: units, doctests, and the miniature through the whole pipeline.
tests="$(ls tests/test_unit_*.py) tests/test_functional_smoke.py tests/test_functional_pipeline.py src"

# Sets up the environment of one version and tests in it; the argument after it is the number of workers.
test_python() {
    venv=.venv-$1
    if [ ! -x $venv/bin/python ] || [ ! $venv/.installed -nt requirements/scale.lock ]; then
        [ -x $venv/bin/python ] || "$(find_python "$1")" -m venv $venv
        $venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
        $venv/bin/uv pip install --quiet --python $venv/bin/python --require-hashes -r requirements/scale.lock
        $venv/bin/uv pip install --quiet --python $venv/bin/python --no-deps --no-build-isolation --offline -e .
        touch $venv/.installed
    fi
    # shellcheck disable=SC2086
    $venv/bin/python -m pytest -q -p no:cacheprovider -n "$2" --no-loadscope-reorder $tests
}

tested="" missing="" failed="" count=0
for version in 3.11 3.12 3.13; do
    [ "$version" != "$ours" ] || continue
    if [ -n "$(find_python "$version")" ]; then
        tested="$tested $version" count=$((count + 1))
    else
        missing="$missing $version"
    fi
done

# All versions at once: each has its share of the cores, and one sets up while another tests.
workers=$(($(getconf _NPROCESSORS_ONLN) / (count > 1 ? count : 1)))
[ "$workers" -gt 0 ] || workers=1
[ -z "$tested" ] || echo "testing with Python$tested; what they say comes at the end"
trap 'trap - INT TERM; kill 0' INT TERM
said=$(mktemp -d)
for version in $tested; do
    (set +e; (set -e; test_python "$version" "$workers") >"$said/$version" 2>&1; echo $? >"$said/$version.code") &
done
wait
for version in $tested; do
    echo "Python $version, in .venv-$version:"
    cat "$said/$version"
    [ "$(cat "$said/$version.code")" = 0 ] || failed="$failed $version"
done
rm -r "$said"
echo "Pythons: $ours by \`make test\`; tested here:${tested:- none}; not on this machine:${missing:- none}"
[ -z "$failed" ] || { echo "FAILED on Python$failed" >&2; exit 1; }
