package io.acuity.serve;

import io.acuity.data.ImageHeader;
import io.acuity.model.Network;

/**
 * A picture that is to be upscaled: all that can be known before it is decoded.
 *
 * @param file its bytes
 * @param model the name of the network
 * @param factor final factor, at most the network's
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Order(byte[] file, ImageHeader header, String model, Network network, double factor, Parameters parameters) {
    /** Heap that decoding, upscaling and encoding take, in bytes, from above; {@code windowPixels} go through at once. */
    long bytes(long windowPixels) {
        long samples = 4L * (header.bitDepth() > 8 ? 2 : 1);
        long enlarged = (long) network.scale() * network.scale();
        long lr = header.pixels() * samples;
        // numbers of a window and their sum, a band of rows
        long window = Math.min(header.pixels(), windowPixels) * enlarged * (2L * 3 * Float.BYTES + samples);
        boolean whole = factor != network.scale();
        long sr = header.pixels() * enlarged * samples * (whole ? 3 : 1);
        return 2 * lr + sr + window;
    }
}
