package io.acuity.benchmark.visit;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What the GPU reached in the visit.
 *
 * @param flops of wgmma in bf16, a second; 0 where it was not measured
 * @param bytes read and written by a copy through the GPU's memory, a second; 0 where it was not measured
 */
record Ceilings(double flops, double bytes) {
    /** From the lines of the microbenchmarks. */
    static Ceilings of(Path file) {
        List<Map<?, ?>> lines = Lines.of(file);
        return new Ceilings(1e12 * figure(lines, "wgmma_two_blocks_an_sm"), 1e9 * figure(lines, "copy_memory"));
    }

    private static double figure(List<Map<?, ?>> lines, String figure) {
        return lines.stream()
                .filter(line -> figure.equals(line.get("figure")))
                .mapToDouble(line -> line.get("value") instanceof Number value ? value.doubleValue() : 0)
                .findFirst()
                .orElse(0);
    }

    boolean known() {
        return flops > 0 && bytes > 0;
    }

    /** The longer of the two times that operations and bytes take at best, in microseconds. */
    OptionalDouble floorMicros(double operations, double moved) {
        return known() ? OptionalDouble.of(1e6 * Math.max(operations / flops, moved / bytes)) : OptionalDouble.empty();
    }
}
