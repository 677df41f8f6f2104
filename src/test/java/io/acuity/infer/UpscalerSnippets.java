package io.acuity.infer;

import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.Limits;
import io.acuity.data.RowReader;
import io.acuity.data.RowWriter;
import io.acuity.data.WriteOptions;
import io.acuity.model.Models;
import io.acuity.weights.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** The examples of the Javadoc; {@link UpscalerSnippetsTest} runs them. */
final class UpscalerSnippets {
    private UpscalerSnippets() {}

    static void pictures(File lr, File sr) throws IOException {
        // @start region="pictures"
        try (Upscaler upscaler = Upscaler.open(Models.DEFAULT)) {
            BufferedImage large = upscaler.upscale(ImageIO.read(lr)); // from any thread, as often as you like
            ImageIO.write(large, "png", sr);
        }
        // @end
    }

    static void files(Path lr, Path sr) {
        // @start region="files"
        try (Upscaler upscaler = Upscaler.open(Models.DEFAULT)) {
            // keeps 16 bits, alpha, colour profile and EXIF, which BufferedImage does not
            ImageFile.write(upscaler.upscale(ImageFile.read(lr)), sr);
        }
        // @end
    }

    static void streamed(Path lr, Path sr) {
        // @start region="streamed"
        try (Upscaler upscaler = Upscaler.open(Models.DEFAULT);
                RowReader rows = RowReader.open(lr, Limits.DEFAULT)) {
            // a huge picture needs the memory of a band of tiles
            AtomicFile.write(sr, out -> {
                RowWriter.Layout layout = upscaler.layout(rows);
                try (RowWriter to = RowWriter.open(out, sr.toString(), ImageFormat.PNG, layout, WriteOptions.DEFAULT)) {
                    upscaler.upscale(rows, to, (done, total) -> System.err.printf("%d %%%n", 100 * done / total));
                }
            });
        }
        // @end
    }

    static MemorySegment memory(MemorySegment rgb, int width, int height, Arena arena) {
        // @start region="memory"
        try (Upscaler upscaler = Upscaler.open(Models.DEFAULT)) {
            int s = upscaler.scale();
            MemorySegment sr = arena.allocate(Raster.bytes(s * width, s * height, 3, 8));
            upscaler.upscale(new Raster(rgb, width, height, 3, 8), sr);
            return sr;
        }
        // @end
    }

    static void cancelled(RowReader rows, RowWriter to) {
        // @start region="cancelled"
        Cancel cancel = new Cancel();
        Thread.ofVirtual().start(cancel::cancel); // whoever may want it to end
        try (Upscaler upscaler = Upscaler.open(Models.DEFAULT)) {
            upscaler.upscale(rows, to, Upscaler.Progress.NONE, cancel); // ends with a CancellationException
        }
        // @end
    }
}
