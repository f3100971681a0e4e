# SPDX-License-Identifier: Apache-2.0
# Unit tests of the VMM: one program per tests/unit/unit_vmm_*.c, with
# sanitizers. From the top folder: make -f tests/unit/vmm.mk unit-vmm

UNIT_VMM_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -Iuapi -pthread \
	-fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_VMM_TESTS := $(patsubst tests/unit/%.c,build/unit/%,$(wildcard tests/unit/unit_vmm_*.c))

.PHONY: unit-vmm
unit-vmm: $(UNIT_VMM_TESTS:%=%.run)

.PHONY: $(UNIT_VMM_TESTS:%=%.run)
$(UNIT_VMM_TESTS:%=%.run): %.run: %
	@$<

$(UNIT_VMM_TESTS): build/unit/%: tests/unit/%.c tests/unit/vmm.mk
	@mkdir -p $(@D)
	$(CC) $(UNIT_VMM_CFLAGS) -MMD -MP -o $@ $< $$(pkg-config --libs check)

-include $(UNIT_VMM_TESTS:%=%.d)
