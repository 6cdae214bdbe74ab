#!/bin/sh
# Before anything is installed: can this Python run the book, and does the environment belong to it and to this folder?
# An environment of another Python than one that is named, or of a folder that has been moved, is removed, so that make
# sets it up again. Usage: python.sh PYTHON VENV [ORIGIN] (where make has PYTHON from: named on its "command line"?)
set -u
python=$1 venv=$2 origin=${3:-}
version='import sys; print("%d.%d" % sys.version_info[:2])'
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

if [ -d "$venv" ] && [ ! -L "$venv" ]; then
    why=""
    if ! "$venv/bin/python" -c "$supported" 2>/dev/null; then
        why="its Python is missing, or is not 3.11, 3.12 or 3.13"
    elif [ -f "$venv/bin/pip" ] && ! grep -qF "$(pwd -P)/$venv/bin/python" "$venv/bin/pip"; then
        why="it was set up in another folder"
    elif [ "$origin" = "command line" ] && "$python" -c "$supported" 2>/dev/null &&
        [ "$("$python" -c "$version")" != "$("$venv/bin/python" -c "$version")" ]; then
        why="its Python is $("$venv/bin/python" -c "$version"), and you asked for $("$python" -c "$version")"
    fi
    if [ -n "$why" ]; then
        echo "setting up $venv again: $why" >&2
        rm -rf "$venv"
    fi
fi
[ ! -x "$venv/bin/python" ] || exit 0
if ! command -v "$python" >/dev/null 2>&1; then
    echo "There is no '$python'. Install Python 3.11, 3.12 or 3.13, or say where it is: make book PYTHON=/path/to/python3.12" >&2
    exit 1
fi
if ! "$python" -c "$supported" 2>/dev/null; then
    found=$("$python" -c "$version" 2>/dev/null || echo "no Python")
    echo "'$python' is Python $found; the book needs 3.11, 3.12 or 3.13. Name one: make book PYTHON=python3.12" >&2
    exit 1
fi
