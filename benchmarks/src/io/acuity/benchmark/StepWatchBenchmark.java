package io.acuity.benchmark;

import io.acuity.device.Buffer;
import io.acuity.device.Grid;
import java.lang.foreign.MemorySegment;

/** What it costs to judge a step: single numbers, so the price is that of the launches. */
public class StepWatchBenchmark extends Timed {
    private static final int WINDOW = 50;

    @Override
    protected Runnable prepare(Bench on) {
        Buffer state = on.upload(MemorySegment.ofArray(new int[] {0, WINDOW, 0, 0}));
        Buffer recent = on.noise(WINDOW);
        Buffer one = on.upload(MemorySegment.ofArray(new float[] {1f}));
        Runnable pixels = on.kernel("step_watch_pixels", Grid.cover(1), state, recent, one, 0f);
        Runnable embedding = on.kernel("step_watch_embedding", Grid.cover(1), state, one, one);
        Runnable gradient = on.kernel(
                "step_watch_gradient",
                Grid.cover(1),
                state,
                recent,
                one,
                one,
                one,
                one,
                one,
                one,
                one,
                one,
                one,
                on.room(10));
        return () -> {
            pixels.run();
            embedding.run();
            gradient.run();
        };
    }

    @Override
    public Work work() {
        return Work.elementwise(WINDOW, 1, 1);
    }
}
