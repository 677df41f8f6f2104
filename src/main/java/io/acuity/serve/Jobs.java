package io.acuity.serve;

import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Jobs and the results that wait to be fetched: for ten minutes, and as many as the memory set aside for them holds. */
final class Jobs {
    private static final double KEPT_SECONDS = 600;
    private static final int KEPT = 256;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Job> jobs = new ConcurrentHashMap<>();
    private final long keptBytes;

    Jobs(long keptBytes) {
        this.keptBytes = keptBytes;
    }

    /** A new job under a name that cannot be guessed. */
    Job add(Order order, double expectedSeconds) {
        byte[] id = new byte[16];
        random.nextBytes(id);
        Job job = new Job(HexFormat.of().formatHex(id), order, expectedSeconds);
        jobs.put(job.id(), job);
        tidy();
        return job;
    }

    @Nullable
    Job find(String id) {
        return jobs.get(id);
    }

    void remove(Job job) {
        jobs.remove(job.id());
    }

    /** Forgets the oldest results while there are too many. */
    void tidy() {
        jobs.values().removeIf(job -> job.age() > KEPT_SECONDS);
        while (jobs.size() > KEPT || bytes() > keptBytes) {
            Job oldest = jobs.values().stream()
                    .filter(job -> job.state() != Job.State.RUNNING)
                    .max(Comparator.comparingDouble(Job::age))
                    .orElse(null);
            if (oldest == null) {
                return;
            }
            remove(oldest);
        }
    }

    private long bytes() {
        return jobs.values().stream().mapToLong(Job::kept).sum();
    }

    int count() {
        return jobs.size();
    }

    /** Whether some client has a picture to come for. */
    boolean areAwaited() {
        return jobs.values().stream().anyMatch(Job::isAwaited);
    }
}
