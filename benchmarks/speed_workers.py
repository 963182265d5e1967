"""Parts of benchmarks/speed.py: two workers against one, idle and busy cores, Dask, nine betas, and two checkouts."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from joblib import parallel_config
from joblib.externals.loky import get_reusable_executor
from speed_corpus import SEED, Corpus, alternate

from skbalagen import BalaGenResampler, CausalLMGenerator, LabelerEnsemble
from skbalagen._torch.trainer import fine_tune
from skbalagen.generators._lm_model import load_to_train
from skbalagen.generators._lm_rows import TrainingRows, class_prompts

ROOT = Path(__file__).parent.parent
BETAS = [0, 10, 30, 50, 70, 80, 90, 95, 100]
N_TRAINED, N_SAMPLED, N_JUDGED = 128, 104, 1500
_FIT = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
import skbalagen
from skbalagen import BalaGenResampler
from skbalagen.datasets import load_shop_intents
assert skbalagen.__file__.startswith(sys.argv[1]), skbalagen.__file__
X, y = load_shop_intents(split="train", return_X_y=True)
some = np.isin(y, np.unique(y)[:: int(sys.argv[2])])
start = time.perf_counter()
resampler = BalaGenResampler(random_state=0)
_, labels = resampler.fit_resample(X[some], y[some])
print(json.dumps({
    "seconds": time.perf_counter() - start,
    "n_rows": len(labels),
    "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
}))
"""


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy with another process."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def peak_pss() -> Iterator[list[float]]:
    """Fill a list with the peak of the proportional set sizes, in GB, of this process and those that it started."""
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], sum(map(_pss, [os.getpid(), *_descendants(os.getpid())])))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _pss(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (OSError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e9


def _descendants(process: int) -> list[int]:
    found = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = [int(child) for child in tasks.read_text().split()]
        except OSError:
            continue
        found += [one for child in children for one in (child, *_descendants(child))]
    return found


class Work:
    """The three kinds of work, on rows of a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.generator = CausalLMGenerator(epochs=1, max_rows=4, label_as_text=False, random_state=SEED)
        self.generator.fit(corpus.X_balanced, corpus.y_balanced)
        self.labelers = LabelerEnsemble().fit(corpus.X_balanced, corpus.y_balanced)
        texts = [f"{text} {i}" for i in range(10) for text in corpus.X_balanced][:N_JUDGED]
        self.judged = texts, np.resize(corpus.y_balanced, len(texts))

    @cached_property
    def trained(self) -> tuple[Any, TrainingRows, np.ndarray]:
        """The model that is fine-tuned, its rows, and which of them an epoch reads."""
        rng = np.random.default_rng(SEED)
        X, y = self.corpus.X_balanced, self.corpus.y_balanced
        model, tokenizer = load_to_train(CausalLMGenerator().model, "cpu", 16, rng)
        rows = TrainingRows(tokenizer, X, y, class_prompts(np.unique(y).tolist(), None), "auto", 2)
        return model, rows, rows.draw(256, rng)[:N_TRAINED]

    def finetune(self, n_workers: int) -> Any:
        model, rows, drawn = self.trained
        return fine_tune(
            model,
            lambda part: rows.loss(model, part),
            rows.lengths,
            draws=lambda rng: drawn,
            epochs=1,
            batch_size=16,
            learning_rate=1e-6,
            counts=rows.n_counted,
            places=rows.weights,
            n_threads=n_workers,
            rng=np.random.default_rng(SEED),
        ).train_loss

    def sample(self, n_workers: int) -> Any:
        classes = list(self.corpus.quotas)
        spans = {c: range(-(-N_SAMPLED // len(classes))) for c in classes}
        return self.generator.set_params(n_jobs=n_workers).sample(spans, random_state=SEED)

    def judge(self, n_workers: int) -> Any:
        with parallel_config(n_jobs=n_workers):
            return self.labelers.judge(*self.judged)[1].tolist()


def time_workers(corpus: Corpus, repeats: int, note: Callable[..., None]) -> None:
    """Time one worker and two, alternating, with one core idle and busy; note the medians and the memory."""
    work = Work(corpus)

    def in_processes() -> Any:
        with parallel_config(backend="loky"):
            return work.sample(2)

    memory = {}
    for name, sampling in (
        ("one", lambda: work.sample(1)),
        ("threads", lambda: work.sample(2)),
        ("processes", in_processes),
    ):
        start = time.perf_counter()
        with peak_pss() as peak:
            sampling()
        memory[f"pss_{name}_gb"] = peak[0]
    memory["processes_first_s"] = time.perf_counter() - start  # they load the model
    get_reusable_executor().shutdown()
    trained = {}
    work.finetune(2)  # loads the model
    for n_workers in (1, 2):
        with peak_pss() as peak:
            work.finetune(n_workers)
        trained[f"pss_{n_workers}_gb"] = peak[0]
    in_processes()
    for beside, context in (("", nullcontext), (" beside a busy core", busy_core)):
        with context():
            for name, do in (("sample", work.sample), ("finetune", work.finetune), ("judge", work.judge)):
                more = {"processes": in_processes} if name == "sample" else {}
                runs = alternate(repeats, one=lambda do=do: do(1), two=lambda do=do: do(2), **more)
                facts = {"processes_s": runs["processes"]["seconds"]} if more else {}
                if not beside:
                    facts |= {"sample": memory, "finetune": trained}.get(name, {})
                if name != "finetune":  # the model goes on learning from run to run
                    facts["same"] = runs["one"]["results"][0] == runs["two"]["results"][0]
                note(f"{name}, two workers{beside}", runs["two"]["seconds"], runs["one"]["seconds"], **facts)


def time_dask(corpus: Corpus, repeats: int, note: Callable[..., None]) -> None:
    """Time the sampling of two workers of a Dask cluster on this machine against two of joblib's own."""
    from distributed import Client, LocalCluster

    work = Work(corpus)

    def sample(backend: str) -> Any:
        with parallel_config(backend=backend):
            return work.sample(2)

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        for backend in ("dask", "loky"):  # both load the model once
            sample(backend)
        runs = alternate(repeats, dask=lambda: sample("dask"), loky=lambda: sample("loky"))
    get_reusable_executor().shutdown()
    same = runs["dask"]["results"][0] == runs["loky"]["results"][0]
    note("dask, two workers", runs["dask"]["seconds"], runs["loky"]["seconds"], same=same)


def time_betas(X: np.ndarray, y: np.ndarray, note: Callable[..., None]) -> None:
    """Time nine values of `beta_low` with a cache against the largest alone without one, once each."""
    balance = {"generator": "largest", "labelers": "largest"}

    def fits(betas: list[int], memory: str | None) -> float:
        start = time.perf_counter()
        for beta in betas:
            BalaGenResampler(
                beta_low=beta, balance_training=balance, memory=memory, random_state=SEED
            ).fit_resample(X, y)
        return time.perf_counter() - start

    with TemporaryDirectory() as memory:
        nine = fits(BETAS, memory)
    note("nine betas", nine, fits(BETAS[-1:], None))


def compare_checkouts(other: Path, every: int, repeats: int, note: Callable[..., None]) -> None:
    """Time a default fit here and in another checkout, in alternating processes, with one core idle and busy."""
    for beside, context in (("", nullcontext), (" beside a busy core", busy_core)):
        runs: dict[Path, list[dict[str, float]]] = {ROOT: [], other.resolve(): []}
        with context():
            for _ in range(repeats):
                for root, results in runs.items():
                    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
                    answer = subprocess.run(
                        [sys.executable, "-c", _FIT, str(root), str(every)],
                        env=environment | {"PYTHONPATH": str(root)},
                        cwd=root,
                        check=True,
                        capture_output=True,
                        text=True,
                    )
                    results.append(json.loads(answer.stdout.splitlines()[-1]))
        here, there = runs.values()
        note(
            f"default fit{beside}",
            *(statistics.median(run["seconds"] for run in results) for results in (here, there)),
            **here[-1],
            **{f"reference_{name}": value for name, value in there[-1].items()},
        )
