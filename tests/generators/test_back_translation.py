"""Back-translation: with stand-ins for the direction of travel, and with a tiny pair of models that is built here."""

from __future__ import annotations

import pickle

import pytest
import torch
from sklearn.base import clone
from transformers import BatchEncoding

from skbalagen import BackTranslationGenerator, TextGenerator
from skbalagen.generators import back_translation

X = ["red wine please", "cold beer", "show me trains"]
Y = ["drink", "drink", "ride"]


class Letters:
    """Tokens are characters."""

    def __call__(self, texts, return_tensors):
        return BatchEncoding({"input_ids": torch.tensor([[ord(c) for c in texts[0]]])})

    def decode(self, ids, skip_special_tokens):
        return "".join(map(chr, ids.tolist()))


class Translator:
    """Applies a function to the text, and notes what it was given."""

    device = torch.device("cpu")

    def __init__(self, function):
        self.function = function
        self.given = []

    def to(self, device):
        return self

    def generate(self, input_ids, **parameters):
        text = Letters().decode(input_ids[0], True)
        self.given.append((text, parameters))
        return torch.tensor([[ord(c) for c in self.function(text)]], dtype=torch.long)


@pytest.fixture
def translate(monkeypatch):
    def set_up(forward, backward, **parameters):
        models = {"there": Translator(forward), "back": Translator(backward)}
        monkeypatch.setattr(back_translation, "load_seq2seq_lm", lambda name: (models[name], Letters()))
        return BackTranslationGenerator(forward="there", backward="back", **parameters).fit(X, Y), models

    return set_up


def test_a_candidate_is_its_row_there_and_back(translate):
    generator, models = translate(lambda text: f"<{text}>", lambda text: text[1:-1] + " again")
    spans = {"drink": range(6)}
    texts = generator.sample(spans, random_state=0)["drink"]
    rows = generator.source_rows(spans, random_state=0)["drink"]
    assert texts == [f"{X[row]} again" for row in rows]
    assert [text for text, _ in models["back"].given] == [f"<{X[row]}>" for row in rows]


def test_words_are_sampled_as_asked(translate):
    generator, models = translate(str.upper, str, top_p=0.7, temperature=1.5, max_tokens=40)
    generator.sample({"ride": range(1)}, random_state=0)
    for model in models.values():
        parameters = model.given[0][1]
        assert parameters["do_sample"] is True
        assert (parameters["top_p"], parameters["temperature"]) == (0.7, 1.5)
        assert (parameters["max_new_tokens"], parameters["top_k"], parameters["num_beams"]) == (40, 0, 1)


@pytest.mark.parametrize("change", [str, str.upper, lambda text: f"  {text} "], ids=["same", "case", "space"])
def test_a_translation_that_is_the_row_again_is_no_candidate(translate, change):
    generator, _ = translate(str, change)
    assert generator.sample({"ride": range(2)}, random_state=0) == {"ride": [None, None]}


def test_an_empty_translation_is_no_candidate_and_is_not_translated_back(translate):
    generator, models = translate(lambda text: " ", lambda text: "made up")
    assert generator.sample({"ride": range(1)}, random_state=0) == {"ride": [None]}
    assert models["back"].given == []


def test_a_row_that_is_too_long_is_no_candidate(translate):
    generator, _ = translate(str, str.swapcase, max_tokens=12)
    assert generator.sample({"ride": range(1)}, random_state=0) == {"ride": [None]}  # 14 characters


def test_functions_are_called_once_with_each_row_and_a_row_has_one_candidate():
    asked = []

    def there(texts):
        asked.append(texts)
        return [f"<{text}>" for text in texts]

    generator = BackTranslationGenerator(
        forward=there, backward=lambda texts: [text[1:-1] + " again " for text in texts]
    ).fit([*X, " "], [*Y, "ride"])
    spans = {"drink": range(9), "ride": range(9)}
    texts = generator.sample(spans, random_state=0)
    rows = generator.source_rows(spans, random_state=0)
    for label, of_class in texts.items():
        assert of_class == [f"{X[row]} again" if row < 3 else None for row in rows[label]]
    assert None in texts["ride"]  # a blank row
    assert [sorted(part) for part in asked] == [sorted(X)]
    part = generator.sample({"drink": range(4, 6)}, random_state=0)
    assert part == {"drink": texts["drink"][4:6]}


def test_a_function_may_stand_beside_a_model(translate, monkeypatch):
    generator, models = translate(lambda text: f"<{text}>", str)
    generator.set_params(backward=lambda texts: [None if "beer" in text else "so " + text for text in texts])
    texts = generator.fit(X, Y).sample({"drink": range(6)}, random_state=0)["drink"]
    assert set(texts) == {None, "so <red wine please>"}
    assert models["back"].given == []


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ([], ValueError, "one translation per text, got 0 for 1"),
        ([b"rote Weine"], TypeError, r"texts or None, got b'rote Weine' \(bytes\) for 'show me trains'"),
    ],
)
def test_what_is_no_translation_is_refused(answer, error, message):
    generator = BackTranslationGenerator(forward=lambda texts: answer, backward=str).fit(X, Y)
    with pytest.raises(error, match=message):
        generator.sample({"ride": range(2)}, random_state=0)


@pytest.mark.parametrize("parameters", [{"top_p": 0}, {"temperature": 0}, {"max_tokens": 1}, {"forward": 1}])
def test_bad_parameters_are_refused_before_a_model_is_read(parameters):
    with pytest.raises(ValueError, match=f"The '{next(iter(parameters))}' parameter"):
        clone(BackTranslationGenerator(**({"forward": "no", "backward": "no"} | parameters))).fit(X, Y)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two untrained Marian models that know the words of the rows."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import MarianConfig, MarianMTModel, PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", *sorted({word for text in X for word in text.split()})]
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    folders = []
    for seed in range(2):
        folder = tmp_path_factory.mktemp("marian")
        fast.save_pretrained(folder)
        config = MarianConfig(
            vocab_size=len(words),
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=16,
            decoder_ffn_dim=16,
            max_position_embeddings=32,
            pad_token_id=0,
            eos_token_id=1,
            decoder_start_token_id=0,
            forced_eos_token_id=None,
        )
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            MarianMTModel(config).save_pretrained(folder)
        folders.append(folder)
    return folders


def test_real_models_give_a_stream_that_a_pickle_continues(pair):
    generator = BackTranslationGenerator(forward=pair[0], backward=pair[1], top_p=1.0, max_tokens=6).fit(X, Y)
    assert isinstance(generator, TextGenerator)
    before = torch.get_rng_state()
    whole = generator.sample({"drink": range(12), "ride": range(2)}, random_state=4)["drink"]
    assert torch.equal(torch.get_rng_state(), before)
    assert len({text for text in whole if text}) > 4
    copied = pickle.loads(pickle.dumps(generator))
    assert not hasattr(copied, "translators_")
    assert copied.sample({"drink": range(5, 9)}, random_state=4) == {"drink": whole[5:9]}
    assert generator.sample({"drink": range(12)}, random_state=5)["drink"] != whole


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(OSError, match="could not be loaded"):
        BackTranslationGenerator(forward=tmp_path, backward=tmp_path).fit(X, Y)
