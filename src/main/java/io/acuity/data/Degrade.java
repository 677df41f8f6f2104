package io.acuity.data;

import io.acuity.data.Bicubic.Convention;
import java.nio.file.Path;

/** Makes the low-resolution partner of a picture, as benchmark and training sets have it. */
public final class Degrade {
    private Degrade() {}

    /** The picture cut to multiples of {@code scale} and shrunk by it, each channel on its own. */
    public static Image apply(Image hr, int scale, Convention convention) {
        return Bicubic.shrink(hr.modcrop(scale), scale, convention);
    }

    /** Where the partner of {@code file}, a path below the input folder, belongs: {@code folder/NAMEx4.png} for scale 4. */
    public static Path target(Path folder, Path file, int scale) {
        return folder.resolve(file).resolveSibling(ImageFolder.stem(file) + "x" + scale + ".png");
    }

    /** Reads, degrades and writes one file. */
    public static void file(Path from, Path to, int scale, Convention convention, Limits limits) {
        Image hr = ImageFile.read(from, limits);
        if (hr.width() < scale || hr.height() < scale) {
            throw new ImageException(
                    from.toString(),
                    "want at least %1$dx%1$d pixels to divide by %1$d, have %2$dx%3$d"
                            .formatted(scale, hr.width(), hr.height()));
        }
        ImageFile.write(apply(hr, scale, convention), to, ImageFormat.PNG, WriteOptions.DEFAULT);
    }
}
