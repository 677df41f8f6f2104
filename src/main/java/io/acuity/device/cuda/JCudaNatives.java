package io.acuity.device.cuda;

import io.acuity.device.DeviceException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcufft.JCufft;
import org.jspecify.annotations.Nullable;

/**
 * Makes JCuda load its native libraries from a private folder, fitted to the CUDA version found.
 *
 * <p>JCuda alone would unpack them into the common temporary folder under fixed names, and load whatever lies there under those
 * names. Here they are written into a new folder that only this user may read, and removed as soon as they are loaded. JCuda looks for
 * the folder in {@code java.io.tmpdir}, which is therefore another one for that moment.
 */
final class JCudaNatives {
    /** The version of the jcuda jar, under which it asks for every library, that of cuFFT too. */
    static final String JCUDA = "12.6.0";

    /** The newest version of jcufft that there is. */
    static final String JCUFFT = "11.8.0";

    private static final String PLATFORM = "-linux-x86_64.so";

    private static boolean driverLoaded;
    private static boolean librariesLoaded;

    private JCudaNatives() {}

    /** Resource of the driver's part, there in builds for Linux on x86-64. */
    static String driverResource() {
        return "/lib/libJCudaDriver-" + JCUDA + PLATFORM;
    }

    /** Whether this build has JCuda's libraries. */
    static boolean present() {
        return JCudaNatives.class.getResource(driverResource()) != null;
    }

    /** Loads the part that calls the driver; the driver's library must be open. */
    static synchronized void loadDriver() {
        if (!driverLoaded) {
            load(
                    Map.of("libJCudaDriver-" + JCUDA + PLATFORM, read(driverResource())),
                    JCudaDriver::setExceptionsEnabled);
            driverLoaded = true;
        }
    }

    /** Opens cuBLAS and cuFFT and loads JCuda's parts that call them. */
    static synchronized void loadLibraries(CudaLibraries libraries) {
        if (libraries.major() == 0) {
            throw new DeviceException("cuBLAS and cuFFT " + libraries.missing());
        }
        if (librariesLoaded) {
            return;
        }
        libraries.files().forEach((base, file) -> {
            try {
                SymbolLookup.libraryLookup(file, Arena.global());
            } catch (IllegalArgumentException e) {
                throw new DeviceException(base + ": " + file + " could not be opened: " + e.getMessage(), e);
            }
        });
        Map<String, String> names = CudaLibraries.names(libraries.major());
        byte[] blas = SonamePatch.patch(
                read("/lib/libJCublas2-" + JCUDA + PLATFORM), Map.of("libcublas.so.12", name(names, "libcublas")));
        byte[] fft = SonamePatch.patch(
                read("/lib/libJCufft-" + JCUFFT + PLATFORM), Map.of("libcufft.so.10", name(names, "libcufft")));
        load(Map.of("libJCublas2-" + JCUDA + PLATFORM, blas, "libJCufft-" + JCUDA + PLATFORM, fft), enabled -> {
            JCublas2.setExceptionsEnabled(enabled);
            JCufft.setExceptionsEnabled(enabled);
        });
        librariesLoaded = true;
    }

    private static String name(Map<String, String> names, String base) {
        String name = names.get(base);
        if (name == null) {
            throw new DeviceException("no library " + base);
        }
        return name;
    }

    private static byte[] read(String resource) {
        try (InputStream in = JCudaNatives.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new DeviceException("JCuda's library " + resource + " is not in this build, which is for "
                        + System.getProperty("os.name") + " on " + System.getProperty("os.arch")
                        + "; want one for Linux on x86-64");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new DeviceException("JCuda's library " + resource + " could not be read", e);
        }
    }

    private interface Initializer {
        /** Initializes classes of JCuda; their calls are to answer a status and to throw nothing. */
        void initialize(boolean exceptions);
    }

    private static void load(Map<String, byte[]> libraries, Initializer classes) {
        Path folder = null;
        String before = System.getProperty("java.io.tmpdir");
        try {
            folder = Files.createTempDirectory(
                    "acuity-cuda", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            for (Map.Entry<String, byte[]> library : libraries.entrySet()) {
                Files.write(folder.resolve(library.getKey()), library.getValue());
            }
            System.setProperty("java.io.tmpdir", folder.toString());
            classes.initialize(false);
        } catch (IOException e) {
            throw new DeviceException("JCuda's libraries could not be written to a temporary folder", e);
        } catch (LinkageError e) {
            throw new DeviceException("JCuda's libraries could not be loaded: " + cause(e), e);
        } finally {
            System.setProperty("java.io.tmpdir", before);
            remove(folder, libraries);
        }
    }

    /** The telling line of the page that JCuda writes when a library does not load. */
    private static String cause(LinkageError error) {
        return String.valueOf(error.getMessage())
                .lines()
                .filter(line -> line.contains(".so") && line.contains(": ") && !line.contains("java.library.path"))
                .findFirst()
                .orElse(String.valueOf(error.getMessage()).lines().findFirst().orElse(""))
                .strip();
    }

    private static void remove(@Nullable Path folder, Map<String, byte[]> libraries) {
        if (folder == null) {
            return;
        }
        try {
            for (String name : libraries.keySet()) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            System.getLogger(JCudaNatives.class.getName())
                    .log(System.Logger.Level.WARNING, "{0} could not be removed: {1}", folder, e.getMessage());
        }
    }
}
