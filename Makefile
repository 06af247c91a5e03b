# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `make` alone lists the targets. Everything that is created goes into .work; `make clean` removes it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# One target after the other: the test targets use several processes themselves, and their output stays readable.
.NOTPARALLEL:
.SUFFIXES:

WORK := .work
STAMPS := $(WORK)/stamps
REPORTS := $(WORK)/reports
VENV := $(WORK)/venv
BIN := $(VENV)/bin
GATES := $(WORK)/gates-venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --no-compile

# The interpreter of the controller. Name another one with `make PYTHON=/path/to/python3.13 ...` (after `make clean`).
PYTHON ?= $(shell for python in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do \
	"$$python" tests/tools/find_python.py --venv 3.11 3.12 3.13 3.14 2>/dev/null && break; done)

# The files of the collection that its archive holds, for the stamp that says whether to build it again. Without the
# name docs, which is a target.
COLLECTION_FILES := $(shell find galaxy.yml README.md CHANGELOG.rst COPYING LICENSES changelogs docs extensions meta playbooks plugins roles \
	-not -name __pycache__ -not -name '*.pyc' -not -name '.plugin-cache.yaml' -not -path docs 2>/dev/null)

# These files decide what is revoked and removed: tests must cover each of their branches.
FULLY_COVERED := $(addprefix plugins/module_utils/,_plan.py \
	$(addprefix _npm/,keys.py credentials.py settings.py) \
	$(addprefix _formats/,npmrc.py yarnrc.py bunfig.py bunfig_url.py bunfig_comments.py toml_reader.py \
		toml_values.py toml_edit.py yaml_reader.py yaml_edit.py yaml_settings.py yarnrc_yml.py pnpm_config.py) \
	_login/put.py) \
	$(addprefix plugins/plugin_utils/,_hosts.py _fleet.py _fleet_report.py _fleet_headline.py _fleet_csv.py _gather.py \
		_outside.py _rotation.py _undone.py)

# What `make test` runs, in this order.
SUITES := unit fuzz-short conformance clients integration home network crash races many leak report

# The tests' packages whose types are checked: those that hold more than tests.
TYPED_TESTS := registry tools leak hostile clients planted fuzz report fleet benchmarks docs eda matrix

# Ansible is to see this collection and nothing of the person who runs the tests.
export ANSIBLE_COLLECTIONS_PATH := $(abspath $(WORK)/collections)
export ANSIBLE_HOME := $(abspath $(WORK)/ansible)
export ANSIBLE_NOCOLOR := 1
export NO_COLOR := 1
export ANSIBLE_LOCALHOST_WARNING := false
unexport ANSIBLE_CONFIG

NOX = PATH="$(abspath $(GATES)):$$PATH" PIP_QUIET=1 $(GATES)/nox
# Time limits of tests end only what hangs: they leave room for a machine that has other things to do.
PYTEST = $(BIN)/python -m pytest --junit-xml=$(REPORTS)/$@.xml
heading = @printf '\n== %s ==\n' "$(1)"

##@ Help and demo
.PHONY: help
help: ## List all targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo

.PHONY: demo
demo: $(STAMPS)/controller $(STAMPS)/collection ## Demo with a test home directory and local registries (needs Python 3.11+ and, on the first run, PyPI)
	$(call heading,demo)
	@$(BIN)/python demo/play.py

##@ Test
.PHONY: quick
quick: lint unit ## Lint and unit tests, about a minute

.PHONY: test
test: ## Run lint and all suites, also after one fails; installs what they need, ends with a summary
	@MAKE='$(MAKE)' $(or $(PYTHON),python3) -m tests.tools.run_suites --reports $(REPORTS) \
		--first setup --beside sanity lint $(SUITES)

.PHONY: lint
lint: $(STAMPS)/tests $(STAMPS)/collection ## ruff, mypy, yamllint, ansible-lint, changelog, documentation
	$(call heading,ruff: rules)
	@$(BIN)/ruff check
	$(call heading,ruff: format)
	@$(BIN)/ruff format --check
	$(call heading,mypy)
	@$(BIN)/mypy -p ansible_collections.npmops.auth.plugins
	@$(BIN)/mypy $(TYPED_TESTS:%=-p tests.%)
	$(call heading,yamllint)
	@$(BIN)/yamllint --strict .
	$(call heading,ansible-lint)
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/ansible-lint --profile production
	$(call heading,antsibull-changelog)
	@$(BIN)/antsibull-changelog lint
	$(call heading,ansible-doc)
	@$(BIN)/python -m tests.tools.check_docs
	$(call heading,proselint)
	@$(BIN)/proselint check --config tests/tools/proselint.json *.md docs/*.md roles/*/README.md
	$(call heading,words to avoid)
	@$(BIN)/python -m tests.tools.check_words

