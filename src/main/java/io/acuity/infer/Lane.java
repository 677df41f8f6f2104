package io.acuity.infer;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.device.PlainPrecision;
import io.acuity.device.Precision;
import io.acuity.device.Readback;
import io.acuity.model.Network;
import io.acuity.op.FiniteCheck;
import io.acuity.op.Pixels;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
    private final Tape tape;
    private final boolean guarded;
    private @Nullable Flags flags;
    private @Nullable Shape last;

    Lane(Device device) {
        this.device = new Checkpoints(device);
        tape = Tape.inference(this.device);
        guarded = device.precision() != Precision.FP32;
    }

    /** Words of the windows of a pass on their way to the host. */
    private record Flags(long bytes, Readback words) {}

    /** Gives memory back unless it is little. */
    void trim() {
        if (tape.bytes() > KEPT_BYTES) {
            tape.close(); // an empty tape, ready for use
        }
    }

    /**
     * One pass of the network over windows of one form.
     *
     * @param before done before each kernel
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
        tape.reset();
        Tensor sr = forward(tape, network, jobs, shape);
        Readback wrong = guarded ? lookAt(sr) : null;
        List<float[]> numbers = download(sr);
        // asked for before the numbers, which are here: this does not wait
        MemorySegment words = wrong == null ? MemorySegment.NULL : wrong.await();
        List<Engine.Result> results = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            boolean redo = guarded && words.getAtIndex(ValueLayout.JAVA_INT, i) != 0;
            results.add(new Engine.Result(redo ? again(network, jobs.get(i)) : numbers.get(i), redo));
        }
        return results;
    }

    private Tensor forward(Tape on, Network network, List<Engine.Job> jobs, Shape shape) {
        int bitDepth = jobs.getFirst().bitDepth();
        long lrBytes = shape.elements() / jobs.size() * Pixels.sampleBytes(bitDepth);
        Buffer samples = on.take(lrBytes * jobs.size());
        for (int i = 0; i < jobs.size(); i++) {
            device.upload(jobs.get(i).samples().segment(), samples.slice(i * lrBytes, lrBytes));
        }
        return network.forward(on, Pixels.toTensor(on, samples, shape, bitDepth));
    }

    /** Asks for a word of each window: whether it has numbers that are not finite. */
    private Readback lookAt(Tensor sr) {
        long bytes = (long) sr.shape().n() * Integer.BYTES;
        Flags room = flags;
        if (room == null || room.bytes() < bytes) {
            closeFlags();
            room = new Flags(bytes, device.readback(bytes));
            flags = room;
        }
        Buffer words = tape.take(room.bytes());
        FiniteCheck.apply(tape, sr, words);
        room.words().start(words);
        return room.words();
    }

    /**
     * A window once more, in fp32. What the first try took is given back before, unless it is little, and this memory after: so no more is
     * held than a window takes in fp32, which is what {@link Network#workingBytes} counts.
     */
    private float[] again(Network network, Engine.Job job) {
        trim();
        try (Tape plain = Tape.inference(new PlainPrecision(device))) {
            Shape shape = new Shape(1, 3, job.height(), job.width());
            return download(forward(plain, network, List.of(job), shape)).getFirst();
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

    private void closeFlags() {
        if (flags != null) {
            flags.words().close();
            flags = null;
        }
    }

    /** Gives all memory back; what runs next takes it anew. */
    @Override
    public void close() {
        tape.close();
        closeFlags();
    }
}
