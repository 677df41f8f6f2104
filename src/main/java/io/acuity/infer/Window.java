package io.acuity.infer;

/** What is computed for one tile in one orientation: rows and columns of the turned picture, and the tile's place inside. */
record Window(Span rows, Span columns, Span coreRows, Span coreColumns, Orientation orientation) {

    /** The window around a tile given by rows and columns of the upright picture. */
    static Window around(Span rows, Span columns, int height, int width, Orientation orientation, int reach, int grid) {
        Span r = orientation.rows(rows, height);
        Span c = orientation.columns(columns, width);
        boolean turned = orientation.transpose();
        Span coreRows = turned ? c : r;
        Span coreColumns = turned ? r : c;
        return new Window(
                coreRows.window(turned ? width : height, reach, grid),
                coreColumns.window(turned ? height : width, reach, grid),
                coreRows,
                coreColumns,
                orientation);
    }

    int height() {
        return rows.length();
    }

    int width() {
        return columns.length();
    }

    /** Whether nothing but the tile is computed: the picture ends with it on all sides, or the network looks no further. */
    boolean isTile() {
        return rows.isSame(coreRows) && columns.isSame(coreColumns);
    }

    /** Samples of three channels of the upright picture, gathered turned: [height][width][3]. */
    void gather(HeldRows source, int pictureHeight, int pictureWidth, int[] channels, SampleArray to) {
        int at = 0;
        for (int i = rows.start(); i < rows.end(); i++) {
            for (int j = columns.start(); j < columns.end(); j++) {
                int r = orientation.transpose() ? j : i;
                int c = orientation.transpose() ? i : j;
                int y = orientation.flipRows() ? pictureHeight - 1 - r : r;
                int x = orientation.flipColumns() ? pictureWidth - 1 - c : c;
                for (int channel : channels) {
                    to.set(at++, source.sample(x, y, channel));
                }
            }
        }
    }

    /**
     * Adds the tile's part of this window's result to {@code sum}.
     *
     * @param sr the window's result [height * scale][width * scale][3]
     * @param sum the upright tile's sums [tile height * scale][tile width * scale][3]
     */
    void addTo(float[] sr, float[] sum, int scale) {
        int stride = width() * scale;
        Span tileRows = coreRows.times(scale);
        Span tileColumns = coreColumns.times(scale);
        int top = rows.start() * scale;
        int left = columns.start() * scale;
        int tileHeight = (orientation.transpose() ? coreColumns : coreRows).length() * scale;
        int tileWidth = (orientation.transpose() ? coreRows : coreColumns).length() * scale;
        for (int i = tileRows.start(); i < tileRows.end(); i++) {
            for (int j = tileColumns.start(); j < tileColumns.end(); j++) {
                int a = i - tileRows.start();
                int b = j - tileColumns.start();
                int r = orientation.transpose() ? b : a;
                int c = orientation.transpose() ? a : b;
                int y = orientation.flipRows() ? tileHeight - 1 - r : r;
                int x = orientation.flipColumns() ? tileWidth - 1 - c : c;
                int from = ((i - top) * stride + (j - left)) * 3;
                int to = (y * tileWidth + x) * 3;
                sum[to] += sr[from];
                sum[to + 1] += sr[from + 1];
                sum[to + 2] += sr[from + 2];
            }
        }
    }
}
