# What a fresh machine needs is Python 3.11 or newer with venv; everything else is installed into .venv, once.
PYTHON ?= python3
VENV := .venv
# The PyTorch that is installed before anything asks for one; name a CPU or CUDA build's version here if you need to.
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin

.PHONY: help demo comparison test quick check clean

help:
	@echo "make demo   curate the bundled data set and print where its report is"
	@echo "make comparison   train on the data set before and after curation, and compare: about an hour and a half"
	@echo "make test   run all tests; those that need a browser or a server too"
	@echo "make quick  run the tests that need neither"
	@echo "make check  lint, types, and who may import whom"

$(VENV)/.installed-%: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing rewright with what '$*' needs into $(VENV) ..."
	@$(if $(filter test dev training,$*),$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(TORCH)')
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.$(if $(filter-out core,$*),[$*])'
	@touch $@

# What docs/comparison/report.md shows, made again: about an hour and a half on two cores.
comparison: $(VENV)/.installed-training
	@mkdir -p comparison
	@test -d comparison/SmolLM2-135M-Instruct || $(BIN)/rewright model fetch smollm2 comparison/SmolLM2-135M-Instruct
	@$(BIN)/python benchmarks/generate.py 1600 comparison/generated.jsonl --seed 11 --mix $(MIX)
	@cat examples/smart_home_raw.jsonl comparison/generated.jsonl > comparison/log.jsonl
	@test -f comparison/home/rewright.toml || $(BIN)/rewright init comparison/home
	@$(BIN)/rewright curate comparison/log.jsonl --devices examples/devices.yaml --tag curated --workspace comparison/home
	@$(BIN)/rewright tag raw 0 --workspace comparison/home
	@cd comparison && ../$(BIN)/rewright compare raw curated --model SmolLM2-135M-Instruct --config cpu-small \
		--set batch=8 --set evaluate_every=100 --tokens 420000 --at-once 2 --exam smart_home/basic \
		--exam smart_home/advanced --max-tokens 160 --workspace home --out smollm2
MIX := basic=30,conditional=34,chain=18,vague=10,settings=3,query=2,goal=1,abnormal=2

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
