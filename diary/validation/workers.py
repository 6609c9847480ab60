"""Processes that share the work of the backtest; how many there are changes no figure."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
Progress = Callable[[float], object]
"""Told the share of the work (0-1) each time a piece of it is done."""

ONE_THREAD: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Later(Generic[T]):
    """Something in pieces that are being made."""

    pieces: list[Future[Any]]
    join: Callable[[Iterable[Any]], T]

    def get(self) -> T:
        """Return the whole, made of the pieces in the order in which they were asked for."""
        return self.join(piece.result() for piece in self.pieces)


class Workers:
    """Processes, and what they were asked for."""

    def __init__(self, executor: ProcessPoolExecutor) -> None:
        """Hand the work to `executor`."""
        self.executor = executor
        self.asked: list[Future[Any]] = []

    def ask(
        self, act: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], join: Callable[[Iterable[Any]], T]
    ) -> Later[T]:
        """Ask for `act` with each of `arguments`; the answers are joined in this order."""
        pieces = [self.executor.submit(act, *each) for each in arguments]
        self.asked += pieces
        return Later(pieces, join)

    def wait(self, progress: Progress) -> None:
        """Wait for everything that was asked for."""
        for number, done in enumerate(as_completed(self.asked), 1):
            done.result()
            progress(number / len(self.asked))


@contextmanager
def workers(processes: int) -> Iterator[Workers]:
    """Start `processes` fresh ones, each with one thread for its linear algebra; stop them at the end."""
    for name in ONE_THREAD:
        os.putenv(name, "1")
    executor = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        yield Workers(executor)
    finally:
        executor.shutdown(cancel_futures=True)
