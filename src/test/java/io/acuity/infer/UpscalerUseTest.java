package io.acuity.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.acuity.data.BufferedImages;
import io.acuity.data.Image;
import io.acuity.device.Device;
import io.acuity.model.Edsr;
import io.acuity.model.Network;
import io.acuity.tensor.Random;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One upscaler used as a library uses it: by many threads, with AWT's pictures and with memory, cancelled, closed. */
final class UpscalerUseTest {
    private final Device device = Device.open("cpu");
    private final Network network = Edsr.create(device, new Edsr.Options(2, 16, 1f, 2), 7);

    @AfterEach
    void close() {
        device.close();
    }

    static Image noise(int width, int height, int channels, int bitDepth) {
        Image image = Image.black(width, height, channels, bitDepth);
        Random random = Random.of(5, (long) width * height * channels + bitDepth);
        for (int i = 0; i < width * height * channels; i++) {
            if (bitDepth == 8) {
                image.bytes()[i] = (byte) random.nextInt();
            } else {
                image.shorts()[i] = (short) random.nextInt();
            }
        }
        return image;
    }

    private Upscaler upscaler() {
        return new Upscaler(network, new Upscaler.Options(0, false, 1L << 30));
    }

    @Test
    void manyThreadsGetTheirOwnPicture() throws Exception {
        List<Image> pictures = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            pictures.add(noise(8 + i % 13, 5 + i % 7, 1 + i % 4, i % 3 == 0 ? 16 : 8));
        }
        try (Upscaler upscaler = upscaler();
                ExecutorService threads = Executors.newFixedThreadPool(16)) {
            List<Image> alone = pictures.stream().map(upscaler::upscale).toList();
            List<Future<Image>> together = new ArrayList<>();
            for (Image picture : pictures) {
                together.add(threads.submit(() -> upscaler.upscale(picture)));
            }
            for (int i = 0; i < pictures.size(); i++) {
                assertThat(together.get(i).get().segment().mismatch(alone.get(i).segment()))
                        .isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,8", "2,8", "3,8", "4,8", "1,16", "2,16", "3,16", "4,16"})
    void picturesOfAwtGoThroughUnchanged(int channels, int depth) {
        Image image = noise(7, 5, channels, depth);
        BufferedImage picture = BufferedImages.to(image);
        assertThat(BufferedImages.of(picture).segment().mismatch(image.segment()))
                .isEqualTo(-1);
        try (Upscaler upscaler = upscaler()) {
            Image truth = upscaler.upscale(image);
            assertThat(BufferedImages.of(upscaler.upscale(picture)).segment().mismatch(truth.segment()))
                    .isEqualTo(-1);
            MemorySegment sr =
                    MemorySegment.ofArray(new byte[(int) truth.segment().byteSize()]);
            upscaler.upscale(new Raster(image.segment(), 7, 5, channels, depth), sr);
            assertThat(sr.mismatch(truth.segment())).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_BYTE_INDEXED})
    void packedAndPalettePicturesOfAwtShowTheSameColours(int type) {
        BufferedImage picture = new BufferedImage(3, 2, type);
        picture.setRGB(1, 1, 0xFF336699);
        Image image = BufferedImages.of(picture);
        assertThat(BufferedImages.to(image).getRGB(1, 1)).isEqualTo(picture.getRGB(1, 1));
        assertThat(BufferedImages.to(image).getRGB(0, 0)).isEqualTo(picture.getRGB(0, 0));
        assertThat(image.hasAlpha()).isEqualTo(picture.getColorModel().hasAlpha());
    }

    @Test
    void cancellingEndsTheCallBetweenTwoKernels() {
        Cancel cancel = new Cancel();
        try (Upscaler upscaler = new Upscaler(network, new Upscaler.Options(16, false, 1L << 30))) {
            long[] done = new long[1];
            assertThatThrownBy(() -> upscaler.upscale(
                            noise(64, 64, 3, 8),
                            (at, _) -> {
                                done[0] = at;
                                cancel.cancel();
                            },
                            cancel))
                    .isInstanceOf(CancellationException.class);
            assertThat(done[0]).isEqualTo(16 * 16); // one tile, though 15 were to come
            assertThat(upscaler.upscale(noise(4, 4, 3, 8)).width()).isEqualTo(8);
        }
    }

    @Test
    void wrongRoomIsToldInOneSentence() {
        Image image = noise(4, 3, 3, 8);
        Raster raster = new Raster(image.segment(), 4, 3, 3, 8);
        try (Upscaler upscaler = upscaler()) {
            assertThatThrownBy(() -> upscaler.upscale(raster, MemorySegment.ofArray(new byte[10])))
                    .hasMessage("upscale into memory: want 144 bytes, have 10");
        }
        assertThatThrownBy(() -> new Raster(image.segment(), 5, 3, 3, 8))
                .hasMessage("raster of 5x3, 3 channels, 8 bits: want 45 bytes, have 36");
        assertThatThrownBy(() -> new Raster(image.segment(), 4, 3, 9, 8)).hasMessageContaining("1 to 4 channels");
    }

    @Test
    void closedTwiceAndUsedAfterwards() throws Exception {
        Upscaler upscaler = Upscaler.open("edsr_s_x4");
        Image image = noise(8, 8, 3, 8);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<Image>> calls = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                calls.add(threads.submit(() -> upscaler.upscale(image)));
            }
            calls.getFirst().get();
            upscaler.close();
            upscaler.close();
            for (Future<Image> call : calls) { // each is right, or refused
                try {
                    assertThat(call.get().width()).isEqualTo(32);
                } catch (java.util.concurrent.ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(IllegalStateException.class);
                }
            }
        }
        assertThatThrownBy(() -> upscaler.upscale(image))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("upscale: want an open upscaler, have one that was closed");
    }
}
