# Dobosh. "make demo" and "make test" are all there is to know; "make help"
# lists the rest.
GO ?= go

.PHONY: help demo build release package test tools vet fuzz faults bench clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

build: ## build bin/dobosh and bin/dobosh-lab
	@echo "building: some minutes the first time, each line a package that is ready"
	$(GO) build -v -trimpath -o bin/ ./cmd/...

release: ## build both without symbols, reproducibly, into bin/release, and print their size
	@sh scripts/release "$(CURDIR)/bin/release"

package: ## build the Debian package into bin
	@sh scripts/package "$(CURDIR)/bin"

demo: build ## run the demonstration; ARGS="--listen 127.0.0.1:9080 --fresh"
	./bin/dobosh-lab demo $(ARGS)

tools: ## install what the tests need (as root on Debian), and say what they run against
	@sh scripts/tools

vet: ## formatting and static checks
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'gofmt -w these files'; exit 1; }
	$(GO) vet ./...

test: tools vet build ## run all tests with the race detector
	./bin/dobosh pack check
	./bin/dobosh pack test
	$(GO) test -race -json -timeout 20m ./... | $(GO) run ./internal/testkit/tally

fuzz: ## fuzz every parser for ten seconds each; TIME=1m for longer
	@sh scripts/fuzz $(or $(TIME),10s)

faults: build ## make trouble for ten minutes, by a fixed list of seeds; SEEDS="1 2" MINUTES=1 for others
	@sh scripts/faults ./bin/dobosh-lab "$(or $(MINUTES),1)" $(or $(SEEDS),1 2 3 4 5 6 7 8 9 10)

bench: build ## measure the whole loop
	./bin/dobosh-lab bench loop --json

clean: ## remove what was built and the demonstration's data
	rm -rf bin .cache dobosh-data
