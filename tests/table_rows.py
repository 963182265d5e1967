"""Write and read rows of tables in the formats of the command line."""

from __future__ import annotations

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq


def write_rows(path, rows):
    """Write rows without the code under test."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        sep = "\t" if path.suffix == ".tsv" else ","
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0], delimiter=sep, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)


def read_rows(path):
    """Read rows without the code under test."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
