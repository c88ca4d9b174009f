# Each target sets up what it needs in .venv; nothing but Python >= 3.11 and make is required.

PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.PHONY: help demo test pages validate simulate published fuzz lint types floors wheel bench ci clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1 \t/' | expand -t 20

demo: .venv/installed ## Describe the bundled evidence into ./demo
	$(BIN)/focale demo -o demo --overwrite

test: .venv/ready ## Run the tests (under two minutes)
	$(BIN)/pytest -n auto --dist worksteal -m "not slow and not browser and not processes"

pages: .venv/ready ## Try the pages: in a browser (needs chromium), and with runs in processes
	$(BIN)/python -m pip install --quiet --group browser
	$(BIN)/pytest -m "browser or processes" tests

validate: .venv/ready ## Run the slow tests (a few minutes)
	$(BIN)/pytest -m "slow and not browser and not processes"

simulate: .venv/ready ## Run the simulations of validation/
	$(BIN)/python validation/uncorrected_p.py
	$(BIN)/python validation/fwe.py
	$(BIN)/python validation/planning.py
	$(BIN)/python -m validation.family
	$(BIN)/python -m validation.chi2
	$(BIN)/python validation/scale.py
	$(BIN)/python validation/contrasts.py

published: .venv/ready ## Set the numbers beside published ones (needs the corpus)
	$(BIN)/python -m validation.published_fwe
	$(BIN)/python -m validation.published_contrasts
	$(BIN)/python -m validation.conjunction

fuzz: .venv/ready ## Throw bytes at the readers for half an hour, and garbage of 100 MB
	$(BIN)/python -m pip install --quiet atheris
	$(BIN)/python validation/fuzz_readers.py 1800
	$(BIN)/python validation/garbage.py

lint: .venv/ready ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready ## Check types
	$(BIN)/mypy

floors: .venv/ready ## Check that a floor imports only floors below it
	$(BIN)/lint-imports

wheel: .venv/ready ## Build the wheel, install it elsewhere and run it
	$(BIN)/python tests/check_wheel.py

bench: .venv/ready ## Measure against nimare 0.22.1, side by side
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/montecarlo.py
	$(BIN)/python benchmarks/robustness.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/contrasts.py

ci: test pages lint types floors wheel ## All that must pass before a change lands

clean: ## Remove what the other targets made
	rm -rf .venv dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Focale needs Python 3.11 or newer"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/ready: .venv/installed
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@
