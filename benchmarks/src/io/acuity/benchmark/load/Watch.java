package io.acuity.benchmark.load;

/** Looks at the memory of the service four times a second. */
final class Watch implements AutoCloseable {
    private final Thread thread;
    private volatile double most;

    Watch(Target target) {
        thread = Thread.ofPlatform().daemon(true).start(() -> {
            try {
                while (true) {
                    most = Math.max(most, target.residentMegabytes());
                    Thread.sleep(250);
                }
            } catch (InterruptedException e) {
                // closed
            }
        });
    }

    /** Resident MB, the most seen so far. */
    double most() {
        return most;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
