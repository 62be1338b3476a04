"""A kind of work takes its own threads and no more, and no request for it is forgotten."""

from __future__ import annotations

import threading

import pytest

from workers.crew import Crew


def test_who_comes_too_many_leaves_and_the_work_is_looked_at_once_more() -> None:
    crew, entered, go, done = Crew(1), threading.Event(), threading.Event(), []

    def work() -> None:
        done.append(threading.get_ident())
        entered.set()
        assert go.wait(5)

    first = threading.Thread(target=crew.run, args=(work,))
    first.start()
    assert entered.wait(5)
    for _ in range(3):
        crew.run(work)  # returns at once: would wait for `go` otherwise
    go.set()
    first.join(5)

    assert done == [first.ident, first.ident]


def test_as_many_as_the_crew_has_work_together() -> None:
    crew, together, done = Crew(2), threading.Barrier(2, timeout=5), []

    def work() -> None:
        together.wait()
        done.append(1)

    threads = [threading.Thread(target=crew.run, args=(work,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert len(done) == 2


def test_a_failure_frees_its_place() -> None:
    crew, done = Crew(1), []

    with pytest.raises(ZeroDivisionError):
        crew.run(lambda: 1 / 0)
    crew.run(lambda: done.append(1))

    assert done == [1]
