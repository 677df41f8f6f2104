package io.acuity.data;

/**
 * How a picture is written.
 *
 * @param quality 1..100 for JPEG
 * @param background 0xRRGGBB that shows through where a format without alpha is written
 * @param metadata what stays of EXIF and XMP
 */
public record WriteOptions(int quality, int background, Metadata.Policy metadata) {
    /** Quality 95, white background, all metadata. */
    public static final WriteOptions DEFAULT = new WriteOptions(95, 0xFFFFFF, Metadata.Policy.KEEP);

    public WriteOptions {
        if (quality < 1 || quality > 100) {
            throw new IllegalArgumentException("quality: want 1 to 100, have " + quality);
        }
    }

    /** These options with another quality of JPEG, 1..100. */
    public WriteOptions withQuality(int other) {
        return new WriteOptions(other, background, metadata);
    }

    /** These options with another background, 0xRRGGBB. */
    public WriteOptions withBackground(int rgb) {
        return new WriteOptions(quality, rgb, metadata);
    }

    /** These options with another choice of what stays of EXIF and XMP. */
    public WriteOptions withMetadata(Metadata.Policy policy) {
        return new WriteOptions(quality, background, policy);
    }
}
