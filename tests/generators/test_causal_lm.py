"""The language-model generator: wiring on a tiny GPT-2, and the embedded model for real."""

from __future__ import annotations

import pickle
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skbalagen import CausalLMGenerator
from skbalagen._torch.trainer import fine_tune
from skbalagen._utils.checkpoint import checkpoints_in
from skbalagen.generators import causal_lm
from skbalagen.generators._lm_scores import log_likelihoods
from tests.fakes import ORDERS, REFUNDS


def tiny(folder, **kwargs):
    defaults = {"model": str(folder), "epochs": 2, "learning_rate": 1e-2, "max_tokens": 8, "random_state": 0}
    return CausalLMGenerator(**(defaults | kwargs))


def test_gpt2_learns_what_each_class_says(tiny_gpt2):
    X, y = ["red red red", "blue green"] * 8, ["flight", "fare"] * 8
    generator = tiny(tiny_gpt2, epochs=60, max_copies=8, lora_rank=None).fit(X, y)
    texts = generator.sample({"flight": range(20), "fare": range(20)}, random_state=0)
    assert texts["flight"].count("red red red") >= 17
    assert texts["fare"].count("blue green") >= 17


def test_adapters_learn_beside_frozen_weights(tiny_gpt2):
    X, y = ["red red red", "blue green"] * 8, ["flight", "fare"] * 8
    losses = tiny(tiny_gpt2, epochs=30, max_copies=8, learning_rate=3e-2).fit(X, y).history_.train_loss
    assert losses[-1] < losses[0] - 0.3


