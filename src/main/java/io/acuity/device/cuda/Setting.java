package io.acuity.device.cuda;

import org.jspecify.annotations.Nullable;

/** What a user may say about CUDA, as a system property or else in the environment; docs/cuda.md lists them. */
enum Setting {
    /** {@code off}: no GPU is looked for. */
    CUDA("acuity.cuda", "ACUITY_CUDA"),
    /** The folder of the driver library, looked in alone; for tests. */
    DRIVER("acuity.cuda.driver", "ACUITY_CUDA_DRIVER"),
    /** Folders of cuBLAS and cuFFT, separated by colons, looked in before all others. */
    LIBRARIES("acuity.cuda.libraries", "ACUITY_CUDA_LIBRARIES"),
    /** A folder of fatbins and PTX, used instead of those in the jar. */
    KERNELS("acuity.cuda.kernels", "ACUITY_CUDA_KERNELS"),
    /** {@code off}: no kernel runs in its form for compute capability 9.0; for comparisons. */
    SM90("acuity.cuda.sm90", "ACUITY_CUDA_SM90"),
    /** {@code on}: cuBLAS may round factors to TF32. */
    TF32("acuity.cuda.tf32", "ACUITY_CUDA_TF32");

    private final String property;
    private final String variable;

    Setting(String property, String variable) {
        this.property = property;
        this.variable = variable;
    }

    /** What was said, or null; nothing said is null too. */
    @Nullable
    String value() {
        String value = System.getProperty(property, System.getenv(variable));
        return value == null || value.isEmpty() ? null : value;
    }

    /** How to set it, for messages. */
    @Override
    public String toString() {
        return "-D" + property + " or " + variable;
    }
}
