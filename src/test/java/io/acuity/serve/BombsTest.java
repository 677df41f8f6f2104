package io.acuity.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import io.acuity.data.ImageException;
import io.acuity.data.ImageFile;
import io.acuity.data.Limits;
import io.acuity.device.Device;
import io.acuity.infer.Batcher;
import io.acuity.model.Edsr;
import io.acuity.model.Network;
import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bombs are refused within 50 ms and 16 MB. */
final class BombsTest {
    private static final long MOST_BYTES = 16 << 20;
    private static final double MOST_MILLIS = 50;

    private static final Map<String, byte[]> ALL = Bombs.all();
    private static final Map<String, byte[]> WITHIN = Bombs.within();
    private final Device device = Device.open("cpu");
    private final Batcher batcher = Batcher.start(device, Batcher.Options.automatic());

    private Renderer renderer() {
        SequencedMap<String, Network> models = new LinkedHashMap<>();
        models.put("small", Edsr.create(device, new Edsr.Options(1, 16, 1f, 4), 7));
        return new Renderer(batcher, models, ServeOptions.DEFAULT);
    }

    @AfterEach
    void close() {
        batcher.close();
        device.close();
    }

    static Stream<String> names() {
        return ALL.keySet().stream();
    }

    static Stream<String> namesWithin() {
        return WITHIN.keySet().stream();
    }

    /** Runs twice, for the first time loads classes; measures the second. */
    private static Throwable measured(Runnable refused) {
        Throwable failure = catchThrowable(refused::run);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double millis = Double.MAX_VALUE;
        long bytes = 0;
        // of the processor, the best of a few: a machine that does other things may stop for longer than this takes
        for (int i = 0; i < 5; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            long start = threads.getCurrentThreadCpuTime();
            failure = catchThrowable(refused::run);
            millis = Math.min(millis, (threads.getCurrentThreadCpuTime() - start) / 1e6);
            bytes = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(bytes).as("bytes").isLessThan(MOST_BYTES);
        assertThat(millis).as("milliseconds").isLessThan(MOST_MILLIS);
        return Objects.requireNonNull(failure, "refused");
    }

    @ParameterizedTest
    @MethodSource("names")
    void refusedByTheHeader(String name) {
        byte[] bomb = Objects.requireNonNull(ALL.get(name));
        Renderer renderer = renderer();
        Throwable failure = measured(() -> renderer.order(Parameters.of(Map.of()), bomb));
        assertThat(failure).isInstanceOf(Refusal.class);
        assertThat(((Refusal) failure).status()).isIn(413, 422);
    }

    @ParameterizedTest
    @MethodSource("namesWithin")
    void refusedWhenDecoded(String name) {
        byte[] bomb = Objects.requireNonNull(WITHIN.get(name));
        assertThat(measured(() -> ImageFile.read(bomb, "picture", Limits.DEFAULT.withPixels(16_000_000))))
                .isInstanceOf(ImageException.class);
    }

    @Test
    void theServiceRefusesThemAllAndGoesOn() throws Exception {
        try (Served served = Served.start()) {
            Map<String, byte[]> both = new LinkedHashMap<>(ALL);
            both.putAll(WITHIN);
            for (Map.Entry<String, byte[]> bomb : both.entrySet()) {
                HttpResponse<byte[]> answer = served.post("/v1/upscale", bomb.getValue());
                assertThat(answer.statusCode()).as(bomb.getKey()).isIn(413, 422);
            }
            assertThat(served.post("/v1/upscale", Served.png(5, 5)).statusCode())
                    .isEqualTo(200);
            served.settled();
        }
    }
}
