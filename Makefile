# SPDX-License-Identifier: Apache-2.0
# SSI-HV: builds, tests and installs everything; `make help` lists the targets.
#
# What is built lands in build/. The three programs and each family of unit tests
# have makefiles of their own and are built by them: those ask pkg-config as
# they are read, which must happen after `deps` has installed what it asks for.

# Linux series that the lab boots and that the module is built for.
KERNELS := 6.1 6.12
# Set KDIR to build the module for one other kernel, with that kernel's headers.
KDIR ?=
PREFIX ?= /usr/local
DESTDIR ?=

# A test that hangs ends; one that a busy machine keeps waiting does not.
export CK_DEFAULT_TIMEOUT := 60

MAKEFLAGS += --no-print-directory
UNITS := $(patsubst tests/unit/%.mk,unit-%,$(wildcard tests/unit/*.mk))
PROGRAMS := build/ssictl build/ssi-vmm build/ssi-coordinator

.PHONY: all
all: deps	## build the module for the lab's kernels, and the programs
	@$(MAKE) modules programs

.PHONY: programs
programs: $(PROGRAMS)	## build build/ssictl, build/ssi-vmm and build/ssi-coordinator

# Several makes may run in one checkout, as a test that builds what it needs
# does while another one builds: they take turns.
alone = mkdir -p $(@D) && flock -o $@.lock

.PHONY: FORCE
build/ssictl: FORCE
	@$(alone) $(MAKE) -f ssictl/ssictl.mk $@

build/ssi-vmm: FORCE
	@$(alone) $(MAKE) -f vmm/vmm.mk $@

build/ssi-coordinator: FORCE
	@$(alone) $(MAKE) -f coordinator/coordinator.mk $@

# Kbuild leaves its objects beside the sources. Each kernel has a tree of links
# to them, so that one kernel's objects are never taken for another's.
# $(call build_module,TREE,HEADERS,FLAGS)
define build_module
+@$(alone) sh -ec 'mkdir -p $(1); \
	cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kmod $(CURDIR)/uapi $(1)/; \
	find $(1) -xtype l -delete; \
	$(MAKE) -C $(2) M=$(CURDIR)/$(1) $(3) modules'
endef

.PHONY: modules
ifeq ($(KDIR),)
modules: $(KERNELS:%=build/kmod-%/ssi_mem.ko)	## build the module for the lab's kernels, or for KDIR=/lib/modules/.../build
else
modules: build/ssi_mem.ko
endif

# `deps` brings the headers: their place is only known once it has run.
build/kmod-%/ssi_mem.ko: deps FORCE
	$(call build_module,$(@D),$$(cat build/kernels/$*/headers),W=1 KCFLAGS=-Werror)

# Warnings are no errors here: a later kernel or compiler may bring new ones.
build/ssi_mem.ko: FORCE
	$(call build_module,build/kmod,$(KDIR),W=1)
	@cp build/kmod/ssi_mem.ko $@

.PHONY: deps
deps:	## install what building and testing need (Debian 12)
	@tests/deps

.PHONY: lint
lint: deps	## check the rules of the source tree
	@tests/lint/run

.PHONY: unit
unit: $(UNITS)	## run the unit tests, with sanitizers

.PHONY: $(UNITS)
$(UNITS): unit-%: deps
	@$(MAKE) -f tests/unit/$*.mk $@

.PHONY: packaging
packaging: $(PROGRAMS)	## check what make install installs
	@tests/packaging/run

.PHONY: coord
coord: deps build/ssi-coordinator build/ssictl	## test the coordinator as a process: HTTP, TLS, SQLite, kill -9, full disks, backups
	@tests/coord/run

.PHONY: web
web: deps build/ssi-coordinator	## test the coordinator's page in a browser
	@tests/web/run

.PHONY: fuzz
fuzz: deps	## give parsers and the protocol inputs that nobody thought of
	@tests/fuzz/run

.PHONY: check-model
check-model: deps	## search every state of the protocol's models
	@tests/model/run

.PHONY: netns
netns: all	## test nodes of one kernel in a virtual machine, on both kernels
	@tests/netns/run

# On which kernels.
VMM_KERNELS ?= 6.1
.PHONY: vmm-tests
vmm-tests: all	## test the monitor in a virtual machine
	@$(MAKE) -f tests/vmm/vmm-tests.mk vmm-tests-build
	@for kernel in $(VMM_KERNELS); do \
		tests/lab/lab run --nodes 1 --kernel $$kernel --timeout 1500 \
			tests/vmm/all.sh || exit; \
	done

.PHONY: check
check: deps	## build, lint and run all tests: one verdict
	@tests/run

