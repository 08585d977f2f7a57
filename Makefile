# Thin: every target sets up what it needs and is quick when nothing changed.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
STAMPS := build/stamps
NATIVE := CMakeLists.txt pyproject.toml $(shell find cpp third_party -name '*.cpp' -o -name '*.hpp' -o -name '*.cmake' -o -name CMakeLists.txt) \
          $(wildcard python/chime_native/signaling/*.proto)

.PHONY: all page demo test bench lint format docs native-test sanitize fuzz clean

all: $(STAMPS)/build $(STAMPS)/page

page: $(STAMPS)/page

demo: $(STAMPS)/build $(STAMPS)/demo-deps
	$(VENV)/bin/chime-native demo $(DEMO_FLAGS)

# What only computes shares the processors. What lives in real time mostly waits, so two of those at a time are no load;
# browsers are one, and have the machine for themselves.
COMPUTED := tests/conformance tests/meta tests/native tests/property \
            $(addprefix tests/unit/,cli metrics realtime signaling videotiles)
test: $(STAMPS)/test-deps $(STAMPS)/demo-deps lint native-test sanitize
	$(PY) -m pytest -n auto $(COMPUTED) $(TEST_FLAGS)
	$(PY) -m pytest -n 2 -m "not browser" $(addprefix --ignore=,$(COMPUTED)) $(TEST_FLAGS)
	$(PY) -m pytest -m browser $(TEST_FLAGS)

bench: $(STAMPS)/build $(STAMPS)/bench-deps
	$(PY) -m pytest bench $(BENCH_FLAGS)

lint: $(STAMPS)/build $(STAMPS)/lint-deps $(STAMPS)/test-deps $(STAMPS)/messages
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	git ls-files '*.cpp' '*.hpp' | xargs -r $(VENV)/bin/clang-format --dry-run --Werror

format: $(STAMPS)/lint-deps
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
	git ls-files '*.cpp' '*.hpp' | xargs -r $(VENV)/bin/clang-format -i

docs: $(STAMPS)/build $(STAMPS)/docs-deps
	$(VENV)/bin/mkdocs build --quiet

native-test: $(STAMPS)/test-packages
	cmake --preset default >/dev/null
	cmake --build --preset default
	ctest --preset default

# The C++ tests again under the address, undefined-behaviour and thread sanitizers.
sanitize: $(STAMPS)/test-packages
	set -e; for preset in asan tsan; do \
	  cmake --preset $$preset >/dev/null; cmake --build --preset $$preset; ctest --preset $$preset; done

# Each fuzz target for a while with libFuzzer; what it finds interesting stays in build/corpus.
FUZZ_SECONDS ?= 60
fuzz: $(STAMPS)/fuzz-packages
	cmake --preset fuzz >/dev/null
	cmake --build --preset fuzz
	set -e; for target in opus receiver red rtp video; do \
	  mkdir -p build/corpus/$$target; \
	  build/fuzz/cpp/fuzz/fuzz_$$target -max_total_time=$(FUZZ_SECONDS) -max_len=4096 build/corpus/$$target; done

clean:
	rm -rf build $(VENV)

# --- set-up; each stamp is newer than all it depends on ---
$(STAMPS)/build-packages: tools/system-packages.sh
	@mkdir -p $(STAMPS)
	tools/system-packages.sh build
	@touch $@

$(STAMPS)/test-packages: tools/system-packages.sh
	@mkdir -p $(STAMPS)
	tools/system-packages.sh test
	@touch $@

$(STAMPS)/fuzz-packages: tools/system-packages.sh
	@mkdir -p $(STAMPS)
	tools/system-packages.sh fuzz
	@touch $@

$(STAMPS)/venv: $(STAMPS)/build-packages
	python3 -m venv $(VENV)
	$(PY) -m pip install -q --disable-pip-version-check "scikit-build-core>=0.10" "pybind11>=3.0" "grpcio-tools>=1.80" ninja
	@touch $@

# An editable install: Python files are used where they lie, the native module is built here with warnings as errors.
$(STAMPS)/build: $(STAMPS)/venv $(NATIVE)
	$(PY) -m pip install -q --disable-pip-version-check --no-build-isolation -C cmake.define.CHIME_WERROR=ON -e .
	@touch $@

# Joining from the local service's page needs the SDK in it.
$(STAMPS)/page: tools/build-page.sh $(wildcard tools/page/*)
	@mkdir -p $(STAMPS)
	tools/build-page.sh
	@touch $@

# Type checkers read the generated message classes beside the sources.
$(STAMPS)/messages: $(STAMPS)/build $(wildcard python/chime_native/signaling/*.proto)
	$(PY) -m grpc_tools.protoc --proto_path=python/chime_native/signaling --pyi_out=python/chime_native/signaling \
	  python/chime_native/signaling/*.proto
	@touch $@

$(STAMPS)/%-deps: $(STAMPS)/build pyproject.toml
	$(PY) tools/install-extra.py $*
	@touch $@

$(STAMPS)/test-deps: $(STAMPS)/test-packages
