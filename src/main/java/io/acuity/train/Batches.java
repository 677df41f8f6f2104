package io.acuity.train;

import io.acuity.data.PackedImages;
import io.acuity.data.PatchSampler;
import io.acuity.device.Buffer;
import io.acuity.device.Device;
import io.acuity.op.PatchCrop;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import java.lang.foreign.MemorySegment;

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
    private final Buffer lrPlan;
    private final Buffer hrPlan;
    private final long[] lrHost;
    private final long[] hrHost;

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
        lrPlan = device.allocate((long) lrHost.length * Long.BYTES);
        hrPlan = device.allocate((long) hrHost.length * Long.BYTES);
    }

    private Buffer resident(MemorySegment bytes) {
        Buffer buffer = device.allocate(bytes.byteSize());
        device.upload(bytes, buffer);
        return buffer;
    }

    /** The patches of a step. */
    Batch next(Tape tape, long step) {
        sampler.plan(step, lrHost, hrHost);
        device.upload(MemorySegment.ofArray(lrHost), lrPlan);
        device.upload(MemorySegment.ofArray(hrHost), hrPlan);
        Tensor lr = PatchCrop.apply(tape, lrPixels, lrPlan, batch, lrPatch, RGB);
        Tensor hr = PatchCrop.apply(tape, hrPixels, hrPlan, batch, hrPatch, RGB);
        return new Batch(lr, hr);
    }

    int size() {
        return batch;
    }

    @Override
    public void close() {
        device.release(lrPixels);
        device.release(hrPixels);
        device.release(lrPlan);
        device.release(hrPlan);
    }
}
