"""WordNet: where it is found, what hides it, which synonyms it gives."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import nltk
import pytest

from skbalagen._utils.checksums import write_checksums
from skbalagen.models import wordnet
from skbalagen.models.catalog import EMBEDDED, WORDNET, EmbeddedModel, ModelUnavailableError
from skbalagen.models.wordnet import find_wordnet, open_wordnet, synonyms_of

KINDS = ("noun", "verb", "adj", "adv")
FILES = {f"{part}.{kind}": "" for part in ("index", "data") for kind in KINDS}
FILES |= {f"{kind}.exc": "" for kind in KINDS}
FILES["index.noun"] = "".join(f"{name} n 1 0 1 0 00000000  \n" for name in ("automobile", "car"))
FILES["data.noun"] = "00000000 06 n 02 car 0 automobile 0 000 | a machine  \n"
FILES["noun.exc"] = "carren car\n"
PLACES = ["nltk", "nltk zip", "debian", "cache"]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without WordNet and without a package registry; close what a test opens."""
    monkeypatch.delenv("SKBALAGEN_HIDE", raising=False)
    monkeypatch.setenv("SKBALAGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path / "nltk")])
    monkeypatch.setattr(wordnet, "_DEBIAN", tmp_path / "debian")
    monkeypatch.setattr("skbalagen.models.fetch.find_spec", lambda name: None)
    monkeypatch.setattr(wordnet, "_open", lru_cache(maxsize=1)(wordnet._open.__wrapped__))
    monkeypatch.setattr(wordnet, "_names", lru_cache(wordnet._names.__wrapped__))
    sums = {file: hashlib.sha256(content.encode()).hexdigest() for file, content in FILES.items()}
    monkeypatch.setitem(EMBEDDED, WORDNET, EmbeddedModel("tiny==1.0", "tiny", sums, 10, "WordNet"))
    yield tmp_path
    if wordnet._open.cache_info().currsize:
        for file in open_wordnet()._data_file_map.values():
            file.close()  # NLTK leaves it to the garbage collector, which warns


def install(machine, place):
    """Write the tiny WordNet where `place` has it; return the folder."""
    if place == "nltk zip":  # as NLTK's downloader leaves it
        target = machine / "nltk" / "corpora" / "wordnet.zip"
        target.parent.mkdir(parents=True)
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in FILES.items():
                archive.writestr(f"wordnet/{name}", content)
        return target
    folders = {"nltk": "nltk/corpora/wordnet", "debian": "debian", "cache": "cache/wordnet"}
    target = machine / folders[place]
    target.mkdir(parents=True)
    for name, content in FILES.items():
        (target / name).write_bytes(content.encode())
    if place == "cache":
        write_checksums(target)
    return target


class Synset:
    def __init__(self, names):
        self.names = names

    def lemma_names(self):
        return self.names


class Fake:
    """A reader with synsets given by hand."""

    def __init__(self, synsets):
        self.given = synsets

    def synsets(self, word):
        return [Synset(names) for names in self.given.get(word, [])]


@pytest.mark.parametrize("place", PLACES)
def test_wordnet_is_read_wherever_it_lies(machine, place):
    target = install(machine, place)
    source, folder = find_wordnet()
    assert source == place.split()[0]
    assert folder.startswith(str(target))
    assert synonyms_of(["car", "automobile", "carren", "bicycle"]) == {
        "car": ("automobile",),
        "automobile": ("car",),
        "carren": ("automobile", "car"),  # an irregular form
    }
    assert nltk.data.path == [str(machine / "nltk")]  # it belongs to the user's program


@pytest.mark.parametrize("place", ["debian", "cache"])
def test_files_that_other_users_may_write_are_read(machine, place):
    folder = install(machine, place)
    folder.chmod(0o777)
    (folder / "data.noun").chmod(0o666)
    assert synonyms_of(["car"]) == {"car": ("automobile",)}


def test_an_installed_wordnet_comes_before_the_cache(machine):
    for place in ("cache", "debian", "nltk"):
        install(machine, place)
        assert find_wordnet()[0] == place


def test_wordnet_is_opened_once(machine):
    install(machine, "debian")
    assert open_wordnet() is open_wordnet()
    install(machine, "nltk")
    other = open_wordnet()
    assert "nltk" in str(other.root)


def test_wordnet_is_fetched_on_first_use(machine, monkeypatch):
    asked = []

    def fetch(name, verbose=0):
        asked.append((name, verbose))
        return str(install(machine, "cache"))

    monkeypatch.setattr(wordnet, "local_path", fetch)
    assert find_wordnet(verbose=1) == ("cache", str(machine / "cache" / "wordnet"))
    assert asked == [("wordnet", 1)]


def test_without_wordnet_one_error_names_every_remedy(machine):
    with pytest.raises(ModelUnavailableError, match=r"^Synonyms need WordNet, expected as NLTK's") as caught:
        synonyms_of(["car"])
    for part in (
        "debian or in the cache, got none of them: wordnet is fetched with pip",
        "`skbalagen download`",
        "`python -m nltk.downloader wordnet`",
        "`apt-get install wordnet-base`",
        'EDAGenerator(operations=("swap", "delete"))',
    ):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ModelUnavailableError)
    assert not isinstance(caught.value, LookupError)


