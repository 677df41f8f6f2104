package io.acuity.serve;

import io.acuity.infer.Cancel;
import org.jspecify.annotations.Nullable;

/** A picture that is upscaled while its client does other things. */
final class Job {
    /** Where it stands. */
    enum State {
        RUNNING,
        DONE,
        FAILED,
        CANCELLED
    }

    private final String id;
    private final Order order;
    private final double expectedSeconds;
    private final long start = System.nanoTime();
    private final Cancel cancel = new Cancel();
    private State state = State.RUNNING;
    private byte @Nullable [] result;
    private @Nullable Refusal refusal;
    private double part;
    private long end;
    private boolean fetched;

    Job(String id, Order order, double expectedSeconds) {
        this.id = id;
        this.order = order;
        this.expectedSeconds = expectedSeconds;
    }

    String id() {
        return id;
    }

    Order order() {
        return order;
    }

    Cancel cancel() {
        return cancel;
    }

    synchronized void progress(long done, long total) {
        part = (double) done / total;
    }

    synchronized void done(byte[] picture) {
        if (state == State.RUNNING) {
            state = State.DONE;
            result = picture;
            end = System.nanoTime();
        }
    }

    synchronized void failed(Refusal why) {
        if (state == State.RUNNING) {
            state = State.FAILED;
            refusal = why;
            end = System.nanoTime();
        }
    }

    synchronized void cancelled() {
        if (state == State.RUNNING) {
            state = State.CANCELLED;
            end = System.nanoTime();
        }
    }

    synchronized State state() {
        return state;
    }

    /** The picture; null before it is done. */
    synchronized byte @Nullable [] fetch() {
        fetched = fetched || result != null;
        return result;
    }

    synchronized @Nullable Refusal refusal() {
        return refusal;
    }

    /** Whether its client may still come for the picture. */
    synchronized boolean isAwaited() {
        return state == State.RUNNING || (state == State.DONE && !fetched);
    }

    /** Bytes of the result that are kept. */
    synchronized long kept() {
        return result == null ? 0 : result.length;
    }

    /** Seconds from the start to the end, or to now. */
    synchronized double seconds() {
        return ((state == State.RUNNING ? System.nanoTime() : end) - start) / 1e9;
    }

    /** How old its end is, in seconds; 0 while it runs. */
    synchronized double age() {
        return state == State.RUNNING ? 0 : (System.nanoTime() - end) / 1e9;
    }

    /** 0 to 1: windows done, or what the time spent is of the time expected. */
    synchronized double progress() {
        if (state != State.RUNNING) {
            return 1;
        }
        double byTime = expectedSeconds > 0 ? Math.min(0.95, seconds() / expectedSeconds) : 0;
        return Math.max(part, byTime);
    }
}
