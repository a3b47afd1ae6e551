# Two commands: `make maps` runs the main job, `make test` passes the tests. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INPUTS := pyproject.toml constraints.txt src/geoplan/__about__.py

.PHONY: maps test bench trial check format layers picture maps-table findings exports-table docs constraints clean

maps: $(VENV)/.ready
	$(BIN)/geoplan build --out maps

test: $(VENV)/.ready-dev
	@chromium="$$(sh .ci/browser)" && postgres="$$(sh .ci/postgis)" && \
		GEOPLAN_CHROMIUM="$$chromium" GEOPLAN_POSTGRES="$$postgres" $(BIN)/python -m pytest $(PYTEST_ARGS)

# Some 25 minutes on a quiet machine; BENCH_ARGS="--only contests --sizes city province" does a part.
bench: $(VENV)/.ready-dev
	@postgres="$$(sh .ci/postgis)" && sh .ci/qgis && \
		GEOPLAN_POSTGRES="$$postgres" $(BIN)/python benchmarks/bench.py $(BENCH_ARGS)

# The batch in earnest: an hour or so; on a full disk only as root.
trial: $(VENV)/.ready-dev
	$(BIN)/python tests/batch_trial.py --cities 300 --broken 10 --kills 5

check: $(VENV)/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

layers: $(VENV)/.ready-dev
	$(BIN)/python layers/draw/draw.py

picture: $(VENV)/.ready-dev
	@chromium="$$(sh .ci/browser)" && GEOPLAN_CHROMIUM="$$chromium" $(BIN)/python tests/picture.py docs/map.png

maps-table: $(VENV)/.ready-dev
	@chromium="$$(sh .ci/browser)" && GEOPLAN_CHROMIUM="$$chromium" $(BIN)/python tests/maps_table.py docs/maps.md

findings: $(VENV)/.ready-dev
	@chromium="$$(sh .ci/browser)" && GEOPLAN_CHROMIUM="$$chromium" $(BIN)/python tests/findings_table.py docs/findings.md

exports-table: $(VENV)/.ready-dev
	@sh .ci/qgis
	$(BIN)/python tests/exports_table.py docs/exports.md

# GALLERY=0 leaves the notebooks without outputs; those that were run are kept in docs/_build/notebooks.
docs: $(VENV)/.ready-dev
	$(BIN)/python -m sphinx -b html -E -W --keep-going -q -d docs/_build/doctrees docs docs/_build/html
	@echo docs/_build/html/index.html

# Needs uv; names no registry.
constraints:
	uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header --no-annotate \
		pyproject.toml --output-file constraints.txt

clean:
	rm -rf $(VENV) docs/_build maps/*.html maps/*.json maps/reports

$(VENV)/bin/python:
	@sh .ci/venv $(PYTHON) $(VENV)

$(VENV)/.ready: $(VENV)/bin/python $(INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/bin/python $(INPUTS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.ready $@
