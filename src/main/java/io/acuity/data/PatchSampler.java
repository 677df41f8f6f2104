package io.acuity.data;

import io.acuity.tensor.Random;
import java.util.List;

/**
 * Where the patches of each training step lie: a pure function of seed and step, so that a resumed run sees the same ones.
 * Every position of every picture is equally likely.
 */
public final class PatchSampler {
    private static final int FLIP_COLUMNS = 1;
    private static final int FLIP_ROWS = 2;
    private static final int TRANSPOSE = 4;
    private static final int CHANNELS = 3;

    /** Longs of one patch's plan, see the kernel patch_crop_forward. */
    public static final int PLAN = 4;

    private final List<PackedImages.Entry> entries;
    private final long[] lastPosition;
    private final int scale;
    private final int lrPatch;
    private final long seed;
    private final boolean flip;
    private final boolean rotate;

    /**
     * Patches of {@code patch} x {@code patch} HR pixels.
     *
     * @param flip mirror at random
     * @param rotate turn by quarter turns at random
     * @throws ImageException naming a picture smaller than the patch
     */
    public PatchSampler(PackedImages images, int patch, long seed, boolean flip, boolean rotate) {
        this.entries = images.entries();
        this.scale = images.scale();
        this.lrPatch = patch / scale;
        this.seed = seed;
        this.flip = flip;
        this.rotate = rotate;
        lastPosition = new long[entries.size()];
        long sum = 0;
        for (int i = 0; i < lastPosition.length; i++) {
            PackedImages.Entry e = entries.get(i);
            if (e.width() < patch || e.height() < patch) {
                throw new ImageException(
                        e.name(),
                        "want at least %1$dx%1$d pixels for a training patch, have %2$dx%3$d"
                                .formatted(patch, e.width(), e.height()));
            }
            sum += (long) (e.width() / scale - lrPatch + 1) * (e.height() / scale - lrPatch + 1);
            lastPosition[i] = sum;
        }
    }

    /** Fills the plans of one step, {@link #PLAN} numbers a patch, for the LR and the HR pixels. */
    public void plan(long step, long[] lr, long[] hr) {
        Random random = Random.of(seed, step + 1);
        for (int i = 0; i < lr.length; i += PLAN) {
            long position = random.nextLong(lastPosition[lastPosition.length - 1]);
            int image = 0;
            while (lastPosition[image] <= position) {
                image++;
            }
            PackedImages.Entry e = entries.get(image);
            int lrWidth = e.width() / scale;
            int columns = lrWidth - lrPatch + 1;
            long within = position - (image == 0 ? 0 : lastPosition[image - 1]);
            long y = within / columns;
            long x = within % columns;
            int word = random.nextInt();
            int flags = (flip ? word & FLIP_COLUMNS : 0) | (rotate ? word & (FLIP_ROWS | TRANSPOSE) : 0);
            lr[i] = e.lrOffset() + (y * lrWidth + x) * CHANNELS;
            lr[i + 1] = (long) lrWidth * CHANNELS;
            lr[i + 2] = flags;
            hr[i] = e.hrOffset() + (y * e.width() + x) * scale * CHANNELS;
            hr[i + 1] = (long) e.width() * CHANNELS;
            hr[i + 2] = flags;
        }
    }
}
