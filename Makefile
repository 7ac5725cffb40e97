# Everything a person or the CI runs. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
STORE ?= out/demo

.DEFAULT_GOAL := help
.PHONY: help demo test test-long lint bench dev lock clean

help: ## Show what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

# uv installs the lock in seconds; where it cannot be had or cannot reach the index, pip does the same more slowly.
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --system-certs
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) "uv==0.13.9" || true
	$(UV) --compile-bytecode --require-hashes -r requirements.lock || $(PIP) --require-hashes -r requirements.lock
	$(UV) --no-deps --no-build-isolation --editable . || $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/ready ## Run the nightly job on the example company and say where the statements are
	$(BIN)/creditdue run --company examples/demo --exports examples/demo/exports --store $(STORE) --as-of 2026-10-31

test: .venv/ready lint ## Check style and types, then run the quick tests (under ten minutes on two cores)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-long: .venv/ready ## Run the slow tests too: every seed of the standard case, every kill point, full exports
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "slow or not slow"

lint: .venv/ready ## Check style and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv-bench/ready: benchmarks/requirements.lock
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
	@touch $@

bench: .venv/ready .venv-bench/ready ## Compare speed and memory with the SQL program and a pandas version, as ratios in one run
	$(BIN)/python benchmarks/standard_case.py

dev: .venv/ready ## Open the pipeline in Dagster's own page, on this machine only
	$(BIN)/python -c "from pipelines.defs.home import prepare_home; from pipelines.store import Store; prepare_home(Store.at('$(STORE)').prepare())"
	DAGSTER_HOME=$(abspath $(STORE))/dagster CREDITDUE_STORE=$(abspath $(STORE)) $(BIN)/dagster dev --host 127.0.0.1 --workspace workspace.yaml

lock: ## Resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --quiet --output-file requirements.lock

clean: ## Remove the environment and everything computed
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache .hypothesis
