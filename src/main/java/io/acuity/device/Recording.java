package io.acuity.device;

import java.util.ArrayList;
import java.util.List;

/** A graph of a device whose launches end when they return: the list of what was asked, run again in order. */
final class Recording implements Graph {
    private final NativeDevice device;
    private final List<Runnable> feeds = new ArrayList<>();
    private final List<Runnable> steps = new ArrayList<>();
    private boolean closed;

    Recording(NativeDevice device) {
        this.device = device;
    }

    boolean isOf(NativeDevice other) {
        return device == other;
    }

    /** Adds a writer, which runs before all steps. */
    void feed(Runnable writer) {
        feeds.add(writer);
    }

    /** Adds a step; it owns its arguments. */
    void step(Runnable step) {
        steps.add(step);
    }

    @Override
    public void launch(Runnable before) {
        if (closed) {
            throw new DeviceException("graph on " + device.name() + ": want an open one, have one that was closed");
        }
        device.refuseInCapture("graph launch");
        feeds.forEach(Runnable::run);
        for (Runnable step : steps) {
            before.run();
            step.run();
        }
    }

    @Override
    public void close() {
        closed = true;
        feeds.clear();
        steps.clear();
    }
}
