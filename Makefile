# What one needs: Go 1.26 and Debian. Tools are Go modules pinned in tools/go.mod; tools/setup installs Node.js for the
# pages' assets, and the C compiler, the PostgreSQL and the Chromium that the tests use, where they are missing.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
TOOL := go tool -modfile=tools/go.mod

# Seconds for all fuzz targets together: a smoke test, and a long run.
FUZZ_SMOKE := 40
FUZZ := 3600

# Without C it needs no library of the system where it runs, and starts sooner.
.PHONY: build
build: assets ## Build the command, ./portcullis
	CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$(VERSION)" -o portcullis ./cmd/portcullis

# The style sheet and the script of the pages, which the command embeds. Without them, `go build ./cmd/portcullis` still
# makes a command that works: its pages are plain.
ASSETS := web/ui/assets

.PHONY: assets
assets: web/ui/static/built/portcullis.js ## Make the style sheet and the script of the pages

web/ui/static/built/portcullis.js: $(ASSETS)/node_modules/.package-lock.json $(wildcard $(ASSETS)/*.js $(ASSETS)/*.scss $(ASSETS)/*.txt)
	node $(ASSETS)/build.js

$(ASSETS)/node_modules/.package-lock.json: $(ASSETS)/package.json $(ASSETS)/package-lock.json
	@command -v npm >/dev/null || { echo "assets: needs Node.js 18 or newer and npm: make setup" >&2; exit 1; }
	npm --prefix $(ASSETS) ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: demo
demo: build ## A fictional government with 20,000 devices, in your browser: http://localhost:8417
	./portcullis demo

# A judgement ends with status 1 where something is in breach, and in the demonstration something is. The time is
# said because its exemptions and its monitor period end.
OFFLINE := --world demo/world.yaml --hosts demo/hosts.yaml --at 2024-05-15

.PHONY: demo-offline
demo-offline: build ## Judge a few devices and cameras of that government in the terminal, with no server
	./portcullis check $(OFFLINE) $(foreach i,android=android.json apple=ipad.plist osquery=osquery.log intune=intune.csv \
		dpkg@HBR-DESK-21=dpkg.txt csv=phones.csv,--inventory $(subst =,=demo/inventories/,$(i))) || [ $$? = 1 ]
	@echo
	./portcullis explain $(OFFLINE) --inventory android=demo/inventories/android.json --host HBR-PHONE-07 --product merrow-tides || [ $$? = 1 ]

.PHONY: test
test: setup assets format architecture ## Every test, and how things are written: run it before every commit
	$(MAKE) --no-print-directory tests
	$(MAKE) --no-print-directory cover
	@echo 'test: everything holds'

.PHONY: setup
setup: ## Install what the tests need, where it is missing
	@tools/setup

.PHONY: format
format: ## Is everything formatted, and are the modules tidy?
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "format: run gofmt -w on:" >&2; echo "$$unformatted" >&2; exit 1; }
	go mod tidy -diff

# A gate of its own, because it reads everything that everything imports, too.
.PHONY: lint
lint: ## Mistakes that one can see without running anything
	go vet ./...
	$(TOOL) staticcheck ./...

.PHONY: architecture
architecture: ## The rules between the rooms (internal/archtest); never from the cache, which cannot see new files
	go test -count=1 ./internal/archtest

# What starts goroutines or holds locks runs under the race detector, too, beside the other gates, because everything is
# compiled anew for it and is four times slower: what is small in full, and of the rest those tests in which several do
# something at once.
RACED := $(addprefix ./,store enforce/... people/oidc alerts/mail alerts/webhook vetting/apk platform/dns/transfer platform/santa web/gate)
SOME_RACED := $(addprefix ./,ledger people alerts handbook world devices devices/index approvals web/api)
AT_ONCE := 'Test(Report|Unchanged|Once|Resume)$$|Two|AtOnce|SameTime|Together|Concurrent|TakesOver|Overtaken|Wakes|Standstill|RunGoesOn|RunLeaves'
# The detector need not see into the embedded database, which it makes ten times slower, to see what the rooms do with it.
NATIVE := -gcflags='modernc.org/...=-race=false'

# What tests write, such as databases and browsers' profiles, is in memory where it may be, because files on a disk cost the
# kernel twice as much.
IN_MEMORY := $(shell tools/memory)

# Several packages at a time, because many tests wait for a browser or a database; and what they need no more is seldom
# collected, because they end soon.
.PHONY: tests
tests: ## All tests but those that cover runs
	$(IN_MEMORY) GOGC=400 go test -p 6 -vet=off $$(go list ./... | grep -vxF portcullis/policy)

.PHONY: race
race: ## What runs at the same time, under the race detector
	go test -p 4 -race $(NATIVE) $(RACED)
	go test -p 4 -race $(NATIVE) -run $(AT_ONCE) $(SOME_RACED)

.PHONY: cover
cover: ## All of package policy is executed by its tests
	tools/cover

.PHONY: fuzz-smoke
fuzz-smoke: ## Every fuzz target for a moment. Building them takes minutes at first: what is known to be hard, every test has, too
	tools/fuzz $(FUZZ_SMOKE) 2

.PHONY: fuzz
fuzz: ## Every fuzz target, for an hour together; FUZZ=seconds sets another time
	tools/fuzz $(FUZZ)

.PHONY: peers
peers: setup assets ## Real protocol peers: an OpenID provider, and signing in with it; fapolicyd's tools; BIND, Unbound and Chromium; NanoMDM and KMFDDM, with scep and mdmb
	cd peers/oidc && npm ci --no-audit --no-fund --ignore-scripts
	go test -count=1 -tags peers ./people/oidc/... ./web/account -run "Provider|Peer"
	@# Masked before it is installed: the service as Debian has it denies every program.
	command -v fapolicyd-cli >/dev/null || { mkdir -p /etc/systemd/system && ln -sfn /dev/null /etc/systemd/system/fapolicyd.service && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq fapolicyd; }
	command -v named >/dev/null && command -v unbound >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq bind9 unbound; }
	go test -count=1 -tags peers ./platform/linux ./platform/browser ./platform/dns/transfer ./web/zones -run Peer
	go test -count=1 -tags peers ./enforce ./cmd/portcullis -run Peer

# How often a server is killed on each engine, and how often the kill tests of alerts run.
KILLS := 500
AGAIN := 20

.PHONY: soak
soak: setup ## The long run: 500 kills on each engine under mixed writes and as many under reports, mails under kill, then an hour of fuzzing; KILLS=n and FUZZ=seconds set other lengths
	PORTCULLIS_KILLS=$(KILLS) go test -count=1 -run 'TestKills|TestReportsUnderKill|TestTwoServersAgree|TestServersFail|TestRollingUpgrade' -timeout 2h -v ./cmd/portcullis
	go test -count=$(AGAIN) -run 'UnderKill|TwoServers|TakesOver' -timeout 2h ./alerts
	tools/fuzz $(FUZZ)

# Medians of five runs. Numbers are worth something on a machine that does nothing else.
.PHONY: bench
bench: ## What a decision costs, alone, beside other engines and from end to end
	@results=$$(mktemp); trap 'rm -f "$$results"' EXIT; \
	go test -run '^$$' -bench . -count 5 ./policy ./world | tee "$$results"; \
	(cd bench && go test -run TestAnswersAgree -bench . -count 5 .) | tee -a "$$results"; \
	(cd bench && go test -run TestFormsAgree -bench . -benchtime 1x -count 5 -timeout 1h ./check) | tee -a "$$results"; \
	$(TOOL) benchstat "$$results"
	$(MAKE) bench-server

# Each of these takes the median of many itself, because what it measures takes a minute to set up.
.PHONY: bench-server
bench-server: setup assets ## The server's part of bench alone: pages with 100,000 people, start, memory, mails, the ledger, fail-over
	go test -run '^$$' -bench Pages -benchtime 100x -timeout 1h ./web
	go test -run '^$$' -bench Server -benchtime 1x -timeout 1h ./cmd/portcullis
	go test -run '^$$' -bench Failover -benchtime 5x -timeout 1h ./cmd/portcullis
	go test -run '^$$' -bench Send2000 -benchtime 1x -count 5 ./alerts
	go test -run '^$$' -bench Verify -benchtime 1x -count 5 -timeout 1h ./ledger

.PHONY: bench-check
bench-check: ## The end-to-end part of bench alone
	@results=$$(mktemp); trap 'rm -f "$$results"' EXIT; \
	(cd bench && go test -run TestFormsAgree -bench . -benchtime 1x -count 5 -timeout 1h ./check) | tee "$$results"; \
	$(TOOL) benchstat "$$results"

.PHONY: clean
clean: ## Remove what was built
	rm -rf portcullis web/ui/static/built $(ASSETS)/node_modules

.PHONY: help
help: ## This list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | expand -t 16
