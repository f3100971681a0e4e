# SPDX-License-Identifier: Apache-2.0
# Unit test of the soak's verdict: make -f tests/unit/soak.mk unit-soak

.PHONY: unit-soak
unit-soak:
	@tests/unit/unit_soak_judge.py
