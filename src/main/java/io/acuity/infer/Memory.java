package io.acuity.infer;

import java.lang.management.ManagementFactory;

/** How much memory this machine has. */
final class Memory {
    /** What {@link #quarter} is at least, and takes no asking: that costs 12 ms of a start. */
    static final long LEAST = 1L << 30;

    private Memory() {}

    private static final class Once {
        static final long QUARTER = quarterOfAll();
    }

    /** A quarter of the machine's memory, at least 1 GiB. */
    static long quarter() {
        return Once.QUARTER;
    }

    private static long quarterOfAll() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean machine) {
            return Math.max(LEAST, machine.getTotalMemorySize() / 4);
        }
        return LEAST;
    }
}