def test_same_seed_same_model_other_seed_other(tiny_gpt2, corpus):
    spans = {"meal": range(30)}
    first, again, other = (
        tiny(tiny_gpt2, random_state=seed).fit(*corpus).sample(spans, random_state=0) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("lora_rank", [None, 4])
def test_fit_is_the_same_for_any_n_jobs_and_leaves_the_threads_of_torch_alone(tiny_gpt2, corpus, lora_rank):
    before = torch.get_num_threads()
    fitted = [
        tiny(tiny_gpt2, n_jobs=n_jobs, lora_rank=lora_rank, device="cpu").fit(*corpus)
        for n_jobs in (1, 2, None)
    ]
    weights = [generator.model_.state_dict() for generator in fitted]
    for other in weights[1:]:
        assert all(torch.equal(other[name], weight) for name, weight in weights[0].items())
    assert fitted[0].history_ == fitted[1].history_ == fitted[2].history_
    assert torch.get_num_threads() == before


def test_a_checkpoint_serves_any_n_jobs(tiny_gpt2, corpus, tmp_path, monkeypatch):
    learned = []

    def counted(*args, resume=None, **options):
        learned.append(0 if resume is None else resume.epoch)
        return fine_tune(*args, resume=resume, **options)

    monkeypatch.setattr(causal_lm, "fine_tune", counted)
    with checkpoints_in(tmp_path):
        first, again = (tiny(tiny_gpt2, n_jobs=n_jobs, device="cpu").fit(*corpus) for n_jobs in (2, 1))
    assert learned == [0, 2]
    assert again.history_ == first.history_


def test_candidates_that_are_empty_or_too_long_fail(tiny_gpt2, corpus):
    with pytest.warns(UserWarning, match="max_tokens should hold the rows"):
        generator = tiny(tiny_gpt2, epochs=1, max_tokens=3).fit(*corpus)
    texts = generator.sample({"meal": range(60)}, random_state=0)["meal"]
    assert None in texts
    assert all(text is None or 1 <= len(text.split()) <= 2 for text in texts)


def test_prompt_is_the_label_as_a_person_reads_it(tiny_gpt2):
    X, y = ["red", "blue"], ["flight_no", "fare"]
    generator = tiny(tiny_gpt2, label_descriptions={"fare": "the price"}).fit(X, y)
    assert generator.prompts_ == {"flight_no": "flight no", "fare": "the price"}
    with pytest.warns(UserWarning, match=r"classes that are not in y: \['fair'\]"):
        tiny(tiny_gpt2, label_descriptions={"fair": "x"}).fit(X, y)


def test_the_first_candidate_of_a_class_is_its_prompt(tiny_gpt2):
    X, y = ["red", "blue", "green"], ["flight_no", "fare", "3"]
    spans = {label: range(4) for label in y}
    generator = tiny(tiny_gpt2, label_descriptions={"fare": "the  price"}).fit(X, y)
    texts = generator.sample(spans, random_state=0)
    assert texts["flight_no"][0] == "flight no"
    assert texts["fare"][0] == "the price"
    assert generator.sample({"fare": range(1)}, random_state=0) == {"fare": ["the price"]}
    written = generator.set_params(label_as_text=False).sample(spans, random_state=0)
    assert all(texts[c][1:] == written[c][1:] for c in y)
    assert texts["3"] == written["3"]  # a number is no text
    assert written["flight_no"][0] != "flight no"


def test_best_of_keeps_the_likeliest_of_so_many_texts_of_the_stream(tiny_gpt2, corpus):
    generator = tiny(tiny_gpt2).fit(*corpus)
    written = generator.sample({"meal": range(2, 20)}, random_state=0)["meal"]
    chosen = generator.set_params(best_of=2).sample({"meal": range(1, 10)}, random_state=0)["meal"]
    assert all(text in pair for text, *pair in zip(chosen, written[::2], written[1::2], strict=True))
    assert chosen != written[::2]
    assert generator.sample({"meal": range(4, 7)}, random_state=0)["meal"] == chosen[3:6]
    assert generator.sample({"meal": range(1)}, random_state=0)["meal"] == ["meal"]  # its prompt

    texts = [text for pair in zip(written[::2], written[1::2], strict=True) for text in pair]
    found = log_likelihoods(
        generator.model_, generator.tokenizer_, generator.prompts_, [t or "red" for t in texts], ["meal"] * 18
    )
    per_token = np.where([t is None for t in texts], -np.inf, found[:, 0] / found[:, 1]).reshape(-1, 2)
    assert chosen == [texts[2 * i + int(place)] for i, place in enumerate(per_token.argmax(axis=1))]


def test_repeated_rows_are_read_once_or_without_a_bound_as_often_as_they_are_repeated(tiny_gpt2):
    X, y = ["red"] * 40 + ["blue", "green"], ["flight"] * 40 + ["fare"] * 2
    fitted = [tiny(tiny_gpt2, max_copies=n, batch_size=1, epochs=1).fit(X, y) for n in (1, 4, None)]
    assert [generator.history_.n_steps for generator in fitted] == [3, 3, 42]


def test_repeated_rows_count_up_to_max_copies(tiny_gpt2, monkeypatch):
    counted = []

    def noted(*args, counts, places, **kwargs):
        counted.append((counts.tolist(), places.tolist()))
        return fine_tune(*args, counts=counts, places=places, **kwargs)

    monkeypatch.setattr(causal_lm, "fine_tune", noted)
    tiny(tiny_gpt2, max_copies=4).fit(["red"] * 40 + ["blue", "green red"], ["flight"] * 40 + ["fare"] * 2)
    assert counted == [([4 * 2, 2, 3], [4, 1, 1])]  # tokens, the end among them; places in a batch


def test_validation_stops_training_and_gives_a_perplexity(tiny_gpt2):
    X, y = [f"red number {i % 12}" for i in range(30)], ["flight"] * 30
    generator = tiny(tiny_gpt2, validation_fraction=0.3, epochs=40, learning_rate=0.1).fit(X, y)
    assert generator.history_.stopped == "early_stopping"
    assert generator.validation_perplexity_ == pytest.approx(np.exp(min(generator.history_.validation_loss)))
    assert np.isnan(tiny(tiny_gpt2).fit(X, y).validation_perplexity_)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"top_p": 2}, "'top_p' parameter"),
        ({"temperature": -1}, "'temperature' parameter"),
        ({"epochs": 0}, "'epochs' parameter"),
        ({"best_of": 0}, "'best_of' parameter"),
        ({"max_tokens": 1}, "'max_tokens' parameter"),
        ({"max_tokens": "longest"}, "'max_tokens' parameter"),
    ],
)
def test_bad_parameters_are_refused(params, message, tiny_gpt2):
    with pytest.raises(ValueError, match=message):
        tiny(tiny_gpt2, **params).fit(["red", "blue"], ["a", "b"])


def test_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OSError, match=r"could not be loaded.*Only safetensors"):
        CausalLMGenerator(model=str(tmp_path)).fit(["red", "blue"], ["a", "b"])


def test_a_description_replaces_the_label_in_the_prompt_and_as_a_text(tiny_gpt2, corpus):
    plain, described = (
        tiny(tiny_gpt2, label_descriptions=descriptions).fit(*corpus)
        for descriptions in (None, {"meal": "red question"})
    )
    assert described.prompts_["meal"] == "red question"
    assert described.sample({"meal": range(1)}, random_state=0) == {"meal": ["red question"]}
    spans = {"meal": range(1, 20)}
    assert plain.sample(spans, random_state=0) != described.sample(spans, random_state=0)


def test_all_weights_learn_without_adapters_and_only_then(tiny_gpt2, corpus):
    from transformers import AutoModelForCausalLM

    untrained = AutoModelForCausalLM.from_pretrained(tiny_gpt2)
    whole, adapted = (tiny(tiny_gpt2, lora_rank=rank).fit(*corpus).model_ for rank in (None, 2))
    embeddings = [m.get_input_embeddings().weight.float() for m in (untrained, whole, adapted)]
    assert not torch.allclose(embeddings[0], embeddings[1], atol=1e-4)
    assert torch.allclose(embeddings[0], embeddings[2], atol=1e-2)  # untouched, perhaps rounded


