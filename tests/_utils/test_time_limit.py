"""Loops ask how much time is left, and are told by the innermost block that ends first."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from skbalagen._utils.time_limit import out_of_time, seconds_left, time_limit


def test_there_is_no_limit_outside_a_block():
    assert seconds_left() == math.inf


def test_seconds_run_down_and_below_zero(clock):
    with time_limit(10):
        assert seconds_left() == 10
        clock.now += 4
        assert seconds_left() == 6
        clock.now += 7
        assert seconds_left() == -1
    assert seconds_left() == math.inf


@pytest.mark.parametrize(
    ("outer", "inner", "left"), [(10, 3, 3), (3, 10, 3), (math.inf, 5, 5), (5, math.inf, 5)]
)
def test_the_sooner_of_two_limits_holds(clock, outer, inner, left):
    with time_limit(outer):
        with time_limit(inner):
            assert seconds_left() == left
        assert seconds_left() == outer


def test_the_limit_is_gone_after_an_error(clock):
    def fail():
        with time_limit(1):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seconds_left() == math.inf


@pytest.mark.parametrize(("stopped", "found"), [("time", True), ("epochs", False), ("early_stopping", False)])
def test_an_estimator_whose_training_was_cut_is_told_from_others(stopped, found):
    assert out_of_time(SimpleNamespace(history_=SimpleNamespace(stopped=stopped))) is found
    assert not out_of_time(SimpleNamespace())
