"""Data sets: the bundled corpus, a reader for CSV files, and a maker of long-tailed classes."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Sequence
from importlib.resources import files
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.utils import Bunch, check_random_state, column_or_1d

from skbalagen._utils.csv_records import decode_text, other_separator, split_records
from skbalagen._utils.labels import check_labels
from skbalagen._utils.text import count

__all__ = ["load_csv", "load_shop_intents", "make_long_tailed"]

_SHOP_INTENTS = """\
Shop intents
============

Short English questions and requests of customers of an online shop, each labelled with what the customer
wants. Written for this package and distributed under its license.

The training split is long-tailed, like the logs of a customer service: a few intents have most of the rows,
several have only a handful. The test split has at least 12 rows per intent, so that the recall of a rare
intent can be measured too. No text of the test split occurs in the training split.

Use it for examples and tests. It is too small and too tidy to rank methods on.
"""


def load_shop_intents(
    *,
    split: Literal["train", "test"] | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load the bundled corpus: questions to an online shop, with long-tailed intents.

    Parameters
    ----------
    split : {"train", "test"}, default=None
        Rows to load; None loads both, in the order of the file.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether to return pandas Series, and the DataFrame `frame` in the Bunch.

    Returns
    -------
    Bunch or tuple of (data, target)
        data : ndarray of object or Series, of shape (n_samples,)
            The texts.
        target : ndarray of object or Series, of shape (n_samples,)
            The intent of each text, a str.
        target_names : list of str
            The intents in sorted order.
        split : ndarray of object or Series, of shape (n_samples,)
            "train" or "test".
        frame : DataFrame with the columns text, label and split
            Only with ``as_frame=True``.
        DESCR : str
            What the corpus is.

    Raises
    ------
    ValueError
        If `split` is not "train", "test" or None.

    Examples
    --------
    >>> shop = load_shop_intents(split="train")
    >>> len(shop.target_names)
    14
    >>> X, y = load_shop_intents(split="test", return_X_y=True)
    >>> X.shape == y.shape
    True
    """
    if split not in (None, "train", "test"):
        raise ValueError(f"split must be 'train', 'test' or None (both), got {split!r}.")
    source = files("skbalagen") / "data" / "shop_intents.csv"
    lines = csv.DictReader(io.StringIO(source.read_bytes().decode("utf-8"), newline=""))
    rows = [row for row in lines if split in (None, row["split"])]
    data, target, splits = (_column([row[name] for row in rows]) for name in ("text", "label", "split"))
    bunch = Bunch(
        data=data, target=target, target_names=sorted(set(target)), split=splits, DESCR=_SHOP_INTENTS
    )
    if as_frame:
        import pandas as pd

        frame = pd.DataFrame({"text": data, "label": target, "split": splits})
        bunch.update(frame=frame, data=frame["text"], target=frame["label"], split=frame["split"])
    return (bunch.data, bunch.target) if return_X_y else bunch


def load_csv(
    path: str | PathLike[str],
    *,
    text: str = "text",
    label: str = "label",
    split: str | None = None,
    encoding: str = "utf-8",
    sep: str | None = None,
    label_sep: str | None = None,
    drop_empty: bool = False,
) -> tuple[np.ndarray, Any]:
    """Read texts and labels from a CSV or TSV file with a header line.

    Fields may be quoted with ``"``. A field that holds the separator or a line break must be quoted; quotes
    inside a quoted field are doubled. Blank lines are skipped. Values are not converted or stripped: the
    label ``007`` is the str "007".

    Parameters
    ----------
    path : str or path-like
        The file.
    text, label : str, default="text", "label"
        Names of the columns with the texts and with their labels.
    split : str, default=None
        Value of the column "split" to select rows by; None reads all rows.
    encoding : str, default="utf-8"
        Encoding of the file; a byte order mark is removed.
    sep : str, default=None
        Separator, one character; None is a tab for files that end in .tsv or .tab, else a comma.
    label_sep : str, default=None
        What separates the labels of a row, such as ";"; None reads one label per row.
    drop_empty : bool, default=False
        Whether to leave out rows with an empty text or label, with one warning that names their lines, instead
        of raising an error at the first.

    Returns
    -------
    X : ndarray of object, of shape (n_samples,)
        Texts.
    y : ndarray of object, of shape (n_samples,), or DataFrame of int, of shape (n_samples, n_labels)
        Labels; with `label_sep` one column of 0 and 1 per label, in alphabetical order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file has another encoding, lacks a column or has no rows, or if a row has too few or too many
        fields or an empty text or label; the line is named.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "mail.tsv")
    ...     _ = path.write_text("body\\ttopic\\nwhere is it\\tdelivery\\n")
    ...     X, y = load_csv(path, text="body", label="topic")
    >>> X.tolist(), y.tolist()
    (['where is it'], ['delivery'])

    Several labels per row:

    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "moods.csv")
    ...     _ = path.write_text("text,labels\\nso happy,joy\\nyou did it,joy;surprise\\n")
    ...     X, y = load_csv(path, label="labels", label_sep=";")
    >>> y
       joy  surprise
    0    1         0
    1    1         1
    """
    path = Path(path)
    if sep is None:
        sep = "\t" if path.suffix.lower() in (".tsv", ".tab") else ","
    if len(sep) != 1:
        raise ValueError(f"sep must be one character or None (by the file's ending), got {sep!r}.")
    if not path.is_file():
        raise FileNotFoundError(f"path must name a CSV or TSV file, got {str(path)!r}: no such file there.")
    content = decode_text(
        path.read_bytes(),
        path,
        encoding,
        advice="Pass its encoding, such as encoding='cp1252' or 'utf-16', or save it as UTF-8.",
    )
    records = split_records(content, sep, path, advice=", or pass the right sep=")
    _, header = next(records, (0, []))
    wanted = [text, label] if split is None else [text, label, "split"]
    places = [_place(header, name, path, sep) for name in wanted]
    kept: list[tuple[str, str]] = []
    dropped: list[int] = []
    other_splits: set[str] = set()
    for line, fields in records:
        values = [fields[place] for place in places]
        if split is not None and values[2] != split:
            other_splits.add(values[2])
            continue
        empty = [name for name, value in zip(wanted, values, strict=True) if not value.strip()]
        if not empty:
            kept.append((values[0], values[1]))
        elif drop_empty:
            dropped.append(line)
        else:
            raise ValueError(
                f"{path}, line {line}: expected a value in column {empty[0]!r}, got nothing. Fill it in, remove "
                "the row, or pass drop_empty=True."
            )
    if not kept:
        there = f" with split={split!r}, got the splits {sorted(other_splits)}" if split is not None else ""
        raise ValueError(f"{path} must hold at least one row below its header{there or ', got none'}.")
    if dropped:
        warnings.warn(
            f"{path}: left out {count(len(dropped), 'row')} with an empty text or label (drop_empty=True), lines "
            f"{dropped[:5]}{' and more' if len(dropped) > 5 else ''}.",
            UserWarning,
            stacklevel=2,
        )
    y: Any = _column([row[1] for row in kept])
    if label_sep is not None:
        import pandas as pd

        y = pd.Series([label_sep.join(map(str.strip, row.split(label_sep))) for row in y]).str.get_dummies(
            label_sep
        )
    return _column([row[0] for row in kept]), y


