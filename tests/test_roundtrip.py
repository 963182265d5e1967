"""Tables of all kinds go through the command line, and every cell of a real row comes out as it went in.

A few hundred tables take seconds. Before a release: SKBALAGEN_ROUNDTRIPS=10000 pytest tests/test_roundtrip.py
"""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skbalagen.cli import main
from tests.table_rows import read_rows, write_rows

pytestmark = pytest.mark.usefixtures("generated", "own_cache")

N_TABLES = int(os.environ.get("SKBALAGEN_ROUNDTRIPS", "240"))
FORMATS = ["csv", "tsv", "jsonl", "parquet"]
# What readers that guess, and careless writers, change.
CELLS = [
    *("007", "1e3", "1000", "1000.0", "+1", "-0", ".5", "1_000", "0x1F", "1e400", "TRUE", "false", "yes"),
    *("2024-05-01", "12:30", "NA", "N/A", "nan", "NaN", "null", "None", "inf", "-inf", "#N/A", "<NA>", ""),
    *(
        " x ",
        "\t",
        "\ufeffx",
        "x\ufeff",
        '"',
        '""',
        "'",
        ",",
        ";",
        "|",
        "a, b",
        "a\tb",
        "a\nb",
        "a\rb",
        "a\r\nb",
    ),
    *(
        "\n",
        "\\",
        "\\n",
        "=1+1",
        "@x",
        "nul\x00",
        "\x1b[1m",
        "\u00e9",
        "e\u0301",
        "退款",
        "👩‍💻",
        "\u2028",
        "\u0085",
    ),
    *("\x1c", "ß", "ǅ", "Ω≈ç√"),
]
LETTERS = list("ab01 .,;:'\"\\/-+=#\t\n\r\x00\u00a0éß退🎈\u200b\u2028")
# Besides JSON's own spellings of numbers.
NUMBERS = [
    *("0", "-0", "1", "-1", "1.0", "1.10", "2.50", "1e5", "1E5", "1e+5", "1e-7", "1e400", "-1e-400", "0.1"),
    *(
        "0.30000000000000004",
        "0.12345678901234567890123",
        "9007199254740993",
        "123456789012345678901234567890",
    ),
]


def rng_of(*key):
    return np.random.default_rng([*key, 17])


def cell(rng, *, blank=True):
    while True:
        text = CELLS[rng.integers(len(CELLS))]
        if rng.random() < 0.3:
            text = "".join(rng.choice(LETTERS, rng.integers(0, 8)))
        if blank or text.strip():
            return text


