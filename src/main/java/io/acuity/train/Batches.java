package io.acuity.train;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.acuity.data.PackedImages;
import io.acuity.data.PatchSampler;
import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.op.PatchCrop;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/** The training pictures on the device as bytes, and the patches of each step cut out of them there. */
final class Batches implements AutoCloseable {
    /** LR patches [N, 3, h, w] and HR patches [N, 3, scale h, scale w] in [0, 1]. */
    record Batch(Tensor lr, Tensor hr) {}

    private static final int RGB = 3;

    private final Device device;
    private final PatchSampler sampler;
    private final int batch;
    private final int lrPatch;
    private final int hrPatch;
    private final Buffer lrPixels;
    private final Buffer hrPixels;
    private final Buffer plans;
    private final long[] lrHost;
    private final long[] hrHost;
    private long nanos;

    Batches(Device device, PackedImages images, TrainConfig.TrainSet set, long seed) {
        this.device = device;
        sampler = new PatchSampler(images, set.patch(), seed, set.flip(), set.rotate());
        batch = set.batch();
        hrPatch = set.patch();
        lrPatch = hrPatch / images.scale();
        lrPixels = resident(images.lr());
        hrPixels = resident(images.hr());
        lrHost = new long[batch * PatchSampler.PLAN];
        hrHost = new long[batch * PatchSampler.PLAN];
        plans = device.allocate(2 * planBytes());
    }

    private Buffer resident(MemorySegment bytes) {
        Buffer buffer = device.allocate(bytes.byteSize());
        device.upload(bytes, buffer);
        return buffer;
    }

    private long planBytes() {
        return (long) lrHost.length * Long.BYTES;
    }

    /** The patches of the step that {@code step} gives, at each replay where a graph is captured. */
    Batch next(Tape tape, LongSupplier step) {
        device.feed(plans, memory -> plan(step.getAsLong(), memory));
        Buffer lrPlan = plans.slice(0, planBytes());
        Buffer hrPlan = plans.slice(planBytes(), planBytes());
        Tensor lr = PatchCrop.apply(tape, lrPixels, lrPlan, batch, lrPatch, RGB);
        Tensor hr = PatchCrop.apply(tape, hrPixels, hrPlan, batch, hrPatch, RGB);
        return new Batch(lr, hr);
    }

    private void plan(long step, MemorySegment memory) {
        long before = System.nanoTime();
        sampler.plan(step, lrHost, hrHost);
        MemorySegment.copy(lrHost, 0, memory, JAVA_LONG, 0, lrHost.length);
        MemorySegment.copy(hrHost, 0, memory, JAVA_LONG, planBytes(), hrHost.length);
        nanos = System.nanoTime() - before;
    }

    /** How long the host took for the last step's plan of patches. */
    long nanos() {
        return nanos;
    }

    int size() {
        return batch;
    }

    @Override
    public void close() {
        device.release(lrPixels);
        device.release(hrPixels);
        device.release(plans);
    }
}
