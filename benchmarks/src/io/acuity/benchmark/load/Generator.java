package io.acuity.benchmark.load;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Sends pictures at a given rate whatever the service does (open loop), so that time spent waiting to send counts: latency is
 * measured from when a request should have gone out.
 */
final class Generator {
    /** Most requests under way; those beyond are counted as lost, for a generator that dies measures nothing. */
    private static final int MOST = 4000;

    private final Client client;
    private final Setting setting;

    Generator(Client client, Setting setting) {
        this.client = client;
        this.setting = setting;
    }

    /**
     * What came of it.
     *
     * @param answered in microseconds, from when the request was due
     * @param refused the same of refusals with 429
     * @param failures neither: how often, by what came instead
     */
    record Outcome(double seconds, Histogram answered, Histogram refused, Map<String, Integer> failures) {
        /** How many were neither answered nor refused. */
        int failed() {
            return failures.values().stream().mapToInt(Integer::intValue).sum();
        }

        /** Pictures a second. */
        double goodput() {
            return answered.getTotalCount() / seconds;
        }

        static double millis(Histogram histogram, double percentile) {
            return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1e3;
        }
    }

    /** Sends at {@code rate} requests a second for so long, then waits for the answers. */
    Outcome open(double rate, double seconds) throws InterruptedException {
        Histogram answered = new ConcurrentHistogram(600_000_000L, 3);
        Histogram refused = new ConcurrentHistogram(600_000_000L, 3);
        Map<String, Integer> failures = new ConcurrentHashMap<>();
        AtomicInteger under = new AtomicInteger();
        int count = (int) (rate * seconds);
        CountDownLatch all = new CountDownLatch(count);
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                long due = start + (long) (i / rate * 1e9);
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                byte[] picture = setting.picture(i);
                if (under.incrementAndGet() > MOST) {
                    under.decrementAndGet();
                    failures.merge("not sent, " + MOST + " were under way", 1, Integer::sum);
                    all.countDown();
                    continue;
                }
                threads.execute(() -> {
                    try {
                        int status = client.post(setting.path(), picture).status();
                        long took = Math.max(1, (System.nanoTime() - due) / 1000);
                        count(status, took, answered, refused, failures);
                    } catch (IOException e) {
                        failures.merge(e.toString(), 1, Integer::sum);
                    } finally {
                        under.decrementAndGet();
                        all.countDown();
                    }
                });
            }
            all.await();
        }
        return new Outcome((System.nanoTime() - start) / 1e9, answered, refused, failures);
    }

    /** So many callers, each asking again as soon as it is answered: the most that the service can do. */
    Outcome closed(int callers, double seconds) throws InterruptedException {
        Histogram answered = new ConcurrentHistogram(600_000_000L, 3);
        Histogram refused = new ConcurrentHistogram(600_000_000L, 3);
        Map<String, Integer> failures = new ConcurrentHashMap<>();
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < callers; i++) {
                int first = i;
                threads.execute(() -> {
                    for (int n = first; System.nanoTime() - end < 0; n++) {
                        long sent = System.nanoTime();
                        try {
                            int status = client.post(setting.path(), setting.picture(n))
                                    .status();
                            long took = (System.nanoTime() - sent) / 1000;
                            count(status, took, answered, refused, failures);
                        } catch (IOException e) {
                            failures.merge(e.toString(), 1, Integer::sum);
                        }
                    }
                });
            }
        }
        return new Outcome((System.nanoTime() - start) / 1e9, answered, refused, failures);
    }

    private static void count(
            int status, long micros, Histogram answered, Histogram refused, Map<String, Integer> failures) {
        switch (status) {
            case 200 -> answered.recordValue(micros);
            case 429 -> refused.recordValue(micros);
            default -> failures.merge("status " + status, 1, Integer::sum);
        }
    }
}
