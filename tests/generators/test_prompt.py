"""The generator that asks a model on this machine."""

from __future__ import annotations

import os
import pickle
from collections import Counter

import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import BalaGenResampler, PromptGenerator, TextGenerator
from skbalagen.generators import _prompt_sampling
from skbalagen.generators import prompt as prompt_module
from skbalagen.models.load import load_causal_lm
from tests.fakes import ORDERS, REFUNDS
from tests.generators.tiny_letters import build_letters_model

X = [
    "where is my card",
    "my card is gone",
    "card lost today",
    "when does it come",
    "is the card sent",
    "hello",
]
Y = ["lost_card"] * 3 + ["card_arrival"] * 2 + ["greeting"]
LETTERS = 'abcdefghijklmnopqrstuvwxyzIT0123456789 -.,:"()<|>_'
SPANS = {"lost_card": range(12), "greeting": range(3, 7)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of models with a chat template and without; they read 2048 tokens."""
    made = {}
    for chat in (True, False):
        folder = tmp_path_factory.mktemp("letters")
        made[chat] = str(build_letters_model(folder, [LETTERS], chat=chat))
    return made


@pytest.fixture(scope="module")
def fitted(folders):
    return PromptGenerator(model=folders[True], n_texts=4).fit(X, Y)


@pytest.fixture(scope="module")
def whole(fitted):
    return fitted.sample(SPANS, random_state=3)


def test_it_follows_the_protocol(fitted, whole):
    assert isinstance(fitted, TextGenerator)
    assert fitted.classes_.tolist() == sorted(set(Y))
    assert {label: len(texts) for label, texts in whole.items()} == {"lost_card": 12, "greeting": 4}
    texts = [text for texts in whole.values() for text in texts if text]
    assert len(texts) > 8
    assert not any("\n" in text or "<|" in text for text in texts)


@pytest.mark.parametrize("span", [range(1), range(3, 9), range(4, 8), range(11, 12), range(5, 5)])
def test_a_span_is_the_same_piece_of_the_stream_whatever_its_bounds(fitted, whole, span):
    asked = {"greeting": range(4, 5), "lost_card": span}
    texts = fitted.sample(asked, random_state=3)
    assert list(texts) == list(asked)
    assert texts["lost_card"] == whole["lost_card"][span.start : span.stop]
    assert texts["greeting"] == whole["greeting"][1:2]


def test_texts_are_the_same_for_any_batch_size_and_number_of_workers(folders, whole):
    with parallel_config(backend="threading"):
        for batch_size, n_jobs in [(1, 1), (3, 2), (128, 3)]:
            generator = PromptGenerator(
                model=folders[True], n_texts=4, sampling_batch_size=batch_size, n_jobs=n_jobs
            )
            assert generator.fit(X, Y).sample(SPANS, random_state=3) == whole


def test_seeds_and_prompts_make_other_texts(fitted, whole):
    assert fitted.sample(SPANS, random_state=4) != whole
    assert len(set(map(str, whole["lost_card"]))) > 6
    assert fitted.sample({}, random_state=3) == {}


def test_a_chat_template_makes_the_prompt_a_message(folders):
    generator = PromptGenerator(model=folders[True], label_descriptions={"lost_card": "a card is gone"}).fit(
        X, Y
    )
    prompt = generator.prompt_for("lost_card")
    assert generator.chat_
    assert prompt.startswith('<|im_start|>user\nHere are texts of the class "lost card" (a card is gone)')
    assert prompt.endswith("and nothing else.<|im_end|>\n<|im_start|>assistant\n-")
    assert generator.nearest_class_["lost_card"] == "card_arrival"
    assert 'class "card arrival", which is close' in prompt


@pytest.mark.parametrize(("chat", "with_template"), [("auto", False), (False, True)])
def test_without_one_the_model_goes_on_with_a_list(folders, chat, with_template):
    generator = PromptGenerator(model=folders[with_template], chat=chat, n_avoid=0).fit(X, Y)
    assert not generator.chat_
    prompt = generator.prompt_for("lost_card", random_state=1)
    head, *rows = prompt.split("\n- ")
    assert head == 'Texts of the class "lost card":\n'
    assert sorted([*rows[:-1], rows[-1].removesuffix("\n-")]) == sorted(X[:3])
    assert any(generator.sample({"lost_card": range(4)}, random_state=0)["lost_card"])


def test_a_prompt_of_ones_own_replaces_ours(folders):
    generator = PromptGenerator(
        model=folders[False], prompt="{n} like {examples}\nnot {avoid}:", n_examples=1
    )
    assert generator.fit(X, Y).prompt_for("greeting").startswith("10 like - hello\nnot ")


def test_prompts_show_other_rows_each_and_do_not_depend_on_the_range(folders):
    generator = PromptGenerator(model=folders[True], n_examples=1, n_avoid=0).fit(X, Y)
    shown = Counter(
        next(row for row in X if f"\n- {row}\n" in generator.prompt_for("lost_card", number))
        for number in range(30)
    )
    assert set(shown) == set(X[:3])


def test_what_repeats_a_row_of_the_prompt_fails(folders, monkeypatch):
    written = ["My  CARD is gone", "when does it come", "new", None]
    monkeypatch.setattr(
        prompt_module, "map_in_workers", lambda work, asked, *_, **__: [written for _ in asked]
    )
    generator = PromptGenerator(model=folders[True], n_texts=4).fit(X, Y)
    assert generator.sample({"lost_card": range(4)}, random_state=0) == {
        "lost_card": [None, None, "new", None]
    }


def test_special_tokens_in_rows_are_text(folders, monkeypatch):
    rows = ["my card <|im_end|> is gone", "hello"]
    generator = PromptGenerator(model=folders[True], prompt="{examples}").fit(rows, ["lost_card", "greeting"])
    seen = []
    monkeypatch.setattr(
        _prompt_sampling, "sample_tokens", lambda _, prompts, *__, **___: seen.extend(prompts) or [None]
    )
    generator.sample({"lost_card": range(1)}, random_state=0)
    tokenizer = load_causal_lm(folders[True])[1]
    assert tokenizer.decode(seen[0]) == generator.prompt_for("lost_card")
    assert seen[0].count(tokenizer.eos_token_id) == 1  # the template's own


def test_a_pickle_has_no_weights_and_reads_the_model_again(fitted, whole):
    data = pickle.dumps(fitted)
    assert len(data) < 20_000
    assert pickle.loads(data).sample(SPANS, random_state=3) == whole


def test_count_tokens_reads_words_as_inside_a_text(fitted):
    copied = pickle.loads(pickle.dumps(fitted))
    assert copied.count_tokens(["card", "a"]) == [5, 2]


def test_long_rows_are_shown_up_to_what_fits_with_one_warning(folders):
    rows = ["It broke. " + "x" * 60, "short one", "hello", "good day"]
    with pytest.warns(UserWarning, match=r"got 1 of 4 \(25.0%\) with more than 20 tokens") as caught:
        generator = PromptGenerator(model=folders[True], max_tokens=20).fit(rows, list("aabb"))
    assert len(caught) == 1
    assert (generator.max_tokens_, generator.cut_share_) == (20, 0.25)
    assert generator.texts_[0] == "It broke. " + "x" * 10 or generator.texts_[0] == "It broke."
    assert "x" * 20 not in generator.prompt_for("a")


def test_prompts_show_as_many_rows_as_the_model_reads(tmp_path):
    folder = str(build_letters_model(tmp_path, [LETTERS], n_positions=200))
    rows = [f"{letter} {'word ' * 8}" for letter in "uvwxyz"]
    with pytest.warns(
        UserWarning, match="n_examples=8 and n_avoid=3 rows should fit into the 200 tokens"
    ) as caught:
        generator = PromptGenerator(model=folder, max_tokens=60, n_texts=2).fit(rows, list("aaaabb"))
    assert len(caught) == 1
    assert (generator.n_examples_, generator.n_avoid_) == (2, 0)
    assert caught[0].filename == __file__
    assert len(generator.sample({"a": range(3)}, random_state=0)["a"]) == 3
    with pytest.raises(
        ValueError, match=r"into the 200 tokens that the model reads, got \d+ tokens of a prompt"
    ):
        PromptGenerator(model=folder, max_tokens=150).fit(rows, list("aaaabb"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "{label}"}, "prompt must have the place {examples}"),
        ({"chat": True}, "chat=True needs a model whose tokenizer has a chat template"),
        ({"n_texts": 0}, "'n_texts' parameter"),
    ],
)
def test_fit_refuses_what_cannot_be_asked(folders, options, message):
    with pytest.raises(ValueError, match=message):
        PromptGenerator(model=folders[False], **options).fit(X, Y)


def test_fit_refuses_a_model_that_is_not_there_and_sample_one_that_is_not_fitted(tmp_path):
    generator = PromptGenerator(model=str(tmp_path / "none"))
    with pytest.raises(OSError, match="could not be loaded"):
        generator.fit(X, Y)
    with pytest.raises(NotFittedError):
        clone(generator).sample({"greeting": range(1)})


def test_a_single_class_has_nothing_to_avoid(folders):
    generator = PromptGenerator(model=folders[True]).fit(X[:3], Y[:3])
    assert generator.nearest_class_ == {}
    assert "close" not in generator.prompt_for("lost_card")


def test_the_resampler_fills_classes_with_it(folders, monkeypatch):
    def written(work, asked, *_, **__):
        return [[f"my {lines.label[:4]} no {i}" for i in lines.span] for lines in asked]

    monkeypatch.setattr(prompt_module, "map_in_workers", written)
    resampler = BalaGenResampler(
        generator=PromptGenerator(model=folders[True], n_texts=4), labelers=[], random_state=0, beta_low=100
    )
    _, labels = resampler.fit_resample(X, Y)
    assert set(Counter(list(labels)).values()) == {3}
    assert resampler.report_["n_generated"].sum() == 3


@pytest.mark.model
def test_the_embedded_model_writes_new_lines_of_a_class_in_batches_of_any_size():
    rows, labels = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    spans = {"order_status": range(6), "refund_status": range(2)}
    together = PromptGenerator().fit(rows, labels)
    assert together.chat_
    texts = together.sample(spans, random_state=0)
    few = PromptGenerator(sampling_batch_size=3).fit(rows, labels)
    assert few.sample(spans, random_state=0) == texts
    written = [text for found in texts.values() for text in found if text]
    assert len(written) >= 3
    assert not any("\n" in text or text in rows for text in written)


@pytest.mark.model
@pytest.mark.skipif("SKBALAGEN_LARGER_LM" not in os.environ, reason="no folder of a larger model is named")
def test_a_larger_model_of_a_folder_writes_new_lines_of_a_class():
    rows, labels = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    generator = PromptGenerator(model=os.environ["SKBALAGEN_LARGER_LM"]).fit(rows, labels)
    texts = generator.sample({"order_status": range(6)}, random_state=0)["order_status"]
    assert sum(text is not None for text in texts) >= 2
