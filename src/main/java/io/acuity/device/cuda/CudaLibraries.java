package io.acuity.device.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where cuBLAS and cuFFT of one CUDA version lie: 13 if the driver takes it and they are all there, else 12.
 *
 * @param major 13 or 12, or 0 if neither is complete
 * @param files the libraries by the part of the name before {@code .so}, in the order in which they are to be opened
 * @param missing what was not found, one sentence; empty if all is there
 */
record CudaLibraries(int major, Map<String, Path> files, String missing) {
    /** CUDA 13 wants drivers that know it, 580 and newer. */
    static final int DRIVER_OF_13 = 13000;

    private static final Map<String, String> CUDA_13 =
            ordered("libcublasLt", "libcublasLt.so.13", "libcublas", "libcublas.so.13", "libcufft", "libcufft.so.12");
    private static final Map<String, String> CUDA_12 =
            ordered("libcublasLt", "libcublasLt.so.12", "libcublas", "libcublas.so.12", "libcufft", "libcufft.so.11");

    private static Map<String, String> ordered(String... pairs) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return Collections.unmodifiableMap(map);
    }

    /** Looks in the usual folders of this machine. */
    static CudaLibraries find(int driver) {
        return find(driver, folders(System.getenv()));
    }

    /** Looks in these folders, in this order. */
    static CudaLibraries find(int driver, List<Path> folders) {
        List<String> lacks = new ArrayList<>();
        for (int major : driver >= DRIVER_OF_13 ? new int[] {13, 12} : new int[] {12}) {
            Map<String, Path> found = new LinkedHashMap<>();
            List<String> absent = new ArrayList<>();
            names(major).forEach((base, name) -> {
                Path file = first(folders, name);
                if (file != null) {
                    found.put(base, file);
                } else {
                    absent.add(name);
                }
            });
            if (absent.isEmpty()) {
                return new CudaLibraries(major, Collections.unmodifiableMap(found), "");
            }
            lacks.add("for CUDA " + major + " " + String.join(", ", absent));
        }
        return new CudaLibraries(
                0,
                Map.of(),
                "not found: " + String.join("; ", lacks) + "; looked in " + folders + "; name their folder with "
                        + Setting.LIBRARIES);
    }

    /** File names by base name for CUDA 13 or 12. */
    static Map<String, String> names(int major) {
        return major == 13 ? CUDA_13 : CUDA_12;
    }

    private static @Nullable Path first(List<Path> folders, String name) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isRegularFile)
                .findFirst()
                .orElse(null);
    }

    /** Version of a found library as its file's full name tells, such as 12.6.4.1. */
    String version(String base) {
        Path file = files.get(base);
        if (file == null) {
            return "none";
        }
        try {
            String name = String.valueOf(file.toRealPath().getFileName());
            return name.substring(name.indexOf(".so.") + 4);
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** Folders that may hold CUDA's libraries, best first, those that exist. */
    static List<Path> folders(Map<String, String> environment) {
        Set<Path> folders = new LinkedHashSet<>();
        split(folders, Setting.LIBRARIES.value());
        toolkit(folders, environment.get("CUDA_HOME"));
        toolkit(folders, environment.get("CUDA_PATH"));
        split(folders, environment.get("LD_LIBRARY_PATH"));
        toolkit(folders, "/usr/local/cuda");
        newestFirst(Path.of("/usr/local"), "cuda-1[23]*").forEach(folder -> toolkit(folders, folder.toString()));
        python(folders, environment);
        split(folders, "/usr/lib/x86_64-linux-gnu:/usr/lib64:/usr/lib:/usr/local/lib");
        return folders.stream().filter(Files::isDirectory).toList();
    }

    private static void split(Set<Path> folders, @Nullable String list) {
        if (list != null) {
            for (String folder : list.split(File.pathSeparator, -1)) {
                if (!folder.isEmpty()) {
                    add(folders, folder);
                }
            }
        }
    }

    private static void add(Set<Path> folders, String folder) {
        try {
            folders.add(Path.of(folder));
        } catch (InvalidPathException notAFolder) {
            // a variable of the environment may hold anything
        }
    }

    private static void toolkit(Set<Path> folders, @Nullable String home) {
        if (home != null && !home.isEmpty()) {
            add(folders, home + "/lib64");
            add(folders, home + "/targets/x86_64-linux/lib");
            add(folders, home + "/lib");
        }
    }

    /** Python's wheels put the libraries into {@code site-packages/nvidia/NAME/lib}. */
    private static void python(Set<Path> folders, Map<String, String> environment) {
        Set<Path> prefixes = new LinkedHashSet<>();
        for (String name : new String[] {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
            String prefix = environment.get(name);
            if (prefix != null && !prefix.isEmpty()) {
                add(prefixes, prefix);
                add(folders, prefix + "/lib");
            }
        }
        Set<Path> commands = new LinkedHashSet<>();
        split(commands, environment.get("PATH"));
        for (Path command : commands) {
            if (command.endsWith("bin") && command.getParent() != null) {
                prefixes.add(command.getParent());
            }
        }
        add(prefixes, environment.getOrDefault("HOME", "") + "/.local");
        newestFirst(Path.of("/opt"), "*").forEach(folder -> {
            prefixes.add(folder);
            prefixes.add(folder.resolve(".venv"));
        });
        Set<Path> packages = new LinkedHashSet<>();
        split(packages, environment.get("PYTHONPATH"));
        for (Path prefix : prefixes) {
            for (Path python : newestFirst(prefix.resolve("lib"), "python3*")) {
                packages.add(python.resolve("site-packages"));
                packages.add(python.resolve("dist-packages"));
            }
        }
        for (Path folder : packages) {
            newestFirst(folder.resolve("nvidia"), "*").forEach(wheel -> folders.add(wheel.resolve("lib")));
        }
    }

    /** Entries of a folder that match, those with higher version numbers first; none if it cannot be read. */
    private static List<Path> newestFirst(Path folder, String pattern) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
            entries.forEach(found::add);
        } catch (IOException | RuntimeException absent) {
            return List.of();
        }
        found.sort((a, b) -> compareVersions(b.toString(), a.toString()));
        return found;
    }

    /** Compares texts with runs of digits taken as numbers, so that cuda-12.10 comes after cuda-12.9. */
    static int compareVersions(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            int endA = digits(a, i);
            int endB = digits(b, j);
            int order;
            if (endA > i && endB > j) {
                String x = a.substring(i, endA);
                String y = b.substring(j, endB);
                order = x.length() != y.length() ? Integer.compare(x.length(), y.length()) : x.compareTo(y);
                i = endA;
                j = endB;
            } else {
                order = Character.compare(a.charAt(i++), b.charAt(j++));
            }
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(a.length() - i, b.length() - j);
    }

    private static int digits(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        return end;
    }
}
