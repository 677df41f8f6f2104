package io.acuity.infer;

import io.acuity.device.Buffer;
import io.acuity.device.Graph;
import io.acuity.device.Precision;
import io.acuity.device.Readback;
import io.acuity.op.FiniteCheck;
import io.acuity.op.Pixels;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network's pass over windows of one form, again and again. The first run is direct, which takes all memory and makes what is made
 * at first use; the second is captured, and from then on a run is one launch of a graph that is fed the windows. On a device of bf16
 * the pass ends with a look at its numbers.
 *
 * <p>It works in the memory of a tape that others use, too, one at a time, and lasts as long as that memory does.
 */
final class Pass implements AutoCloseable {
    /** Beyond so many LR pixels arithmetic takes far longer than asking for it, and samples on their way much pinned memory. */
    static final long MOST_PIXELS = 1 << 18;

    private final Tape tape;
    private final Form form;
    private final long version;
    private final @Nullable Readback wrong;
    private List<Engine.Job> jobs = List.of();
    private @Nullable Tensor result;
    private @Nullable Buffer words;
    private @Nullable Graph graph;

    Pass(Tape tape, Form form) {
        this.tape = tape;
        this.form = form;
        version = form.network().parameters().version();
        boolean guarded = tape.device().precision() != Precision.FP32;
        wrong = guarded ? tape.device().readback((long) form.shape().n() * Integer.BYTES) : null;
    }

    /** Whether the weights are still those of the first run; a graph has no packing of others. */
    boolean isCurrent() {
        return version == form.network().parameters().version();
    }

    /**
     * Starts a run.
     *
     * @return [N, 3, scale h, scale w] in fp32, until the tape's next use
     */
    Tensor start(List<Engine.Job> windows) {
        jobs = windows;
        try {
            Graph ready = graph;
            if (ready == null && result != null && form.shape().pixels() <= MOST_PIXELS) {
                ready = tape.device().capture(this::work);
                graph = ready;
            }
            if (ready == null) {
                work();
            } else {
                ready.launch();
            }
        } finally {
            jobs = List.of();
        }
        Tensor sr = result;
        if (sr == null) {
            throw new IllegalStateException("pass: want a result, have none");
        }
        if (wrong != null && words != null) {
            wrong.start(words);
        }
        return sr;
    }

    /** Whether windows have numbers that are not finite, 0 if not; asked for with the run, so after its numbers this does not wait. */
    int[] wrong() {
        return wrong == null ? new int[form.shape().n()] : wrong.await().toArray(ValueLayout.JAVA_INT);
    }

    private void work() {
        tape.reset();
        long bytes = form.shape().elements() * Pixels.sampleBytes(form.bitDepth());
        Buffer samples = tape.feed(bytes, this::write);
        Tensor sr = form.network().forward(tape, Pixels.toTensor(tape, samples, form.shape(), form.bitDepth()));
        if (wrong != null) {
            Buffer room = tape.take((long) form.shape().n() * Integer.BYTES);
            FiniteCheck.apply(tape, sr, room);
            words = room;
        }
        result = sr;
    }

    private void write(MemorySegment to) {
        long at = 0;
        for (Engine.Job job : jobs) {
            MemorySegment samples = job.samples().segment();
            MemorySegment.copy(samples, 0, to, at, samples.byteSize());
            at += samples.byteSize();
        }
    }

    @Override
    public void close() {
        if (graph != null) {
            graph.close();
            graph = null;
        }
        if (wrong != null) {
            wrong.close();
        }
    }
}
