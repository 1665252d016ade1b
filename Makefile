# What people and CI run. Every target works in a fresh clone: it makes .venv from plain pip first; uv is not needed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install demo octothinker docs bench peers datatrove test test-all test-peers test-lm-eval lm-eval test-datasets datasets faults audit fuzz lint format fresh wheel constraints clean

PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
# Of one peer in `make bench`, which is left out where there is none.
DECON_PYTHON ?= $(shell for p in python3.12 python3.13 python3.14 python3; do \
	$$p -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMP := .venv/.installed
TRAIN := .venv/.installed-train
DOCS := .venv/.installed-docs
JOBS ?= 2
SECONDS ?= 30
OCTO := build/octothinker
OCTO_RECIPES := $(addprefix octothinker/,base $(if $(QUICK),,longer) control stable long-cot short-cot hybrid-cot)
# A folder that people run from may have its own `eval/` or `trainers/`: never look for packages there.
export PYTHONSAFEPATH := 1

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv, exact versions from constraints.txt

define needs-python
	@test -n "$(PYTHON)" || { echo "Octocurate needs Python 3.11 or 3.12; say where: make install PYTHON=/path/to/python3.11" >&2; exit 2; }
endef

$(STAMP): pyproject.toml constraints.txt
	$(needs-python)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip check
	@touch $@

$(TRAIN): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,train]'
	$(BIN)/python -m pip check
	@touch $@

$(DOCS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs]'
	@touch $@

demo: $(STAMP) ## build the recipe long-cot offline and show it
	$(BIN)/curate build --recipe long-cot
	$(BIN)/curate show long-cot

# One thread for each run, so that results do not depend on how many go on side by side.
octothinker: $(TRAIN) ## OctoThinker in miniature, three seeds (QUICK=1: one): corpora, training, RL, evaluation, build/octothinker/result.html
	@mkdir -p $(OCTO)
	OMP_NUM_THREADS=1 $(BIN)/curate compare $(OCTO_RECIPES) --profile tiny --build $(if $(QUICK),--seeds 1,--probe) \
		--html $(OCTO)/result.html --markdown $(OCTO)/result.md --beside recipes/paper/results.yaml

docs: $(DOCS) ## the site of the documentation, build/site/index.html; refuses generated pages that are not fresh and dead links
	$(BIN)/python -m docs.site check
	$(BIN)/python -m docs.site build

test: $(TRAIN) ## the fast tests, those of the trainers too (torch: 0.2 GB for a CPU, several with CUDA)
	$(BIN)/python -m pytest -n $(JOBS) -q

test-all: $(TRAIN) ## every test that this machine can run, and all locks and cards
	CURATE_TEST_ALL=1 $(BIN)/python -m pytest -n $(JOBS) -q
	$(MAKE) fresh ALL=1

test-peers: $(STAMP) ## exports, the reader and cards, read by the programs that they are for (some 2 GB of packages, in .venv-peers)
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/peers.txt
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps -e .
	.venv-peers/bin/python -m pytest -q tests/mixers tests/trainers/test_olmo_core.py tests/curate/cards

test-lm-eval: $(TRAIN) lm-eval ## evaluation beside lm-eval, item by item
	CURATE_TEST_ALL=1 $(BIN)/python -m pytest -q tests/eval/test_lm_eval.py

lm-eval: .venv-lm-eval/.installed ## lm-eval in an environment of its own, .venv-lm-eval

.venv-lm-eval/.installed: tests/lm-eval.txt
	test -x .venv-lm-eval/bin/python || $(PYTHON) -m venv .venv-lm-eval
	.venv-lm-eval/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	.venv-lm-eval/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/lm-eval.txt
	@touch $@

test-datasets: $(STAMP) datasets ## what `curate publish` writes, loaded by `datasets`
	CURATE_TEST_ALL=1 $(BIN)/python -m pytest -q tests/curate/test_publish_loaded.py

datasets: .venv-datasets/.installed ## datasets in an environment of its own, .venv-datasets

.venv-datasets/.installed: tests/datasets.txt
	test -x .venv-datasets/bin/python || $(PYTHON) -m venv .venv-datasets
	.venv-datasets/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/datasets.txt
	@touch $@

faults: $(STAMP) ## 200 random faults, for real, and what became of each build: docs/faults.md (20 minutes; root and cc for all of them)
	$(BIN)/python -m tests.faults --trials 200 -j $(JOBS) --out docs/faults.md --json benchmarks/faults.json

