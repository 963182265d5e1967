"""What `fuzz.py` holds results against: which errors are ours, and the contract of the resampler."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["WrongResult", "check_balanced", "expect", "is_ours", "may_refuse", "must_refuse", "values_of"]

_PACKAGE = "/skbalagen/"
# Validators of scikit-learn that the package calls on its input, and whose messages it passes on.
_VALIDATORS = ("/sklearn/utils/", "/sklearn/base.py", "/imblearn/utils/", "/imblearn/base.py")


class WrongResult(Exception):
    """A result that breaks a contract, or input that had to be refused and was not."""


def expect(right: Any, message: str) -> None:
    """Raise :class:`WrongResult` with the message unless `right` is true."""
    if not right:
        raise WrongResult(message)


def is_ours(error: BaseException) -> bool:
    """Return whether an exception is a ValueError or TypeError that the package meant to raise.

    It was raised in the package, or in a validator of scikit-learn that the package called, and says something: bare
    ones of Python, such as "unhashable type: 'list'", do not count.
    """
    if not isinstance(error, ValueError | TypeError | OSError):
        return False
    frames = [f.f_code.co_filename for f, _ in traceback.walk_tb(error.__traceback__)]
    last = Path(frames[-1]).as_posix()
    return (_PACKAGE in last and len(str(error)) >= 40) or any(name in last for name in _VALIDATORS)


def may_refuse(call: Callable[[], Any]) -> Any:
    """Return what `call` returns, or None if it raises an exception that is ours."""
    try:
        return call()
    except Exception as error:
        if is_ours(error):
            return None
        raise


def must_refuse(call: Callable[[], Any], what: str) -> None:
    """Raise :class:`WrongResult` unless `call` raises an exception that is ours."""
    try:
        result = call()
    except Exception as error:
        if is_ours(error):
            return
        raise
    raise WrongResult(f"{what} was accepted, and gave {result!r:.300}")


def values_of(container: Any) -> list[Any]:
    """Return the texts or labels of a container, in order."""
    if isinstance(container, pd.DataFrame):
        return list(container["text"])
    if isinstance(container, np.ndarray):
        return (
            container.reshape(len(container), -1)[:, 0].tolist() if container.ndim > 1 else container.tolist()
        )
    return [v[0] if isinstance(v, list) else v for v in list(container)]


def folded(text: str) -> str:
    """Return a text with case and white space folded."""
    return " ".join(text.casefold().split())


def check_balanced(resampler: Any, X: Any, y: Any, X_new: Any, y_new: Any) -> None:
    """Raise :class:`WrongResult` unless what came out of `fit_resample` keeps its contract.

    Originals first, in their order and untouched; the container of the input; no text twice; copies equal to their
    source; counts as `report_` says; every class as large as wanted, or short by what is reported.
    """
    texts, labels, texts_new, labels_new = map(values_of, (X, y, X_new, y_new))
    expect(type(X_new) is type(X) and type(y_new) is type(y), f"{type(X)} came back as {type(X_new)}")
    if hasattr(X, "dtype") and X.dtype.kind != "U":
        expect(
            X.dtype == X_new.dtype or isinstance(X.dtype, pd.CategoricalDtype), f"{X.dtype} -> {X_new.dtype}"
        )
    new, source = resampler.is_synthetic_, resampler.source_indices_
    expect(len(texts_new) == len(labels_new) == len(new) == len(source), "lengths differ")
    expect(((source == -1) == new).all(), "source_indices_ does not say -1 of the new rows alone")
    for text, label, row in zip(texts_new, labels_new, source.tolist(), strict=True):
        if row >= 0:
            expect(
                text == texts[row] and label == labels[row], f"row {row} changed: {texts[row]!r} -> {text!r}"
            )
            expect(type(label) is type(labels[row]), f"the label {labels[row]!r} changed its type")
    n_kept = int(resampler.report_["n_kept"].sum())
    kept = source[:n_kept].tolist()
    expect(kept == sorted(set(kept)) and not new[:n_kept].any(), "originals are not first and in order")
    n_new = int(new.sum())
    expect(new[n_kept : n_kept + n_new].all(), "new texts do not follow the originals")

    written = [folded(t) for t, is_new in zip(texts_new, new.tolist(), strict=True) if is_new]
    expect(len(set(written)) == len(written), "a new text occurs twice")
    expect(not set(written) & {folded(t) for t in texts}, "a new text repeats a row")
    expect(all(written), "a new text is blank")

    report, sizes = resampler.report_, Counter(labels)
    expect(dict(zip(report.index, report["n_before"], strict=True)) == dict(sizes), "n_before is wrong")
    after = Counter(labels_new)
    for label, row in report.iterrows():
        expect(
            row["n_after"] == after[label], f"n_after of {label!r} is {row['n_after']}, got {after[label]}"
        )
        expect(after[label] >= 1, f"the class {label!r} is gone")
        most = max(row["n_target"], 0)
        expect(row["n_after"] <= most, f"{label!r} has more rows than wanted")
        if resampler.shortfall == "copy" or row["n_target"] <= row["n_before"]:
            expect(
                row["n_after"] == row["n_target"], f"{label!r} has {row['n_after']} of {row['n_target']} rows"
            )
        if row["n_target"] >= row["n_before"]:
            expect(row["n_kept"] == row["n_before"], f"rows of {label!r} were lost")
    n_generated = int(report["n_generated"].sum()) + int(report.get("n_unlabeled", pd.Series([0])).sum())
    expect(n_generated == n_new, f"{n_new} rows are new, report_ says {n_generated}")
