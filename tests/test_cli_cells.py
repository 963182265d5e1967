"""The command line: cells of real rows come out as they went in."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skbalagen.cli import main
from tests.table_rows import read_rows, write_rows

pytestmark = pytest.mark.usefixtures("own_cache")

WRITE = ["--generator", "eda", "--seed", "0"]


LOOKALIKES = ["007", "1e3", "1000", "1000.0", "TRUE", "01", "2024-05-01", "NA", "nan", " x "]
TEXTS = [
    'he said "yes"',
    "a, b",
    "two\nlines",
    "carriage\rreturn",
    "\tdéjà vu 🎈",
    "12",
    "1e5",
    "nul\x00",
    "-",
    "'",
]
ROWS = [
    {"id": cell, "text": f"{text} {i}", "label": label, "note": ""}
    for i, (cell, text) in enumerate(zip(LOOKALIKES, TEXTS, strict=True))
    for label in ("1e3", "1000", "1000.0", "007", "TRUE")[: 1 + i % 5]
]


def is_new(row):
    return str(row["is_synthetic"]) == "True"


@pytest.mark.parametrize("out", ["csv", "tsv", "jsonl", "parquet"])
@pytest.mark.parametrize("source", ["csv", "tsv", "jsonl", "parquet"])
def test_every_cell_of_a_real_row_comes_out_as_it_went_in(generated, tmp_path, source, out):
    read, written = tmp_path / f"in.{source}", tmp_path / f"out.{out}"
    write_rows(read, ROWS)
    assert main(["balance", str(read), "-o", str(written), *WRITE, "--quiet"]) == 0
    rows = read_rows(written)
    real = [{name: row[name] for name in ROWS[0]} for row in rows if not is_new(row)]
    assert real == ROWS
    new = [row for row in rows if is_new(row)]
    assert {row["label"] for row in new} == {"1000", "1000.0", "007", "TRUE"}
    assert all(not row.get("id") and not row.get("note") for row in new)


def test_numbers_of_json_lines_stay_numbers(generated, tmp_path):
    read, written = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"text": f"t {i}", "label": i % 3 // 2, "n": 2**60 + i, "tags": [i], "x": None} for i in range(9)]
    del rows[0]["tags"]
    write_rows(read, rows)
    assert main(["balance", str(read), "-o", str(written), *WRITE, "--quiet"]) == 0
    back = read_rows(written)
    assert [{name: row[name] for name in row if name != "is_synthetic"} for row in back[:9]] == rows
    assert {(row["label"], type(row["label"])) for row in back[9:]} == {(1, int)}
    assert all(set(row) == {"text", "label", "is_synthetic"} for row in back[9:])


def test_columns_of_parquet_keep_their_types(generated, tmp_path):
    read, written = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = pa.table(
        {
            "id": pa.array([2**53 + i for i in range(9)]),
            "text": [f"text {i}" for i in range(9)],
            "label": pa.array([i % 3 // 2 for i in range(9)], pa.int8()),
            "flag": [True, None] * 4 + [False],
            "kind": pa.array(list("abcabcabc")).dictionary_encode(),
        }
    )
    pq.write_table(table, read)
    assert main(["balance", str(read), "-o", str(written), *WRITE, "--quiet"]) == 0
    back = pq.read_table(written).replace_schema_metadata()
    assert back.schema.remove(back.schema.get_field_index("is_synthetic")) == table.schema
    assert back.slice(0, 9).drop_columns("is_synthetic").equals(table)
    assert back["label"].to_pylist()[9:] == [1, 1, 1]
    assert back["id"].null_count == 3