bench: peers ## every benchmark that this machine can run (QUICK=1: minutes), benchmarks/results and docs/speed.md
	OMP_NUM_THREADS=1 .venv-bench/bin/python -m benchmarks $(if $(QUICK),--quick)

peers: .venv-bench/.installed .venv-dedup/.installed datatrove ## all that `make bench` compares with, each in an environment of its own (3 GB)
	@$(if $(DECON_PYTHON),$(MAKE) --no-print-directory .venv-decon/.installed,echo "no Python 3.12: decon is left out (DECON_PYTHON=/path/to/python3.12)")
	@if command -v node >/dev/null && command -v npm >/dev/null; then $(MAKE) --no-print-directory .node-peers/.installed; else echo "no npm: extractors in Node are left out"; fi

.venv-bench/.installed: pyproject.toml constraints.txt benchmarks/peers.txt
	$(needs-python)
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,plots]'
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/peers.txt
	.venv-bench/bin/python -m pip check
	rm -rf .venv-bench/lib/python*/site-packages/tests  # py-asciimath's, which would hide ours
	@touch $@

.venv-dedup/.installed: benchmarks/dedup.txt
	test -x .venv-dedup/bin/python || $(PYTHON) -m venv .venv-dedup
	.venv-dedup/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/dedup.txt
	@touch $@

.venv-decon/.installed: benchmarks/decon.txt
	test -x .venv-decon/bin/python || $(DECON_PYTHON) -m venv .venv-decon
	.venv-decon/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/decon.txt
	@touch $@

.node-peers/.installed: benchmarks/package.json
	mkdir -p .node-peers
	cp benchmarks/package.json .node-peers/
	cd .node-peers && npm install --no-audit --no-fund --loglevel=error --no-package-lock --ignore-scripts
	@touch $@

datatrove: .venv-datatrove/.installed ## datatrove with what its example for FineWeb needs, in an environment of its own

.venv-datatrove/.installed: benchmarks/datatrove.txt
	test -x .venv-datatrove/bin/python || $(PYTHON) -m venv .venv-datatrove
	.venv-datatrove/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/datatrove.txt
	@touch $@

# No part of `.ci/run`, which relies on no network but the package index.
audit: .venv-audit/.installed ## known vulnerabilities of the versions in constraints.txt; says so where their database cannot be reached
	.venv-audit/bin/python -m tests.audit

.venv-audit/.installed: constraints.txt
	test -x .venv-audit/bin/python || $(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip-audit==2.10.1
	@touch $@

fuzz: $(TRAIN) ## attack each parser for SECONDS (30); TARGETS="clause lock" are some of them; guided by coverage if atheris is installed
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(TARGETS)

lint: $(STAMP) ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(STAMP) ## let ruff rewrite what it can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# Equal keys mean equal bytes only if steps are deterministic, so the commit's hash draws a recipe to build (without git: long-cot).
fresh: $(STAMP) ## every lock is that of the code; one, built in an empty store, has its bytes and card (ALL=1: every one)
	$(BIN)/curate lock --all --check
	@store=$$(mktemp -d); trap 'rm -rf "$$store"' EXIT; set -- recipes/*.lock; \
	$(if $(ALL),set -- "$$@" recipes/octothinker/*.lock,{ hash=$$(git rev-parse --short=6 HEAD) && shift $$((0x$$hash % $$#)) && set -- "$$1"; } || set -- recipes/long-cot.lock); \
	for lock do \
		name=$${lock#recipes/}; name=$${name%.lock}; echo "curate build $$name --locked, in an empty store"; \
		CURATE_STORE="$$store" $(BIN)/curate build "$$name" --locked && CURATE_STORE="$$store" $(BIN)/curate card "$$name" --check || exit 1; \
	done

wheel: $(STAMP) ## dist/octocurate-*.whl
	$(BIN)/python -m build --wheel --no-isolation

constraints: $(STAMP) ## rewrite constraints.txt from .venv; what is not installed there stays as it is
	@{ sed -n '/^#/p' constraints.txt; \
	{ $(BIN)/python -m pip freeze --exclude-editable; grep == constraints.txt; } \
	| sed 's/+.*//' | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$' | LC_ALL=C sort -fu -t= -k1,1; } > constraints.new
	@mv constraints.new constraints.txt
	@touch $(STAMP)

clean: ## remove everything that can be made again; the store of built data stays
	rm -rf .venv .venv-bench .venv-dedup .venv-decon .node-peers .venv-datatrove .venv-audit .venv-peers .venv-lm-eval .venv-datasets .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
