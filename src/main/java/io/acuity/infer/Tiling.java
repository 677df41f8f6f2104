package io.acuity.infer;

import io.acuity.model.Network;
import java.util.Locale;

/**
 * How a picture is divided.
 *
 * @param side of a tile in LR pixels
 * @param reach LR pixels computed around a tile and dropped
 * @param approximate whether the result differs from that of the whole picture
 */
record Tiling(int side, int reach, boolean approximate) {
    private static final int SMALLEST = 16;

    /** Around approximate tiles: what lies further away matters through statistics of the whole picture, hardly directly. */
    private static final int APPROXIMATE_REACH = 48;

    /**
     * The tiles of a picture.
     *
     * @throws TilingException if there must be some, would change the result, and are not allowed to
     */
    static Tiling of(Network network, Upscaler.Options options, int width, int height) {
        int grid = network.grid();
        int whole = up(Math.max(width, height), grid);
        boolean fits = options.allows(network.workingBytes((long) width * height));
        int asked = up(options.tile(), grid);
        if (network.tilesExactly()) {
            int side = asked > 0 ? asked : fits ? whole : largest(network, options, whole, network.reach());
            return new Tiling(side, network.reach(), false);
        }
        if (asked >= whole || (asked == 0 && fits)) {
            return new Tiling(whole, whole, false);
        }
        if (options.approximate()) {
            int side = asked > 0 ? asked : largest(network, options, whole, APPROXIMATE_REACH);
            return new Tiling(side, APPROXIMATE_REACH, true);
        }
        throw refusal(network, options, width, height);
    }

    private static int up(int value, int grid) {
        return (value + grid - 1) / grid * grid;
    }

    private static int largest(Network network, Upscaler.Options options, int whole, int reach) {
        int grid = network.grid();
        int around = 2 * (reach + grid);
        int side = whole;
        while (side > SMALLEST && !options.allows(network.workingBytes((long) (side + around) * (side + around)))) {
            side = Math.max(SMALLEST, side * 7 / 8 / grid * grid);
        }
        return side;
    }

    private static TilingException refusal(Network network, Upscaler.Options options, int width, int height) {
        boolean asked = options.tile() > 0;
        String why = asked
                ? "tiles of " + options.tile() + " pixels would change the result"
                : "for " + width + "x" + height + " it wants " + gigabytes(network.workingBytes((long) width * height))
                        + " of memory and may use " + gigabytes(options.room());
        return new TilingException(
                network.architecture() + " looks at the whole picture at once: " + why
                        + "; --approximate-tiles allows tiles that give nearly the same",
                asked);
    }

    /** When memory runs out in spite of the estimate: a half of the tile, or 0 when it may not be divided further. */
    int half(Span rows, Span columns, int grid, boolean exact) {
        int half = Math.max(rows.length(), columns.length()) / 2 / grid * grid;
        return half < SMALLEST || !(exact || approximate) ? 0 : half;
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}
