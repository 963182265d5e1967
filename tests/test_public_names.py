"""The names that `skbalagen` offers."""

from __future__ import annotations

import inspect

import pytest

import skbalagen


@pytest.mark.parametrize("name", skbalagen.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(skbalagen, name) is not None
    assert name in dir(skbalagen)


def test_public_names_are_sorted_and_lie_where_the_table_says():
    assert [name for name in skbalagen.__all__ if name != "__version__"] == list(skbalagen._MODULE_OF)
    for name, module in skbalagen._MODULE_OF.items():
        assert getattr(skbalagen, name).__module__.startswith(f"skbalagen.{module}")


def test_public_classes_are_documented():
    classes = [getattr(skbalagen, name) for name in skbalagen._MODULE_OF]
    assert [c.__name__ for c in classes if not inspect.getdoc(c)] == []


def test_another_name_raises():
    with pytest.raises(AttributeError, match="module 'skbalagen' has no attribute 'SMOTE'"):
        _ = skbalagen.SMOTE


def test_typing_sees_the_same_names():
    source = inspect.getsource(skbalagen)
    block = source[source.index("if TYPE_CHECKING:") : source.index("_MODULE_OF")]
    assert [name for name in skbalagen._MODULE_OF if name not in block] == []
