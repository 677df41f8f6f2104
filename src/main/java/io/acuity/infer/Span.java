package io.acuity.infer;

/** Rows or columns from {@code start} up to {@code end}, not included. */
record Span(int start, int end) {
    int length() {
        return end - start;
    }

    /** As {@code equals}, which a record forms when it is first called: 15 ms of a start. */
    boolean isSame(Span other) {
        return start == other.start && end == other.end;
    }

    Span times(int factor) {
        return new Span(start * factor, end * factor);
    }

    /** The same pixels counted from the other end of {@code size}. */
    Span mirrored(int size) {
        return new Span(size - end, size - start);
    }

    /**
     * What must be computed so that these pixels come out as in the whole picture, to the last bit: {@code reach} more on each
     * side, begun on the kernels' grid of {@code grid} pixels, within the picture.
     */
    Span window(int size, int reach, int grid) {
        int from = Math.max(0, start - reach);
        int to = Math.min((long) size, (long) end + reach + grid) == size ? size : end + reach + grid;
        return new Span(from / grid * grid, to);
    }
}
