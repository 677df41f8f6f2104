package io.acuity.infer;

import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.model.Network;
import io.acuity.op.Pixels;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Working memory on a device and what runs windows in it; used by one thread at a time. */
final class Lane implements AutoCloseable {
    /** What is kept for windows of another form, which will hardly need blocks of the same sizes. */
    private static final long KEPT_BYTES = 256L << 20;

    private final Checkpoints device;
    private final Tape tape;
    private @Nullable Shape last;

    Lane(Device device) {
        this.device = new Checkpoints(device);
        tape = Tape.inference(this.device);
    }

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
     * @return of each window numbers [h * scale][w * scale][3], the same as when it runs alone
     */
    List<float[]> run(Network network, List<Engine.Job> jobs, Runnable before) {
        Engine.Job first = jobs.getFirst();
        Shape shape = new Shape(jobs.size(), 3, first.height(), first.width());
        int sampleBytes = Pixels.sampleBytes(first.bitDepth());
        long lrBytes = 3L * first.pixels() * sampleBytes;
        device.before(before);
        if (!shape.equals(last)) {
            trim();
            last = shape;
        }
        tape.reset();
        Buffer samples = tape.take(lrBytes * jobs.size());
        for (int i = 0; i < jobs.size(); i++) {
            device.upload(jobs.get(i).samples().segment(), samples.slice(i * lrBytes, lrBytes));
        }
        Tensor lr = Pixels.toTensor(tape, samples, shape, first.bitDepth());
        Tensor sr = network.forward(tape, lr);
        int numbers = Math.toIntExact(sr.shape().elements() / jobs.size());
        long srBytes = (long) numbers * Float.BYTES;
        List<float[]> results = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            float[] result = new float[numbers];
            device.download(sr.data().slice(i * srBytes, srBytes), MemorySegment.ofArray(result));
            results.add(result);
        }
        return results;
    }

    @Override
    public void close() {
        tape.close();
    }
}
