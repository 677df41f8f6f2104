package io.acuity.infer;

import java.lang.management.ManagementFactory;

/** How much memory this machine has. */
final class Memory {
    private static final long LEAST = 1L << 30;

    private Memory() {}

    /** A quarter of the machine's memory, at least 1 GiB. */
    static long quarter() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean machine) {
            return Math.max(LEAST, machine.getTotalMemorySize() / 4);
        }
        return LEAST;
    }
}
