# cowbox. The two that matter: `make demo` builds everything and shows a session, `make test` tests.

PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
# The C++ library is linked in, from a directory that has no other one: to bind its 4,000 symbols
# anew would be a third of the time until main. No build-id: it would be that of the debug
# information, which tells where it was built; to take it out later would take relro out with it.
ONLY = $(CURDIR)/.build/only
RELEASE = -c release --static-swift-stdlib -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now \
  -Xlinker --build-id=none -Xlinker -L$(ONLY)

top = $(DESTDIR)$(PREFIX)
sources = Sources Tests Package.swift

.PHONY: all demo build test pages everyday fuzz crash bench deb dist reproduce newcomer install uninstall manual format lint clean setup

all: build

setup:
	@.ci/setup build

build: setup
	@mkdir -p $(ONLY)
	@ln -sfn "$$($(CXX) -print-file-name=libstdc++.a)" $(ONLY)/libstdc++.a
	$(SWIFT) build $(RELEASE) --product cowbox

demo: build
	@.ci/demo "$$($(SWIFT) build $(RELEASE) --show-bin-path)/cowbox"

test:
	@.ci/setup test
	@.ci/test

# The tools that take minutes: swift, cargo and chromium in a session.
everyday: build
	@.ci/setup everyday
	@.ci/everyday "$$($(SWIFT) build $(RELEASE) --show-bin-path)/cowbox"

# The page of `diff --html` in a real browser; not part of the tests, because a browser is large.
pages:
	@.ci/setup pages
	$(SWIFT) build --product cowbox
	@Tests/Pages/drive.py "$$(command -v chromium-headless-shell || command -v chromium)" \
	  "$$($(SWIFT) build --show-bin-path)/cowbox" $(PICTURES)

# Goes on for as many seconds as FUZZ says.
FUZZ ?= 600
fuzz:
	@.ci/setup fuzz
	@.ci/fuzz $(FUZZ)

# Interrupts applies everywhere, then disturbs 1,000 of them.
crash:
	@.ci/setup test
	@.ci/crash

bench: build
	@.ci/setup bench
	@.ci/bench "$$($(SWIFT) build $(RELEASE) --show-bin-path)"

# Installs what `make build` has built, so that root need not build.
install:
	.ci/stage "$$($(SWIFT) build $(RELEASE) --show-bin-path)/cowbox" "$(DESTDIR)" "$(PREFIX)"

uninstall:
	rm -f $(top)/bin/cowbox
	for page in man/*.[157]; do rm -f "$(top)/share/man/man$${page##*.}/$${page##*/}"; done
	rm -rf $(top)/share/cowbox $(top)/share/doc/cowbox
	rm -f $(top)/share/bash-completion/completions/cowbox
	rm -f $(top)/share/zsh/vendor-completions/_cowbox
	rm -f $(top)/share/fish/vendor_completions.d/cowbox.fish

format:
	$(SWIFT) format -i -p -r $(sources)

lint:
	$(SWIFT) format lint --strict -p -r $(sources)

# Packages, the same to the byte from the same sources.
DIST ?= .build/dist
deb: build
	@.ci/setup package
	@.ci/deb "$$($(SWIFT) build $(RELEASE) --show-bin-path)/cowbox" $(DIST)
dist: build
	@.ci/setup package
	@.ci/dist "$$($(SWIFT) build $(RELEASE) --show-bin-path)" $(DIST)

# Builds both in another directory, too, and compares.
reproduce: deb dist
	@.ci/reproduce $(DIST)

# A newcomer's hour in a clean Debian tree, with both packages.
newcomer: deb dist
	@.ci/newcomer $(DIST)/cowbox_*.deb $(DIST)/cowbox-*.tar.gz

clean:
	$(SWIFT) package clean

# The manual's pages on commands come from the table of commands.
manual:
	$(SWIFT) build --product cowbox
	@cowbox="$$($(SWIFT) build --show-bin-path)/cowbox"; \
	$$cowbox help --manual >man/cowbox.1 || exit 1; \
	for verb in $$($$cowbox help --names); do \
	  $$cowbox help --manual $$verb >man/cowbox-$$verb.1 || exit 1; \
	done
