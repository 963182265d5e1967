"""Rules that have seen the rows: each refuses what the rows do not have, and nothing that they have."""

from __future__ import annotations

import pytest

from skbalagen import TextRules
from skbalagen.balagen import learned_rules

ROWS = [
    "where is my parcel now", "my parcel is late again", "is my parcel on its way now", "where is it now",
    "has my refund been sent", "send my refund again please", "where is my refund please", "is it on its way",
]  # fmt: skip
LABELS = ["order_status"] * 4 + ["refund"] * 4


def reason(text, label="refund", rows=ROWS, labels=LABELS, count_tokens=None, **parameters):
    return TextRules(**parameters).learn(rows, labels, count_tokens).reasons([text], [label])[0]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("where is my refund", ""),
        ("Where is MY refund, please?!", ""),
        ("order {} is late", "markup"),
        ("where is [name] now", "markup"),
        ("is it late?||refund_state", "markup"),
        ("where is my parcelNOW", "case"),
        ("my refundStatus is late", "case"),
        ("my refund my refund please", "repeats"),
        ("no no no", "repeats"),
        ("very very late", ""),
        ("late!!!!", ""),
        ("late!!!!!", "repeats"),
        ("sooooon", "repeats"),
        ("room 100000000000", ""),
        ("где my parcel", "script"),
        ("我的 parcel", "script"),
        ("Refund.", "label"),
        ("refund", ""),
        ("refund 12", ""),
    ],
)
def test_what_the_rows_do_not_have_is_refused_with_the_name_of_the_rule(text, rule):
    assert reason(text) == rule


def test_the_name_of_the_class_is_refused_with_other_punctuation_only():
    assert reason("order-status", "order_status") == "label"
    assert reason("Order status", "order_status") == ""  # the candidate that is the label
    assert reason("order-status", "refund") == ""
    assert reason("order-status", "order_status", [*ROWS, "order status?"], [*LABELS, "order_status"]) == ""


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("send {} back", "where is {}"),
        ("my iPhone is late", "an iPhone"),
        ("where where where is it", "no no no"),
        ("wo ist Paket № 4 где", "где is it"),
    ],
)
def test_what_is_common_in_the_rows_is_no_reason(row, text):
    assert reason(text) != ""
    assert reason(text, rows=[*ROWS, row, f"{row} now"], labels=[*LABELS, "refund", "refund"]) == ""


def test_a_single_row_of_the_class_allows_its_braces():
    many = [f"{row} {number}" for row in ROWS for number in range(50)]
    labels = [label for label in LABELS for _ in range(50)]
    rows, labels = [*many, "where is {name}"], [*labels, "refund"]
    assert reason("send {name} back", "refund", rows, labels) == ""
    assert reason("send {name} back", "order_status", rows, labels) == "markup"


@pytest.mark.parametrize(("n_odd", "bar"), [(0, 2), (1, 2), (2, 2), (3, 4)])
def test_the_bar_lies_above_all_but_the_tolerated_share_of_the_rows(n_odd, bar):
    rows = [f"row {number} is fine" for number in range(100 - n_odd)] + [
        f"no no no no {i}" for i in range(n_odd)
    ]
    assert TextRules(tolerance=0.02).learn(rows, ["a"] * 100).bars["repeats"] == bar


def test_repeated_rows_count_once():
    rows = [*(f"row {number} is fine" for number in range(99)), *["no no no"] * 50]
    assert TextRules().learn(rows, ["a"] * len(rows)).bars["repeats"] == 2


def letters(words):
    return [len(word) for word in words]


def test_words_of_many_tokens_are_refused_unless_a_row_has_them():
    rules = TextRules().learn(ROWS, LABELS, letters)
    assert (
        rules.bars["words"] == 5
    )  # "been" is in one row; "parcel" and "again", which are longer, are in two
    assert rules.reasons(["where", "wheres", "food", "parcel"], ["refund"] * 4) == ["", "words", "", ""]


def test_words_rule_needs_a_generator_that_counts_tokens():
    assert reason("my refundortunately") == ""
    assert reason("my refundortunately", count_tokens=letters) == "words"
    assert reason("my parcel", count_tokens=lambda words: [99] * len(words)) == ""  # no word to be counted


