package io.acuity.infer;

import io.acuity.device.Device;
import io.acuity.model.Network;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/** Runs each window by itself in the calling thread; lanes are kept for the next call. */
final class Lanes implements Engine, AutoCloseable {
    private final Device device;
    private final ConcurrentLinkedDeque<Lane> free = new ConcurrentLinkedDeque<>();

    Lanes(Device device) {
        this.device = device;
    }

    @Override
    public Result run(Network network, Job job, Cancel cancel) {
        Lane lane = free.poll();
        if (lane == null) {
            lane = new Lane(device);
        }
        try {
            Result result = lane.run(network, List.of(job), cancel::check).getFirst();
            free.push(lane);
            return result;
        } catch (RuntimeException | Error e) {
            try {
                lane.close();
            } catch (RuntimeException also) {
                e.addSuppressed(also);
            }
            throw e;
        }
    }

    @Override
    public void shrink() {
        Lane lane;
        while ((lane = free.poll()) != null) {
            lane.close();
        }
    }

    @Override
    public void close() {
        shrink();
    }
}
