package io.acuity.cli;

import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import io.acuity.device.Precision;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which device computes, in which number mode and with how many threads. A flag counts before its environment variable. */
final class DeviceOptions {
    @Option(
            names = {"-g", "--device"},
            paramLabel = "DEVICE",
            description = "auto, cuda, cuda:1, cpu, or emu, the emulator (env ACUITY_DEVICE; default auto)")
    @Nullable
    String device;

    @Option(names = "--precision", paramLabel = "HOW", description = "fp32 (default), or bf16 on cuda and emu")
    @Nullable
    String precision;

    @Option(names = "--threads", paramLabel = "N", description = "threads of cpu (env ACUITY_THREADS; default: all)")
    @Nullable
    Integer threads;

    /** The device as asked for; the caller closes it. */
    Device open() {
        setThreads();
        return Device.open(name(), precision());
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

    /** The number mode as asked for. */
    Precision precision() {
        if (precision != null) {
            return precision("--precision", precision);
        }
        String text = System.getenv("ACUITY_PRECISION");
        return text == null || text.isEmpty() ? Precision.FP32 : precision("ACUITY_PRECISION", text);
    }

    private static Precision precision(String asked, String text) {
        for (Precision one : Precision.values()) {
            if (one.label().equals(text)) {
                return one;
            }
        }
        throw new UsageException(asked + ": want fp32 or bf16, have " + text);
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
