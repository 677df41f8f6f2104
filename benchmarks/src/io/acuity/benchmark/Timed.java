package io.acuity.benchmark;

import static java.util.Objects.requireNonNull;

import io.acuity.device.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
    private static final double MORE_THAN_CACHES = 200e6;
    private static final int MOST_COPIES = 16;

    @Param("cpu")
    public String device = "cpu";

    /** The number mode, where the kernels have both: {@code fp32} or {@code bf16}. */
    @Param("fp32")
    public String precision = "fp32";

    /**
     * How often a run does it; more than once as one graph, on memory of several copies that no cache holds, so that a GPU is timed and
     * not what starts it. Times are of one.
     */
    @Param("1")
    public int launches = 1;

    private @Nullable Bench bench;
    private @Nullable Runnable timed;

    /** Sets everything up and returns what is to be timed. */
    protected abstract Runnable prepare(Bench on);

    /** The work of one run, known from the parameters alone. */
    public abstract Work work();

    /** The number mode of the device. */
    protected Precision numbers() {
        return Precision.valueOf(precision.toUpperCase(Locale.ROOT));
    }

    @Setup(Level.Trial)
    public void open() {
        bench = Bench.open(device, numbers());
        timed = launches == 1 ? prepare(bench) : bench.launched("graph", 1, inTurn(bench));
    }

    private Runnable inTurn(Bench on) {
        int copies = (int) Math.ceil(MORE_THAN_CACHES / Math.max(1, work().bytes()));
        List<Runnable> turns = new ArrayList<>();
        for (int i = 0; i < Math.min(Math.min(launches, MOST_COPIES), copies); i++) {
            turns.add(prepare(on));
        }
        return () -> {
            for (int i = 0; i < launches; i++) {
                turns.get(i % turns.size()).run();
            }
        };
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