.PHONY: check-long
check-long:	## run the long tests as well: hours; what held is not run again
	@tests/long

.PHONY: check-debug
check-debug: deps	## test nodes of one kernel on kernels that look for bugs: hours the first time
	@tests/debug/run

# How long; a tenth is enough to try it.
HOURS ?= 8
.PHONY: soak
soak: deps	## run everything for HOURS, and look whether anything grew
	@tests/soak/run $(HOURS)

.PHONY: bench
bench: deps	## measure remote faults beside what they are compared with
	@tests/bench/run

.PHONY: bench-compare
bench-compare:	## what the last bench shows that the committed baseline does not
	@tests/bench/compare build/bench/results.json tests/bench/baseline.json

.PHONY: demo
demo: deps	## show a guest that spans nodes
	@tests/demo/run

# What tests/demo/run asks for.
build/demo/%: FORCE
	@$(alone) $(MAKE) -f tests/demo/demo.mk $@

# Services, rules and groups are looked for in /usr/local as well as in /usr.
installed := $(DESTDIR)$(PREFIX)

.PHONY: install
install: $(PROGRAMS)	## install programs, manual, service, udev rule and group below DESTDIR PREFIX
	install -D -m 755 build/ssictl $(installed)/sbin/ssictl
	install -D -m 755 build/ssictl-full $(installed)/libexec/ssi-hv/ssictl-full
	install -D -m 755 build/ssi-vmm $(installed)/bin/ssi-vmm
	install -D -m 755 build/ssi-coordinator $(installed)/sbin/ssi-coordinator
	install -D -m 644 ssictl/ssictl.8 $(installed)/share/man/man8/ssictl.8
	install -D -m 644 ssictl/ssictl-cluster.8 $(installed)/share/man/man8/ssictl-cluster.8
	install -D -m 644 ssictl/ssictl-deploy.8 $(installed)/share/man/man8/ssictl-deploy.8
	install -D -m 644 ssictl/ssictl-output.5 $(installed)/share/man/man5/ssictl-output.5
	install -D -m 644 coordinator/ssi-coordinator.8 $(installed)/share/man/man8/ssi-coordinator.8
	install -D -m 644 coordinator/coordinator.conf $(installed)/share/doc/ssi-hv/coordinator.conf
	install -D -m 644 coordinator/ssi-coordinator.service $(installed)/lib/systemd/system/ssi-coordinator.service
	install -D -m 644 uapi/openapi.yaml $(installed)/share/doc/ssi-hv/openapi.yaml
	install -D -m 644 uapi/openapi-page.yaml $(installed)/share/doc/ssi-hv/openapi-page.yaml
	install -D -m 644 contrib/grafana/ssi-hv.json $(installed)/share/ssi-hv/grafana/ssi-hv.json
	install -D -m 644 contrib/prometheus/alerts.yml $(installed)/share/ssi-hv/prometheus/alerts.yml
	install -D -m 755 -t $(installed)/share/ssi-hv/bpftrace contrib/bpftrace/*.bt
	install -D -m 644 ssictl/ssictl.bash $(installed)/share/bash-completion/completions/ssictl
	install -D -m 644 ssictl/ssictl.zsh $(installed)/share/zsh/site-functions/_ssictl
	install -D -m 644 ssictl/node.conf $(installed)/share/doc/ssi-hv/node.conf
	install -D -m 644 ssictl/agent.conf $(installed)/share/doc/ssi-hv/agent.conf
	install -D -m 644 ssictl/ssi-agent@.service $(installed)/lib/systemd/system/ssi-agent@.service
	install -D -m 644 ssictl/ssi-node@.service $(installed)/lib/systemd/system/ssi-node@.service
	install -D -m 644 kmod/60-ssi-mem.rules $(installed)/lib/udev/rules.d/60-ssi-mem.rules
	install -D -m 644 kmod/ssi-hv.sysusers $(installed)/lib/sysusers.d/ssi-hv.conf

.PHONY: modules_install
modules_install: KDIR := $(or $(KDIR),/lib/modules/$(shell uname -r)/build)
modules_install:	## build and install the module for KDIR, or for the running kernel
	@$(MAKE) modules KDIR=$(KDIR)
	@$(MAKE) -C $(KDIR) M=$(CURDIR)/build/kmod INSTALL_MOD_PATH=$(DESTDIR) modules_install

.PHONY: clean
clean:	## remove what was built; keeps the unpacked kernels and their tools
	[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name kernels \
		! -name 'linux-source-*' -exec rm -rf {} +

.PHONY: help
help:	## list the targets
	@sed -n 's/^\([a-z_-]*\):.*\t## /\1\t/p' Makefile | expand -t 18
