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
    void launch();

    /** Gives back what the device keeps for it; work already started ends as usual. */
    @Override
    void close();
}
