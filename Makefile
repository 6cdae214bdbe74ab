# Everyday Resilience: the doors. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
GROUPS := book test teach scale

# Tests that drive a browser or watch processes, and notebooks by strict nbval, have workers of their own.
APART  := tests/test_functional_browser.py tests/test_functional_explorers.py tests/test_functional_offline.py \
          tests/test_functional_kernels.py

.DEFAULT_GOAL := help
.PHONY: help book test verify archive pdf lint coverage notebooks synthetic teach lock clean $(addprefix env-,$(GROUPS))

help: ## list the targets
	@awk -F':.*## ' '/^[a-zA-Z_-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: env-book ## environment, runs and pages: leaves book/_build/html/index.html
	@$(BIN)/healthsys build

test: env-scale ## every test: units, strict nbval, commands, pages in a browser, marking, a cluster
	@$(BIN)/healthsys build
	@failed=0; \
	$(BIN)/python -m pytest -n auto --dist loadfile $(APART) || failed=1; \
	$(BIN)/python -m pytest -n auto --dist loadfile --nbval notebooks || failed=1; \
	$(BIN)/python -m pytest -n auto --dist loadfile $(addprefix --ignore=,$(APART) notebooks) || failed=1; exit $$failed

coverage: env-scale ## lines of src that the tests execute, those of a browser and of notebooks left aside
	@$(BIN)/healthsys build
	@$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term $(addprefix --ignore=,$(APART) notebooks)

verify: env-test ## check environment, data, notebooks, every run and claim afresh against what is published
	@$(BIN)/healthsys verify

archive: env-book ## one zip of sources, data, results, built book and RO-Crate: book/_build/archive/
	@$(BIN)/healthsys build
	@$(BIN)/healthsys archive

pdf: env-test ## the whole book as one PDF, printed by Chromium: book/_build/pdf/
	@$(BIN)/healthsys build
	@$(BIN)/healthsys pdf

lint: env-test ## style and spelling
	@$(BIN)/ruff check src tests benchmarks && $(BIN)/codespell

teach: env-teach ## teaching modules: student's edition (no answers) and instructor's, in book/_build/teaching
	@$(BIN)/healthsys teach build

notebooks: env-book ## execute notebooks/*.ipynb on their defaults and store normalised outputs
	@$(BIN)/healthsys notebooks

synthetic: env-book ## write data/synthetic/*.csv again from their generators
	@$(BIN)/healthsys synthetic

lock: ## resolve requirements/*.lock again from pyproject.toml (newest allowed versions)
	@sh requirements/lock.sh
	@$(MAKE) env-scale
	@$(BIN)/healthsys data --licences >/dev/null

clean: ## remove everything that is built (not the environment)
	rm -rf book/_build book/analyses .pytest_cache .hypothesis .coverage*

# The environment. A lock is installed once: the stamp is newer than the lock until the lock changes.
$(UV): requirements/bootstrap.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

$(VENV)/.%-installed: requirements/%.lock pyproject.toml $(UV)
	@echo "installing the $* environment into $(VENV) (once)"
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/$*.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	@touch $@

.SECONDARY:
$(foreach g,$(GROUPS),$(eval env-$(g): $(VENV)/.$(g)-installed))
