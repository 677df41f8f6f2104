package io.acuity.contrast;

import io.acuity.tensor.Tensor;
import java.util.List;

/**
 * Feature maps of some blocks of the {@link EmbeddingNetwork}.
 *
 * @param taps the blocks' numbers, in the order asked for
 * @param maps one for each tap: [M, C, h, w], M the images that were embedded
 */
public record Features(List<Integer> taps, List<Tensor> maps) {
    public Features {
        taps = List.copyOf(taps);
        maps = List.copyOf(maps);
        if (taps.size() != maps.size()) {
            throw new IllegalArgumentException(
                    "features: want one map for each of " + taps.size() + " taps, have " + maps.size());
        }
    }

    /**
     * The map of a tap.
     *
     * @throws IllegalArgumentException if it was not asked for
     */
    public Tensor map(int tap) {
        int index = taps.indexOf(tap);
        if (index < 0) {
            throw new IllegalArgumentException("features tap: want one of " + taps + ", have " + tap);
        }
        return maps.get(index);
    }
}
