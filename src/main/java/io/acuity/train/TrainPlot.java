package io.acuity.train;

import io.acuity.weights.AtomicFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The course of a run as a PNG: loss above, on a logarithmic axis, as measured and smoothed; validation PSNR below; for a run
 * with more losses than that on pixels these, and for a contrastive one the similarities of its results to their samples.
 */
public final class TrainPlot {
    private static final int WIDTH = 1200;
    private static final int TITLE = 50;
    private static final int PANEL = 425;
    private static final Color INK = new Color(0x33, 0x33, 0x33);
    private static final Color GRID = new Color(0xe4, 0xe4, 0xe4);
    private static final Color PALE = new Color(0xa6, 0xc8, 0xe4);
    private static final Color BLUE = new Color(0x1f, 0x66, 0xa8);
    private static final Color GREEN = new Color(0x3b, 0x8e, 0x4e);
    private static final Color RED = new Color(0xc4, 0x3c, 0x2e);

    /** A plot that cannot be drawn or written, and why. */
    public static final class PlotException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1;

        PlotException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The rows that have a finite value of one kind that is not too small. */
    private record Curve(List<Long> steps, List<Double> values) {
        static Curve of(List<Metrics.Row> rows, Function<Metrics.Row, OptionalDouble> value) {
            return of(rows, value, Double.MIN_VALUE);
        }

        static Curve of(List<Metrics.Row> rows, Function<Metrics.Row, OptionalDouble> value, double least) {
            List<Metrics.Row> present = rows.stream()
                    .filter(row -> value.apply(row).orElse(Double.NEGATIVE_INFINITY) >= least)
                    .filter(row -> Double.isFinite(value.apply(row).getAsDouble()))
                    .toList();
            return new Curve(
                    present.stream().map(Metrics.Row::step).toList(),
                    present.stream().map(row -> value.apply(row).getAsDouble()).toList());
        }

        boolean isEmpty() {
            return steps.isEmpty();
        }

        Curve best() {
            int best = values.indexOf(Collections.max(values));
            return new Curve(List.of(steps.get(best)), List.of(values.get(best)));
        }

        /** The mean over a thirtieth of the curve around each point; less at the ends. */
        Curve smooth() {
            int last = values.size() - 1;
            List<Double> smooth = new ArrayList<>();
            for (int i = 0; i <= last; i++) {
                int reach = Math.min(values.size() / 60, Math.min(i, last - i));
                double sum = 0;
                for (double value : values.subList(i - reach, i + reach + 1)) {
                    sum += value;
                }
                smooth.add(sum / (2 * reach + 1));
            }
            return new Curve(steps, smooth);
        }
    }

    private TrainPlot() {}

    /**
     * Draws the rows of a {@code metrics.csv}; the folder of the picture is made if it is not there.
     *
     * @throws PlotException the reason: unreadable rows, no fonts on this system, a full disk
     */
    public static void draw(Path metrics, Path png, String title) {
        try {
            BufferedImage image = image(Metrics.read(metrics), title);
            Files.createDirectories(Objects.requireNonNull(png.toAbsolutePath().getParent()));
            AtomicFile.write(png, out -> {
                if (!ImageIO.write(image, "png", out)) {
                    throw new IOException("this Java has no PNG writer");
                }
            });
        } catch (IOException | UncheckedIOException e) {
            throw new PlotException(String.valueOf(e.getMessage()), e);
        } catch (InternalError | LinkageError e) {
            // what java.desktop throws on a system without fontconfig, fonts or its native libraries
            throw new PlotException("text cannot be drawn, perhaps for want of fonts on this system: " + e, e);
        }
    }

