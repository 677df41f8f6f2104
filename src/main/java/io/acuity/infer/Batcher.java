package io.acuity.infer;

import io.acuity.device.Device;
import io.acuity.device.OutOfDeviceMemoryException;
import io.acuity.model.Network;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Shares a device between clients: one thread owns it and computes the windows of all pictures that are being upscaled.
 *
 * <ul>
 *   <li><b>Batches.</b> Windows of one form, of whichever pictures and clients, go through the network together. An image's
 *       result does not depend on the others in its batch, so each picture is bit for bit what it would be alone.
 *   <li><b>Fair.</b> Device time is shared equally between clients, {@link FairQueue}.
 *   <li><b>Short work need not wait for long work.</b> Before each kernel of a long pass, passes of at most an eighth of its
 *       size may go first, for as long as the long one has run: it takes at most twice its time.
 *   <li><b>Deadlines and cancelling.</b> What nobody waits for is dropped, in the queue or between two kernels.
 * </ul>
 */
public final class Batcher implements AutoCloseable {
    /** Passes within passes. */
    private static final int DEPTH = 3;

    private static final int SHORT = 8;

    /**
     * How windows are put together.
     *
     * @param batchPixels a batch is filled up to so many LR pixels; a larger window is a batch of its own
     */
    public record Options(long batchPixels) {
        public Options {
            if (batchPixels < 1) {
                throw new IllegalArgumentException("batch: want at least 1 pixel, have " + batchPixels);
            }
        }

        /** Batches as large as pays on a CPU. */
        public static Options automatic() {
            return new Options(32_768);
        }
    }

    /**
     * What was done since the start.
     *
     * @param windows windows computed
     * @param batches passes they took
     * @param pixels LR pixels of these windows, margins included
     * @param nanos time of the device thread spent on them
     * @param redone windows that bf16 gave numbers for that are infinite or none, and that were computed again in fp32
     * @param interrupted windows that were given up, waiting or half done
     * @param waiting windows that wait now
     * @param waitingPixels their LR pixels
     */
    public record Statistics(
            long windows,
            long batches,
            long pixels,
            long nanos,
            long redone,
            long interrupted,
            int waiting,
            long waitingPixels) {}

    private static final class Batch {
        final List<Work> works;
        final long pixels;
        final long start = System.nanoTime();
        long lent;
        int redone;

        Batch(List<Work> works) {
            this.works = works;
            pixels = works.size() * works.getFirst().job().pixels();
        }
    }

    private final Device device;
    private final Options options;
    private final Thread thread;
    private final FairQueue queue = new FairQueue();
    private final Deque<Lane> lanes = new ArrayDeque<>();
    private final AtomicLong numbers = new AtomicLong();
    private volatile int waiting;
    private volatile boolean closed;
    private long windows;
    private long batches;
    private long pixels;
    private long nanos;
    private long redone;
    private long interrupted;

    private Batcher(Device device, Options options) {
        this.device = device;
        this.options = options;
        thread = Thread.ofPlatform().name("acuity-device").daemon(true).unstarted(this::serve);
    }

    /** Starts the thread that owns {@code device}, on which all networks must lie. */
    public static Batcher start(Device device, Options options) {
        Batcher batcher = new Batcher(device, options);
        batcher.thread.start();
        return batcher;
    }

    /**
     * What upscales pictures for one client. It costs nothing to make one for each picture.
     *
     * @param client who shares the device fairly with the other clients
     * @param deadline when results are no longer wanted, as {@link System#nanoTime} counts; Long.MAX_VALUE for never.
     *     Later calls end with {@link DeadlineException}.
     */
    public Upscaler upscaler(Network network, Upscaler.Options with, String client, long deadline) {
        Engine engine = new Engine() {
            @Override
            public Result run(Network which, Job job, Cancel cancel) {
                return submit(new Work(
                        numbers.incrementAndGet(), client, deadline, which, job, cancel, new CompletableFuture<>()));
            }

            @Override
            public void shrink() {
                // the device thread gives memory back itself
            }
        };
        return new Upscaler(network, with, engine, () -> {});
    }

