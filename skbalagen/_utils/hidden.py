"""Hide optional parts of the machine, so that a test run can show what happens without them."""

from __future__ import annotations

import os

__all__ = ["is_hidden"]


def is_hidden(name: str) -> bool:
    """Return whether SKBALAGEN_HIDE, a list of names separated by commas, hides this name.

    Parameters
    ----------
    name : str
        Such as "wordnet" or "chromium".

    Returns
    -------
    bool

    Examples
    --------
    >>> import os
    >>> from unittest import mock
    >>> from skbalagen._utils.hidden import is_hidden
    >>> with mock.patch.dict(os.environ, {"SKBALAGEN_HIDE": "wordnet, chromium"}):
    ...     is_hidden("chromium"), is_hidden("word")
    (True, False)
    """
    return name in (part.strip() for part in os.environ.get("SKBALAGEN_HIDE", "").split(","))
