"""Whether a name is a hub id, and whether the hub answers."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from skbalagen.models.catalog import EMBEDDED

__all__ = ["hub_options", "suggested_name"]

_PATIENCE = 5.0  # seconds


def hub_options(path: str) -> dict[str, Any]:
    """Return the options of ``from_pretrained`` that keep a name from being asked for where nobody answers.

    The hub's client tries five times, half a minute in all, for each of a model's files. One question tells
    whether it is worth it.

    Parameters
    ----------
    path : str
        A folder or a hub id.

    Returns
    -------
    dict
        Empty for a folder, and where the hub answers; else what restricts the search to the hub's cache.
    """
    return {} if Path(path).is_dir() or _hub_answers() else {"local_files_only": True}


def suggested_name(name: str) -> str:
    """Return a sentence that names the embedded model that was probably meant, or nothing.

    Examples
    --------
    >>> suggested_name("all-minilm-l6-v2")
    "Did you mean 'all-MiniLM-L6-v2'? "
    >>> suggested_name("gpt2")
    ''
    """
    folded = {embedded.casefold(): embedded for embedded in EMBEDDED}
    close = get_close_matches(Path(name).name.casefold(), folded, n=1, cutoff=0.8)
    return f"Did you mean {folded[close[0]]!r}? " if close else ""


def _hub_answers() -> bool:
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=_PATIENCE)
    except Exception:  # whatever the client of this version raises
        return False
    return True
