package io.acuity.data;

/** The eight ways EXIF says a camera was held. */
final class Orientation {
    private Orientation() {}

    /** The picture turned as its EXIF says, with EXIF and XMP saying 1 afterwards. */
    static Image upright(Image image) {
        int orientation = image.metadata().orientation();
        Image turned = orientation == 1 ? image : turn(image, orientation);
        return turned.withMetadata(image.metadata().upright());
    }

    /** The picture that {@code orientation} 1..8 describes. */
    static Image turn(Image image, int orientation) {
        int w = image.width();
        int h = image.height();
        int c = image.channels();
        boolean swap = orientation >= 5;
        Image turned = Image.black(swap ? h : w, swap ? w : h, c, image.bitDepth());
        Object from = image.samples();
        Object to = turned.samples();
        boolean mirror = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean flip = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        for (int y = 0, at = 0; y < turned.height(); y++) {
            for (int x = 0; x < turned.width(); x++, at += c) {
                // 5 transpose, 6 turn right, 7 transverse, 8 turn left: a transpose after the mirrors
                int column = swap ? y : x;
                int row = swap ? x : y;
                int source = (flip ? h - 1 - row : row) * w + (mirror ? w - 1 - column : column);
                copy(from, source * c, to, at, c);
            }
        }
        return turned;
    }

    private static void copy(Object from, int source, Object to, int at, int channels) {
        if (from instanceof byte[] bytes && to instanceof byte[] into) {
            for (int c = 0; c < channels; c++) {
                into[at + c] = bytes[source + c];
            }
        } else if (from instanceof short[] shorts && to instanceof short[] into) {
            for (int c = 0; c < channels; c++) {
                into[at + c] = shorts[source + c];
            }
        }
    }
}
