package io.acuity.device;

/**
 * Work that was captured once and is replayed whole, in its order, with the arguments it was captured with: one call to the
 * driver on a GPU, a loop over the recorded launches on the host.
 *
 * <p>The buffers it works on must live as long as it is launched.
 */
public interface Graph extends AutoCloseable {
    /**
     * Runs the writers of {@link Device#feed} and then starts the captured work.
     *
     * @throws DeviceException inside a capture, or after {@link #close}
     */
    default void launch() {
        launch(() -> {});
    }

    /**
     * The same with something done before each piece of the work that is started by itself: every launch where a graph is a list, the
     * whole where it is one call to the driver. It may use the device, but for what the graph works on; what it throws ends the work.
     *
     * @throws DeviceException inside a capture, or after {@link #close}
     */
    void launch(Runnable before);

    /** Gives back what the device keeps for it; work already started ends as usual. */
    @Override
    void close();
}
