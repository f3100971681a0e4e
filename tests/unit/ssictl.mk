# SPDX-License-Identifier: Apache-2.0
# Unit tests of ssictl, with sanitizers: make -f tests/unit/ssictl.mk unit-ssictl
# A test includes the .c file under test; what that needs besides stands here.

UNIT_SSICTL_PKGS := check libnl-3.0 libnl-genl-3.0 gnutls jansson libcurl ncursesw
UNIT_SSICTL_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -pthread -D_GNU_SOURCE -Iuapi \
	-DSSI_VERSION='"0.1"' \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	$(shell pkg-config --cflags $(UNIT_SSICTL_PKGS))
UNIT_SSICTL_LIBS := $(shell pkg-config --libs $(UNIT_SSICTL_PKGS)) -pthread

UNIT_SSICTL := $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/unit_ssictl_*.c))

UNIT_SSICTL_CERTS := $(addprefix ssictl/,identity.c issue.c opts.c private.c)
build/unit/unit_ssictl_handshake: UNIT_SSICTL_WITH := $(addprefix ssictl/,hello.c lives.c) $(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_join: UNIT_SSICTL_WITH := $(addprefix ssictl/,cmd.c credentials.c out.c rest.c secret.c) \
	$(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_rest: UNIT_SSICTL_WITH := ssictl/private.c
build/unit/unit_ssictl_figures: UNIT_SSICTL_WITH := $(addprefix ssictl/,hist.c hot.c names.c)
build/unit/unit_ssictl_lease: UNIT_SSICTL_WITH := ssictl/opts.c
build/unit/unit_ssictl_identity: UNIT_SSICTL_WITH := $(addprefix ssictl/,issue.c opts.c private.c)
build/unit/unit_ssictl_issue: UNIT_SSICTL_WITH := $(addprefix ssictl/,identity.c opts.c private.c)
build/unit/unit_ssictl_credentials: UNIT_SSICTL_WITH := ssictl/secret.c $(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_pki: UNIT_SSICTL_WITH := $(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_invite: UNIT_SSICTL_WITH := $(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_cluster: UNIT_SSICTL_WITH := $(addprefix ssictl/,out.c pki.c) $(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_secret: UNIT_SSICTL_WITH := ssictl/private.c
build/unit/unit_ssictl_leave: UNIT_SSICTL_WITH := ssictl/cmd.c
build/unit/unit_ssictl_link: UNIT_SSICTL_WITH := $(addprefix ssictl/,credentials.c handshake.c hello.c lives.c secret.c) \
	$(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_agent build/unit/unit_ssictl_agent_certs: UNIT_SSICTL_WITH := $(addprefix ssictl/,link.c credentials.c handshake.c hello.c \
	lives.c logline.c report.c secret.c) $(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_keeper: UNIT_SSICTL_WITH := $(addprefix ssictl/,lease.c names.c opts.c \
	private.c publish.c rest.c)
build/unit/unit_ssictl_stats: UNIT_SSICTL_WITH := $(addprefix ssictl/,nodes.c hist.c names.c table.c out.c cmd.c)
build/unit/unit_ssictl_status: UNIT_SSICTL_WITH := $(addprefix ssictl/,nodes.c cgroup.c out.c cmd.c)
build/unit/unit_ssictl_region: UNIT_SSICTL_WITH := $(addprefix ssictl/,cgroup.c table.c out.c cmd.c)
build/unit/unit_ssictl_monitor: UNIT_SSICTL_WITH := $(addprefix ssictl/,out.c cmd.c)
build/unit/unit_ssictl_doctor: UNIT_SSICTL_WITH := ssictl/out.c
build/unit/unit_ssictl_validate: UNIT_SSICTL_WITH := $(addprefix ssictl/,doctor.c out.c)
build/unit/unit_ssictl_deploy: UNIT_SSICTL_WITH := $(addprefix ssictl/,doctor.c validate.c ssh.c target.c table.c \
	out.c cmd.c) build/obj/unit/deploy_sh.o
build/unit/unit_ssictl_deploy: build/obj/unit/deploy_sh.o
build/unit/unit_ssictl_main: UNIT_SSICTL_WITH := $(addprefix ssictl/,commands.c full.c opts.c out.c target.c)
build/unit/unit_ssictl_schema: UNIT_SSICTL_WITH := ssictl/cmd.c build/obj/unit/schemas.o
build/unit/unit_ssictl_schema: build/obj/unit/schemas.o
build/unit/unit_ssictl_cmd_doctor: UNIT_SSICTL_WITH := $(addprefix ssictl/,out.c cmd.c) $(UNIT_SSICTL_CERTS)
build/unit/unit_ssictl_pages: UNIT_SSICTL_WITH := $(addprefix ssictl/,hot.c names.c table.c out.c cmd.c)
build/unit/unit_ssictl_version: UNIT_SSICTL_WITH := $(addprefix ssictl/,out.c cmd.c)
build/unit/unit_ssictl_node: UNIT_SSICTL_WITH := $(addprefix ssictl/,nodes.c table.c out.c cmd.c)
build/unit/unit_ssictl_vm: UNIT_SSICTL_WITH := $(addprefix ssictl/,out.c cmd.c)
build/unit/unit_ssictl_attach: UNIT_SSICTL_WITH := ssictl/attach.c
build/unit/unit_ssictl_rates: UNIT_SSICTL_WITH := $(addprefix ssictl/,hist.c nodes.c out.c)
build/unit/unit_ssictl_top: UNIT_SSICTL_WITH := ssictl/cmd.c
build/unit/unit_ssictl_conf: UNIT_SSICTL_WITH := $(addprefix ssictl/,cmd.c nodes.c opts.c out.c) \
	coordinator/fields.c
build/unit/unit_ssictl_table: UNIT_SSICTL_WITH := ssictl/out.c

$(UNIT_SSICTL): build/unit/%: tests/unit/%.c tests/unit/ssictl.mk \
		$(wildcard tests/unit/unit_ssictl_*.h tests/unit/ssictl_schema.py ssictl/*.[ch] ssictl/schema/*)
	@mkdir -p $(@D)
	$(CC) $(UNIT_SSICTL_CFLAGS) -DSSI_REPORT_DIR='"$@.reports"' -o $@ $< $(UNIT_SSICTL_WITH) $(UNIT_SSICTL_LIBS)

build/obj/unit/deploy_sh.o: ssictl/deploy.sh
	@mkdir -p $(@D)
	cd ssictl && $(LD) -r -b binary -z noexecstack -o ../$@ deploy.sh
# As in the program.
build/obj/unit/schemas.o: ssictl/schemas.py $(wildcard ssictl/schema/*.json)
	@mkdir -p $(@D)
	ssictl/schemas.py ssictl/schema >$(@D)/schemas.json
	cd $(@D) && $(LD) -r -b binary -z noexecstack -o schemas.o schemas.json

.PHONY: unit-ssictl
unit-ssictl: $(UNIT_SSICTL:%=%.run)

# Most wait for something most of the time: make runs them side by side, so that none
# may use what another one does.
.PHONY: $(UNIT_SSICTL:%=%.run)
$(UNIT_SSICTL:%=%.run): %.run: %
	@$<
