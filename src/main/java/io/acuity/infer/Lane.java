package io.acuity.infer;

import io.acuity.device.Device;
import io.acuity.device.PlainPrecision;
import io.acuity.model.Network;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Working memory on a device and what runs windows in it; used by one thread at a time.
 *
 * <p>In bf16 the device itself looks whether results are finite. A window that has a number that is not is computed once more, alone
 * and in fp32, from the same weights, which are fp32 always.
 */
final class Lane implements AutoCloseable {
    /** What is kept for windows of another form, which will hardly need blocks of the same sizes. */
    private static final long KEPT_BYTES = 256L << 20;

    private final Checkpoints device;
    private final long keptBytes;
    private final Tape tape;
    private final Passes passes;
    private @Nullable Shape last;

    Lane(Device device) {
        this(device, KEPT_BYTES);
    }

    Lane(Device device, long keptBytes) {
        this.device = new Checkpoints(device);
        this.keptBytes = keptBytes;
        tape = Tape.inference(this.device);
        passes = new Passes(tape);
    }

    /** Gives memory back unless it is little. */
    void trim() {
        if (tape.bytes() > keptBytes) {
            close();
        }
    }

    /**
     * One pass of the network over windows of one form.
     *
     * @param before done before each kernel, or before all of them where a device is given them in one piece
     * @return of each window what it would give alone
     */
    List<Engine.Result> run(Network network, List<Engine.Job> jobs, Runnable before) {
        Engine.Job first = jobs.getFirst();
        Shape shape = new Shape(jobs.size(), 3, first.height(), first.width());
        device.before(before);
        if (!shape.equals(last)) {
            trim();
            last = shape;
        }
        Pass pass = passes.of(new Form(network, shape, first.bitDepth()));
        List<float[]> numbers = download(pass.start(jobs));
        int[] wrong = pass.wrong();
        List<Engine.Result> results = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            boolean redo = wrong[i] != 0;
            results.add(new Engine.Result(redo ? again(network, jobs.get(i)) : numbers.get(i), redo));
        }
        return results;
    }

    /**
     * A window once more, in fp32. What the first try took is given back before, unless it is little, and this memory after: so no more is
     * held than a window takes in fp32, which is what {@link Network#workingBytes} counts.
     */
    private float[] again(Network network, Engine.Job job) {
        trim();
        try (Tape plain = Tape.inference(new PlainPrecision(device));
                Pass pass = new Pass(
                        plain, new Form(network, new Shape(1, 3, job.height(), job.width()), job.bitDepth()))) {
            return download(pass.start(List.of(job))).getFirst();
        }
    }

    /** The numbers of each image, [H][W][3]. */
    private List<float[]> download(Tensor sr) {
        int images = sr.shape().n();
        int numbers = Math.toIntExact(sr.shape().elements() / images);
        long bytes = (long) numbers * Float.BYTES;
        List<float[]> results = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            float[] result = new float[numbers];
            device.download(sr.data().slice(i * bytes, bytes), MemorySegment.ofArray(result));
            results.add(result);
        }
        return results;
    }

    /** Gives all memory back, with the graphs that work in it; what runs next takes it anew. */
    @Override
    public void close() {
        passes.close();
        tape.close();
    }
}
