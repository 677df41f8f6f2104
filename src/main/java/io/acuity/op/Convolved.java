package io.acuity.op;

import io.acuity.device.Buffer;
import io.acuity.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A convolution's result, of which a normalisation wants mean and variance.
 *
 * @param map [N, C, H, W]
 * @param moments of each of its tiles, tileRows x 16 pixels of one image, float[tiles][2][C]: the mean of each channel and the sum of
 *     squares of what lies off it; null where the convolution did not form them
 * @param tileRows rows of a tile
 */
public record Convolved(Tensor map, @Nullable Buffer moments, int tileRows) {
    private static final int TILE_COLUMNS = 16;

    /** A map of which nothing is known. */
    public static Convolved of(Tensor map) {
        return new Convolved(map, null, 1);
    }

    /** Into how many tiles images of {@code height} x {@code width} are cut. */
    static long tiles(int height, int width, int tileRows) {
        return (height + tileRows - 1L) / tileRows * ((width + TILE_COLUMNS - 1L) / TILE_COLUMNS);
    }
}