.PHONY: unit
unit: $(STAMPS)/tests ## Unit tests; full branch coverage for files without side effects
	$(call heading,unit)
	@mkdir -p $(WORK)/coverage
	@$(PYTEST) -n 2 --dist worksteal --timeout 300 --cov --cov-branch --cov-report= tests/unit
	$(call heading,coverage: all branches of the files without side effects)
	@ls $(FULLY_COVERED) >/dev/null
	@$(BIN)/coverage report --fail-under=100 --include=$$(echo $(FULLY_COVERED) | tr ' ' ,)

.PHONY: fuzz-short
fuzz-short: $(STAMPS)/tests $(STAMPS)/fuzzer ## Fuzzing with hypothesis and atheris for one minute, with a fixed seed
	$(call heading,fuzz: short)
	@env -u FUZZ_SECONDS $(PYTEST) -n 2 --dist worksteal tests/fuzz

.PHONY: conformance
conformance: $(STAMPS)/tests $(STAMPS)/npm ## Compare with the real npm 6 to 12 on the same files
	$(call heading,conformance)
	@# 20,000 generated files where a test does not say how many. With FUZZ_SECONDS, files that set variables are new
	@# ones for so long, for each program; without it, they are the same in each run.
	@HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-long} $(PYTEST) -n 2 --dist loadfile \
		--timeout $$((600 + $${FUZZ_SECONDS:-0})) tests/conformance

.PHONY: clients
clients: $(STAMPS)/tests $(STAMPS)/npm ## Tests with the real pnpm, Yarn and Bun
	$(call heading,clients)
	@$(PYTEST) -n 2 --dist worksteal --timeout 300 tests/clients

.PHONY: integration
integration: $(STAMPS)/tests $(STAMPS)/npm $(STAMPS)/collection ## Playbooks against a real Verdaccio
	$(call heading,integration)
	@$(PYTEST) -n 2 --dist loadfile --timeout 300 tests/integration

.PHONY: home
home: $(STAMPS)/tests ## Malicious home directories (requires root)
	$(call heading,home)
	@# These tests wait for names, locks and the kernel more than for a processor.
	@$(PYTEST) -n 4 --dist worksteal --timeout 300 tests/hostile/test_home*.py tests/hostile/test_host*.py tests/hostile/test_login*.py

.PHONY: network
network: $(STAMPS)/tests ## Malicious registries, redirects, proxies, TLS and cloned projects
	$(call heading,network)
	@# More processes than cores: much of it is waiting.
	@$(PYTEST) -n 6 --dist worksteal --timeout 300 tests/hostile/test_network*.py tests/hostile/test_projects*.py

.PHONY: crash
crash: $(STAMPS)/tests ## Crash tests: kill at every relevant system call, failing calls (requires root, strace)
	$(call heading,crash)
	@$(PYTEST) -n 2 --dist worksteal --timeout 900 tests/hostile/test_crash*.py tests/hostile/test_faults*.py

.PHONY: races
races: $(STAMPS)/tests $(STAMPS)/npm ## Concurrent writes to a credential file (part requires root, strace)
	$(call heading,races)
	@$(PYTEST) -n 2 --dist worksteal --timeout 900 tests/hostile/test_races*.py

.PHONY: many
many: $(STAMPS)/tests $(STAMPS)/collection ## Thousands of credentials, fifty registries, five hundred accounts (part requires root)
	$(call heading,many)
	@$(PYTEST) -n 2 --dist worksteal --timeout 900 tests/hostile/test_many*.py

.PHONY: leak
leak: $(STAMPS)/tests $(STAMPS)/cores $(STAMPS)/collection ## Secret-leak tests on ansible-core 2.18 to 2.22
	$(call heading,leak)
	@# One process: there is only one /dev/log to listen on.
	@$(PYTEST) --timeout 900 tests/leak

