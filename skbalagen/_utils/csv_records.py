"""Records of CSV, each with the number of its line: what every reader of CSV in this package stands on."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["decode_text", "other_separator", "split_records"]


def decode_text(
    raw: bytes, source: str | Path, encoding: str = "utf-8", *, advice: str = "Save it as UTF-8."
) -> str:
    """Return the text of a file, without a byte order mark.

    Parameters
    ----------
    raw : bytes
        What the file holds.
    source : str or Path
        What error messages call it.
    encoding : str, default="utf-8"
        One that Python knows.
    advice : str
        What an error message tells to do.

    Raises
    ------
    ValueError
        If Python knows no such encoding, or `raw` has another; the line is named.
    """
    try:
        # Only this variant of UTF-8 takes the mark off where there is one.
        codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    except LookupError:
        raise ValueError(f"encoding must be one that Python knows, got {encoding!r}. Try 'utf-8'.") from None
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{source} must be encoded as {encoding!r}, got other bytes in line {line} ({error.reason}). {advice}"
        ) from error


def split_records(
    content: str, sep: str, source: str | Path, *, advice: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of its first line, fields) of each record of CSV, the header first; blank lines are left out.

    Parameters
    ----------
    content : str
        The text of the file.
    sep : str
        Separator, one character.
    source : str or Path
        What error messages call the file.
    advice : str, default=""
        What an error message about the number of fields tells to do besides quoting.

    Raises
    ------
    ValueError
        If quotes are not balanced, or a record has more or fewer fields than the header; the line is named.
    """
    # strict: an unclosed quote would otherwise swallow the rest of the file without a word.
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=sep, strict=True)
    header: list[str] = []
    line = 1
    while True:
        try:
            with _fields_of_any_length():
                fields = next(reader, None)
        except csv.Error as error:
            raise ValueError(
                f"{source}, line {line}: expected fields with balanced double quotes, got {error}. "
                f'Double each quote inside a quoted field ("").'
            ) from error
        if fields is None:
            return
        header = header or fields
        if len(fields) not in (0, len(header)):
            raise ValueError(
                f"{source}, line {line}: expected {len(header)} fields as in the header, got {len(fields)}. "
                f"Put fields that hold {sep!r} between double quotes{advice}.{other_separator(header, sep)}"
            )
        if fields:
            yield line, fields
        line = reader.line_num + 1


def other_separator(header: list[str], sep: str) -> str:
    """Return a sentence that suggests another separator than `sep` for a header that was not split, or "".

    Examples
    --------
    >>> other_separator(["text;label"], ",")
    " The header looks as if ';' were the separator."
    >>> other_separator(["text", "la;bel"], ",")
    ''
    """
    found = {other: header[0].count(other) for other in ",;\t|" if other != sep} if len(header) == 1 else {}
    likeliest = max(found, key=lambda other: found[other], default="")
    return f" The header looks as if {likeliest!r} were the separator." if found.get(likeliest) else ""


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """Lift the limit of the csv module, 131,072 characters, which holds for the whole process."""
    limit = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
