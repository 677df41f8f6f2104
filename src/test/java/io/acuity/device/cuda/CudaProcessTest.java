package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line in processes of their own, with and without a driver, as a user has it. */
class CudaProcessTest {
    @TempDir
    static Path images;

    private record Result(int code, String out, String err) {}

    @BeforeAll
    static void writeImages() throws IOException {
        StandIn.writeImages(images);
    }

    private static Result acuity(Map<String, String> environment, List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Dacuity.library=" + StandIn.FOLDER.resolveSibling("libacuity.so")));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.acuity.cli.Acuity"));
        command.addAll(Arrays.asList(arguments));
        Path out = Files.createTempFile("acuity", ".out");
        Path err = Files.createTempFile("acuity", ".err");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("ACUITY_"));
            builder.environment().putAll(environment);
            int code = builder.start().waitFor();
            return new Result(
                    code, Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static Map<String, String> standIn() {
        return Map.of(
                "ACUITY_CUDA_DRIVER", StandIn.FOLDER.toString(),
                "ACUITY_CUDA_LIBRARIES", StandIn.FOLDER.toString(),
                "ACUITY_CUDA_KERNELS", images.toString());
    }

    @Test
    void listsAndPrefersAGpu() throws Exception {
        Result result = acuity(standIn(), List.of(), "devices");
        assertThat(result.err()).isEmpty();
        assertThat(result.out().lines())
                .hasSize(3)
                .anySatisfy(line -> assertThat(line)
                        .startsWith(
                                "cuda  cuda (Stand-in GPU, compute capability 9.0, 16384 MiB, driver for CUDA 13.0, ")
                        .endsWith("(default)"))
                .anySatisfy(line -> assertThat(line).startsWith("cpu   cpu (").doesNotContain("default"));
        assertThat(result.code()).isZero();
    }

    @Test
    void listsWhyThereIsNone() throws Exception {
        Result result = acuity(
                Map.of("ACUITY_CUDA_DRIVER", StandIn.FOLDER.toString(), "ACUITY_STANDIN_INIT", "803"),
                List.of(),
                "devices",
                "--json");
        assertThat(result.code()).isZero();
        assertThat(result.out())
                .contains("\"device\":\"cuda\",\"available\":false,\"reason\":\"cuInit of " + StandIn.FOLDER)
                .contains("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)");
        assertThat(result.out().lines().filter(line -> line.contains("\"default\":true")))
                .singleElement()
                .asString()
                .startsWith("{\"device\":\"cpu\"");
    }

    @Test
    void warnsOfAGpuThatCannotBeUsed(@TempDir Path empty) throws Exception {
        Result result = acuity(
                Map.of("ACUITY_CUDA_DRIVER", StandIn.FOLDER.toString(), "ACUITY_CUDA_KERNELS", empty.toString()),
                List.of(),
                "devices");
        assertThat(result.err())
                .contains("the GPU is not used: want GPU code of the kernels in " + empty + ", have none");
        assertThat(result.out()).contains("cuda  not available: want GPU code of the kernels in " + empty);
    }

    /** An explicit wish is never granted by another device. */
    @Test
    void refusesAGpuThatIsNotThere() throws Exception {
        Result result =
                acuity(Map.of("ACUITY_CUDA", "off"), List.of(), "bench", "upscale", "-g", "cuda", "--size", "8x8");
        assertThat(result.code()).isEqualTo(5);
        assertThat(result.err().strip())
                .isEqualTo("acuity: device cuda: CUDA is switched off by -Dacuity.cuda or ACUITY_CUDA");
    }

    /** The probe alone decides; JCuda's classes would cost time, and one that fails to load is lost for the process. */
    @Test
    void loadsNothingOfJCudaWithoutAGpu() throws Exception {
        for (Map<String, String> environment : List.of(
                Map.of("ACUITY_CUDA_DRIVER", "/nowhere"),
                Map.of("ACUITY_CUDA_DRIVER", StandIn.FOLDER.toString(), "ACUITY_STANDIN_INIT", "100"))) {
            Result result = acuity(environment, List.of("-Xlog:class+load:stdout"), "devices");
            assertThat(result.code()).isZero();
            assertThat(result.out()).contains("io.acuity.device.cuda.CudaProbe").contains("cpu   cpu (");
            assertThat(result.out().lines().filter(line -> line.contains("] jcuda.")))
                    .isEmpty();
        }
        Result result = acuity(standIn(), List.of("-Xlog:class+load:stdout"), "devices");
        assertThat(result.out()).as("the pattern finds what it looks for").contains("] jcuda.");
    }

    @Test
    void leavesNoFilesBehind(@TempDir Path folder) throws Exception {
        Result result = acuity(standIn(), List.of("-Djava.io.tmpdir=" + folder), "devices");
        assertThat(result.out()).contains("Stand-in GPU");
        assertThat(folder).isEmptyDirectory();
    }
}