.PHONY: report
report: $(STAMPS)/tests $(STAMPS)/npm $(STAMPS)/cores $(STAMPS)/collection ## The report page of 10 to 10,000 hosts in Chromium
	$(call heading,report)
	@rm -rf $(WORK)/report
	@$(PYTEST) -n 2 --dist loadfile --timeout 300 tests/report
	@! test -f $(WORK)/report/speed.txt || { cat $(WORK)/report/speed.txt; \
		echo "Pages, screenshots and prints are in $(WORK)/report."; }

.PHONY: fleet-test
fleet-test: $(STAMPS)/tests $(STAMPS)/npm $(STAMPS)/cores $(STAMPS)/collection ## The playbooks on 22 hosts over ssh; not in "test" (requires root, sshd, sudo)
	$(call heading,fleet)
	@$(PYTEST) --timeout 600 --durations 3 tests/fleet

.PHONY: sanity
sanity: $(STAMPS)/tests ## ansible-test sanity, on a copy (ARGS="--test pep8" for one test)
	$(call heading,sanity)
	@$(BIN)/python -m tests.tools.ansible_test sanity $(ARGS)

# Without pylint, which takes longer than the rest together: `make sanity` and `make matrix` run it.
.PHONY: sanity-cores
sanity-cores: $(STAMPS)/cores ## Sanity of the newest ansible-core versions (CORES="2.21 2.22"); not in "test"
	@for core in $(or $(CORES),2.21 2.22); do \
		test -x $(WORK)/cores/$$core/bin/python || { echo "ansible-core $$core: no Python for it on this machine"; continue; }; \
		printf '\n== sanity: ansible-core %s ==\n' "$$core"; \
		$(WORK)/cores/$$core/bin/python -m tests.tools.ansible_test sanity $(or $(ARGS),--skip-test pylint); \
	done

.PHONY: ansible-test
ansible-test: $(STAMPS)/tests ## ansible-test units and integration, each in its own environment; not in "test"
	$(call heading,ansible-test: units)
	@$(BIN)/python -m tests.tools.ansible_test units $(or $(ARGS),tests/unit/plugins/)
	$(call heading,ansible-test: integration)
	@$(BIN)/python -m tests.tools.ansible_test integration

.PHONY: gates
gates: $(STAMPS)/gates ## antsibull-nox: licenses, documentation, galaxy-importer; not in "test"
	$(call heading,antsibull-nox: licenses; unwanted files; action groups)
	@$(NOX) --no-venv --session license-check extra-checks
	$(call heading,antsibull-nox: documentation of the collection)
	@$(NOX) --reuse-existing-virtualenvs --session docs-check
	$(call heading,antsibull-nox: galaxy-importer)
	@$(NOX) --no-venv --session build-import-check >$(WORK)/importer.log 2>&1 || { cat $(WORK)/importer.log; exit 1; }
	@! grep -E '^(WARNING|ERROR)' $(WORK)/importer.log
	@tail -n 2 $(WORK)/importer.log

.PHONY: eda
eda: $(STAMPS)/eda $(STAMPS)/tests $(STAMPS)/collection ## The rulebook for Event-Driven Ansible; not in "test" (requires root and Java)
	$(call heading,eda)
	@$(PYTEST) --timeout 400 tests/eda

.PHONY: docs
docs: $(STAMPS)/docs $(STAMPS)/tests $(STAMPS)/collection ## Build the documentation site in .work/docs/html and check it in Chromium; not in "test"
	$(call heading,docs)
	@$(BIN)/python -m tests.docs.build
	@$(PYTEST) -n 2 --dist worksteal tests/docs

.PHONY: fuzz
fuzz: $(STAMPS)/tests $(STAMPS)/fuzzer ## Long fuzzing run with random seeds; not in "test" (FUZZ_SECONDS=600)
	$(call heading,fuzz)
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-600} $(PYTEST) -n 2 --dist worksteal -rP tests/fuzz

.PHONY: bench
bench: $(STAMPS)/tests $(STAMPS)/npm $(STAMPS)/collection ## Compare time, memory and bytes with ping, npm and find (requires root, sshd, sudo)
	$(call heading,bench)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

.PHONY: matrix
matrix: $(STAMPS)/tests $(STAMPS)/npm $(STAMPS)/cores $(STAMPS)/collection ## Test each ansible-core with each managed Python and Debian; takes hours; not in "test" (ARGS="--only 2.20,3.13", ARGS=--every)
	$(call heading,matrix)
	@$(BIN)/python -m tests.matrix $(ARGS)