    private static BufferedImage image(List<Metrics.Row> rows, String title) {
        double last =
                Math.max(1, rows.stream().mapToLong(Metrics.Row::step).max().orElse(1));
        List<XYChart> panels = panels(rows, last);
        BufferedImage image = new BufferedImage(WIDTH, TITLE + panels.size() * PANEL, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        graphics.setColor(INK);
        graphics.setFont(font(Font.BOLD, 22));
        graphics.drawString(title, 24, 36);
        graphics.dispose();
        for (int i = 0; i < panels.size(); i++) {
            paint(panels.get(i), image, TITLE + i * PANEL);
        }
        return image;
    }

    private static List<XYChart> panels(List<Metrics.Row> rows, double last) {
        List<XYChart> panels = new ArrayList<>();
        panels.add(lossPanel(Curve.of(rows, Metrics.Row::loss), last));
        panels.add(psnrPanel(Curve.of(rows, Metrics.Row::psnr), last));
        if (has(rows, "grad_ratio")) {
            XYChart terms = panel("step", "terms of the loss, logarithmic", last);
            terms.getStyler().setYAxisLogarithmic(true).setYAxisLogarithmicDecadeOnly(true);
            terms.getStyler().setYAxisTickLabelsFormattingFunction(TrainPlot::digits);
            addTerm(terms, rows, "l1", "pixels", INK, true);
            addTerm(terms, rows, "l_haar", "Haar bands", BLUE, true);
            addTerm(terms, rows, "l_cl", "contrastive", BLUE, true);
            addTerm(terms, rows, "l_cld", "embedding", GREEN, true);
            addTerm(terms, rows, "grad_ratio", "gradient, relative to that of pixels", RED, true);
            panels.add(terms);
        }
        if (has(rows, "pos_sim")) {
            XYChart similarities = panel("step", "mean similarity of results", last);
            addTerm(similarities, rows, "pos_sim", "to positives", BLUE, false);
            addTerm(similarities, rows, "neg_sim", "to negatives", RED, false);
            panels.add(similarities);
        }
        return panels;
    }

    private static boolean has(List<Metrics.Row> rows, String column) {
        return rows.stream().anyMatch(row -> row.more(column).isPresent());
    }

    private static void addTerm(
            XYChart chart, List<Metrics.Row> rows, String column, String name, Color colour, boolean positive) {
        double least = positive ? Double.MIN_VALUE : -Double.MAX_VALUE;
        Curve curve = Curve.of(rows, row -> row.more(column), least);
        if (!curve.isEmpty()) {
            add(chart, name, curve.smooth(), colour, 2.4f, SeriesMarkers.NONE);
        }
    }

    private static void paint(XYChart chart, BufferedImage image, int top) {
        Graphics2D graphics = image.getSubimage(0, top, WIDTH, PANEL).createGraphics();
        chart.paint(graphics, WIDTH, PANEL);
        graphics.dispose();
    }

    private static XYChart lossPanel(Curve loss, double last) {
        XYChart chart = panel("", "training loss (pixels in 0 to 1)", last);
        if (loss.isEmpty()) {
            return empty(chart, "no loss yet");
        }
        chart.getStyler().setYAxisLogarithmic(true).setYAxisLogarithmicDecadeOnly(false);
        chart.getStyler().setYAxisTickLabelsFormattingFunction(TrainPlot::digits);
        add(chart, "mean between two rows", loss, PALE, 1.2f, SeriesMarkers.NONE);
        add(chart, "smoothed", loss.smooth(), BLUE, 2.4f, SeriesMarkers.NONE);
        return chart;
    }

    private static XYChart psnrPanel(Curve psnr, double last) {
        XYChart chart = panel("step", "validation PSNR in dB", last);
        chart.getStyler().setYAxisDecimalPattern("0.0#").setLegendPosition(Styler.LegendPosition.InsideSE);
        if (psnr.isEmpty()) {
            return empty(chart, "no validation yet");
        }
        add(chart, "validation", psnr, BLUE, 2.4f, SeriesMarkers.CIRCLE);
        Curve best = psnr.best();
        String label =
                String.format(Locale.ROOT, "best: %.2f dB at step %,d", best.values.getFirst(), best.steps.getFirst());
        add(chart, label, best, RED, 0, SeriesMarkers.DIAMOND);
        return chart;
    }

    private static XYChart panel(String x, String y, double last) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(PANEL)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        XYStyler style = chart.getStyler();
        style.setChartBackgroundColor(Color.WHITE).setPlotBorderVisible(false).setChartFontColor(INK);
        style.setChartTitleVisible(false).setChartPadding(16).setLocale(Locale.ROOT);
        style.setLegendPosition(Styler.LegendPosition.InsideNE).setLegendBorderColor(Color.WHITE);
        style.setLegendFont(font(Font.PLAIN, 15)).setMarkerSize(8).setYAxisLeftWidthHint(110);
        style.setAxisTitleFont(font(Font.PLAIN, 16)).setAxisTickLabelsFont(font(Font.PLAIN, 14));
        style.setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setXAxisTitleVisible(!x.isEmpty());
        style.setXAxisMin(0.0).setXAxisMax(last).setXAxisDecimalPattern("#,##0").setXAxisTickMarkSpacingHint(90);
        return chart;
    }

    private static XYChart empty(XYChart chart, String why) {
        chart.setTitle(why);
        chart.getStyler().setChartTitleVisible(true).setLegendVisible(false);
        return chart;
    }

    private static void add(XYChart chart, String name, Curve curve, Color colour, float width, Marker marker) {
        List<Double> steps = new ArrayList<>();
        for (long step : curve.steps) {
            // equally spaced values would become the axis's unit, and its marks 0, 700, 1400
            steps.add(steps.isEmpty() ? step + 1e-3 : step);
        }
        XYSeries series = chart.addSeries(name, steps, curve.values);
        series.setMarker(marker).setMarkerColor(colour).setLineColor(colour).setLineWidth(width);
    }

    /** At most three digits, without exponent: 0.025. */
    private static String digits(double value) {
        return BigDecimal.valueOf(value)
                .round(new MathContext(3))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
