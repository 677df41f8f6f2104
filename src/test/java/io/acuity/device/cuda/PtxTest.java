package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.acuity.device.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NVIDIA's PTX compiler of CUDA 12.0, which JCuda carries and which needs no GPU, takes what drivers of CUDA 12 are given. */
class PtxTest {
    private static String compile(String ptx, String gpu) {
        byte[] text = (ptx + "\0").getBytes(StandardCharsets.UTF_8);
        nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
        assertThat(JNvPTXCompiler.nvPTXCompilerCreate(compiler, text.length, text))
                .isZero();
        try {
            String[] options = {"--gpu-name=" + gpu, "--opt-level=0"};
            if (JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options) == 0) {
                return "";
            }
            long[] length = new long[1];
            JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, length);
            byte[] log = new byte[(int) length[0] + 1];
            JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
            return "refused: " + new String(log, StandardCharsets.UTF_8).strip();
        } finally {
            JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
        }
    }

    @Test
    void compilesForOldDrivers(@TempDir Path folder) {
        KernelImages images = KernelImages.find();
        NativeLibrary library = NativeLibrary.load();
        Set<String> files = library.kernels().entries().stream()
                .map(kernel -> library.geometry(kernel).file())
                .filter(file -> images.has(file + ".ptx"))
                .collect(Collectors.toCollection(TreeSet::new));
        assumeTrue(!files.isEmpty(), "SKIPPED: this build has no GPU code of the kernels, as nvcc was not found");
        assumeTrue(JCudaNatives.present(), "SKIPPED: JCuda has libraries for Linux on x86-64 only");
        String before = System.getProperty("java.io.tmpdir");
        System.setProperty("java.io.tmpdir", folder.toString()); // where JCuda unpacks its library
        try {
            JNvPTXCompiler.setExceptionsEnabled(false);
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
        String text = KernelImagesTest.ptx(files.iterator().next());
        assertThat(compile(text.replaceFirst("\\.version 8\\.0", ".version 9.0"), "sm_80"))
                .startsWith("refused: ");
        for (String file : files) {
            assertThat(compile(KernelImagesTest.ptx(file), "sm_80")).as(file).isEmpty();
        }
        assertThat(compile(KernelImagesTest.ptx(HopperForm.FILE), "sm_90a")).isEmpty();
    }
}
