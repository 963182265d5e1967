"""One class's candidates: what is missing, why reading ended, and how many to ask for next."""

from __future__ import annotations

import pytest

from skbalagen.balagen.stream import Stream


def stream(quota, *verdicts):
    return Stream(quota, texts=[f"text {i}" for i in range(len(verdicts))], verdicts=list(verdicts))


def test_accepted_texts_are_those_that_are_added():
    read = stream(3, "accepted", "surplus", "malformed", "accepted", "failed")
    assert read.accepted == ["text 0", "text 3"]
    assert read.missing == 1


@pytest.mark.parametrize(
    ("quota", "verdicts", "stopped"),
    [
        (1, [], ""),
        (1, ["accepted"], "filled"),
        (2, ["accepted"], "budget"),
        (1, ["malformed"] * 63, "budget"),
        (1, ["malformed"] * 64, "dry"),
        (9, ["rejected"] * 64 + ["accepted"], "dry"),  # 1 of 65 is below 2 %
        (9, ["rejected"] * 98 + ["accepted"] * 2, "budget"),
    ],
)
def test_a_stream_says_why_reading_ended(quota, verdicts, stopped):
    assert stream(quota, *verdicts).stopped == stopped


def test_what_is_malformed_counts_against_the_class_like_what_is_rejected():
    fine = stream(10, *["accepted"] * 5 + ["rejected"] * 5)
    refused = stream(10, *["accepted"] * 5 + ["malformed"] * 5)
    assert refused.wish() == fine.wish() == 9  # 5 missing / (12 of 20 acceptable)


def test_a_wish_is_at_most_three_times_what_was_read():
    assert stream(1000).wish() == 64
    assert stream(1000, *["accepted"] * 30).wish() == 90


def test_a_stream_that_time_ended_says_so_whatever_was_read():
    assert Stream(3, out_of_time=True).stopped == "time"
    read = stream(2, "accepted")
    read.out_of_time = True
    assert read.stopped == "time"
