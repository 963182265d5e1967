PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS_STAMP := $(VENV)/.installed-docs
OLDEST := .venv-oldest
OLDEST_STAMP := $(OLDEST)/.installed
# Another seed is another order: make test-bare SEED=7
SEED ?= 15
# Leave tests out by their marks: make test MARK="not model"
MARK ?=

.PHONY: demo test test-bare test-crash test-oldest lint docs build clean

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

$(DOCS_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	touch $@

$(OLDEST_STAMP): pyproject.toml constraints-oldest.txt
	test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --constraint constraints-oldest.txt "torch==2.13.0"
	$(OLDEST)/bin/python -m pip install --quiet --constraint constraints-oldest.txt --editable ".[test]"
	touch $@

demo: $(STAMP)
	$(BIN)/python examples/demo.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/python -m skbalagen.cli download
	$(BIN)/python -m pytest $(if $(MARK),-m "$(MARK)") --durations=15 --cov=skbalagen --cov-report=term

# As on a machine that has only Python, and in a random order whose seed pytest prints.
test-bare: $(STAMP)
	SKBALAGEN_HIDE=wordnet,chromium $(BIN)/python -m pytest -p randomly --randomly-seed=$(SEED)

# For a release: a kill or an error at every change of the cache, 20 kills of a fine-tuning, 1000 damages.
test-crash: $(STAMP)
	SKBALAGEN_THOROUGH=1 $(BIN)/python -m pytest tests/cache

test-oldest: $(OLDEST_STAMP)
	$(OLDEST)/bin/python -m pytest -m "not model"

docs: $(DOCS_STAMP)
	$(BIN)/python -m skbalagen.cli download
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html

build: $(STAMP)
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst
	rm -rf $(VENV) $(OLDEST) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage dist
