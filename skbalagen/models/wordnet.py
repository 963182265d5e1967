"""Find WordNet, read it through NLTK, and look up synonyms.

WordNet 3.0 is Copyright 2006 by Princeton University. Its license allows use, copying and changes without a fee,
as long as the notice stays with every copy: it is at the top of each data and index file.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from skbalagen._utils.hidden import is_hidden
from skbalagen.models.catalog import WORDNET, ModelUnavailableError
from skbalagen.models.fetch import local_path

__all__ = ["find_wordnet", "open_wordnet", "synonyms_of"]

_DEBIAN = Path("/usr/share/wordnet")  # Debian's package wordnet-base
_LOCK = threading.Lock()  # all callers of NLTK's reader share one file position
_WITHOUT = 'use EDAGenerator(operations=("swap", "delete")), which needs no synonyms.'


def find_wordnet(*, verbose: int = 0) -> tuple[str, str]:
    """Return which copy of WordNet is used, and its folder; WordNet is fetched if there is none.

    NLTK's corpus comes first, then the files of Debian's package wordnet-base, then the cache of this
    library. All three are WordNet 3.0 and give the same synonyms.

    Parameters
    ----------
    verbose : int, default=0
        From 1, a progress bar is shown during the download.

    Returns
    -------
    source : {"nltk", "debian", "cache"}
    folder : str
        Of NLTK's corpus, it may lie inside a zip file.

    Raises
    ------
    ModelUnavailableError
        There is no WordNet and it cannot be fetched, or the environment variable SKBALAGEN_HIDE hides it.
    """
    if is_hidden(WORDNET):
        raise ModelUnavailableError(
            f"Synonyms need WordNet, expected as NLTK's corpus, in {_DEBIAN} or in the cache, got "
            f"SKBALAGEN_HIDE=wordnet, which hides all three. Unset SKBALAGEN_HIDE, or {_WITHOUT}"
        )
    corpus = _nltk_corpus()
    if corpus is not None:
        return "nltk", corpus
    if (_DEBIAN / "data.noun").is_file():
        return "debian", str(_DEBIAN)
    try:
        return "cache", local_path(WORDNET, verbose=verbose)
    except ModelUnavailableError as error:
        raise ModelUnavailableError(
            f"Synonyms need WordNet, expected as NLTK's corpus, in {_DEBIAN} or in the cache, got none of them: "
            f"{str(error).rstrip('. ')}. Or run `python -m nltk.downloader wordnet`, or `apt-get install "
            f"wordnet-base`, or {_WITHOUT}"
        ) from error


def open_wordnet() -> Any:
    """Open WordNet, which takes a second; a process opens it once.

    Returns
    -------
    nltk.corpus.reader.WordNetCorpusReader
        Do not use it from several threads at once.

    Raises
    ------
    ModelUnavailableError
        See `find_wordnet`.
    """
    return _open(*find_wordnet())


def synonyms_of(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the synonyms of those words that have any.

    Parameters
    ----------
    words : iterable of str
        Lower-case words.

    Returns
    -------
    dict of {str: tuple of str}
        For each word, the other names in its synsets: lower case, sorted, of letters, spaces and hyphens
        only.

    Raises
    ------
    ModelUnavailableError
        See `open_wordnet`.
    """
    with _LOCK:
        reader = open_wordnet()
        found = {word: _names(reader, word) for word in words}
    return {word: names for word, names in found.items() if names}


def _nltk_corpus() -> str | None:
    """Return the root of NLTK's corpus, None if it is not installed."""
    import nltk

    try:
        # With the slash, the zip file that NLTK's downloader leaves is found too.
        found = nltk.data.find("corpora/wordnet/")
    except LookupError:
        return None
    zipped = getattr(found, "zipfile", None)
    return str(found) if zipped is None else f"{zipped.filename}/{found.entry}"


@lru_cache(maxsize=1)
def _open(source: str, folder: str) -> Any:
    """Open NLTK's reader on a folder."""
    from nltk.corpus.reader import WordNetCorpusReader
    from nltk.data import PathPointer, SeekableUnicodeStreamReader

    class Folder(PathPointer):
        # NLTK reads only below its own search path, and only files that this user or root owns. A cache
        # may be shared, and the search path belongs to the user's program.
        def __init__(self, path: Path) -> None:
            self.path = path

        def join(self, fileid: str) -> Folder:
            return Folder(self.path / fileid)

        def file_size(self) -> int:
            return self.path.stat().st_size

        def open(self, encoding: str | None = None) -> Any:
            return SeekableUnicodeStreamReader(open(self.path, "rb"), encoding)

    class Reader(WordNetCorpusReader):
        # Debian's package lacks the files that `lexnames` and `map_wn` read. Synonyms do not need them.
        def open(self, file: str) -> Any:
            if file == "lexnames":
                return io.StringIO("".join(f"{number} unnamed 0\n" for number in range(45)))
            return super().open(file) if source == "nltk" else self._root.join(file).open(self._encoding)

        def map_wn(self, version: str = "wordnet") -> None:
            return None

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The multilingual functions are not available")
        return Reader(folder if source == "nltk" else Folder(Path(folder)), omw_reader=None)


@lru_cache(maxsize=2**16)
def _names(reader: Any, word: str) -> tuple[str, ...]:
    names = {
        name.replace("_", " ").lower() for synset in reader.synsets(word) for name in synset.lemma_names()
    }
    spelled = {name for name in names if name.replace(" ", "").replace("-", "").isalpha()}
    return tuple(sorted(spelled - {word}))
