package io.acuity.benchmark.visit;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A time of PyTorch's.
 *
 * @param how eager, as a replayed graph, compiled: what the peer's program says of it
 */
record Peer(double micros, String how) {
    /**
     * The shortest median among the lines of these figures that have all of these values; whichever way PyTorch is fastest, and in bf16
     * or fp16.
     */
    static Optional<Peer> best(List<Map<?, ?>> lines, List<String> figures, Map<String, Object> values) {
        return lines.stream()
                .filter(line -> line.get("figure") instanceof String figure && figures.contains(figure))
                .filter(line ->
                        values.entrySet().stream().allMatch(v -> v.getValue().equals(line.get(v.getKey()))))
                .filter(line -> isHalf(line.get("prec")) && isHalf(line.get("dtype")))
                .filter(line -> line.get("ms_median") instanceof Number)
                .map(Peer::of)
                .min(Comparator.comparingDouble(Peer::micros));
    }

    private static boolean isHalf(@Nullable Object precision) {
        return precision == null || precision.equals("bf16") || precision.equals("fp16");
    }

    private static Peer of(Map<?, ?> line) {
        double millis = line.get("ms_median") instanceof Number number ? number.doubleValue() : 0;
        StringJoiner how = new StringJoiner(" ");
        how.add(String.valueOf(line.get("figure")));
        for (String key : List.of("style", "prec", "dtype", "mode", "compile_mode")) {
            if (line.get(key) instanceof String value && !value.equals("null")) {
                how.add(value);
            }
        }
        return new Peer(1e3 * millis, how.toString());
    }
}
