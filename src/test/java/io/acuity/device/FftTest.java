package io.acuity.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.acuity.device.Fft.Direction;
import io.acuity.tensor.Numbers;
import java.lang.foreign.MemorySegment;

class FftTest {
    private static float[] run(Device device, Fft fft, Direction direction, float[] values) {
        Buffer from = device.allocate(fft.fromBytes(direction));
        Buffer to = device.allocate(fft.toBytes(direction));
        device.upload(MemorySegment.ofArray(values), from);
        device.fft(fft, direction, from, to);
        float[] result = new float[(int) (fft.toBytes(direction) / Float.BYTES)];
        device.download(to, MemorySegment.ofArray(result));
        device.release(from);
        device.release(to);
        return result;
    }

    /** Sums over all pixels, term by term. */
    private static double[] plain(float[] x, Fft fft) {
        double[] z = new double[fft.batch() * fft.height() * fft.columns() * 2];
        int at = 0;
        for (int b = 0; b < fft.batch(); b++) {
            for (int v = 0; v < fft.height(); v++) {
                for (int u = 0; u < fft.columns(); u++) {
                    for (int h = 0; h < fft.height(); h++) {
                        for (int w = 0; w < fft.width(); w++) {
                            double angle =
                                    -2 * Math.PI * (h * v / (double) fft.height() + w * u / (double) fft.width());
                            double value = x[(b * fft.height() + h) * fft.width() + w];
                            z[at] += value * Math.cos(angle);
                            z[at + 1] += value * Math.sin(angle);
                        }
                    }
                    at += 2;
                }
            }
        }
        return z;
    }

    @EveryDevice(standIn = true)
    void sumsAsDefinedAndComesBack(Device device) {
        for (Fft fft : new Fft[] {new Fft(1, 1, 1), new Fft(2, 3, 4), new Fft(3, 12, 10), new Fft(1, 7, 22)}) {
            float[] x = Numbers.uniform((long) fft.batch() * fft.height() * fft.width(), 3);
            float[] z = run(device, fft, Direction.FORWARD, x);
            Numbers.assertNear(fft.toString(), z, plain(x, fft), 1e-6);
            float[] back = run(device, fft, Direction.INVERSE, z);
            double[] scaled = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                scaled[i] = (double) x[i] * fft.height() * fft.width();
            }
            Numbers.assertNear(fft + " and back", back, scaled, 1e-6);
        }
    }

    /** An impulse has all frequencies alike; a wave has one. */
    @EveryDevice(standIn = true)
    void knownSpectra(Device device) {
        Fft fft = new Fft(1, 8, 12);
        float[] impulse = new float[96];
        impulse[0] = 2;
        float[] flat = run(device, fft, Direction.FORWARD, impulse);
        for (int i = 0; i < flat.length; i++) {
            assertThat(flat[i]).isEqualTo(i % 2 == 0 ? 2 : 0, offset(1e-6f));
        }
        float[] wave = new float[96];
        for (int i = 0; i < 96; i++) {
            wave[i] = (float) Math.cos(2 * Math.PI * (3 * (i % 12) / 12.0 + 2 * (i / 12) / 8.0));
        }
        float[] line = run(device, fft, Direction.FORWARD, wave);
        for (int v = 0; v < 8; v++) {
            for (int u = 0; u < 7; u++) {
                float want = v == 2 && u == 3 ? 48 : 0;
                assertThat(line[(v * 7 + u) * 2]).isEqualTo(want, offset(1e-4f));
                assertThat(line[(v * 7 + u) * 2 + 1]).isEqualTo(0, offset(1e-4f));
            }
        }
    }

    @EveryDevice(standIn = true)
    void refusesWhatDoesNotFit(Device device) {
        Buffer small = device.allocate(64);
        Buffer large = device.allocate(4096);
        assertThatThrownBy(() -> device.fft(new Fft(1, 8, 8), Direction.FORWARD, small, large))
                .hasMessage("fft[1 x 8 x 8] from: want at least 256 bytes, have 64");
        assertThatThrownBy(() -> device.fft(new Fft(1, 8, 8), Direction.FORWARD, large, small))
                .hasMessage("fft[1 x 8 x 8] to: want at least 320 bytes, have 64");
        if (!device.name().startsWith("cuda")) { // cuFFT takes all sizes
            assertThatThrownBy(() -> device.fft(new Fft(1, 4, 17), Direction.FORWARD, large, large))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("fft size: want a product of 2, 3, 5, 7, 11 and 13, have 17");
        }
        assertThatThrownBy(() -> new Fft(0, 4, 4)).hasMessage("fft: want positive sizes, have 0 x 4 x 4");
        device.release(small);
        device.release(large);
    }
}