.PHONY: format
format: $(STAMPS)/tests ## Format the Python files with ruff
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

##@ Build
.PHONY: setup
setup: $(STAMPS)/tests $(STAMPS)/fuzzer $(STAMPS)/npm $(STAMPS)/cores $(STAMPS)/collection ## Install what the tests need; lists missing system packages
	@$(BIN)/python tests/tools/system_packages.py

.PHONY: collection
collection: $(STAMPS)/collection ## Build the collection and install it into .work/collections

.PHONY: clean
clean: ## Remove all files that make has created (.work)
	rm -rf $(WORK)

# Set-up, each step again when what it depends on has changed ------------------------------------------------------

$(STAMPS)/venv: | $(STAMPS)
	$(call heading,set-up: virtual environment)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)"; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)
	@$(BIN)/python --version
	@touch $@

$(STAMPS)/controller: requirements/controller.txt $(STAMPS)/venv
	$(call heading,set-up: ansible-core)
	@$(PIP) -r requirements/controller.txt
	@touch $@

# mypy finds the collection's files by the names under which Ansible imports them: .work/typing holds the link.
$(STAMPS)/tests: requirements/test.txt $(STAMPS)/controller
	$(call heading,set-up: test tools)
	@$(PIP) -r requirements/test.txt
	@$(BIN)/python -m pip --disable-pip-version-check check
	@mkdir -p $(WORK)/typing/ansible_collections/npmops
	@ln -sfn ../../../.. $(WORK)/typing/ansible_collections/npmops/auth
	@touch $@

# atheris is not available for some Python versions and machines: the environment then stays empty.
$(STAMPS)/fuzzer: requirements/fuzz.txt $(STAMPS)/tests
	$(call heading,set-up: coverage-guided fuzzer)
	@$(BIN)/python -m venv --clear $(WORK)/fuzz-venv
	@$(WORK)/fuzz-venv/bin/python -m pip --disable-pip-version-check install -qq -r requirements/fuzz.txt
	@touch $@

$(STAMPS)/gates: requirements/gates.txt $(STAMPS)/venv
	$(call heading,set-up: antsibull-nox; reuse; galaxy-importer)
	@$(BIN)/python -m venv --clear $(WORK)/gates-venv
	@$(GATES)/python -m pip --disable-pip-version-check install -qq -r requirements/gates.txt
	@touch $@

$(STAMPS)/eda: requirements/eda.txt $(STAMPS)/venv
	$(call heading,set-up: ansible-rulebook)
	@$(BIN)/python -m venv --clear $(WORK)/eda-venv
	@$(WORK)/eda-venv/bin/python -m pip --disable-pip-version-check install -qq -r requirements/eda.txt
	@touch $@

$(STAMPS)/docs: requirements/docs.txt $(STAMPS)/venv
	$(call heading,set-up: Sphinx; MyST; antsibull-docs)
	@$(BIN)/python -m venv --clear $(WORK)/docs-venv
	@$(WORK)/docs-venv/bin/python -m pip --disable-pip-version-check install -qq -r requirements/docs.txt
	@touch $@

$(STAMPS)/npm: tests/tools/npm/package.json tests/tools/npm/package-lock.json tests/tools/setup_npm.sh | $(STAMPS)
	$(call heading,set-up: npm 6 to 12; pnpm; Yarn; Bun; Verdaccio; Node.js)
	@sh tests/tools/setup_npm.sh
	@touch $@

$(STAMPS)/cores: $(wildcard requirements/core-*.txt) tests/tools/make_cores.py tests/tools/find_python.py $(STAMPS)/tests
	$(call heading,set-up: ansible-core 2.18 to 2.22)
	@$(BIN)/python -m tests.tools.make_cores
	@touch $@

$(STAMPS)/collection: $(COLLECTION_FILES) $(STAMPS)/controller
	$(call heading,set-up: collection)
	@mkdir -p $(WORK)/build $(WORK)/ansible/tmp
	@rm -f $(WORK)/build/npmops-auth-*.tar.gz
	@$(BIN)/ansible-galaxy collection build --force --output-path $(WORK)/build >/dev/null
	@$(BIN)/ansible-galaxy collection install --force --no-deps --offline -p $(WORK)/collections $(WORK)/build/npmops-auth-*.tar.gz
	@touch $@

$(STAMPS):
	@mkdir -p $@
	@printf '*\n' >$(WORK)/.gitignore
