package io.acuity.infer;

import io.acuity.model.Network;
import java.util.concurrent.CompletableFuture;

/**
 * A window that a client waits for.
 *
 * @param number order of arrival
 * @param deadline of {@link System#nanoTime}; Long.MAX_VALUE for none
 */
record Work(
        long number,
        String client,
        long deadline,
        Network network,
        Engine.Job job,
        Cancel cancel,
        CompletableFuture<Engine.Result> result) {

    /** Whether both may be computed in one pass. */
    boolean fits(Work other) {
        return network.equals(other.network)
                && job.width() == other.job.width()
                && job.height() == other.job.height()
                && job.bitDepth() == other.job.bitDepth();
    }

    boolean expired(long now) {
        return deadline != Long.MAX_VALUE && deadline - now < 0;
    }

    /** Whether nobody waits for it any more. */
    boolean unwanted(long now) {
        return cancel.isCancelled() || expired(now);
    }
}
