# Everything a developer runs. Each target is a script in scripts/, which says more.
.PHONY: help setup demo demo-reset demo-stop test test-all test-engine company story lint format db bench stress odoo-tests clean

# `make -s`-like: the scripts speak for themselves.
.SILENT:

help:
	echo "make demo         the web client with demo data on 127.0.0.1:8069 (demo-reset: from the start; demo-stop)"
	echo "make test         the tests, in two halves; ARGS=\"-k fill\" for some (test-engine: the engine's alone, in a second)"
	echo "make test-all     also those of scripts/slow-tests, all of them (CI: but scripts/long-tests)"
	echo "make company      every app of scripts/company-modules installed beside the addon, before and after it (an hour)"
	echo "make story        200 seeded steps, and a hash of what they leave: SEED=1 ARGS=\"--dump rows.txt\""
	echo "make lint         all checks of the sources (format: put them in form)"
	echo "make db NAME=x    a fresh database with the addon and demo data"
	echo "make bench        the benchmarks; ARGS=... are theirs"
	echo "make stress       a day of a busy shop: people at once, workers killed; ARGS=\"--seed 1 --minutes 3\""
	echo "make odoo-tests   Odoo's own tests of sale, stock and purchase with the addon installed"
	echo "make setup        only make the environment ready (every target does)"
	echo "make clean        stop PostgreSQL and delete .odoo/ with all its databases"

setup:
	scripts/setup

demo:
	scripts/demo

demo-reset:
	scripts/demo --reset

demo-stop:
	scripts/demo --stop

test:
	scripts/test $(ARGS)

test-all:
	ALL=1 scripts/test

test-engine:
	scripts/test-engine $(ARGS)

company:
	scripts/company $(APPS)

story:
	scripts/story --seed $(or $(SEED),1) $(ARGS)

lint:
	scripts/lint

format:
	scripts/format

db:
	scripts/db $(NAME)

bench:
	scripts/bench $(ARGS)

stress:
	scripts/stress $(ARGS)

odoo-tests:
	scripts/odoo-tests $(ARGS)

clean:
	scripts/clean
