package io.acuity.infer;

import io.acuity.data.Image;
import io.acuity.data.RowReader;
import org.jspecify.annotations.Nullable;

/** The rows of a picture that are needed now, read from the top as they are asked for and dropped when they are not. */
final class HeldRows {
    private final RowReader reader;
    private int top;
    private int next;
    private @Nullable Image held;

    HeldRows(RowReader reader) {
        this.reader = reader;
    }

    /** Holds rows from {@code from} to {@code to}; both may only grow from call to call. */
    void move(int from, int to) {
        int keepFrom = Math.max(from, top);
        int kept = held == null ? 0 : Math.max(0, next - keepFrom);
        Image fresh = to > next ? reader.read(to - next) : null;
        if (held == null || kept == 0) {
            held = fresh == null ? held : fresh;
            top = fresh == null ? top : next;
        } else {
            Image old = held.crop(0, keepFrom - top, held.width(), kept);
            held = fresh == null ? old : stacked(old, fresh);
            top = keepFrom;
        }
        next = Math.max(next, to);
    }

    private static Image stacked(Image above, Image below) {
        int width = above.width();
        Image both = Image.black(width, above.height() + below.height(), above.channels(), above.bitDepth());
        copy(above, both, 0);
        copy(below, both, above.height());
        return both;
    }

    private static void copy(Image from, Image to, int row) {
        int at = row * to.width() * to.channels();
        if (from.bitDepth() == 8) {
            System.arraycopy(from.bytes(), 0, to.bytes(), at, from.bytes().length);
        } else {
            System.arraycopy(from.shorts(), 0, to.shorts(), at, from.shorts().length);
        }
    }

    /** The sample at (x, y) of the whole picture. */
    int sample(int x, int y, int channel) {
        Image image = held;
        if (image == null) {
            throw new IllegalStateException("rows: want move called first");
        }
        return image.sample(x, y - top, channel);
    }
}
