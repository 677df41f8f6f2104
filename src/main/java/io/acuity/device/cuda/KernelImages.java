package io.acuity.device.cuda;

import io.acuity.device.DeviceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The kernels' GPU code: {@code NAME.fatbin} and {@code NAME.ptx} for each {@code kernels/NAME.cu}, in the jar or in a folder. */
final class KernelImages {
    private final @Nullable Path folder;

    private KernelImages(@Nullable Path folder) {
        this.folder = folder;
    }

    /** Those of the folder that {@link Setting#KERNELS} names, else the jar's. */
    static KernelImages find() {
        String named = Setting.KERNELS.value();
        return new KernelImages(named == null ? null : Path.of(named));
    }

    static KernelImages in(Path folder) {
        return new KernelImages(folder);
    }

    /** Where they are, for messages. */
    String where() {
        return folder == null ? "the jar" : folder.toString();
    }

    boolean has(String file) {
        return folder == null
                ? KernelImages.class.getResource("/cuda/" + file) != null
                : Files.isRegularFile(folder.resolve(file));
    }

    /** The bytes of a file, or null if there is none. */
    byte @Nullable [] read(String file) {
        try {
            if (folder != null) {
                Path path = folder.resolve(file);
                return Files.isRegularFile(path) ? Files.readAllBytes(path) : null;
            }
            try (InputStream in = KernelImages.class.getResourceAsStream("/cuda/" + file)) {
                return in == null ? null : in.readAllBytes();
            }
        } catch (IOException e) {
            throw new DeviceException("GPU code " + file + " of " + where() + " could not be read", e);
        }
    }
}
