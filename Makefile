# `make run` opens the program, `make test` runs every test; both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test lint bench attack screenshots models api commands docs clean

run: $(STAMP)
	@$(BIN)/python -m jnn_studio.app.system --install
	$(BIN)/jnn-studio

test: $(STAMP)
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m jnn_studio.app.system --install
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

bench: $(STAMP)
	$(BIN)/python -m benchmarks.penalty
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks.plots
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks.interaction
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks.theme
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.fitting
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks.runs
	$(BIN)/python -m benchmarks.models
	$(BIN)/python -m benchmarks.walking

# Kills, damaged inputs, quits, a monkey, a soak: minutes of each; with SCALE=full hours, SEED=N other cases.
attack: $(STAMP)
	nice $(BIN)/python -m benchmarks.attack --scale $(or $(SCALE),minutes) --seed $(or $(SEED),0)

screenshots: $(STAMP)
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m jnn_studio.app.system --install
	QT_QPA_PLATFORM=offscreen $(BIN)/python packaging/screenshots.py build/screenshots

# docs/api.md from the docstrings.
api: $(STAMP)
	$(BIN)/python packaging/api.py

# docs/commands.md and the man page from the commands.
commands: $(STAMP)
	$(BIN)/python packaging/commands.py

# The documentation as a site in build/site; what is missing or leads nowhere is an error.
docs: $(STAMP) $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

$(VENV)/.docs: pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

# Train the bundled models again from their fixed seeds and put them into resources/; with PHOTOS=FOLDER the denoisers.
models: $(STAMP)
	$(BIN)/python packaging/train_models.py $(if $(PHOTOS),--photos "$(PHOTOS)")

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $(STAMP)

clean:
	rm -rf $(VENV) dist build
