"""Run in the sandbox: execute a student's cells one after another and say what the answers' variables hold.

It reads a job from standard input and writes a line of JSON for each cell before and after it. Whatever a student's
code does to this process, it can only change these lines, and they hold values, never marks. Nothing of the book is
needed, and nothing of it is within reach.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
from typing import Any

#: Most items and characters of an answer that are passed on.
MOST_ITEMS, MOST_LETTERS = 500, 2000


class Counted(io.TextIOBase):
    """An output that counts what is printed and keeps none of it."""

    letters = 0

    def write(self, text: str) -> int:
        """Count a text."""
        Counted.letters += len(text)
        return len(text)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True


def plain(value: Any) -> Any:
    """Return an answer as JSON can hold it; of anything else, what it is.

    >>> plain({"b"}), plain(2), plain(print)
    (['b'], 2, {'kind': 'builtin_function_or_method'})
    """
    if hasattr(value, "tolist"):  # numpy and pandas
        value = value.tolist()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)[:MOST_LETTERS]
    if isinstance(value, list | tuple | set | frozenset) and len(value) <= MOST_ITEMS:
        return [one if isinstance(one, bool | int | float) else str(one)[:100] for one in map(plain, value)]
    return {"kind": type(value).__name__[:100]}


def limit(*, memory: int, seconds: int, written: int) -> None:
    """Limit this process and its children: bytes of memory, seconds of processor time, bytes of a file."""
    for kind, most in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, written), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        resource.setrlimit(kind, (most, most))


def main() -> None:
    """Execute the job."""
    job = json.load(sys.stdin)
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    limit(**job["limits"])
    sys.stdout = sys.stderr = Counted()
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))

    def say(**line: Any) -> None:
        channel.write(json.dumps(line) + "\n")
        channel.flush()

    for number, source in job["cells"]:
        say(begin=number)
        before = Counted.letters
        result = shell.run_cell(source)
        error = result.error_before_exec or result.error_in_exec
        values = {}
        for name in job["names"]:
            with contextlib.suppress(Exception):
                values[name] = plain(shell.user_ns.get(name))
        said = f"{type(error).__name__}: {error}"[:300] if error else ""
        say(end=number, error=said, printed=Counted.letters - before, values=values)
    say(done=True)
    os._exit(0)


if __name__ == "__main__":
    main()
