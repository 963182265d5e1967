"""Feed random and odd input to the public API: ``python tools/fuzz.py --n 50000``.

Each case has a seed of its own: ``python tools/fuzz.py --seed 4711 --n 1`` repeats one. Reported are exceptions that
are not ours (see :func:`fuzz_oracle.is_ours`), cases that take too long, results that break a contract, input that
had to be refused and was not, warnings about our own arithmetic, and global random states that were touched.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from fuzz_cases import CASES
from fuzz_oracle import WrongResult, is_ours

__all__ = ["Finding", "main", "run_case"]

_PACKAGE = "/skbalagen/"


class Finding(NamedTuple):
    """What went wrong in a case."""

    seed: int
    case: str
    kind: str
    message: str


class Hang(Exception):
    """A case took longer than its limit."""


# A case may take so many times its processor time where others use the machine.
_MOST_WAITING = 20


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`Hang` in the main thread after so many seconds of processor time, or twenty times as long.

    There is no limit where there is no alarm (Windows).
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(*_: object) -> None:
        raise Hang(f"more than {seconds:g} s")

    clocks = {signal.SIGPROF: (signal.ITIMER_PROF, 1), signal.SIGALRM: (signal.ITIMER_REAL, _MOST_WAITING)}
    before = {name: signal.signal(name, ring) for name in clocks}
    for clock, times in clocks.values():
        signal.setitimer(clock, seconds * times)
    try:
        yield
    finally:
        for name, (clock, _) in clocks.items():
            signal.setitimer(clock, 0)
            signal.signal(name, before[name])


def _random_states() -> tuple[object, ...]:
    state = np.random.get_state()  # noqa: NPY002 - the state that must not be touched
    torch = sys.modules.get("torch")
    return random.getstate(), state[1].tobytes(), state[2], torch and torch.get_rng_state().numpy().tobytes()


def run_case(
    name: str, case: Callable[[np.random.Generator], None], seed: int, seconds: float
) -> list[Finding]:
    """Run one case and return what went wrong."""
    before = _random_states()
    found = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with time_limit(seconds):
                case(np.random.default_rng(seed))
        except Hang as error:
            found.append(Finding(seed, name, "hang", str(error)))
        except WrongResult as error:
            found.append(Finding(seed, name, "wrong result", str(error)))
        except Exception as error:
            kind = "valid input refused" if is_ours(error) else "exception"
            found.append(Finding(seed, name, kind, "".join(traceback.format_exception(error)[-3:])))
    found += [
        Finding(seed, name, "warning", f"{w.category.__name__}: {w.message} ({w.filename}:{w.lineno})")
        for w in caught
        if issubclass(w.category, RuntimeWarning | DeprecationWarning)
        and _PACKAGE in Path(w.filename).as_posix()
    ]
    after = _random_states()
    # The first case that loads torch gives it a state.
    if after[:3] != before[:3] or (before[3] is not None and after[3] != before[3]):
        found.append(Finding(seed, name, "random state", "a global random state was touched"))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases; return 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=1000, help="number of cases")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first case; the others follow")
    parser.add_argument("--case", choices=sorted(CASES), help="only this kind of case")
    parser.add_argument("--seconds", type=float, default=20.0, help="time limit of a case, of the processor")
    given = parser.parse_args(arguments)
    names = list(CASES) if given.case is None else [given.case]
    start, counts, found = time.monotonic(), Counter[str](), []
    for seed in range(given.seed, given.seed + given.n):
        name = names[seed % len(names)]
        counts[name] += 1
        for finding in run_case(name, CASES[name], seed, given.seconds):
            found.append(finding)
            print(f"seed {finding.seed}, {finding.case}, {finding.kind}: {finding.message}", flush=True)
    print(f"{given.n} cases in {time.monotonic() - start:.0f} s ({dict(counts)}): {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