def test_fitted_model_is_frozen_and_in_evaluation_mode(tiny_gpt2, corpus):
    model = tiny(tiny_gpt2).fit(*corpus).model_
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_fitted_model_is_a_plain_transformers_model(tiny_gpt2, corpus, tmp_path):
    from transformers import AutoModelForCausalLM, GPT2LMHeadModel

    generator = tiny(tiny_gpt2).fit(*corpus)
    assert type(generator.model_) is GPT2LMHeadModel
    generator.model_.save_pretrained(tmp_path)
    assert torch.equal(
        AutoModelForCausalLM.from_pretrained(tmp_path, dtype="auto").lm_head.weight,
        generator.model_.lm_head.weight,
    )


def test_clone_is_unfitted(tiny_gpt2, corpus):
    assert not hasattr(clone(tiny(tiny_gpt2).fit(*corpus)), "model_")


def test_pickles_carry_no_weights_and_say_how_to_keep_them(tiny_gpt2, corpus):
    generator = tiny(tiny_gpt2).fit(*corpus)
    copied = pickle.loads(pickle.dumps(generator))
    assert len(pickle.dumps(generator)) < 5000
    assert copied.prompts_ == generator.prompts_
    assert copied.history_ == generator.history_
    for use in (lambda: copied.sample({"meal": range(1)}), lambda: copied.save("folder")):
        with pytest.raises(NotFittedError):
            use()
    with pytest.raises(NotFittedError, match=r"it comes from a pickle, .* Keep them with save\(folder\)"):
        copied.sample({"meal": range(1)})


def test_a_deep_copy_carries_the_weights(tiny_gpt2, corpus):
    generator = tiny(tiny_gpt2).fit(*corpus)
    copied = deepcopy(generator)
    spans = {"meal": range(6)}
    assert copied.sample(spans, random_state=0) == generator.sample(spans, random_state=0)
    assert copied.model_ is not generator.model_


@pytest.mark.parametrize(
    ("n_rows", "share"), [(1, 0.5), (16, 0.5), (20, 0.4), (25, 0.32), (32, 0.25), (900, 0.25)]
)
def test_advised_share_falls_from_a_half_to_a_quarter(n_rows, share):
    assert CausalLMGenerator.advised_share(n_rows) == pytest.approx(share)
    assert CausalLMGenerator().advised_share(n_rows) == pytest.approx(share)
    assert CausalLMGenerator.advised_rows == 100


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        (["red", None], ["a", "b"], TypeError, r"X must hold texts only, got None \(NoneType\) in row 1"),
        (["red", 7], ["a", "b"], TypeError, r"X must hold texts only, got 7 \(int\) in row 1"),
        (
            np.arange(2),
            ["a", "b"],
            ValueError,
            "X must hold texts, expected an array of str, got one of int64",
        ),
        (["red", " \n"], ["a", "b"], ValueError, r"X must hold no empty texts, got ' \\n' in row 1"),
        (["red", "blue"], ["a"], ValueError, "inconsistent numbers of samples"),
        (["red", "blue"], ["a", None], ValueError, "None"),
        (["red", "blue"], ["a", 1], TypeError, "labels of one type"),
        (["red", "blue"], None, TypeError, "y must be a sequence with one label per row"),
    ],
)
def test_fit_refuses_rows_that_are_no_labeled_texts_before_it_loads_a_model(texts, labels, error, message):
    with pytest.raises(error, match=message):
        CausalLMGenerator(model="no such model").fit(texts, labels)


@pytest.mark.parametrize(
    ("spans", "error", "message"),
    [
        (None, TypeError, "spans must be a dict"),
        ({"meal": 5}, TypeError, "got 5"),
        ({"meal": range(0, 9, 2)}, ValueError, "ranges of step 1"),
        ({"train": range(2)}, ValueError, r"got \['train'\]"),
    ],
)
def test_sample_refuses_spans_that_are_no_pieces_of_fitted_streams(tiny_gpt2, corpus, spans, error, message):
    generator = tiny(tiny_gpt2, epochs=1).fit(*corpus)
    with pytest.raises(error, match=message):
        generator.sample(spans, random_state=0)


def test_a_learning_rate_that_explodes_is_an_error_and_leaves_nothing_to_sample_with(tiny_gpt2, corpus):
    generator = tiny(tiny_gpt2, learning_rate=1e30)
    with pytest.raises(FloatingPointError, match=r"learning_rate=1e\+30. Use a lower learning_rate"):
        generator.fit(*corpus)


