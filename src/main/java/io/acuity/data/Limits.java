package io.acuity.data;

/**
 * What a picture may ask for; checked against its header before anything is decoded.
 *
 * @param pixels most pixels of a picture that is read
 * @param outputPixels most pixels of a picture that is made from it
 */
public record Limits(long pixels, long outputPixels) {
    /** 400 megapixels in, 6.4 gigapixels out (16 times as many). */
    public static final Limits DEFAULT = new Limits(400_000_000L, 6_400_000_000L);

    /** Most bytes of one piece of metadata (colour profile, EXIF, XMP) once inflated. */
    static final int METADATA_BYTES = 4 << 20;

    /** Limits with another bound on the pixels read. */
    public Limits withPixels(long most) {
        return new Limits(most, outputPixels);
    }

    /** Throws unless the picture is within the limits. */
    void check(String name, ImageHeader header) {
        if (header.width() < 1 || header.height() < 1) {
            throw new ImageException(
                    name, "want a picture of at least 1x1 pixels, have " + header.width() + "x" + header.height());
        }
        // as GIF and TIFF are read one frame deep, further frames cost nothing and are not counted
        if (header.pixels() > pixels) {
            throw new ImageException(
                    name,
                    "want at most " + pixels / 1_000_000 + " megapixels, the header says " + header.width() + "x"
                            + header.height());
        }
    }

    /** Throws unless a picture of this header may be enlarged by {@code scale} on each side. */
    public void checkOutput(String name, ImageHeader header, double scale) {
        double wanted = header.pixels() * scale * scale;
        if (wanted > outputPixels) {
            throw new ImageException(
                    name,
                    "want at most " + outputPixels / 1_000_000 + " megapixels of result, " + header.width() + "x"
                            + header.height() + " times " + scale + " makes " + (long) (wanted / 1e6));
        }
    }
}
