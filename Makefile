# hagane: `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip's folder of local wheels, where there is one, serves uv too.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# Every task is a process of its own: without bytecode torch takes four times as long to import.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --constraint constraints.txt

.PHONY: help setup run test check bench drill corpus clean
.DEFAULT_GOAL := help

help:  ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt uv

$(VENV)/run.stamp: pyproject.toml constraints.txt | $(BIN)/uv
	$(UV) --editable '.[text,training]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(UV) --editable '.[text,training,orchestrator]' --group dev
	@touch $@

setup: $(VENV)/run.stamp  ## Install what the pipeline needs into .venv

run: setup  ## Build a small Japanese GPT from the shipped text, end to end
	$(BIN)/hagane run japanese-gpt --preset tiny

test: $(VENV)/dev.stamp  ## Run the tests
	$(BIN)/python -m pytest

check: $(VENV)/dev.stamp  ## Check style, types, import rules and that README shows the code as it is
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/test_conformance.py -k "readme or golden"

$(VENV)/bench.stamp: $(VENV)/run.stamp
	$(UV) --group bench
	@touch $@

bench: $(VENV)/bench.stamp  ## Measure what hagane costs, beside its peers; BENCH_TEXT=FOLDER for other text
	$(BIN)/python tests/bench

drill: setup  ## Kill the smoke pipeline at ten moments and compare the digests
	$(BIN)/python tests/drill.py --kills 10

corpus:  ## Build the large corpus from Debian's documentation packages, where apt is
	$(PYTHON) samples/build.py --all corpus

clean:  ## Remove what the build made; the store stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
