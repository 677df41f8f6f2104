package io.acuity.benchmark.load;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import org.HdrHistogram.Histogram;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Figures as a table, latencies as curves over percentiles. */
final class Table {
    private final List<String> rows = new ArrayList<>();
    private final Map<String, Histogram> curves = new LinkedHashMap<>();

    static String shown(double value) {
        return Math.abs(value) >= 100 || value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.3g", value);
    }

    /** A figure with a goal, and whether it is reached. */
    void goal(String experiment, String figure, double value, String goal, boolean reached) {
        row(experiment, figure, value, goal + (reached ? ": yes" : ": NO"));
    }

    void row(String experiment, String figure, double value, String goal) {
        String row = "| " + experiment + " | " + figure + " | " + shown(value) + " | " + goal + " |";
        rows.add(row);
        System.out.println(row);
    }

    void curve(String name, Histogram histogram) {
        if (histogram.getTotalCount() > 0) {
            curves.put(name, histogram);
        }
    }

    /** Writes {@code load.md} and {@code load.png}, and prints the whole table. */
    void write(Path folder) throws IOException {
        String whole =
                "| experiment | figure | value | goal, remark |\n|---|---|---|---|\n" + String.join("\n", rows) + "\n";
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("load.md"), whole);
        System.out.println("\n" + whole);
        XYChart chart = new XYChartBuilder()
                .width(900)
                .height(540)
                .title("Latency by percentile")
                .xAxisTitle("1 / (1 - percentile)")
                .yAxisTitle("ms")
                .build();
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        curves.forEach((name, histogram) -> {
            List<Double> x = new ArrayList<>();
            List<Double> y = new ArrayList<>();
            for (double tail = 1; tail <= histogram.getTotalCount() && tail <= 10_000; tail *= 1.25) {
                x.add(tail);
                y.add(Math.max(0.01, histogram.getValueAtPercentile(100 - 100 / tail) / 1e3));
            }
            chart.addSeries(name, x, y).setMarker(SeriesMarkers.NONE);
        });
        BufferedImage picture = new BufferedImage(chart.getWidth(), chart.getHeight(), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        chart.paint(graphics, chart.getWidth(), chart.getHeight());
        graphics.dispose();
        ImageIO.write(picture, "png", folder.resolve("load.png").toFile());
    }
}
