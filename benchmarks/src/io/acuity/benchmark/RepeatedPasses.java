package io.acuity.benchmark;

import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.device.NativeLibrary;
import io.acuity.infer.Upscaler;
import io.acuity.model.Models;
import io.acuity.model.Network;
import io.acuity.model.Rcan;
import io.acuity.tensor.Random;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Pictures of one size again and again through an upscaler on {@code cpu}, by one thread: the calling thread's time, for which it
 * matters little what else the machine does, and the process's peak of memory. Compares versions of the program.
 */
public final class RepeatedPasses {
    private RepeatedPasses() {}

    /**
     * Prints a line.
     *
     * @param words {@code edsr} (the shipped one) or {@code rcan} (of its published depth, 8 features), then pairs of a square
     *     picture's side and how often it is upscaled
     */
    public static void main(String[] words) throws IOException {
        NativeLibrary.load().threads(1);
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        StringBuilder line = new StringBuilder(words[0]);
        try (Device device = Device.open("cpu")) {
            Network network = words[0].equals("edsr")
                    ? Models.open(Models.DEFAULT, device)
                    : Rcan.create(device, new Rcan.Options(10, 20, 8, 4, 255f, 2), 1);
            try (Upscaler upscaler = new Upscaler(network, new Upscaler.Options(0, false, 1L << 30))) {
                for (int i = 1; i + 1 < words.length; i += 2) {
                    int side = Integer.parseInt(words[i]);
                    double[] millis = new double[Integer.parseInt(words[i + 1])];
                    Image lr = noise(side);
                    for (int k = -millis.length / 2; k < millis.length; k++) {
                        long start = threads.getCurrentThreadCpuTime();
                        upscaler.upscale(lr);
                        if (k >= 0) {
                            millis[k] = (threads.getCurrentThreadCpuTime() - start) / 1e6;
                        }
                    }
                    Arrays.sort(millis);
                    line.append(String.format(
                            Locale.ROOT,
                            "  %dx%d: least %.2f, median %.2f ms",
                            side,
                            side,
                            millis[0],
                            millis[millis.length / 2]));
                }
            }
        }
        for (String status : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (status.startsWith("VmHWM")) {
                line.append("  ").append(status.replace('\t', ' '));
            }
        }
        System.out.println(line);
    }

    private static Image noise(int side) {
        Image image = Image.black(side, side, 3, 8);
        Random random = Random.of(1, side);
        for (int i = 0; i < image.bytes().length; i++) {
            image.bytes()[i] = (byte) random.nextInt();
        }
        return image;
    }
}
