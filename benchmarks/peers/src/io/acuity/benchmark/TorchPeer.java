package io.acuity.benchmark;

import java.io.IOException;
import java.util.Locale;
import org.bytedeco.pytorch.global.torch;

/** PyTorch as a process that speaks {@link LineProtocol}. {@code OMP_NUM_THREADS} sets the threads. */
public final class TorchPeer {
    private TorchPeer() {}

    public static void main(String[] arguments) throws IOException {
        Locale.setDefault(Locale.ROOT);
        torch.set_num_threads(Integer.parseInt(System.getenv().getOrDefault("OMP_NUM_THREADS", "2")));
        LineProtocol lines = new LineProtocol();
        lines.add("W5-fp32", () -> TorchContrast.alone(12));
        lines.add("W5large-fp32", () -> TorchContrast.alone(24));
        lines.addStaged("W6-fp32", () -> step("W6-fp32", false));
        lines.addStaged("W6all-fp32", () -> step("W6all-fp32", true));
        lines.serve();
        System.exit(0); // OpenMP's threads would keep the process
    }

    private static LineProtocol.Workload step(String name, boolean learnsSamples) {
        Stages stages = new Stages();
        return new LineProtocol.Workload(new TorchPclStep(name, learnsSamples, stages), stages);
    }
}
