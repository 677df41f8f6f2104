package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaLibrariesTest {
    @TempDir
    Path root;

    private Path folder(String name, String... files) throws IOException {
        Path folder = Files.createDirectories(root.resolve(name));
        for (String file : files) {
            Files.writeString(folder.resolve(file), "");
        }
        return folder;
    }

    private Path cuda12(String name) throws IOException {
        return folder(name, "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11");
    }

    private Path cuda13(String name) throws IOException {
        return folder(name, "libcublas.so.13", "libcublasLt.so.13", "libcufft.so.12");
    }

    @Test
    void takesTheNewestThatTheDriverKnows() throws IOException {
        List<Path> folders = List.of(cuda12("a"), cuda13("b"));
        CudaLibraries thirteen = CudaLibraries.find(13000, folders);
        assertThat(thirteen.major()).isEqualTo(13);
        assertThat(thirteen.files())
                .containsExactly(
                        Map.entry("libcublasLt", root.resolve("b/libcublasLt.so.13")),
                        Map.entry("libcublas", root.resolve("b/libcublas.so.13")),
                        Map.entry("libcufft", root.resolve("b/libcufft.so.12")));
        assertThat(CudaLibraries.find(12080, folders).major()).isEqualTo(12);
        assertThat(CudaLibraries.find(13010, List.of(root.resolve("a"))).major())
                .isEqualTo(12);
    }

    @Test
    void gathersOneVersionFromSeveralFolders() throws IOException {
        Path fft = folder("cufft", "libcufft.so.12");
        Path blas = folder("cublas", "libcublas.so.13", "libcublasLt.so.13");
        CudaLibraries found = CudaLibraries.find(13000, List.of(fft, blas));
        assertThat(found.major()).isEqualTo(13);
        assertThat(found.files()).containsEntry("libcufft", fft.resolve("libcufft.so.12"));
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        Path half = folder("half", "libcublas.so.13", "libcublasLt.so.13");
        CudaLibraries found = CudaLibraries.find(13000, List.of(half));
        assertThat(found.major()).isZero();
        assertThat(found.missing())
                .isEqualTo("not found: for CUDA 13 libcufft.so.12; for CUDA 12 libcublasLt.so.12, libcublas.so.12,"
                        + " libcufft.so.11; looked in [" + half + "]; name their folder with -Dacuity.cuda.libraries or"
                        + " ACUITY_CUDA_LIBRARIES");
        assertThat(CudaLibraries.find(12000, List.of(half)).missing()).doesNotContain("CUDA 13");
    }

    @Test
    void looksWhereCudaIsPut() throws IOException {
        Path home = folder("toolkit");
        folder("toolkit/lib64");
        Path wheels = folder("env/lib/python3.11/site-packages/nvidia/cu13/lib");
        Path newer = folder("env/lib/python3.12/site-packages/nvidia/cu13/lib");
        Path loader = folder("loader");
        Path packages = folder("packages/nvidia/cufft/lib");
        Map<String, String> environment = new HashMap<>();
        environment.put("CUDA_HOME", home.toString());
        environment.put("LD_LIBRARY_PATH", "/not/there:" + loader + ":");
        environment.put("PATH", folder("env/bin") + ":/usr/bin");
        environment.put("PYTHONPATH", root.resolve("packages").toString());
        List<Path> folders = CudaLibraries.folders(environment);
        assertThat(folders).startsWith(home.resolve("lib64"), loader).contains(wheels, newer, packages);
        assertThat(folders.indexOf(newer)).isLessThan(folders.indexOf(wheels));
        assertThat(folders).doesNotHaveDuplicates().allMatch(Files::isDirectory);
    }

    @Test
    void tellsTheVersionOfAFile() throws IOException {
        Path folder = folder("v", "libcublas.so.13.1.0.3", "libcublasLt.so.13", "libcufft.so.12");
        Files.createSymbolicLink(folder.resolve("libcublas.so.13"), Path.of("libcublas.so.13.1.0.3"));
        CudaLibraries found = CudaLibraries.find(13000, List.of(folder));
        assertThat(found.version("libcublas")).isEqualTo("13.1.0.3");
        assertThat(found.version("libcufft")).isEqualTo("12");
        assertThat(found.version("libnothing")).isEqualTo("none");
    }

    @Test
    void ordersVersionsByNumber() {
        assertThat(CudaLibraries.compareVersions("cuda-12.10", "cuda-12.9")).isPositive();
        assertThat(CudaLibraries.compareVersions("cuda-12.9", "cuda-13")).isNegative();
        assertThat(CudaLibraries.compareVersions("cuda-13", "cuda-13.0")).isNegative();
        assertThat(CudaLibraries.compareVersions("python3.9", "python3.9")).isZero();
    }
}