    private Engine.Result submit(Work work) {
        if (work.expired(System.nanoTime())) {
            throw new DeadlineException();
        }
        synchronized (queue) {
            if (closed) {
                throw new IllegalStateException("batcher: want an open one, have one that was closed");
            }
            queue.add(work);
            waiting = queue.size();
            queue.notifyAll();
        }
        work.cancel().tell(() -> drop(work));
        try {
            return work.result().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException why) {
                throw why;
            }
            if (e.getCause() instanceof OutOfMemoryError why) {
                throw why;
            }
            throw e;
        } finally {
            work.cancel().tell(null);
        }
    }

    /** Lets the waiting thread go at once; a window that is being computed is given up at the next kernel. */
    private void drop(Work work) {
        boolean removed;
        synchronized (queue) {
            removed = !queue.removeIf(w -> w.number() == work.number()).isEmpty();
            waiting = queue.size();
            interrupted += removed ? 1 : 0;
        }
        work.result().completeExceptionally(new CancellationException("upscaling was cancelled"));
    }

    private void serve() {
        while (true) {
            Batch pass;
            synchronized (queue) {
                while (queue.size() == 0 && !closed) {
                    lanes.forEach(Lane::trim);
                    await(1000);
                }
                if (closed) {
                    break;
                }
                pass = next(Long.MAX_VALUE);
            }
            if (pass != null) {
                run(pass, 0);
            }
        }
        lanes.forEach(Lane::close);
    }

    private void await(long millis) {
        try {
            queue.wait(millis);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** The next batch of windows none of which has more than {@code most} pixels; null when there is none. */
    private @Nullable Batch next(long most) {
        synchronized (queue) {
            long now = System.nanoTime();
            for (Work late : queue.removeIf(work -> work.expired(now))) {
                interrupted++;
                late.result().completeExceptionally(new DeadlineException());
            }
            Work first = queue.poll(work -> work.job().pixels() <= most);
            if (first == null) {
                waiting = queue.size();
                return null;
            }
            List<Work> batch = new ArrayList<>(List.of(first));
            long limit = Math.min(options.batchPixels(), most);
            while ((batch.size() + 1) * first.job().pixels() <= limit) {
                Work other = queue.poll(first::fits);
                if (other == null) {
                    break;
                }
                batch.add(other);
            }
            waiting = queue.size();
            return new Batch(batch);
        }
    }

    private void run(Batch pass, int depth) {
        Lane lane = lanes.isEmpty() ? new Lane(device) : lanes.removeFirst();
        List<Work> works = pass.works;
        List<Engine.Result> results = List.of();
        boolean alone = false;
        try {
            List<Engine.Job> jobs = works.stream().map(Work::job).toList();
            results = lane.run(works.getFirst().network(), jobs, () -> between(pass, depth));
            pass.redone = (int) results.stream().filter(Engine.Result::redone).count();
        } catch (OutOfDeviceMemoryException e) {
            lane.close();
            lanes.forEach(Lane::close);
            alone = works.size() > 1;
            if (!alone) {
                works.getFirst().result().completeExceptionally(e);
            }
        } catch (RuntimeException | Error e) {
            works.forEach(work -> work.result().completeExceptionally(e));
        } finally {
            lanes.addFirst(lane);
            count(pass);
        }
        // counted before anybody hears of it
        for (int i = 0; i < results.size(); i++) {
            works.get(i).result().complete(results.get(i));
        }
        if (alone) {
            works.forEach(work -> run(new Batch(List.of(work)), depth));
        }
    }

    private void count(Batch pass) {
        synchronized (queue) {
            windows += pass.works.size();
            batches++;
            pixels += pass.pixels;
            nanos += System.nanoTime() - pass.start - pass.lent;
            redone += pass.redone;
        }
    }

    /** Between two kernels of a pass: is it still wanted, and is there shorter work that may go first? */
    private void between(Batch pass, int depth) {
        long now = System.nanoTime();
        if (pass.works.stream().allMatch(work -> work.unwanted(now))) {
            synchronized (queue) {
                interrupted += pass.works.size();
            }
            throw pass.works.stream().allMatch(work -> work.cancel().isCancelled())
                    ? new CancellationException("upscaling was cancelled")
                    : new DeadlineException();
        }
        if (waiting == 0 || depth + 1 >= DEPTH || pass.lent > now - pass.start - pass.lent) {
            return;
        }
        Batch shorter = next(pass.pixels / SHORT);
        if (shorter != null) {
            run(shorter, depth + 1);
            pass.lent += System.nanoTime() - now;
        }
    }

    /** How long a window that comes now would wait for those before it, in nanoseconds, by the speed so far. */
    public long expectedWait() {
        synchronized (queue) {
            return pixels == 0 ? 0 : (long) ((double) nanos / pixels * queue.pixels());
        }
    }

    /** Nanoseconds of the device for one LR pixel, by the speed so far; 0 before the first window. */
    public double nanosPerPixel() {
        synchronized (queue) {
            return pixels == 0 ? 0 : (double) nanos / pixels;
        }
    }

    /** What was done so far. */
    public Statistics statistics() {
        synchronized (queue) {
            return new Statistics(windows, batches, pixels, nanos, redone, interrupted, queue.size(), queue.pixels());
        }
    }

    /** Ends the thread after the pass it is at; windows that still wait end with {@link CancellationException}. */
    @Override
    public void close() {
        List<Work> left;
        synchronized (queue) {
            closed = true;
            left = queue.removeIf(_ -> true);
            waiting = 0;
            queue.notifyAll();
        }
        left.forEach(work -> work.result().completeExceptionally(new CancellationException("the service was closed")));
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
