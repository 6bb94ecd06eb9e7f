# Two commands are enough on a fresh machine with Python 3.11 and make: `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
ENVIRONMENT := .venv/pyvenv.cfg
RUNNING := .venv/.running
WORKING := .venv/.working
WORKERS ?= 2
BASELINE ?= var/same
PIN := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: help install tools run test long faults check bench soak browser go clocks lock mission migration same verifier

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

install: $(RUNNING) ## what running needs, in .venv, from requirements.lock

tools: $(WORKING) ## what tests, checks and benchmarks add, from requirements-dev.lock

# A .venv that was interrupted, moved or copied, or whose interpreter is gone, is made anew.
ifneq ($(shell grep -qsF '$(CURDIR)/' $(BIN)/pip && $(BIN)/python -c 'import pip' 2>&1 && echo whole),whole)
.PHONY: $(ENVIRONMENT)
endif

$(ENVIRONMENT):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Pingyi needs Python 3.11 or later; name it: make run PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { echo 'This Python cannot make an environment with pip:' \
	  'install its venv package (Debian: apt-get install python3-venv) or name another Python by PYTHON=' >&2; exit 1; }

# No resolver: the locks are whole. No builds: they would fetch tools that no lock names. pip writes INSTALLER last,
# so a package without it was interrupted, and pip would take it for installed.
define fill
	@for each in .venv/lib/python*/site-packages/*.dist-info; do test -e $$each/INSTALLER || rm -rf $$each; done
	$(BIN)/python -m pip install --quiet --no-deps --only-binary :all: --require-hashes -r $<
endef

$(RUNNING): requirements.lock pyproject.toml $(ENVIRONMENT)
	$(fill)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check --quiet
	@touch $@

$(WORKING): requirements-dev.lock $(RUNNING)
	$(fill)
	$(BIN)/python -m pip check --quiet
	@touch $@

run: install ## engines, demonstration, web and workers; stays in the foreground
	@$(BIN)/pingyi up --demo

test: tools ## the suite on real engines
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --ignore tests/faults -m "not long"

long: tools ## its longer tests: pages at every width, every channel fuzzed, simulations, changed bytes
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --ignore tests/faults -m long

faults: tools ## kills, closings and restores: minutes
	@$(BIN)/python -m pytest tests/faults

check: tools ## format, lint, types, layers, locks, wheel, and verify.py as its parts make it
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy server surveys workers plugins demonstration verifier
	$(BIN)/lint-imports
	$(BIN)/python verifier/assemble.py --check
	$(BIN)/python -m tests.house
	$(BIN)/python -m tests.locks

bench: tools ## what matters for speed, as ratios
	@$(BIN)/python -m benchmarks

soak: tools ## hours of load, kills and flipped bytes
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

lock: ## pin every dependency with its hashes, in both locks; names no host
	@test -x $(BIN)/uv || $(MAKE) tools
	$(BIN)/uv $(PIN) --extra editable pyproject.toml -o requirements.lock
	$(BIN)/uv $(PIN) --all-extras --constraints requirements.lock pyproject.toml -o requirements-dev.lock

verifier: ## assemble verify.py anew, after a change of its parts in verifier/
	@$(PYTHON) verifier/assemble.py

mission: tools ## which of the 127 rows a test shows working
	@$(BIN)/python -m tests.mission

migration: tools ## write the next one: what models describe and the database lacks; SENTENCE='What changes.' EXTENSION=key
	@$(BIN)/python -m tests.new_migration "$(EXTENSION)" "$(SENTENCE)"

same: tools ## that nothing observable changed since the commit whose results lie in BASELINE
	@$(BIN)/python -m tests.same --baseline "$(BASELINE)" $(SAME)
