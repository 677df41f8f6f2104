package io.acuity.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.acuity.metric.Score;
import io.acuity.weights.AtomicFile;
import io.acuity.weights.WeightsException;
import io.acuity.weights.WriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Scores of one model on one set as a CSV file: image, psnr_y, ssim_y, psnr_rgb; doubles as they are. */
final class ScoreFile {
    private static final String TITLE = "image,psnr_y,ssim_y,psnr_rgb";

    private ScoreFile() {}

    static void write(Path file, Map<String, Score> scores) {
        StringBuilder text = new StringBuilder(TITLE).append('\n');
        scores.forEach((image, score) -> text.append(image)
                .append(',')
                .append(score.psnrY())
                .append(',')
                .append(score.ssimY())
                .append(',')
                .append(score.psnrRgb())
                .append('\n'));
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
        } catch (IOException e) {
            throw WriteException.of(file, e);
        }
        AtomicFile.write(file, out -> out.write(text.toString().getBytes(UTF_8)));
    }

    /** The scores of a file; none if it is not there. A name may hold commas, numbers do not. */
    static SequencedMap<String, Score> read(Path file) {
        SequencedMap<String, Score> scores = new LinkedHashMap<>();
        if (!Files.exists(file)) {
            return scores;
        }
        try {
            List<String> lines = Files.readAllLines(file);
            if (lines.isEmpty() || !lines.getFirst().equals(TITLE)) {
                throw new WeightsException(file + ": want the first line " + TITLE);
            }
            for (String line : lines.subList(1, lines.size())) {
                String[] cells = line.split(",", -1);
                int n = cells.length;
                String image = line.substring(0, line.length() - rest(cells));
                scores.put(
                        image,
                        new Score(
                                Double.parseDouble(cells[n - 3]),
                                Double.parseDouble(cells[n - 2]),
                                Double.parseDouble(cells[n - 1])));
            }
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            throw new WeightsException(
                    file + ": want scores as this program writes them; remove it to measure again", e);
        }
        return scores;
    }

    private static int rest(String... cells) {
        int n = cells.length;
        return cells[n - 3].length() + cells[n - 2].length() + cells[n - 1].length() + 3;
    }
}
