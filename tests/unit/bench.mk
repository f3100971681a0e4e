# SPDX-License-Identifier: Apache-2.0
# Unit test of the bench's figures: make -f tests/unit/bench.mk unit-bench

.PHONY: unit-bench
unit-bench:
	@tests/unit/unit_bench_figures.py
