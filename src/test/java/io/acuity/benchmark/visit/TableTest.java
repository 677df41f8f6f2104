package io.acuity.benchmark.visit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableTest {
    private static final String HEADER =
            "date,commit,machine,device,benchmark,parameters,median_us,gflops,gigabytes_per_second,share_of_limit";

    @TempDir
    Path visit;

    private void write(String file, String... lines) throws IOException {
        Path to = visit.resolve(file);
        Files.createDirectories(to.getParent());
        Files.write(to, List.of(lines));
    }

    private static String row(String benchmark, String parameters, double micros) {
        return "2026-11-28,abc,\"a, processor\",\"cuda, a GPU\",%s,%s,%.1f,543500.00,1891.00,0.000"
                .formatted(benchmark, parameters, micros);
    }

    private List<String> table() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Table.print(visit, new PrintStream(out, true, UTF_8));
        return out.toString(UTF_8).lines().toList();
    }

    /** The words of the line that starts with this, without how PyTorch was fastest. */
    private List<String> words(String start) {
        String line =
                table().stream().filter(l -> l.startsWith(start)).findFirst().orElseThrow();
        return List.of(line.substring(start.length()).strip().split(" {2,}", -1));
    }

    private void ceilings() throws IOException {
        write(
                "micro.jsonl",
                "{\"figure\":\"copy_memory\",\"value\":3000,\"unit\":\"GB/s\"}",
                "{\"figure\":\"wgmma_two_blocks_an_sm\",\"value\":798,\"unit\":\"TFLOP/s\"}");
    }

    @Test
    void dividesTheShortestOfPyTorchByOurs() throws IOException {
        ceilings();
        write(
                "kernels/cuda.csv",
                HEADER,
                row("HalfConvolution", "layer=conv3x3 64x64x48x48 to 64; pass=forward", 20),
                row("HalfConvolution", "layer=conv3x3 16x64x48x48 to 64; pass=forward", 1));
        write(
                "peer.jsonl",
                "# a program's own table",
                "{\"figure\":\"broken\",\"ms_median\":NaN}",
                "{\"figure\":\"conv3x3_64_64_fwd_bias_relu\",\"shape\":[64,48,48],\"dtype\":\"bf16\",\"ms_median\":0.09}",
                "{\"figure\":\"conv3x3_64_64_fwd_fused_cudnn\",\"shape\":[64,48,48],\"dtype\":\"bf16\",\"ms_median\":0.07}",
                "{\"figure\":\"conv3x3_64_64_fwd\",\"shape\":[64,48,48],\"dtype\":\"bf16\",\"ms_median\":0.04}",
                "{\"figure\":\"conv3x3_64_64_fwd_bias_relu\",\"shape\":[16,48,48],\"dtype\":\"bf16\",\"ms_median\":0.01}",
                "{\"figure\":\"conv3x3_64_64_fwd_bias_relu\",\"shape\":[64,48,48],\"dtype\":\"fp32\",\"ms_median\":0.01}",
                "{\"figure\":\"conv3x3_64_64_fwd_fused_cudnn\",\"shape\":[64,48,48],\"error\":\"no such kernel\"}");

        // 70 us over 20; 10.87 GFLOP at 798 TFLOP/s are 13.62 us
        assertThat(words("conv 64>64, bias, ReLU, 64x48x48"))
                .startsWith("20.0 us", "70.0 us", "3.50 yes", ">=3", "1.47 yes", "<=1.5")
                .last()
                .asString()
                .startsWith("conv3x3_64_64_fwd_fused_cudnn");
        assertThat(words("the same beside the bare convolution")).startsWith("20.0 us", "40.0 us", "2.00 no", ">=2.2");
    }

    @Test
    void takesStepsAndPicturesInBf16AsGraphs() throws IOException {
        ceilings();
        String how = "; precision=bf16; tail=collapsed";
        write(
                "jobs/cuda.csv",
                HEADER,
                row("TrainStep", "launch=direct; shape=16x3x48x48" + how, 1),
                row("TrainStep", "launch=graph; shape=16x3x48x48; tail=collapsed", 2),
                row("TrainStep", "launch=graph; shape=16x3x48x48" + how, 800),
                row("TrainStep", "launch=graph; precision=bf16; shape=16x3x48x48; tail=layers", 1000),
                row("PclStep", "launch=graph; learns=two" + how, 1),
                row("PclStep", "launch=graph; learns=all" + how, 5000),
                row("Upscale", "launch=graph; precision=bf16; shape=1x3x180x320; tail=collapsed", 350));
        write(
                "peer.jsonl",
                "{\"figure\":\"edsr-baseline_train_step\",\"batch\":16,\"prec\":\"bf16\",\"mode\":\"eager\",\"compile_mode\":null,"
                        + "\"ms_median\":8.0}",
                "{\"figure\":\"edsr-baseline_train_step\",\"batch\":16,\"prec\":\"bf16\",\"mode\":\"compile+graph\",\"ms_median\":2.8}",
                "{\"figure\":\"edsr-baseline_train_step\",\"batch\":16,\"prec\":\"tf32\",\"mode\":\"graph\",\"ms_median\":0.1}",
                "{\"figure\":\"edsr-baseline_train_step\",\"batch\":64,\"prec\":\"bf16\",\"mode\":\"graph\",\"ms_median\":0.1}",
                "{\"figure\":\"edsr-baseline-c_train_step\",\"batch\":16,\"prec\":\"bf16\",\"mode\":\"graph\",\"ms_median\":2.0}",
                "{\"figure\":\"pcl_step_edsr-baseline\",\"batch\":16,\"K\":4,\"style\":\"batched\",\"mode\":\"graph\",\"ms_median\":10}",
                "{\"figure\":\"edsr-baseline_x4\",\"lr\":[320,180],\"dtype\":\"fp16\",\"mode\":\"graph\",\"ms_median\":1.4}",
                "{\"figure\":\"edsr-baseline_x4\",\"lr\":[640,360],\"dtype\":\"bf16\",\"mode\":\"graph\",\"ms_median\":0.1}");

        assertThat(words("EDSR-S training step, batch 16"))
                .startsWith("800.0 us", "2800.0 us", "3.50 yes", ">=3.5", "2.23 yes", "<=2.4")
                .last()
                .isEqualTo("edsr-baseline_train_step bf16 compile+graph");
        assertThat(words("the same, tail as layers")).startsWith("1000.0 us", "2800.0 us", "2.80", "-");
        assertThat(words("both with the collapsed tail")).startsWith("800.0 us", "2000.0 us", "2.50", "-");
        // 0.36 + 1.21 + 0.34 + 0.09 ms
        assertThat(words("contrastive step, EDSR-S, batch 16, 4+4"))
                .startsWith("5000.0 us", "10000.0 us", "2.00 no", ">=2.3", "2.50 no", "<=1.9");
        assertThat(words("EDSR-S x4, 320x180"))
                .startsWith("350.0 us", "1400.0 us", "4.00 yes", ">=3.2", "1.87 yes", "<=1.9");
        assertThat(words("EDSR-S x4, 640x360"))
                .startsWith("not measured", "100.0 us", "no ratio", ">=3.2", "no figure");
    }

    @Test
    void saysWhatIsMissing() {
        assertThat(table())
                .contains(
                        "ceilings of this visit: copy not measured, tensor cores in bf16 not measured",
                        "microbenchmarks: not measured",
                        "figures: not measured");
        for (Goal goal : Goal.ALL) {
            assertThat(words(goal.name()))
                    .as(goal.name())
                    .startsWith("not measured", "not measured", "no ratio")
                    .anySatisfy(word -> assertThat(word).startsWith("no ceiling"));
        }
    }

    @Test
    void givesEachFigureItsShareOfTheFloor() throws IOException {
        ceilings();
        write("kernels/cuda.csv", HEADER, row("Relu", "pass=forward; shape=16x64x48x48", 20));

        // 543.5 TFLOP/s of 798 is the longer of the two
        assertThat(table()).anySatisfy(line -> assertThat(line).contains("Relu", "20.0 us", "68.1 % of the floor"));
    }
}
