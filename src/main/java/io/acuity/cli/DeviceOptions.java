package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which device computes, and with how many threads. The flag counts before the environment variable. */
final class DeviceOptions {
    @Option(
            names = {"-g", "--device"},
            paramLabel = "DEVICE",
            description = "auto, cuda, cuda:1, cpu, or emu, the emulator (env ACUITY_DEVICE; default auto)")
    @Nullable
    String device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "threads of the cpu device (env ACUITY_THREADS; default: all cores)")
    @Nullable
    Integer threads;

    /** The device as asked for; the caller closes it. */
    Device open() {
        setThreads();
        return Device.open(name());
    }

    /** Sets the number of threads, if one was asked for. */
    void setThreads() {
        Integer count = threads != null ? threads : fromEnvironment();
        if (count != null) {
            if (count < 1 || count > 1024) {
                throw new UsageException("--threads: want 1 to 1024, have " + count);
            }
            NativeLibrary.load().threads(count);
        }
    }

    String name() {
        String named = device != null ? device : System.getenv("ACUITY_DEVICE");
        return named == null ? "auto" : named;
    }

    private static @Nullable Integer fromEnvironment() {
        String text = System.getenv("ACUITY_THREADS");
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw new UsageException("ACUITY_THREADS: want a number of threads, have \"" + text + "\"");
        }
    }
}
