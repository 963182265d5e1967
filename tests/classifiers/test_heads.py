"""Heads by name."""

from __future__ import annotations

import pytest

from skbalagen.classifiers.heads import HEAD_NAMES, named_head


def test_names_give_new_heads_of_that_name():
    assert HEAD_NAMES == ("linear", "cosine", "prototype", "set-convolution", "siamese")
    for name in HEAD_NAMES:
        assert named_head(name).name == name
        assert named_head(name) is not named_head(name)


def test_another_name_is_refused_with_the_names_that_there_are():
    with pytest.raises(ValueError, match=r"head must be a Head or one of \['linear', .*got 'softmax'"):
        named_head("softmax")


def test_what_heads_ask_for():
    def having(attribute):
        return [name for name in HEAD_NAMES if getattr(named_head(name), attribute)]

    assert having("supports_bias") == ["linear"]
    assert having("needs_frozen_encoder") == ["set-convolution"]
    assert having("needs_vectors") == ["prototype", "set-convolution", "siamese"]
    assert having("supports_catch_all") == ["linear", "cosine", "prototype"]
    assert having("required_link") == ["prototype", "set-convolution", "siamese"]
