"""The module of a head, and means by class."""

from __future__ import annotations

import pytest
import torch

from skbalagen.classifiers import _head_module
from skbalagen.classifiers._head_module import HeadModule, mean_by_class


class Doubled:
    def _logits(self, module, vectors):
        return module.factor * vectors


def test_the_class_is_made_once_and_is_found_by_its_name():
    assert _head_module.HeadModule is HeadModule
    assert (HeadModule.__module__, HeadModule.__qualname__) == (
        "skbalagen.classifiers._head_module",
        "HeadModule",
    )


def test_another_name_raises():
    with pytest.raises(AttributeError, match="has no attribute 'Head'"):
        _ = _head_module.Head


def test_tensors_become_buffers_and_move_with_the_module():
    parts = {"factor": torch.nn.Parameter(torch.tensor(2.0)), "fixed": torch.ones(2)}
    module = HeadModule(Doubled(), parts, n_features=2, n_classes=2, catch_all=None).double()
    assert module.fixed.dtype == torch.float64
    assert module(torch.ones(1, 2)).dtype == torch.float64  # vectors take the dtype of the parameters
    assert (module.n_features, module.n_classes, module.catch_all) == (2, 2, None)


def test_means_are_those_of_the_rows_of_each_class():
    values = torch.tensor([[1.0, 0.0], [3.0, 2.0], [5.0, 5.0]])
    assert mean_by_class(values, torch.tensor([0, 0, 2]), 3).tolist() == [[2, 1], [0, 0], [5, 5]]
