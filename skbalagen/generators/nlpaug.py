"""Augmenters of the library nlpaug as generators."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from skbalagen._utils.sklearn_compat import fit_context
from skbalagen._utils.text import Labels, Texts, fold_text
from skbalagen.generators.row_editing import RowEditingGenerator

__all__ = ["NlpaugGenerator", "is_nlpaug_augmenter"]

_LOCK = threading.Lock()  # the global random states are one for all threads
_TRIALS = 5  # rows that the augmenter may fail on in fit before it counts as broken


def is_nlpaug_augmenter(obj: Any) -> bool:
    """Return whether `obj` is an augmenter of nlpaug, without importing nlpaug.

    Parameters
    ----------
    obj : object
        Anything.

    Returns
    -------
    bool
        True for instances, of subclasses and of nlpaug's flows too.

    Examples
    --------
    >>> is_nlpaug_augmenter("eda")
    False
    """
    return any(cls.__module__.partition(".")[0] == "nlpaug" for cls in type(obj).__mro__)


@contextmanager
def _global_states_seeded(rng: np.random.Generator) -> Iterator[None]:
    """Seed Python's and numpy's global random states from `rng`, and restore both afterwards."""
    with _LOCK:
        states = random.getstate(), np.random.get_state()  # noqa: NPY002 - nlpaug draws from it
        seed = int(rng.integers(2**32))
        try:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002


class NlpaugGenerator(RowEditingGenerator):
    """Edit a random row of the class with an augmenter of nlpaug.

    nlpaug draws from Python's and numpy's global random states and takes no seed. Both are seeded before
    each call from the candidate's own stream and restored after it, so that candidates are a stream and
    nothing else in the process changes.

    Parameters
    ----------
    augmenter : object
        An augmenter of texts or a flow of nlpaug, or any object whose method ``augment(text)`` returns a
        text or a list whose first item is the text.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    copies_ : SampleCopyGenerator
        Draws the rows that are edited.

    Notes
    -----
    A candidate fails (None) if its row is blank, if the augmenter raises an error for it, or if the result
    is empty or the row itself, case and white space aside.

    The candidates of an augmenter that keeps a state of its own between calls, or draws from torch, are not
    a stream: they depend on what was asked before.

    References
    ----------
    Ma (2019), nlpaug, https://github.com/makcedward/nlpaug.

    Examples
    --------
    >>> from nlpaug.augmenter.word import RandomWordAug
    >>> generator = NlpaugGenerator(RandomWordAug(action="delete"))
    >>> generator = generator.fit(["a warm red coat for the winter"], ["clothes"])
    >>> generator.sample({"clothes": range(2)}, random_state=0)
    {'clothes': ['a warm red winter', 'warm coat for the winter']}
    """

    _parameter_constraints: dict = {"augmenter": "no_validation"}  # noqa: RUF012 - scikit-learn's own form

    def __init__(self, augmenter: Any) -> None:
        self.augmenter = augmenter

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Texts, y: Labels) -> Self:
        """Remember the training rows, and try the augmenter on one of them.

        Parameters
        ----------
        X : array-like of str, of shape (n_samples,)
            Texts; blank ones are allowed.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object

        Raises
        ------
        TypeError
            The augmenter has no method ``augment``, does not augment texts, or returns no text; `X` is one
            string, or holds something that is not a text; labels of several types.
        ValueError
            `X` is empty, a label is missing, or `X` and `y` differ in length.
        RuntimeError
            The augmenter raises an error for each of the first five rows.
        """
        self._check_augmenter()
        super().fit(X, y)
        self._try_augmenter()
        return self

    def _edit(self, text: str, rng: np.random.Generator) -> str | None:
        try:
            edited = self._first_text(self._augment(text, rng))
        except Exception:  # whatever the augmenter raises: fit has shown that it works on other rows
            return None
        return None if fold_text(edited) in ("", fold_text(text)) else edited.strip()

    def _augment(self, text: str, rng: np.random.Generator) -> Any:
        with _global_states_seeded(rng):
            return self.augmenter.augment(text)

    def _first_text(self, result: Any) -> str:
        """Return the first text of what the augmenter returned, or "" if that is an empty list."""
        if isinstance(result, list | tuple):
            result = result[0] if result else ""
        if not isinstance(result, str):
            raise TypeError(
                "augmenter.augment(text) must return a text or a list of texts, got "
                f"{type(result).__name__} from {type(self.augmenter).__name__}. Use an augmenter of texts."
            )
        return result

    def _check_augmenter(self) -> None:
        kind = type(self.augmenter).__name__
        if isinstance(self.augmenter, type):
            raise TypeError(
                f"augmenter must be an instance, got the class {self.augmenter.__name__}. Pass "
                f"{self.augmenter.__name__}() instead."
            )
        if not callable(getattr(self.augmenter, "augment", None)):
            raise TypeError(
                f"augmenter must have a method augment(text), as the augmenters of nlpaug do, got {kind}. Pass "
                "an augmenter such as nlpaug.augmenter.word.RandomWordAug()."
            )
        if getattr(self.augmenter, "method", None) in ("audio", "spectrogram"):
            raise TypeError(
                f"augmenter must edit texts, got {kind}, which edits audio. Use one of nlpaug.augmenter.char, "
                "nlpaug.augmenter.word or nlpaug.augmenter.sentence."
            )

    def _try_augmenter(self) -> None:
        """Raise what is wrong with the augmenter itself, rather than fail on every candidate."""
        tried = [text for text in dict.fromkeys(self.copies_.texts_) if text.strip()][:_TRIALS]
        error: Exception | None = None
        for text in tried:
            try:
                result = self._augment(text, np.random.default_rng(0))
            except Exception as raised:
                error = raised
                continue
            self._first_text(result)
            return
        if error is not None:
            count = "the only distinct text" if len(tried) == 1 else f"each of the first {len(tried)} texts"
            reason = f"{type(error).__name__}: {' '.join(str(error).replace('*', '').split())[:200]}"
            raise RuntimeError(
                f"augmenter must be able to edit the rows of X, but {type(self.augmenter).__name__} raised an "
                f"error for {count}, the last one {reason}. Install what the augmenter needs, or use another."
            ) from error
