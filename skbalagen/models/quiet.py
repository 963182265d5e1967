"""Silence transformers, and switch off its automatic conversion of models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_transformers"]


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence the progress bars and reports of transformers in a block, and switch off its conversion.

    Without the switch, loading a pickled hub model makes the hub convert it and propose the result to the
    owner of the model, which no user of this library asked for.

    Examples
    --------
    >>> from skbalagen.models import quiet_transformers
    >>> from transformers.utils import logging
    >>> with quiet_transformers():
    ...     logging.is_progress_bar_enabled()
    False
    """
    from transformers.utils import logging

    switch = "DISABLE_SAFETENSORS_CONVERSION"
    level, bars, before = logging.get_verbosity(), logging.is_progress_bar_enabled(), os.environ.get(switch)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    os.environ[switch] = "1"
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if before is None:
            del os.environ[switch]
        else:
            os.environ[switch] = before
