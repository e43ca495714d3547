# Thin: each target says which tool does the work. Nothing here asks a question or needs a terminal.
#
# Two programs are built: build/gatehouse (optimised, hardened: what is run, measured and shipped) and
# build-san/gatehouse (AddressSanitizer and UndefinedBehaviorSanitizer: what the tests run).

MESON = meson
NINJA = ninja

# `make DESTDIR=… PREFIX=… install`
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := build
.PHONY: help run build san test bench fuzz fuzz-coverage mutants check fmt install deb image deps clean

help:
	@echo 'make run      build, and serve on http://localhost:8080 with a database in ./gatehouse-data'
	@echo 'make build    the program: build/gatehouse'
	@echo 'make test     every check and every test'
	@echo 'make check    the static checks only; make san: the program and the tests with sanitizers'
	@echo 'make fmt      format the sources'
	@echo 'make fuzz     each fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS)); make fuzz-coverage: what the corpus reaches'
	@echo 'make mutants  break one security rule after the other, and see that a test notices'
	@echo 'make bench    measure'
	@echo 'make install  to DESTDIR and PREFIX ($(PREFIX)); make deb: a Debian package; make image: a container image'

run: build
	build/gatehouse serve

build: deps
	@tools/configure.sh build
	$(NINJA) -C build

san:
	@tools/deps.sh test
	@tools/configure.sh build-san
	$(NINJA) -C build-san

test:
	@tools/deps.sh test
	@tools/run_tests

check:
	@tools/deps.sh test
	@tools/run_tests --only check

fmt:
	tools/format.sh --fix

fuzz:
	@tools/deps.sh test
	@tools/configure.sh build-fuzz
	$(NINJA) -C build-fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh

fuzz-coverage:
	@tools/deps.sh test
	@tools/configure.sh build-cov
	$(NINJA) -C build-cov
	@tools/fuzz_coverage.sh

mutants:
	@tools/deps.sh test
	tools/mutants

bench: build
	@tools/deps.sh bench
	PATH="$(CURDIR)/tests/node_modules/.bin:$$PATH" bench/run

install: build
	@$(MESON) configure build -Dprefix=$(PREFIX) >/dev/null && $(NINJA) -C build >/dev/null
	$(MESON) install -C build --no-rebuild --strip

deb:
	@tools/deps.sh package
	tools/make_deb.sh

image:
	tools/make_image.sh

deps:
	@tools/deps.sh build

clean:
	rm -rf build build-san build-fuzz build-cov build-mutants dist
