"""Table files: CSV, TSV, JSON lines and Parquet, read and written without guessing the type of any cell.

A number that is written ``007`` or ``1e3`` is somebody's label, so that CSV cells stay strings, JSON lines keep
what JSON says, and Parquet keeps the types of its columns. A row that is read and written comes out as it was.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from skbalagen._utils.csv_records import decode_text, split_records
from skbalagen._utils.json_text import parse_object, to_json
from skbalagen._utils.output_files import new_output

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMATS", "check_table", "read_table", "table_format", "write_table"]

FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
# What spreadsheets take for the beginning of a formula or a command.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def table_format(path: str) -> str:
    """Return the ending of a table's name, or ".csv" for "-".

    Raises
    ------
    ValueError
        If the ending is none of those known.
    """
    ending = ".csv" if path == "-" else Path(path).suffix.lower()
    if ending not in FORMATS:
        raise ValueError(
            f"{path}: expected a name that ends in {', '.join(FORMATS)}, got {ending or 'none'!r}."
        )
    return ending


def read_table(path: str, *, sep: str | None = None, encoding: str = "utf-8") -> pd.DataFrame:
    """Read a table by the ending of its name.

    Parameters
    ----------
    path : str
        The file; "-" is CSV from standard input.
    sep : str, default=None
        Separator of CSV, one character; None goes by the ending.
    encoding : str, default="utf-8"
        Of CSV, TSV and JSON lines.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns)
        CSV and TSV: every cell a str. JSON lines: columns of objects, with None for null and NaN where a line
        lacks the key. Parquet: the Arrow types of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not of the format that its name says; the line is named where the format has lines.
    ImportError
        If the file is Parquet and pyarrow is not installed.
    """
    ending = table_format(path)
    if path == "-":
        raw, source = sys.stdin.buffer.read(), "standard input"
    elif not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file. Check the name, or pass - to read CSV from a pipe.")
    elif ending == ".parquet":
        return _read_parquet(path)
    else:
        raw, source = Path(path).read_bytes(), path
    advice = "Name its encoding with --encoding, such as --encoding cp1252, or save it as UTF-8."
    content = decode_text(raw, source, encoding, advice=advice)
    if ending == ".jsonl":
        return _read_jsonl(content, source)
    return _read_csv(content, _separator(ending, sep), source)


def write_table(
    table: pd.DataFrame, path: str, *, sep: str | None = None, neutralise_formulas: bool = False
) -> None:
    """Write a table by the ending of its name, all or nothing.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        Its index is not written. A missing cell is an empty one in CSV and null in Parquet. In JSON lines None
        and NA are null, and a cell of NaN is left out.
    path : str
        The file, which is replaced where there is one and keeps its permissions; "-" is CSV to standard output.
    sep : str, default=None
        Separator of CSV, one character; None goes by the ending.
    neutralise_formulas : bool, default=False
        Whether to put an apostrophe in front of cells that a spreadsheet would take for a formula: those that
        begin with ``=``, ``+``, ``-``, ``@``, a tab or a line break. Such cells do not come back as they were.

    Raises
    ------
    ValueError
        If formulas are to be neutralised in a format that is not CSV or TSV.
    """
    ending = table_format(path)
    if neutralise_formulas:
        table = _neutralised(table, path)
    if path == "-":
        sys.stdout.flush()
        out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
        try:
            _write_csv(table, out, _separator(ending, sep))
        finally:
            out.detach()  # else standard output would be closed with it
        return
    with new_output(path) as part:
        if ending == ".parquet":
            _write_parquet(table, part, path)
            return
        with open(part, "w", encoding="utf-8", newline="") as out:
            if ending == ".jsonl":
                out.writelines(_json_lines(table))
            else:
                _write_csv(table, out, _separator(ending, sep))


def check_table(
    table: pd.DataFrame, path: str, *, sep: str | None = None, neutralise_formulas: bool = False
) -> None:
    """Raise if :func:`write_table` could not write a table like this one: before the work, not after it.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
    path : str
        The file; "-" is standard output.
    sep, neutralise_formulas
        As for :func:`write_table`.

    Raises
    ------
    ValueError
        If the format has no type for a column of `table`, or cannot do what the options ask for.
    """
    ending = table_format(path)
    _separator(ending, sep)
    if neutralise_formulas:
        _neutralised(table.head(0), path)
    if ending == ".parquet":
        _check_parquet(table, path)


def _separator(ending: str, sep: str | None) -> str:
    if sep is None or ending != ".csv":
        return _SEPARATORS.get(ending, "")
    if len(sep) != 1 or sep in '"\r\n':
        raise ValueError(f"The separator must be one character, not a quote or a line break, got {sep!r}.")
    return sep


def _neutralised(table: pd.DataFrame, path: str) -> pd.DataFrame:
    """Return a table in which no text begins like a formula."""
    if table_format(path) not in _SEPARATORS:
        raise ValueError(
            f"{path}: formulas are neutralised in CSV and TSV only, got {table_format(path)!r}. Write .csv, or leave "
            "--neutralise-formulas out."
        )

    def plain(value: Any) -> Any:
        return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

    columns = [table.iloc[:, i].astype(object).map(plain) for i in range(table.shape[1])]
    named = dict(enumerate(columns))
    return type(table)(named).set_axis([plain(str(name)) for name in table.columns], axis="columns")


def _read_csv(content: str, sep: str, source: str) -> pd.DataFrame:
    import pandas as pd

    records = split_records(content, sep, source, advice=", or name the separator with --sep")
    _, header = next(records, (0, []))
    if not header:
        raise ValueError(
            f"{source}: expected a header line with the names of the columns, got an empty file."
        )
    repeated = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    if repeated:
        raise ValueError(
            f"{source}: expected columns of different names, got {repeated[0]!r} {header.count(repeated[0])} times. "
            "Rename them."
        )
    rows = [fields for _, fields in records]
    return pd.DataFrame(rows, columns=pd.Index(header, dtype=object), dtype=object)


def _read_jsonl(content: str, source: str) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    # Not splitlines: it also cuts at separators that JSON allows inside a string.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(parse_object(line))
        except ValueError as error:
            raise ValueError(
                f"{source}, line {number}: expected one JSON object per line, got {error}. Mend that line."
            ) from error
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = {name: [row.get(name, float("nan")) for row in rows] for name in names}
    return pd.DataFrame(
        {name: pd.Series(column, dtype=object) for name, column in cells.items()},
        columns=pd.Index(names, dtype=object),
    )


def _read_parquet(path: str) -> pd.DataFrame:
    import pandas as pd

    pyarrow = _pyarrow(path)
    try:
        table = pyarrow.parquet.read_table(path)
    except (ValueError, OSError) as error:  # pyarrow's own errors are among these
        raise ValueError(f"{path} could not be read as Parquet, got: {error}. Check the file.") from error
    # Without pandas' metadata, an index that was stored is a column like the others.
    return table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)


def _write_parquet(table: pd.DataFrame, out: Any, path: str) -> None:
    pyarrow = _pyarrow(path)
    # Metadata of one version of pandas may name types that another cannot read.
    arrow = pyarrow.Table.from_pandas(table, preserve_index=False).replace_schema_metadata()
    pyarrow.parquet.write_table(arrow, out)


def _pyarrow(path: str) -> Any:
    """Return pyarrow, which only Parquet needs, with its `parquet`."""
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError as error:
        raise ImportError(
            f"{path}: Parquet files need pyarrow, which is not installed. Run pip install pyarrow, or use CSV."
        ) from error


def _check_parquet(table: pd.DataFrame, path: str) -> None:
    try:
        _write_parquet(table, io.BytesIO(), path)
    except ImportError:
        raise
    except Exception as error:  # of many types, by the column that does not fit
        raise ValueError(
            f"{path} cannot hold this table, got: {error}. Parquet has one type per column; write .jsonl or .csv."
        ) from error


def _write_csv(table: pd.DataFrame, out: TextIO, sep: str) -> None:
    plain = csv.writer(out, delimiter=sep, lineterminator="\n")
    # The module quotes a line feed by itself, but a carriage return only in later versions of Python.
    quoted = csv.writer(out, delimiter=sep, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for fields in [[str(name) for name in table.columns], *_csv_rows(table)]:
        (quoted if any("\r" in field for field in fields) else plain).writerow(fields)
    out.flush()


def _csv_rows(table: pd.DataFrame) -> Iterator[list[str]]:
    for row in table.itertuples(index=False, name=None):
        yield [value if isinstance(value, str) else _csv_cell(value) for value in row]


def _csv_cell(value: Any) -> str:
    if isinstance(value, list | dict):
        return to_json(value)
    return "" if _is_missing(value) else str(value)


def _json_lines(table: pd.DataFrame) -> Iterable[str]:
    names = [str(name) for name in table.columns]
    for row in table.itertuples(index=False, name=None):
        cells = {
            name: None if not isinstance(value, str) and _is_missing(value) else value
            for name, value in zip(names, row, strict=True)
            if not (isinstance(value, float) and value != value)
        }
        yield to_json(cells) + "\n"


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_scalar(value) and pd.isna(value))
