# Two commands are enough on a fresh machine with Python 3.11 and make: `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
WORKERS ?= 2

.PHONY: help install run test long faults check bench soak browser go clocks lock mission

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

install: $(STAMP) ## the environment in .venv, from the lock

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check --quiet
	touch $@

run: install ## engines, demonstration, web and workers; stays in the foreground
	@$(BIN)/pingyi up --demo

test: install ## the suite on real engines
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --ignore tests/faults -m "not long"

long: install ## its longer tests: pages at every width, every channel fuzzed, simulations, changed bytes
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --ignore tests/faults -m long

faults: install ## kills, closings and restores: minutes
	@$(BIN)/python -m pytest tests/faults

check: install ## format, lint, types, layers, lock and wheel
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy server surveys workers plugins
	$(BIN)/lint-imports
	$(BIN)/python -m tests.house

bench: install ## what matters for speed, as ratios
	@$(BIN)/python -m benchmarks

soak: install ## hours of load, kills and flipped bytes
	@PINGYI_SOAK=1 $(BIN)/python -m pytest tests/faults tests/integration/record/test_flipped_bytes.py --timeout 36000

browser: ## Chromium and Chinese fonts on Debian
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-noto-cjk

go: ## Go and golang.org/x/mod on Debian, which check the record's signatures and proofs
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends golang-go golang-golang-x-mod-dev

clocks: ## faketime on Debian, which moves a test server's clock
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends faketime

lock: ## pin every dependency with its hashes; names no host
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --all-extras pyproject.toml -o requirements.lock

mission: install ## which of the 127 rows a test shows working
	@$(BIN)/python -m tests.mission