def make_long_tailed(
    X: Sequence[Any] | np.ndarray,
    y: Sequence[Any] | np.ndarray,
    *,
    ratio: float = 10,
    n_max: int | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> np.ndarray:
    """Select rows of a data set so that its class sizes decay exponentially.

    The classes are put in random order. Class i of C, counted from 0, keeps
    ``max(1, round(n_max * ratio ** (-i / (C - 1))))`` random rows, or all of its rows if it has fewer. Thin
    the training rows only: a test set needs rows of the rare classes.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Texts; only their number matters.
    y : array-like of shape (n_samples,)
        Labels.
    ratio : float, default=10
        Size of the first class divided by that of the last, at least 1.
    n_max : int, default=None
        Size of the first class, at least 1; None is the size of the largest class.
    random_state : int, RandomState or None, default=None
        Seed of the order of the classes and of the choice of rows.

    Returns
    -------
    ndarray of int, of shape (n_kept,)
        Rows to keep, in ascending order.

    Raises
    ------
    ValueError
        If `X` and `y` differ in length or are empty, a label is missing, or if `ratio` or `n_max` is below 1.

    References
    ----------
    Cui et al. (2019), "Class-Balanced Loss Based on Effective Number of Samples", CVPR, section 5.1: the
    exponential profile of long-tailed CIFAR.

    Examples
    --------
    >>> X, y = [f"text {i}" for i in range(60)], ["a", "b", "c"] * 20
    >>> rows = make_long_tailed(X, y, ratio=10, random_state=0)
    >>> sorted([y[i] for i in rows].count(label) for label in "abc")
    [2, 6, 20]
    """
    y = column_or_1d(check_labels(y))
    labels, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if len(X) != len(codes):
        raise ValueError(
            f"X and y must have the same number of rows, at least 1, got {len(X)} and {len(codes)}. "
            f"Pass the texts and labels of the same rows."
        )
    if isinstance(ratio, bool) or not isinstance(ratio, Real) or not (np.isfinite(ratio) and ratio >= 1):
        raise ValueError(f"ratio must be a finite number >= 1 (largest class : smallest), got {ratio!r}.")
    if n_max is not None and (isinstance(n_max, bool) or not isinstance(n_max, Integral) or n_max < 1):
        raise ValueError(f"n_max must be an int >= 1 (rows of the largest class) or None, got {n_max!r}.")
    largest = int(counts.max()) if n_max is None else n_max
    last = max(1, len(labels) - 1)
    rng = check_random_state(random_state)
    kept = []
    for i, code in enumerate(rng.permutation(len(labels))):
        size = max(1, round(largest * ratio ** (-i / last)))
        kept.append(rng.permutation(np.flatnonzero(codes == code))[:size])
    return np.sort(np.concatenate(kept))


def _column(values: list[str]) -> np.ndarray:
    """Return strings as an object array; a fixed-width one would pad every text to the longest."""
    return np.array(values, dtype=object)


def _place(header: list[str], name: str, path: Path, sep: str) -> int:
    """Return the position of the column `name`, which the header must hold once."""
    if header.count(name) != 1:
        raise ValueError(
            f"{path} must have one column {name!r}, got the columns {header}. Name columns with text= and "
            f"label=, and the separator with sep= if the header was not split.{other_separator(header, sep)}"
        )
    return header.index(name)
