# Everything runs in .venv, which each target makes when it is missing or stale.
# ARGS goes to the program behind the target:  make demo ARGS=--once   make test ARGS="-k lease"
# PYTHON chooses the interpreter for a new .venv:  make test PYTHON=python3.13

.DEFAULT_GOAL := help
.PHONY: help demo test check format lock clean oracle chaos fleet bench quality ready ready-dev
.SUFFIXES:

ARGS ?=
export PYTHON
BIN := .venv/bin
# Two for each processor, since many tests wait for processes of their own; more than six only compete
# for the databases of the tests.
WORKERS = -n $$($(BIN)/python -c 'import os; print(min(6, 2 * (os.cpu_count() or 1)))')
COMPILE = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --no-python-downloads \
	--generate-hashes --no-emit-index-url --no-header --no-annotate --extra postgres --extra openai --extra dkim --extra ui --group build
UV = $$(command -v uv || echo $(BIN)/uv)

help: ## show this list
	@echo 'make TARGET [ARGS="..."]'
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1\t/p' Makefile | expand -t 12

demo: ready ## make a newsletter from sample feeds, on schedule (ARGS=--once ends after the first issue)
	@$(BIN)/autopilot demo $(ARGS)

test: ready-dev ## run the tests on SQLite and PostgreSQL (ARGS="-k lease" chooses some)
	@$(BIN)/pytest $(WORKERS) $(ARGS)

check: ready-dev ## look at format, lint, imports and types; shows every complaint, then fails
	@failed=; \
	look() { name=$$1; shift; echo "== $$name: $$*"; "$$@" || failed="$$failed $$name"; }; \
	look format $(BIN)/ruff format --check .; \
	look lint $(BIN)/ruff check .; \
	look imports $(BIN)/lint-imports --no-logo; \
	look types $(BIN)/mypy; \
	if [ -n "$$failed" ]; then echo "check failed:$$failed" >&2; exit 1; fi; \
	echo 'check passed: format, lint, imports, types'

format: ready-dev ## rewrite the code in the project's format, and mend what lint can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

oracle: ready-dev ## compare the calendar with brute force in every zone, 2000 to 2040 (ARGS="--seconds 600")
	@$(BIN)/python development/oracle.py $(ARGS)

chaos: ready-dev ## kill, freeze and cut workers and databases, and count (ARGS="--slots 500 --kills 60")
	@$(BIN)/python -m chaos $(ARGS)

fleet: ready-dev ## kill the workers of a Celery fleet and its Redis, and count (ARGS="--slots 500")
	@$(BIN)/python -m chaos.fleet $(ARGS)

bench: ready-dev ## measure speed beside other schedulers (ARGS=--quick: a few minutes; all: about an hour)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-bench.lock
	@$(BIN)/python -m benchmarks $(ARGS)

quality: ready-dev ## score collector, selection and writing (DATA=folder with the public sets; ARGS=stories)
	@$(BIN)/python -m quality $(or $(DATA),.) $(ARGS)

# The locks carry hashes and no address, so everybody installs from the index of their own pip.
lock: ready ## write the lock files from pyproject.toml (ARGS=--upgrade takes newer releases)
	@command -v uv >/dev/null || [ -x $(BIN)/uv ] || $(BIN)/python -m pip install --quiet uv
	@$(COMPILE) $(ARGS) --output-file requirements.lock
	@$(COMPILE) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) $(ARGS) --group bench --constraint requirements-dev.lock --output-file requirements-bench.lock
	@$(BIN)/python development/worker_lock.py
	@echo 'The lock files are written; the next make installs them.'

clean: ## remove the environment, caches and builds
	@rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

ready:
	@sh development/environment.sh run

ready-dev:
	@sh development/environment.sh dev
