package io.acuity.data;

/**
 * What the first bytes of a picture say about it, before anything is decoded.
 *
 * @param format the format, by the first bytes and not by the name
 * @param width pixels in a row as stored, before EXIF orientation
 * @param height rows as stored
 * @param channels samples of a pixel as stored: 1 grey or palette, 2 grey and alpha, 3 RGB, 4 RGBA or CMYK
 * @param bitDepth bits of a sample as stored: 1 to 16, or 32 for floating point
 * @param frames pictures in the file; the first is read
 */
public record ImageHeader(ImageFormat format, int width, int height, int channels, int bitDepth, int frames) {
    /** Width times height. */
    public long pixels() {
        return (long) width * height;
    }
}
