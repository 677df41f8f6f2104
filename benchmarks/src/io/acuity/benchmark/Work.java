package io.acuity.benchmark;

import io.acuity.device.Precision;

/**
 * What one run of a benchmark does at least.
 *
 * @param flops floating-point operations of the direct computation: 2 a multiply-add
 * @param bytes what must be read and written once
 */
public record Work(double flops, double bytes) {
    /** Numbers of feature maps read and written, and operations on each. */
    static Work features(Precision precision, long count, int numbers, int operations) {
        return new Work((double) count * operations, (double) precision.bytes() * count * numbers);
    }

    /** Numbers read and written, and operations on each. */
    static Work elementwise(long count, int numbers, int operations) {
        return new Work((double) count * operations, 4.0 * count * numbers);
    }
}
