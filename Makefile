# Everyday Resilience: the commands. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
GROUPS := book test teach scale

# One call for all tests: long files first, and whoever is free takes the next.
PYTEST := $(BIN)/python -m pytest -n auto --no-loadscope-reorder

# Tests of a browser and notebooks by strict nbval: what they execute is not in the process that is measured.
APART  := tests/test_functional_browser.py tests/test_functional_explorers.py tests/test_functional_offline.py \
          tests/test_functional_kernels.py

.DEFAULT_GOAL := help
.PHONY: help book serve check test test-pythons verify archive release lab pdf lint coverage wheel notebooks synthetic teach lock clean $(addprefix env-,$(GROUPS))

help: ## list the commands
	@awk -F':.*## ' '/^[a-zA-Z_-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: env-book ## set up the environment, execute the runs, build the pages: book/_build/html/index.html
	@$(BIN)/healthsys build

serve: env-test ## show the book in a browser while you write: build what changes, reload (PORT=8000)
	@$(BIN)/healthsys serve --port "$(or $(PORT),8000)"

check: env-test ## the tests that a change affects (BASE=HEAD), lint and one page: under 90 seconds
	@$(BIN)/python tests/touched.py $(or $(BASE),HEAD)

test: env-scale ## every test: units, stored outputs, exercises by strict nbval, commands, a browser, a cluster
	@$(BIN)/healthsys build
	@$(PYTEST) tests src notebooks/teaching --nbval --durations=30

test-pythons: ## test the package and a miniature book with each other Python from 3.11 to 3.13 on this computer
	@PYTHON="$(PYTHON)" sh requirements/pythons.sh

coverage: env-scale ## lines of src that the tests execute (without browser and notebook tests)
	@$(BIN)/healthsys build
	@$(PYTEST) --cov --cov-report=term $(addprefix --ignore=,$(APART) notebooks)

verify: env-test ## compare packages, data, notebooks, runs, claims and the built book with what is published
	@$(BIN)/healthsys verify

archive: env-book ## pack sources, data, results, built book and RO-Crate into one zip: book/_build/archive/
	@$(BIN)/healthsys build
	@$(BIN)/healthsys archive

release: env-book ## write VERSION=1.2.0 into changelog, citation and packages, build, pack, and write the checksum
	@test -n "$(VERSION)" || { echo "say which: make release VERSION=1.2.0" >&2; exit 1; }
	@$(BIN)/healthsys release "$(VERSION)"
	@$(BIN)/healthsys build
	@$(BIN)/healthsys archive
	@cd book/_build/archive && ../../../$(BIN)/python -c "import hashlib, pathlib; [print(hashlib.sha256(p.read_bytes()).hexdigest(), '', p.name) for p in sorted(pathlib.Path().glob('*-$(VERSION).zip'))]" > SHA256SUMS && cat SHA256SUMS

# Jupyter shows the pictures of a notebook that is trusted; what we built is, by signatures kept in the environment.
# It saves when you say so, not by itself, and keeps its own copies there too: what it adds to a notebook that is only
# opened would differ from what is published. It asks no other site for news.
SIGNED := --NotebookNotary.db_file="$(CURDIR)/$(VENV)/share/jupyter/signatures.db" \
          --NotebookNotary.secret_file="$(CURDIR)/$(VENV)/share/jupyter/signatures.secret"
CHECKPOINTS := --FileCheckpoints.root_dir="$(CURDIR)/$(VENV)/share/jupyter/checkpoints"

lab: env-teach ## open the executed notebooks in JupyterLab, with the numbers in their text (sources: notebooks/)
	@$(BIN)/healthsys build
	@mkdir -p $(addprefix $(VENV)/share/jupyter/,lab/settings checkpoints/notebooks checkpoints/book/_build/html/executed)
	@cp requirements/jupyterlab.json $(VENV)/share/jupyter/lab/settings/overrides.json
	@$(BIN)/jupyter trust $(SIGNED) book/_build/html/executed/*.ipynb notebooks/*.ipynb >/dev/null
	@$(BIN)/jupyter lab $(SIGNED) $(CHECKPOINTS) --notebook-dir=. --LabApp.default_url=/lab/tree/book/_build/html/executed $(LAB)

pdf: env-test ## make one PDF of the whole book with Chromium: book/_build/pdf/
	@$(BIN)/healthsys build
	@$(BIN)/healthsys pdf

lint: env-test ## style and spelling
	@$(BIN)/ruff check src tests benchmarks conftest.py && $(BIN)/codespell

teach: env-teach ## make the student's edition (without answers) and the instructor's: book/_build/teaching
	@$(BIN)/healthsys teach build --pdf

wheel: env-test ## build the methods alone as one light wheel: dist/
	@cd wheel && ../$(BIN)/python -m hatchling build -t wheel -d ../dist

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

# A Python that cannot run the book is named before anything is installed; an environment that no longer works is removed.
ifneq ($(filter-out help clean lock,$(MAKECMDGOALS)),)
$(if $(shell sh requirements/python.sh "$(PYTHON)" "$(VENV)" "$(origin PYTHON)" || echo failed),$(error the environment cannot be set up))
endif

# A proxy that has a certificate of its own.
CERTIFICATES := The packages could not be installed. If your network has a certificate of its own, say where it is: \
                export SSL_CERT_FILE=/path/to/ca.pem PIP_CERT=/path/to/ca.pem

# The environment. A lock is installed once: the stamp is newer than the lock until the lock changes.
$(UV): requirements/bootstrap.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock \
		|| { echo "$(CERTIFICATES)" >&2; exit 1; }
	@touch $@

$(VENV)/.%-installed: requirements/%.lock pyproject.toml $(UV)
	@echo "installing the $* environment into $(VENV) (once; it takes a few minutes)"
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/$*.lock \
		|| { echo "$(CERTIFICATES)" >&2; exit 1; }
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .
	@touch $@

.SECONDARY:
$(foreach g,$(GROUPS),$(eval env-$(g): $(VENV)/.$(g)-installed))
