"""The two worked examples that the values in these tests were computed on by hand."""

from __future__ import annotations

import numpy as np

# One label per row: the same logits for each right class.
COUNTS = np.array([10000, 625, 16])
LOGITS = [[2.0, 1.0, 0.0]]
P = [0.665241, 0.244728, 0.090031]

# Several labels per row.
LABEL_COUNTS = np.array([50, 20, 5])
N_ROWS = 100
LABEL_LOGITS = [[1.0, -0.5, 0.2]]
LABELS = [[1.0, 0.0, 1.0]]


def logits(n_rows=1):
    import torch

    return torch.tensor(LOGITS * n_rows, dtype=torch.float64)


def label_logits():
    import torch

    return torch.tensor(LABEL_LOGITS, dtype=torch.float64), torch.tensor(LABELS, dtype=torch.float64)


def of_classes(loss, *classes):
    """Return the loss of the logits for each of these right classes, as a list."""
    import torch

    return loss(logits(len(classes)), torch.tensor(classes)).tolist()


def each_close(values, expected):
    return np.allclose(values, expected, rtol=0, atol=1e-6)
