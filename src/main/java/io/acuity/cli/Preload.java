package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.device.Precision;
import io.acuity.model.Models;
import io.acuity.model.Network;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Loads libacuity and the default model while the options are still being parsed, for small pictures take no longer than
 * these two. What goes wrong here goes wrong again, and is told, when the verb does it itself.
 */
final class Preload {
    private static final String DEVICE = "auto";

    private static @Nullable CompletableFuture<Ready> started;

    private Preload() {}

    /**
     * A network on its device; whoever takes it closes both.
     *
     * @param prepared done when nothing works with them any more but who took them
     */
    record Ready(Device device, Network network, CompletableFuture<?> prepared) implements AutoCloseable {
        @Override
        public void close() {
            prepared.join();
            network.parameters().close();
            device.close();
        }
    }

    /** Begins, on a thread of its own. */
    static void start() {
        CompletableFuture<Ready> future = new CompletableFuture<>();
        started = future;
        Thread.ofPlatform().daemon(true).name("preload").start(() -> load(future));
    }

    private static void load(CompletableFuture<Ready> future) {
        try {
            Device device = Device.open(DEVICE);
            Network network;
            try {
                network = Models.open(Models.DEFAULT, device);
            } catch (RuntimeException | Error e) {
                device.close();
                throw e;
            }
            CompletableFuture<?> prepared = new CompletableFuture<>();
            future.complete(new Ready(device, network, prepared));
            try {
                network.prepare();
            } finally {
                prepared.complete(null);
            }
        } catch (RuntimeException | Error e) {
            future.completeExceptionally(
                    e); // or it is ready, and what could not be prepared fails again when it is used
        }
    }

    /** What was begun, if it is what the options ask for and went well; to be called once. */
    static @Nullable Ready take(String device, Precision precision, String model) {
        CompletableFuture<Ready> future = started;
        started = null;
        if (future == null || !device.equals(DEVICE) || precision != Precision.FP32 || !model.equals(Models.DEFAULT)) {
            return null;
        }
        return future.exceptionally(_ -> null).join();
    }
}
