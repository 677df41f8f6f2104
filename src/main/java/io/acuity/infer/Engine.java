package io.acuity.infer;

import io.acuity.model.Network;

/** Computes windows for {@link Upscaler}, alone or together with those of others. */
interface Engine {
    /** Samples [height][width][3] of 8 or 16 bits that are to go through a network. */
    record Job(SampleArray samples, int height, int width, int bitDepth) {
        long pixels() {
            return (long) height * width;
        }
    }

    /**
     * What came of a window.
     *
     * @param numbers [height * scale][width * scale][3]
     * @param redone whether bf16 gave numbers that are infinite or none, and these are those of fp32
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Result(float[] numbers, boolean redone) {}

    /**
     * Computes a window; waits for it.
     *
     * @throws java.util.concurrent.CancellationException if {@code cancel} says so meanwhile
     */
    Result run(Network network, Job job, Cancel cancel);

    /** Gives back working memory that is not in use, after a device had none left. */
    void shrink();
}
