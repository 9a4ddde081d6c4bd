# Everything starts here. `make` alone lists what there is.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN  := $(VENV)/bin

# make demo
PORT ?= 8080
DATA ?= demo-data
DATABASE_URL ?=
ARGS ?=
# make test, make test-long: more for pytest, e.g. TESTS="tests/core -x"
TESTS ?=

# An install is made anew when one of these changes: settings of the project, sources of pages and catalogues.
SOURCES := pyproject.toml packaging/build_hook.py $(wildcard web/frontend/*.* web/frontend/.npmrc) \
	$(shell find web/frontend/src -type f) $(wildcard */vorzimmer*/translations/*/LC_MESSAGES/*.po)

# A run of the tests starts servers by the hundred: what they are compiled to is kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check format bench assets catalogues pictures dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/base ## serve a demo practice: PORT=8080 DATA=demo-data DATABASE_URL= ARGS="--fresh --no-limits"
	@$(BIN)/vorzimmer demo --port $(PORT) --data "$(DATA)" $(if $(DATABASE_URL),--database-url "$(DATABASE_URL)") $(ARGS)

test: $(VENV)/test ## run every test but the long ones: TESTS="tests/core -x"
	@$(BIN)/pytest -n 3 $(TESTS)  # one more than cores: a third of the time is waiting

test-long: $(VENV)/test ## run what is too slow for every commit: kill loops, big imports, proxies, a fresh Debian
	@$(BIN)/pytest -m long -o timeout=0 $(TESTS)

check: $(VENV)/dev ## format, lint, types, architecture, docs, catalogues: everything but the tests
	@$(BIN)/ruff format --check --quiet . || { echo "some files are not formatted: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python packaging/catalogues.py check
	@$(BIN)/pytest -q tests/test_architecture.py

format: $(VENV)/dev ## format the sources and put right what the linter can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(VENV)/test ## measure search, booking and pages as ratios to a bare Flask route
	@$(BIN)/python -m tests.bench $(ARGS)

assets: $(VENV)/dev ## bundle the pages' styles and scripts, compile the catalogues
	@$(BIN)/python packaging/build_hook.py

catalogues: $(VENV)/dev ## bring the catalogues up to the sources
	@$(BIN)/python packaging/catalogues.py update

pictures: $(VENV)/dev ## make the manual's pictures anew, with Chromium: ARGS="ill call" for some of them
	@$(BIN)/python packaging/pictures.py $(ARGS)

dist: $(VENV)/dev ## build wheel and sdist, complete with the pages' bundle
	@$(BIN)/python -m hatchling build

clean: ## remove the environment and everything built
	rm -rf $(VENV) web/frontend/node_modules web/vorzimmer_web/static/dist build dist

# One environment; the stamps say what is installed in it.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Vorzimmer needs Python 3.11 or newer: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment without python3-venv: apt-get install python3-venv"; exit 1; }

$(VENV)/base: $(SOURCES) | $(VENV)/bin/python
	@echo "Installing Vorzimmer into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/test: $(SOURCES) | $(VENV)/bin/python
	@echo "Installing Vorzimmer and what its tests need into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(VENV)/base $@

$(VENV)/dev: $(SOURCES) | $(VENV)/bin/python
	@echo "Installing Vorzimmer and what its authors need into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/base $(VENV)/test $@