def test_names_are_known_as_they_are_spelled():
    def count(words):
        return [1 if word == "Australia" else len(word) for word in words]

    assert reason("is Australia on its way", count_tokens=count) == ""
    assert reason("is Ostralia on its way", count_tokens=count) == "words"
    assert reason("is australia on its way", count_tokens=count) == "words"


def test_tokens_of_a_word_are_counted_once():
    asked = []

    def count(words):
        asked.extend(words)
        return [2] * len(words)

    rules = TextRules().learn(ROWS, LABELS, count)
    rules.reasons(["my gizmo", "a gizmo"], ["refund"] * 2)
    rules.reasons(["my gizmo"], ["refund"])
    assert len(asked) == len(set(asked))
    assert "gizmo" in asked
    assert "parcel" not in asked


HINDI = ["मेरा पार्सल कहाँ है", "पार्सल कब आएगा", "मेरा पैसा वापस करो", "पैसा कब वापस आएगा"]
ARABIC = ["أين طردي الآن", "متى يصل طردي", "أعيدوا لي مالي", "متى يعود مالي"]
CHINESE = ["我的包裹在哪里", "包裹什么时候到", "请退款给我", "什么时候退款"]
GERMAN = [
    "Wo ist mein Paket",
    "Wann kommt das Paket an",
    "Ich möchte mein Geld zurück",
    "Wo bleibt mein Geld",
]


@pytest.mark.parametrize(
    ("rows", "good"),
    [
        (HINDI, "मेरा पैसा कहाँ है"),
        (ARABIC, "أين مالي الآن"),
        (CHINESE, "我的退款在哪里"),
        (GERMAN, "Wann kommt mein Geld zurück, Straßenfußballweltmeister?"),
    ],
)
def test_rules_take_texts_of_other_languages(rows, good):
    rules = TextRules().learn(rows, ["a", "a", "b", "b"])
    texts = [good, f"{good} {{}}", f"{good} где", " ".join([good.split()[0]] * 3)]
    assert rules.reasons(texts, ["a"] * 4) == ["", "markup", "script", "repeats"]


def test_marks_of_indian_vowels_belong_to_their_word():
    seen = []
    TextRules().learn(HINDI, ["a"] * 4, lambda words: seen.extend(words) or [1] * len(words))
    assert "कहाँ" in seen


def test_scripts_without_spaces_have_no_words_to_be_known():
    asked = []
    rules = TextRules().learn(
        CHINESE, ["a"] * 4, lambda words: asked.extend(words) or [len(w) for w in words]
    )
    assert rules.reasons(["我的包裹在哪里什么时候到请退款给我"], ["a"]) == [""]
    assert asked == []
    assert TextRules(["words"]).learn(CHINESE, ["a"] * 4, letters).reasons(["我的iPhone丢了"], ["a"]) == [
        "words"
    ]


def test_callables_are_asked_whatever_the_rows_are_like():
    def long(text):
        return len(text) > 10

    assert reason("where is my refund", rules=long) == "long"
    assert reason("refund now", rules=[long, "case"]) == ""
    assert reason("refundNOW", rules=[long, "case"]) == "case"
    assert reason("where is my refundNOW", rules=["case", long]) == "case"  # the first that refuses


def test_an_empty_list_refuses_nothing():
    assert reason("{}{}{} wordWORD где", rules=[]) == ""


@pytest.mark.timeout(20)  # a search that starts again at each letter takes hours
@pytest.mark.parametrize("unit", ["a", "ab ", "x,", "{", "1 "])
def test_a_long_text_is_looked_at_in_one_pass(unit):
    assert reason(unit * 20_000) in ("repeats", "markup", "label", "")


def test_of_many_rows_some_set_the_bars_and_the_words_of_all_are_known(monkeypatch):
    monkeypatch.setattr(learned_rules, "_MOST_ROWS", 4)
    rows = [f"row {'abcdefghijkl'[i] * 3} is fine" for i in range(11)] + ["row iPhone is fine"]
    looked_at = []
    monkeypatch.setattr(learned_rules, "_repeats", lambda text, unknown: looked_at.append(text) or 0)
    rules = TextRules().learn(rows, ["a"] * 12)
    assert looked_at == rows[::3]
    assert rules.reasons(["an iPhone", "an iPhoto"], ["a", "a"]) == ["", "case"]
