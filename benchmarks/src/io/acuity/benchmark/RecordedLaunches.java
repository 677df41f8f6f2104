package io.acuity.benchmark;

import io.acuity.device.ForwardingDevice;
import io.acuity.device.Grid;
import io.acuity.device.Kernel;
import io.acuity.device.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an operation launches, with its own grids and arguments, so that some of it can be timed alone. Memory stays as it was then. */
final class RecordedLaunches extends ForwardingDevice {
    @SuppressWarnings("ArrayRecordComponent") // handed on as it came, never compared
    private record Call(Kernel kernel, Grid grid, @Nullable Object[] arguments) {}

    private final Bench bench;
    private final List<Call> calls = new ArrayList<>();

    RecordedLaunches(Bench bench) {
        super(bench.device());
        this.bench = bench;
    }

    @Override
    public void launch(Kernel kernel, Grid grid, @Nullable Object... arguments) {
        calls.add(new Call(kernel, grid, arguments.clone()));
        super.launch(kernel, grid, arguments);
    }

    /** Names of the kernels launched so far. */
    List<String> kernels() {
        return calls.stream().map(call -> call.kernel().name()).toList();
    }

    /**
     * Those launches again whose kernels have these names.
     *
     * @throws IllegalStateException if there are none, or in fp32 a kernel is only emulated here
     */
    Runnable again(Set<String> names) {
        List<Call> chosen = calls.stream()
                .filter(call -> names.contains(call.kernel().name()))
                .toList();
        if (chosen.isEmpty()) {
            throw new IllegalStateException("benchmark: want launches of " + names + ", have " + kernels());
        }
        if (precision() == Precision.FP32) {
            chosen.forEach(call -> bench.require(call.kernel().name()));
        }
        return () -> {
            for (Call call : chosen) {
                super.launch(call.kernel(), call.grid(), call.arguments());
            }
        };
    }

    /** The device is the benchmark's. */
    @Override
    public void close() {}
}
