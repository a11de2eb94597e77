# Thin targets over the command line; `make help` lists them. Variables: make shards RECIPE=my.yaml DATA="my corpora"

PYTHON ?= python3
VENV ?= .venv
# pip would take the newest torch, whatever it weighs; the one that is in the environment already stays.
TORCH ?= torch==2.13.0
BIN = $(VENV)/bin
TORCH_VERSION = "$(BIN)/python" -c 'from importlib.metadata import version; print(version("torch"))'
# A recipe reads the folder of its corpora as ${DATA}.
WITH_DATA = $(if $(DATA),DATA="$(DATA)")

.DEFAULT_GOAL := help
.PHONY: help setup demo explore plan shards verify train evaluate test chaos figures bench parity docs check

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.installed ## Install wavemill and its tools into .venv

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wavemill needs Python 3.11 or later; name one with make PYTHON=..")'
	@echo "Installing into $(VENV); the first time takes a few minutes."
	@$(PYTHON) -m venv "$(VENV)"
	@$(TORCH_VERSION) >/dev/null 2>&1 || "$(BIN)/python" -m pip install --quiet "$(TORCH)"
	@"$(BIN)/python" -m pip install --quiet --editable ".[dev]" "torch==$$($(TORCH_VERSION))"
	@touch "$@"

demo: setup ## Speak a corpus, build shards, train, predict; DATA=folder of labelled folders takes yours instead
	@"$(BIN)/python" -m training.demo $(if $(DATA),--data "$(DATA)") $(if $(OUT),--out "$(OUT)")

explore: setup ## See and hear every stage in the browser, with chapters on audio: [STORE=] [RUN=]
	@"$(BIN)/wavemill" serve --open $(if $(RUN),--run "$(RUN)") $(if $(STORE),"$(STORE)")

plan: need-RECIPE setup ## Say what a build would do, and why: RECIPE= [DATA=] [OUT=]
	@$(WITH_DATA) "$(BIN)/wavemill" plan "$(RECIPE)" $(if $(OUT),--out "$(OUT)")

shards: need-RECIPE setup ## Build the store of a recipe: RECIPE= [DATA=] [OUT=]
	@$(WITH_DATA) "$(BIN)/wavemill" build "$(RECIPE)" $(if $(OUT),--out "$(OUT)")

verify: need-STORE setup ## Check every byte of a store: STORE=
	@"$(BIN)/wavemill" verify "$(STORE)"

train: need-CONFIG need-STORE need-OUT setup ## Train from a store: CONFIG= STORE= OUT=
	@"$(BIN)/wavemill" train "$(CONFIG)" --store "$(STORE)" --out "$(OUT)"

evaluate: need-RUN need-STORE setup ## Measure a trained run: RUN= STORE= [SPLIT=test]
	@"$(BIN)/wavemill" evaluate "$(RUN)" --store "$(STORE)" --split "$(or $(SPLIT),test)"

test: setup ## Run the tests
	@"$(BIN)/python" -m pytest -n auto

chaos: setup ## Break builds and stores many times, and count what was lost; takes a quarter of an hour
	@"$(BIN)/python" -m tests.chaos.kills --kills 200
	@"$(BIN)/python" -m tests.chaos.full_disk --points 20
	@"$(BIN)/python" -m tests.chaos.full_fetch --points 40
	@"$(BIN)/python" -m tests.chaos.starts --processes 8 --rounds 50
	@"$(BIN)/python" -m tests.chaos.flips --flips 1000 --cuts 200 --repairs 40
	@"$(BIN)/python" -m tests.chaos.s3 --lives 10
	@"$(BIN)/python" -m tests.chaos.machine --steps 2000 --dask 50
	@"$(BIN)/python" -m tests.chaos.poison --recordings 2000
	@"$(BIN)/python" -m tests.chaos.mutants --mutants 1000
	@"$(BIN)/python" -m tests.chaos.cluster --rounds 8
	@"$(BIN)/python" -m tests.chaos.resume --stops 20

bench: setup ## Builds and loaders beside lhotse, datasets, webdataset; writes docs/benchmarks.md: [OUT=] [ROUNDS=5]
	@OMP_NUM_THREADS=1 "$(BIN)/python" -m benchmarks.bench --work "$(or $(OUT),runs/bench)" --rounds $(or $(ROUNDS),5)

figures: need-DATA setup ## Train what docs/results.md tells of: DATA= [OUT=]
	@"$(BIN)/python" -m benchmarks.spoken_digits official --data "$(DATA)" --work "$(or $(OUT),runs/figures)" --seeds 1 2 3 4 5
	@"$(BIN)/python" -m benchmarks.spoken_digits voices --data "$(DATA)" --work "$(or $(OUT),runs/figures)" --seeds 1 2
	@"$(BIN)/python" -m benchmarks.spoken_digits speakers --data "$(DATA)" --work "$(or $(OUT),runs/figures)" --seeds 1 2
	@"$(BIN)/python" -m benchmarks.clips_and_orders instruments --data "$(DATA)" --work "$(or $(OUT),runs/figures)"
	@"$(BIN)/python" -m benchmarks.clips_and_orders orders --data "$(DATA)" --work "$(or $(OUT),runs/figures)"
	@"$(BIN)/python" -m benchmarks.connected_digits official --data "$(DATA)" --work "$(or $(OUT),runs/figures)"
	@"$(BIN)/python" -m benchmarks.connected_digits voices --data "$(DATA)" --work "$(or $(OUT),runs/figures)"
	@"$(BIN)/python" -m benchmarks.german_sentences recognition --data "$(DATA)" --work "$(or $(OUT),runs/figures)"
	@"$(BIN)/python" -m benchmarks.speaking digits --data "$(DATA)" --work "$(or $(OUT),runs/figures)"
	@"$(BIN)/python" -m benchmarks.speaking german --data "$(DATA)" --work "$(or $(OUT),runs/figures)"

parity: setup ## Compare each stage with the library that does the same: [DATA=folder of audio]
	@"$(BIN)/python" -m benchmarks.parity $(if $(DATA),--data "$(DATA)")

docs: setup ## Write docs/stages.md and its pictures from the code
	@"$(BIN)/python" -m benchmarks.document

check: setup ## Run the linter, the format check and the type check
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check .
	@"$(BIN)/mypy"

need-%:
	@test -n "$($*)" || { echo "make $(MAKECMDGOALS) needs $*=..; see make help" >&2; exit 2; }
