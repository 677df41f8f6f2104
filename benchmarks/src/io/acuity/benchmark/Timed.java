package io.acuity.benchmark;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What all benchmarks share: a device, one thing to run on it over and over, and how much work that is. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 11, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public abstract class Timed {
    @Param("cpu")
    public String device = "cpu";

    private @Nullable Bench bench;
    private @Nullable Runnable timed;

    /** Sets everything up and returns what is to be timed. */
    protected abstract Runnable prepare(Bench on);

    /** The work of one run, known from the parameters alone. */
    public abstract Work work();

    @Setup(Level.Trial)
    public void open() {
        bench = Bench.open(device);
        timed = prepare(bench);
    }

    @Benchmark
    public void run() {
        requireNonNull(timed).run();
        requireNonNull(bench).device().synchronize();
    }

    @TearDown(Level.Trial)
    public void close() {
        requireNonNull(bench).close();
    }
}
