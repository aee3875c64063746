# Podwire. `make up` and `make test` need nothing done by hand on a Debian machine with the .NET SDK 10; see README.md.
NODES   ?= 3
NETWORK ?= flannel-vxlan
PROXY   ?= nftables
NETPOLICY ?= nftables
API_PORT ?= 6443
# What an AOT build depends on: every source outside tests, bench and docs.
SOURCES := $(shell find lib cni-bridge cni-flannel cni-calico proxy netpolicy controlplane deploy -name '*.cs' -o -name '*.csproj' -o -name '*.yaml' 2>/dev/null) \
           Directory.Build.props Directory.Build.targets Directory.Packages.props

.PHONY: help build up down status test fuzz bench bench-cni bench-proxy bench-netpolicy bench-overlay bench-bgp deps framework clean
help:
	@sed -n 's/^## //p' Makefile

## make up      build, then start a cluster of NODES nodes on this machine (root); NETWORK, PROXY, NETPOLICY, API_PORT choose how
up: build
	@out/bin/podwire up --nodes $(NODES) --network $(NETWORK) --proxy $(PROXY) --netpolicy $(NETPOLICY) --api-port $(API_PORT)

## make down    end it; nothing is left behind
down:
	@if [ -x out/bin/podwire ]; then out/bin/podwire down; else echo "nothing is built, so nothing is up"; fi

## make status  nodes, daemons, pods, services
status:
	@out/bin/podwire status

## make build   the executables, in out/bin and out/cni
build: out/.built

out/.built: $(SOURCES) | deps framework
	@deploy/build.sh out
	@touch $@

## make test    every test (root: kernel and end-to-end tests make network namespaces)
test: deps framework build
	@tests/run.sh

## make fuzz    every decoder over mutated input, FUZZ_SECONDS (60) each, BGP's with FUZZ_INPUTS (10000000) at least
fuzz: deps framework
	@tests/fuzz/run.sh

## make bench   measure beside the peers: ratios in one run
bench: build
	@deploy/deps.sh bench
	@bench/run.sh

## make bench-cni   the CNI plugins alone
bench-cni: build
	@deploy/deps.sh bench
	@bench/run.sh cni

## make bench-proxy  the service proxy's rows (ROWS picks some; bench/proxy/README.md names them)
bench-proxy: build
	@deploy/deps.sh bench
	@bench/proxy/run.sh $(ROWS)

## make bench-netpolicy  the policy enforcer's rows (ROWS picks some; bench/netpolicy/README.md names them)
bench-netpolicy: build
	@deploy/deps.sh bench
	@bench/netpolicy/run.sh $(ROWS)

## make bench-overlay  the ways between nodes beside hand-made ones, and thousands of nodes
bench-overlay: build
	@deploy/deps.sh bench
	@bench/overlay/run.sh

## make bench-bgp  podwire-bgp as a reflector beside bird2, gobgp and frr (ROWS picks some; bench/bgp/README.md names them)
bench-bgp: build
	@deploy/deps.sh bench
	@bench/bgp/run.sh $(ROWS)

## make deps    install the Debian packages that are missing
deps:
	@deploy/deps.sh build test

framework:
	@deploy/framework.sh

## make clean   remove what was built
clean:
	rm -rf artifacts out