def labels_of(rng, n):
    """Return labels of two to four classes, one of which has most of the rows."""
    # A label that ends in NUL is refused: numpy cuts it.
    names = [name for name in dict.fromkeys(cell(rng, blank=False) for _ in range(12)) if name[-1] != "\x00"]
    names = names[: rng.integers(2, 5)]
    few = [name for name in names[1:] for _ in range(rng.integers(1, 4))][: n // 2]
    labels = np.array([names[0]] * (n - len(few)) + few, dtype=object)
    return rng.permutation(labels).tolist()


def numbered(pairs):
    """Return the numbers of the tables of each kind: as many tables in all as were asked for."""
    return max(1, N_TABLES // (pairs + 2))


def balance(source, out):
    assert (
        main(["balance", str(source), "-o", str(out), "--generator", "eda", "--no-cache", "--quiet"]) == 0
    ), source.read_bytes()


def is_new(row):
    return str(row["is_synthetic"]) == "True"


def write_csv(path, rows, quoting):
    with path.open("w", newline="", encoding="utf-8") as file:
        end = "\r\n" if quoting == csv.QUOTE_ALL else "\n"
        sep = "\t" if path.suffix == ".tsv" else ","
        writer = csv.DictWriter(file, rows[0], delimiter=sep, quoting=quoting, lineterminator=end)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("out", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_texts_come_out_as_they_went_in(tmp_path, source, out):
    for number in range(numbered(16)):
        rng = rng_of(FORMATS.index(source), FORMATS.index(out), number)
        n = int(rng.integers(4, 12))
        columns = list(
            dict.fromkeys(["text", "label", *(cell(rng, blank=False) for _ in range(rng.integers(0, 4)))])
        )
        rows = [dict.fromkeys(columns, "") for _ in range(n)]
        for row, label in zip(rows, labels_of(rng, n), strict=True):
            row.update({name: cell(rng, blank=name != "text") for name in columns}, label=label)
        read, written = tmp_path / f"in.{source}", tmp_path / f"out.{out}"
        if source in ("csv", "tsv"):
            every = [value for row in rows for value in [*row, *row.values()]]
            # Without quotes a carriage return would end the line.
            bare = number % 2 and not any("\r" in value for value in every)
            write_csv(read, rows, csv.QUOTE_MINIMAL if bare else csv.QUOTE_ALL)
        else:
            write_rows(read, rows)
        balance(read, written)
        back = read_rows(written)
        # Real rows come first; where a candidate was refused, copies come last.
        assert [{name: row[name] for name in columns} for row in back[:n]] == rows
        assert not any(map(is_new, back[:n]))
        others = [name for name in columns if name not in ("text", "label")]
        assert not any(row.get(name) for row in back if is_new(row) for name in others)


# JSON lines


def json_cell(rng, depth=0):
    """Return the JSON of a cell, as somebody may have written it."""
    kind = rng.integers(7 if depth < 2 else 5)
    if kind < 2:
        return NUMBERS[rng.integers(len(NUMBERS))]
    if kind == 2:
        return ["null", "true", "false"][rng.integers(3)]
    if kind < 5:
        return json.dumps(cell(rng), ensure_ascii=bool(rng.integers(2)))
    inner = [json_cell(rng, depth + 1) for _ in range(rng.integers(0, 3))]
    if kind == 5:
        return f"[{', '.join(inner)}]"
    return "{" + ", ".join(f'"{name}": {value}' for name, value in zip("ab", inner, strict=False)) + "}"


class Token(str):
    """A number as it was written."""

    def __eq__(self, other):
        return isinstance(other, Token) and str(self) == str(other)

    __hash__ = str.__hash__


def tokens(line):
    return json.loads(line, parse_float=Token, parse_int=Token)


def test_cells_of_json_lines_keep_their_types_and_their_spelling(tmp_path):
    read, written = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    for number in range(numbered(16)):
        rng = rng_of(99, number)
        lines = []
        for label in labels_of(rng, 10):
            cells = {"text": json.dumps(cell(rng, blank=False)), "label": json.dumps(label)}
            cells |= {name: json_cell(rng) for name in "xyz" if rng.random() < 0.8}  # a key may be missing
            lines.append(
                "{" + ", ".join(f'"{name}": {cells[name]}' for name in rng.permutation(list(cells))) + "}"
            )
        read.write_text("\n".join(lines) + "\n", encoding="utf-8")
        balance(read, written)
        back = [tokens(line) for line in written.read_text(encoding="utf-8").split("\n") if line]
        real = [{name: row[name] for name in row if name != "is_synthetic"} for row in back[:10]]
        assert real == [tokens(line) for line in lines]
        assert all(not row.get(name) for row in back if is_new(row) for name in "xyz")


# Parquet

DAY = datetime(2024, 5, 1, 12, 30, 1, 123456)
COLUMNS = {
    "int8": (pa.int8(), [-128, 127, 0]),
    "uint8": (pa.uint8(), [255, 0]),
    "int64": (pa.int64(), [2**63 - 1, -(2**63), 2**53 + 1]),
    "uint64": (pa.uint64(), [2**64 - 1, 0]),
    "float32": (pa.float32(), [0.5, float("inf"), -0.0]),
    "float64": (pa.float64(), [0.1, 1e-300, float("-inf"), -0.0]),
    "bool": (pa.bool_(), [True, False]),
    "string": (pa.string(), ["007", "", "é\n"]),
    "large": (pa.large_string(), ["007", "退款"]),
    "binary": (pa.binary(), [b"\x00\xff", b""]),
    "date": (pa.date32(), [date(1970, 1, 1), date(9999, 12, 31)]),
    "time": (pa.time64("us"), [time(23, 59, 59, 999999)]),
    "second": (pa.timestamp("s"), [DAY.replace(microsecond=0)]),
    "micro": (pa.timestamp("us"), [DAY]),
    "zone": (pa.timestamp("us", tz="UTC"), [DAY.replace(tzinfo=UTC)]),
    "duration": (pa.duration("us"), [timedelta(microseconds=1)]),
    "decimal": (pa.decimal128(30, 10), [Decimal("12345678901234567890.0123456789")]),
    "kind": (pa.dictionary(pa.int32(), pa.string()), ["a", "b"]),
    "list": (pa.list_(pa.int64()), [[1, 2], [], [None]]),
    "struct": (pa.struct([("a", pa.int64()), ("b", pa.string())]), [{"a": 1, "b": None}]),
    "nothing": (pa.null(), [None]),
}


@pytest.mark.parametrize("nulls", [False, True], ids=["no nulls", "nulls"])
def test_columns_of_parquet_keep_their_types(tmp_path, nulls):
    read, written = tmp_path / "in.parquet", tmp_path / "out.parquet"
    for number in range(max(1, numbered(16) // 2)):
        rng = rng_of(nulls, 7, number)
        n = int(rng.integers(4, 12))
        chosen = COLUMNS if number == 0 else dict(list(COLUMNS.items())[number % 5 :: 5])
        arrays = {"text": [cell(rng, blank=False) for _ in range(n)], "label": labels_of(rng, n)}
        for name, (kind, values) in chosen.items():
            cells = [values[i] for i in rng.integers(0, len(values), n)]
            arrays[name] = pa.array(
                [None if nulls and rng.random() < 0.3 else value for value in cells], kind
            )
        table = pa.table(arrays)
        pq.write_table(table, read)
        balance(read, written)
        back = pq.read_table(written)
        mark = back.schema.get_field_index("is_synthetic")
        assert back.schema.remove(mark).remove_metadata() == pq.read_schema(read).remove_metadata()
        real = back.slice(0, n).drop_columns("is_synthetic")
        # repr tells -0.0 from 0.0, and nan is nan
        for name in table.column_names:
            assert repr(real[name].to_pylist()) == repr(table[name].to_pylist()), name
        new = back.filter(back["is_synthetic"])
        assert all(new[name].null_count == len(new) for name in chosen)