def test_wordnet_is_needed_even_for_no_words(machine):
    with pytest.raises(ModelUnavailableError, match="Synonyms need WordNet"):
        synonyms_of([])
    install(machine, "debian")
    assert synonyms_of([]) == {}


@pytest.mark.parametrize("place", PLACES)
def test_every_copy_can_be_hidden(machine, monkeypatch, place):
    install(machine, place)
    assert open_wordnet() is not None
    monkeypatch.setenv("SKBALAGEN_HIDE", "chromium,wordnet")
    for use in (find_wordnet, open_wordnet, lambda: synonyms_of(["car"])):
        with pytest.raises(
            ModelUnavailableError, match=r"got SKBALAGEN_HIDE=wordnet, .* Unset SKBALAGEN_HIDE, or use EDA"
        ):
            use()
    monkeypatch.delenv("SKBALAGEN_HIDE")


@pytest.mark.parametrize("spoil", ["change", "delete"])
def test_a_cached_file_that_was_changed_or_lost_is_refused(machine, spoil):
    folder = install(machine, "cache")
    if spoil == "change":
        (folder / "data.noun").write_bytes(FILES["data.noun"].replace("automobile", "airmobile0").encode())
    else:
        (folder / "data.noun").unlink()
    with (
        pytest.warns(UserWarning, match=r"wordnet in .* is damaged \(.*data\.noun"),
        pytest.raises(ModelUnavailableError, match=r"Synonyms need WordNet, .* got none of them: wordnet is"),
    ):
        synonyms_of(["car"])


def test_synonyms_are_the_other_names_spelled_with_letters(monkeypatch):
    synsets = {
        "red": [["red", "crimson", "blood_red"], ["Scarlet", "crimson", "Red"]],
        "number": [["no.", "2nd", "figure", "x-axis"]],
        "lonely": [["lonely"]],
    }
    reader = Fake(synsets)
    monkeypatch.setattr(wordnet, "open_wordnet", lambda: reader)
    assert synonyms_of(["red", "number", "lonely", "unknown"]) == {
        "red": ("blood red", "crimson", "scarlet"),
        "number": ("figure", "x-axis"),
    }


def test_synonyms_of_two_readers_are_kept_apart(monkeypatch):
    for other in ("auto", "wagon"):
        reader = Fake({"car": [["car", other]]})
        monkeypatch.setattr(wordnet, "open_wordnet", lambda reader=reader: reader)
        assert synonyms_of(["car"]) == {"car": (other,)}


def test_threads_take_turns_with_the_reader(monkeypatch):
    inside, overlaps = threading.Semaphore(1), []

    class Shared(Fake):
        def synsets(self, word):
            alone = inside.acquire(blocking=False)
            overlaps.append(not alone)
            found = super().synsets(word)
            threading.Event().wait(0.001)  # lets other threads in
            if alone:
                inside.release()
            return found

    reader = Shared({f"word{chr(97 + i)}": [["other"]] for i in range(20)})
    monkeypatch.setattr(wordnet, "open_wordnet", lambda: reader)
    words = [list(reader.given)[i : i + 10] for i in (0, 5, 10)]
    with ThreadPoolExecutor(3) as pool:
        for part, found in zip(words, pool.map(synonyms_of, words), strict=True):
            assert found == dict.fromkeys(part, ("other",))
    assert len(overlaps) == 20  # each word was looked up once
    assert not any(overlaps)


def test_wordnet_3_0_gives_these_synonyms(needs_wordnet):
    assert synonyms_of(["car", "quickly", "mice", "of", "qwertz"]) == {
        "car": (
            "auto", "automobile", "cable car", "elevator car", "gondola", "machine", "motorcar", "railcar",
            "railroad car", "railway car",
        ),
        "quickly": ("apace", "chop-chop", "cursorily", "promptly", "quick", "rapidly", "speedily"),
        "mice": ("black eye", "computer mouse", "mouse", "shiner"),
    }  # fmt: skip
    assert {"run", "operate", "hunt down"} <= set(synonyms_of(["ran"])["ran"])


def test_every_source_gives_the_synonyms_of_wordnet_3_0(needs_wordnet):
    """The sum holds for NLTK's corpus, Debian's package and the cache alike."""
    words = sorted({name for name in open_wordnet().all_lemma_names(pos="r") if name.isalpha()})
    found = repr(sorted(synonyms_of(words).items()))
    assert (
        hashlib.sha256(found.encode()).hexdigest()
        == "aac29059b39f146f10e96ccc6e486ad877b989fda772a518dba2dbf071a87f6e"
    )
