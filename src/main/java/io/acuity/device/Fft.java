package io.acuity.device;

/**
 * Sizes of a batch of real Fourier transforms in two dimensions, from planes [batch][height][width] of fp32 to half spectra,
 * complex [batch][height][width / 2 + 1] with real and imaginary part side by side, or back. The layout is that of cuFFT's R2C
 * and C2R.
 *
 * @param batch planes, at least 1
 * @param height rows of a plane
 * @param width columns of a plane
 */
public record Fft(int batch, int height, int width) {
    /** Which way: planes to spectra, or spectra to planes. Neither divides: there and back multiplies by height * width. */
    public enum Direction {
        FORWARD,
        INVERSE
    }

    public Fft {
        if (batch < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "fft: want positive sizes, have " + batch + " x " + height + " x " + width);
        }
    }

    /** Columns of a half spectrum. */
    public int columns() {
        return width / 2 + 1;
    }

    /** Bytes of all planes. */
    public long planeBytes() {
        return (long) batch * height * width * Float.BYTES;
    }

    /** Bytes of all half spectra. */
    public long spectrumBytes() {
        return (long) batch * height * columns() * 2 * Float.BYTES;
    }

    /** Bytes of what a transform reads. */
    public long fromBytes(Direction direction) {
        return direction == Direction.FORWARD ? planeBytes() : spectrumBytes();
    }

    /** Bytes of what a transform writes. */
    public long toBytes(Direction direction) {
        return direction == Direction.FORWARD ? spectrumBytes() : planeBytes();
    }

    @Override
    public String toString() {
        return "fft[" + batch + " x " + height + " x " + width + "]";
    }
}
