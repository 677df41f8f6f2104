package io.acuity.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures to evaluate on: {@code DIR/HR/NAME.png} with {@code DIR/LR_bicubic/X4/NAMEx4.png} for scale 4.
 *
 * @param name the folder's name
 * @param scale how many times a side of HR is as long as that of LR
 */
public record BenchmarkSet(String name, int scale, List<Pair> pairs) {
    /** Two files of one picture. */
    public record Pair(String name, Path hr, Path lr) {}

    /** Two pictures, HR cut to multiples of the scale, so that it is exactly {@code scale} times as large as LR. */
    public record Images(Image hr, Image lr) {}

    public BenchmarkSet {
        pairs = List.copyOf(pairs);
    }

    /** Finds the pairs of a folder; throws when it has no HR pictures or one of them has no LR partner. */
    public static BenchmarkSet of(Path folder, int scale) {
        Path lrFolder = folder.resolve("LR_bicubic").resolve("X" + scale);
        List<Pair> pairs = new ArrayList<>();
        for (Path file : ImageFolder.list(folder.resolve("HR"), false)) {
            String stem = ImageFolder.stem(file);
            Path lr = lrFolder.resolve(stem + "x" + scale + ".png");
            if (!Files.exists(lr)) {
                throw new ImageException(folder.toString(), "want " + lr + " beside " + file + ", have no such file");
            }
            pairs.add(new Pair(stem, file, lr));
        }
        return new BenchmarkSet(
                folder.toAbsolutePath().normalize().getFileName().toString(), scale, pairs);
    }

    /** Reads a pair; throws when the sizes do not fit the scale. */
    public Images read(Pair pair) {
        Image hr = ImageFile.read(pair.hr).modcrop(scale);
        Image lr = ImageFile.read(pair.lr);
        if (lr.width() * scale != hr.width() || lr.height() * scale != hr.height()) {
            throw new ImageException(
                    pair.lr.toString(),
                    "want %dx%d pixels, a %dth of %s, have %dx%d"
                            .formatted(
                                    hr.width() / scale, hr.height() / scale, scale, pair.hr, lr.width(), lr.height()));
        }
        return new Images(hr, lr);
    }
}
