package io.acuity.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.acuity.device.cuda.CudaProbe.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;

class CudaProbeTest {
    @Test
    void saysWhereItLookedForADriver() {
        Answer answer = CudaProbe.ask(List.of("/nowhere/libcuda.so.1", "/nor/here/libcuda.so.1"));
        assertThat(answer.reason())
                .isEqualTo(
                        "no CUDA driver library was found, looked for /nowhere/libcuda.so.1, /nor/here/libcuda.so.1");
        assertThat(answer.gpus()).isEmpty();
        assertThat(answer.reasonAgainst(0)).isEqualTo(answer.reason());
    }

    @Test
    void readsWhatTheDriverLists() {
        StandIn standIn = StandIn.start();
        standIn.set("devices", 2);
        standIn.set("capability", 86);
        standIn.set("driver", 12040);
        standIn.set("memory", 1L << 33);
        Answer answer = standIn.answer();
        assertThat(answer.reason()).isNull();
        assertThat(answer.driver()).isEqualTo(12040);
        assertThat(answer.gpus())
                .containsExactly(
                        new CudaProbe.Gpu(0, "Stand-in GPU", 86, 1L << 33),
                        new CudaProbe.Gpu(1, "Stand-in GPU", 86, 1L << 33));
        assertThat(answer.reasonAgainst(1)).isNull();
        assertThat(answer.reasonAgainst(2)).isEqualTo("want a GPU of 0 to 1, have 2");
    }

    @Test
    void saysWhatTheDriverRefused() {
        StandIn standIn = StandIn.start();
        standIn.fail("cuInit", 100, 0);
        assertThat(standIn.answer().reason())
                .startsWith("cuInit of ")
                .endsWith("libcuda.so.1 answered CUDA_ERROR_NO_DEVICE (100): no GPU is visible to this process");
        standIn.fail("cuInit", 803, 0);
        assertThat(standIn.answer().reason())
                .endsWith(
                        "answered CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803): the driver's library and kernel module differ"
                                + " in version");
        standIn.fail("cuInit", 12345, 0);
        assertThat(standIn.answer().reason()).endsWith("answered CUDA error 12345");
        standIn.mend("cuInit");
        standIn.fail("cuDeviceGetCount", 999, 0);
        assertThat(standIn.answer().reason()).startsWith("cuDeviceGetCount of ").contains("CUDA_ERROR_UNKNOWN (999)");
        standIn.mend("cuDeviceGetCount");
        standIn.fail("cuDeviceGetName", 101, 0);
        assertThat(standIn.answer().reason())
                .isEqualTo(
                        "the CUDA driver could not be asked: cuDeviceGetName answered CUDA_ERROR_INVALID_DEVICE (101)");
    }

    @Test
    void refusesADriverWithoutGpus() {
        StandIn standIn = StandIn.start();
        standIn.set("devices", 0);
        assertThat(standIn.answer().reason()).contains("lists no GPU; CUDA_VISIBLE_DEVICES is ");
    }

    @Test
    void refusesOldGpus() {
        StandIn standIn = StandIn.start();
        standIn.set("capability", 75);
        Answer answer = standIn.answer();
        assertThat(answer.reason()).isNull();
        assertThat(answer.reasonAgainst(0))
                .isEqualTo("want compute capability 8.0 or newer, have Stand-in GPU, compute capability 7.5");
    }
}
