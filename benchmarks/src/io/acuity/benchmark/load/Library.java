package io.acuity.benchmark.load;

import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.Limits;
import io.acuity.data.WriteOptions;
import io.acuity.infer.Upscaler;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A plain loop over the library, which does what the service does with a picture: decode PNG, upscale, encode PNG. */
final class Library implements AutoCloseable {
    private final Setting setting;
    private final Upscaler upscaler;

    Library(Setting setting) {
        this.setting = setting;
        upscaler = Upscaler.open(setting.model());
    }

    /** Pictures a second of so many threads. */
    double rate(int threads, double seconds) {
        AtomicInteger done = new AtomicInteger();
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                int first = i;
                pool.execute(() -> {
                    for (int n = first; System.nanoTime() - end < 0; n++) {
                        Image lr = ImageFile.read(setting.picture(n), "picture", Limits.DEFAULT);
                        ByteArrayOutputStream out = new ByteArrayOutputStream();
                        ImageFile.write(upscaler.upscale(lr), out, "picture", ImageFormat.PNG, WriteOptions.DEFAULT);
                        done.incrementAndGet();
                    }
                });
            }
        }
        return done.get() / ((System.nanoTime() - start) / 1e9);
    }

    @Override
    public void close() {
        upscaler.close();
    }
}
