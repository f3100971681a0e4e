# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The floor: what messages cost without any page fault.

measure_floor() {
	insmod "$BENCH_MODULE" || die "insmod $BENCH_MODULE"
	row floor.softirq.4k floor
	row floor.softirq.64 floor --reply 64
	row floor.softirq.4k.t4 floor --threads 4 --count 4000
	row floor.ring3 floor --nodes 3
	row floor.blocking.4k floor --mode blocking
	row floor.blocking.64 floor --mode blocking --reply 64
	row floor.tls.4k floor --mode blocking --tls
	row floor.tls.64 floor --mode blocking --tls --reply 64
	row floor.stream floor --mode stream --count 20000
	rmmod ssi_bench || die "rmmod ssi_bench"
	"$BENCH/pingpong" floor.user.4k 2000 1 && measured floor.user.4k
	"$BENCH/pingpong" floor.user.4k.t4 4000 4 && measured floor.user.4k.t4
}