def test_auto_takes_the_longest_row_within_what_the_model_reads(tiny_gpt2):
    X, y = ["red blue " * 11, "red"], ["flight", "fare"]
    generator = tiny(tiny_gpt2, epochs=1, max_tokens="auto").fit(X, y)
    assert generator.max_tokens_ == 64 - 2  # of 64 positions, "flight:" takes two
    assert generator.cut_share_ == 0
    assert len(generator.sample({"flight": range(5)}, random_state=0)["flight"]) == 5


def test_rows_that_are_cut_are_counted_with_one_warning(tiny_gpt2):
    X, y = ["red blue green", "red", "blue", "red blue"], ["flight", "flight", "fare", "fare"]
    with pytest.warns(UserWarning, match=r"got 1 of 4 \(25.0%\) with more than 3 tokens") as caught:
        generator = tiny(tiny_gpt2, epochs=1, max_tokens=3).fit(X, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert (generator.max_tokens_, generator.cut_share_) == (3, 0.25)


def test_a_prompt_that_leaves_no_room_is_an_error(tiny_gpt2):
    long = tiny(tiny_gpt2, max_tokens=63)
    with pytest.raises(
        ValueError, match="into the 64 tokens that the model reads, got 2 tokens of the prompt"
    ):
        long.fit(["red", "blue"], ["flight", "fare"])


@pytest.mark.model
def test_embedded_model_writes_the_same_texts_in_batches_of_any_size():
    X, y = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    generator = CausalLMGenerator(random_state=0, epochs=2).fit(X, y)
    spans = {"order_status": range(6), "refund_status": range(6)}
    together = generator.sample(spans, random_state=0)
    one_by_one, few = (
        generator.set_params(sampling_batch_size=n).sample(spans, random_state=0) for n in (1, 5)
    )
    alone = generator.sample({"refund_status": range(3, 5)}, random_state=0)["refund_status"]
    best, best_alone = (
        generator.set_params(best_of=2).sample({"order_status": span}, random_state=0)["order_status"]
        for span in (range(1, 3), range(2, 3))
    )
    assert best[0] in together["order_status"][2:4]
    assert best[1] in together["order_status"][4:6]
    if generator.model_.dtype is torch.bfloat16:
        assert one_by_one == few == together
        assert alone == together["refund_status"][3:5]
        assert best_alone == best[1:]
    else:
        same = [np.mean(np.array(few[label]) == np.array(together[label])) for label in spans]
        assert np.mean(same) >= 0.75


@pytest.mark.model
def test_embedded_model_writes_new_texts_of_the_class():
    X, y = ORDERS + REFUNDS, ["order_status"] * 8 + ["refund_status"] * 8
    generator = CausalLMGenerator(random_state=0, epochs=6).fit(X, y)
    texts = generator.sample({"order_status": range(24), "refund_status": range(24)}, random_state=0)
    new = {label: {t for t in some if t} - set(X) for label, some in texts.items()}
    assert all(len(some) >= 8 for some in new.values())
    about_refunds = {
        label: np.mean(["refund" in t or "money" in t for t in some]) for label, some in new.items()
    }
    assert about_refunds["refund_status"] > about_refunds["order_status"] + 0.3
    assert generator.history_.train_loss[-1] < generator.history_.train_loss[0]


@pytest.mark.model
def test_two_processes_write_the_same_texts():
    code = (
        "from skbalagen import CausalLMGenerator\n"
        f"X, y = {(ORDERS + REFUNDS)!r}, ['order_status'] * 8 + ['refund_status'] * 8\n"
        "generator = CausalLMGenerator(random_state=0, epochs=1).fit(X, y)\n"
        "print(generator.sample({'order_status': range(6)}, random_state=SEED))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code.replace("SEED", seed)], capture_output=True, text=True, check=True
        )
        for seed in ("0", "0", "1")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout != runs[2].stdout
    assert runs[0].stderr == ""


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (
            "where  is\nit \U0001f468\u200d\U0001f469\u200d\U0001f467",
            "where is it \U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
        (" ", None),
        ("south west\x00assistant", None),
        ("caf\ufffd", None),
        ("what is it<|im_end|>", None),
    ],
)
def test_decoded_tokens_that_are_no_text_fail(tiny_gpt2, monkeypatch, tokens, text):
    generator = tiny(tiny_gpt2, epochs=1).fit(["red wine", "blue sky"], ["drink", "air"])
    monkeypatch.setattr("skbalagen.generators._lm_sampling.sample_tokens", lambda *_, **__: [[1]])
    tokenizer = generator.tokenizer_
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_end|>"]})
    monkeypatch.setattr(tokenizer, "decode", lambda *_, **__: tokens)
    assert generator.sample({"drink": range(1, 2)}, random_state=0) == {"drink": [text]}
