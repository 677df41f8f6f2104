package io.acuity.cli;

import io.acuity.infer.Upscaler;

/** Says so where a picture is not bf16's alone. */
final class Redone {
    private Redone() {}

    /** One line, if fp32 was asked for any tile. */
    static void tell(Streams streams, Upscaler upscaler) {
        long tiles = upscaler.redone();
        if (tiles > 0) {
            streams.tell((tiles == 1 ? "1 tile was" : tiles + " tiles were")
                    + " computed again in fp32, since bf16 gave numbers that are not finite");
        }
    }
}
