"""German, Arabic, Chinese and Hindi rows go all the way: nothing takes for granted that texts are English."""

from __future__ import annotations

import unicodedata
import warnings
from collections import Counter

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from skbalagen import (
    BalaGenResampler,
    CausalLMGenerator,
    EDAGenerator,
    MarkovChainGenerator,
    PromptGenerator,
    SentenceShuffleGenerator,
    ShortfallWarning,
)
from skbalagen._utils.text import fold_text
from skbalagen.balagen.labelers import default_labelers
from skbalagen.compare.build import named_classifier
from skbalagen.generators._words import join_words, split_words
from tests.generators.tiny_letters import build_letters_model
from tests.rows_in_languages import ROWS

SCRIPTS = {"german": {"LATIN"}, "arabic": {"ARABIC"}, "chinese": {"CJK", "LATIN"}, "hindi": {"DEVANAGARI"}}
LANGUAGES = list(ROWS)


def rows_of(language):
    pairs = [(text, label) for label, texts in ROWS[language].items() for text in texts]
    return [text for text, _ in pairs], [label for _, label in pairs]


def scripts_of(text):
    return {unicodedata.name(letter).split()[0] for letter in text if letter.isalpha()}


def generators():
    return {
        "markov-chain": MarkovChainGenerator(),
        "eda": EDAGenerator(operations=("swap", "delete"), alpha=0.2),
    }


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The folder of a tiny language model for each language, which writes letter by letter."""
    made = {}
    for language in LANGUAGES:
        texts, labels = rows_of(language)
        letters = [*texts, *map(str, labels), 'Texts of the class ":-\n']
        made[language] = str(build_letters_model(tmp_path_factory.mktemp(language), letters))
    return made


@pytest.mark.parametrize("generator", generators())
@pytest.mark.parametrize("language", LANGUAGES)
def test_classes_are_filled_with_new_texts_in_the_script_of_their_rows(language, generator):
    X, y = rows_of(language)
    # Words and characters of the default labelers; the encoder among them reads English.
    resampler = BalaGenResampler(
        generator=generators()[generator], labelers=default_labelers()[:2], random_state=0, beta_low=100
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        X_new, y_new = resampler.fit_resample(X, y)
    assert set(Counter(list(y_new)).values()) == {10}
    written = [text for text, new in zip(X_new, resampler.is_synthetic_, strict=True) if new]
    assert len(written) >= 2
    assert not {fold_text(text) for text in written} & {fold_text(text) for text in X}
    assert set().union(*map(scripts_of, written)) <= SCRIPTS[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_model_writes_in_the_letters_of_its_rows(language, models):
    X, y = rows_of(language)
    generator = CausalLMGenerator(
        model=models[language], lora_rank=None, epochs=2, learning_rate=1e-2, random_state=0
    ).fit(X, y)
    small = list(ROWS[language])[1]
    texts = generator.sample({small: range(12)}, random_state=0)[small]
    assert texts[0] == small.replace("_", " ")
    written = [text for text in texts[1:] if text]
    assert len(written) >= 3
    letters = set("".join([*X, *y])) | set("Texts of the class")
    assert set("".join(written)) <= letters | set(' ":-_')


@pytest.mark.parametrize("language", LANGUAGES)
def test_prompts_show_rows_and_the_nearest_class_in_any_script(language, models):
    X, y = rows_of(language)
    generator = PromptGenerator(model=models[language], n_examples=2).fit(X, y)
    large, small = ROWS[language]
    assert generator.nearest_class_ == {large: small, small: large}
    prompt = generator.prompt_for(small)
    assert f'class "{small.replace("_", " ")}"' in prompt
    assert sum(row in prompt for row in ROWS[language][small]) == 2
    assert sum(row in prompt for row in ROWS[language][large]) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_splitting_and_joining_words_gives_the_text(language):
    for text in rows_of(language)[0]:
        assert join_words(split_words(text)) == text


def test_chinese_rows_are_edited_by_characters():
    X, y = rows_of("chinese")
    swapped = EDAGenerator(operations=("swap",)).fit(X, y).sample({"丢卡": range(20)}, random_state=0)["丢卡"]
    assert all(Counter(text) in [Counter(row) for row in X] for text in swapped)
    assert not set(swapped) & set(X)
    walks = MarkovChainGenerator().fit(X, y)
    assert walks.order_["丢卡"] == 2
    written = [text for text in walks.sample({"丢卡": range(20)}, random_state=0)["丢卡"] if text]
    assert written
    assert not any(" " in text for text in written)
    # Each character follows the two before it in some row.
    triples = {tuple(split_words(row)[i : i + 3]) for row in X for i in range(len(row))}
    units = [split_words(text) for text in written]
    assert all(tuple(u[i : i + 3]) in triples for u in units for i in range(len(u) - 2))


@pytest.mark.parametrize(
    ("row", "sentences"),
    [
        ("卡丢了。请冻结！好吗？", ["卡丢了。", "请冻结！", "好吗？"]),
        ("कार्ड खो गया। बंद करें।", ["कार्ड खो गया।", "बंद करें।"]),
        ("ضاعت البطاقة. ماذا أفعل؟ شكرا", ["ضاعت البطاقة.", "ماذا أفعل؟", "شكرا"]),
    ],
)
def test_sentences_end_with_the_marks_of_their_script(row, sentences):
    generator = SentenceShuffleGenerator().fit([row], ["a"])
    for text in generator.sample({"a": range(5)}, random_state=0)["a"]:
        assert text != row
        rest = text
        for sentence in sentences:
            assert sentence in rest
            rest = rest.replace(sentence, "", 1)
        assert rest.split() == []
        assert (" " in text) == (" " in row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_default_labeler_of_characters_tells_the_classes_apart(language):
    X, y = rows_of(language)
    held_out, known = slice(0, None, 5), [i for i in range(len(X)) if i % 5]
    characters = default_labelers()[1].fit([X[i] for i in known], [y[i] for i in known])
    right = [a == b for a, b in zip(characters.predict(X[held_out]), y[held_out], strict=True)]
    assert sum(right) >= len(right) - 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_wordnet_edits_say_that_they_are_english(language, needs_wordnet):
    X, y = rows_of(language)
    with pytest.warns(
        UserWarning, match=r"synonyms are English, expected rows that WordNet knows .* got \d+ of \d+"
    ):
        generator = EDAGenerator().fit(X, y)
    assert generator.known_share_ < 0.3


def test_the_leak_gate_sees_numbers_and_addresses_in_any_script():
    X = ["बैंक खाता ९८७६५४३२१०१२ बंद करें", "我的邮箱是 li.wei@example.com 请联系", *rows_of("hindi")[0]]
    y = ["a", "a", *["b"] * len(rows_of("hindi")[0])]

    class Repeating(MarkovChainGenerator):
        def sample(self, spans, *, random_state=None):
            told = ["मेरा खाता ९८७६५४३२१०१२ है", "写信给 li.wei@example.com 吧"]
            return {label: [told[i % 2] for i in span] for label, span in spans.items()}

    resampler = BalaGenResampler(generator=Repeating(), labelers=[], random_state=0, beta_low=100)
    with pytest.warns(ShortfallWarning, match="got fewer generated rows"):
        resampler.fit_resample(X, y)
    assert resampler.report_["n_generated"].sum() == 0
    assert set(resampler.candidates_["verdict"]) <= {"leak", "duplicate"}


def test_texts_that_differ_in_the_spelling_of_accents_are_duplicates():
    composed, parts = "Paket überfällig", unicodedata.normalize("NFD", "Paket überfällig")
    assert composed != parts
    assert fold_text(composed) == fold_text(parts)
    assert fold_text("STRASSE") == fold_text("Straße")


def test_a_word_classifier_of_ones_own_reads_scripts_without_spaces():
    X, y = rows_of("chinese")
    words = make_pipeline(TfidfVectorizer(analyzer=split_words), MultinomialNB())
    resampler = BalaGenResampler(
        generator=MarkovChainGenerator(), labelers=[words], random_state=0, beta_low=100, shortfall="copy"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShortfallWarning)
        resampler.fit_resample(X, y)
    assert resampler.report_["n_accepted"].sum() > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_remedies_are_compared_on_words_of_any_script(language):
    X, y = rows_of(language)
    words = named_classifier("tfidf").fit(X, y)[0]
    known = set(words.get_feature_names_out())
    assert {"german": "straßenbahn", "arabic": "بطاقتي", "chinese": "卡", "hindi": "कार्ड"}[language] in known
