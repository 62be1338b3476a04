# Outreach. `make help` lists what there is. Python 3.11 or newer and make are all it needs.

# The first Python that is new enough; PYTHON=/path/to/it names another.
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
endif
SETUP = @test -n "$(PYTHON)" || { echo "setup: Outreach needs Python 3.11 or newer; install one, or name it: \
	make PYTHON=/path/to/python3.11" >&2; exit 1; }; "$(PYTHON)" scripts/setup.py
# One more than there are processors: some tests wait for a while, for processes and clocks.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# File by file, in the order of tests/order.py: what a file's tests share is started once.
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
PORT ?= 8080
SIMULATOR_PORT ?= 8081
DATA ?= .outreach
BIN := .venv/bin
# Without compiled files each process we start would compile all it imports, for seconds.
unexport PYTHONDONTWRITEBYTECODE
# Anything more for `outreach up`, like ARGS="--speed 1440".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test test-thorough equality check catalog bench bench-due bench-reading seed-large bench-pages bench-live chaos clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Build .venv with the command `outreach` in it, and the browser's parts
	$(SETUP)

setup-dev:
	$(SETUP) --dev

demo: setup ## Start everything with invented patients (PORT=, SIMULATOR_PORT=, DATA=, ARGS="--speed 1440")
	@exec $(BIN)/outreach up --demo --port $(PORT) --simulator-port $(SIMULATOR_PORT) --data $(DATA) $(ARGS)

test: ## Run every test, the browser's too (T=tests/consent for some; T="tests/web --pictures" pictures pages)
	$(SETUP) --dev --browser
	@$(PYTEST) $(T)

test-thorough: setup-dev ## Try ten times as many examples where tests search for faults, others each time
	@$(PYTEST) --hypothesis-profile=thorough $(or $(T),$(shell grep -rl 'tests.examples import' tests --include='test_*.py'))

equality: setup-dev ## Live through 30 days twice, and compare each text and minute with a dry run and a replay
	@WORKERS=3 PYTHONHASHSEED=77 TZ=Asia/Kolkata $(BIN)/python -m pytest -n 0 --hypothesis-profile=thorough tests/rehearsal/test_equal.py
	@WORKERS=1 PYTHONHASHSEED=5 TZ=Pacific/Auckland $(BIN)/python -m pytest -n 0 --hypothesis-profile=thorough tests/rehearsal/test_equal.py

check: setup-dev ## Lint, format, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

catalog: setup-dev ## Gather what pages say, for the catalogs of other languages; list what is not translated
	@$(BIN)/python scripts/catalog.py

bench: setup-dev ## Inbound and outbound rates, each beside its floor in the same run
	@$(BIN)/python -m bench.inbound
	@$(BIN)/python -m bench.arriving
	@$(BIN)/python -m bench.outbound
	@$(BIN)/python -m bench.due
	@$(BIN)/python -m bench.dry_run
	@echo "not measured here: make bench-due (10,000,000 planned), bench-pages, bench-live, bench-reading"

bench-due: setup-dev ## Finding due contacts among 10,000,000 planned ones (ten minutes)
	@$(BIN)/python -m bench.due --many 10000000

seed-large: setup-dev ## Fill a database of its own with 200,000 invented patients and 10,000,000 texts (ARGS="--scale 0.05")
	@$(BIN)/python -m bench.seed_large $(ARGS)

bench-pages: setup-dev ## How long list, thread and find take on what seed-large made
	@$(BIN)/python -m bench.pages $(ARGS)

bench-live: setup-dev ## How soon a text shows on 500 open pages, at 50 texts a second
	@$(BIN)/python -m bench.live $(ARGS)

bench-reading: setup-dev ## How well texts are read, per class and language, and how fast
	@$(BIN)/python -m bench.reading

chaos: setup-dev ## Kill and freeze parts at random while texts flow, and count
	@$(BIN)/python -m bench.chaos
	@$(BIN)/python -m bench.races
	@$(BIN)/python -m bench.restored

clean: ## Remove what set-up built; the data folders stay
	@rm -rf .venv node_modules outreach/web/static/dist outreach.egg-info .ruff_cache .mypy_cache .import_linter_cache
	@find outreach workers tests bench migrations scripts -name __pycache__ -type d -prune -exec rm -rf {} +
