# What a fresh machine needs is Python 3.11 or newer with venv; everything else is installed into .venv, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test quick check clean

help:
	@echo "make demo   curate the bundled data set and print where its report is"
	@echo "make test   run all tests; those that need a browser or a server too"
	@echo "make quick  run the tests that need neither"
	@echo "make check  lint, types, and who may import whom"

$(VENV)/.installed-%: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing rewright with what '$*' needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.$(if $(filter-out core,$*),[$*])'
	@touch $@

demo: $(VENV)/.installed-core
	@test -f demo/rewright.toml || $(BIN)/rewright init demo
	@$(BIN)/rewright curate examples/smart_home_raw.jsonl --devices examples/devices.yaml --tag demo --workspace demo

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -m "slow or not slow"

quick: $(VENV)/.installed-test
	$(BIN)/python -m pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
