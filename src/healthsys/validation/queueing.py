"""Answers of :mod:`healthsys.queueing` to worked examples (R 4.2.2, by the recursion of Erlang's formulas)."""

from healthsys import queueing


def answers() -> dict[str, float]:
    """Compute every worked example on queues."""
    return {
        "trends-erlang-b": queueing.erlang_b(10, 15),
        "trends-erlang-c": queueing.erlang_c(10, 12),
        "trends-wait": queueing.mean_wait(10, 12, stay=1),
    }
