package io.acuity.data;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.QuadCurve2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * The sample picture: a small harbour drawn from formulas, with text, fine lines, textures and gradients, the things in which
 * ways to enlarge a picture differ. It needs no display and no font and is the same at each call.
 */
public final class SampleScene {
    /** Pixels in a row of the large picture. */
    public static final int WIDTH = 768;
    /** Rows of the large picture. */
    public static final int HEIGHT = 512;
    /** How many times a side of the large picture is as long as that of the small one. */
    public static final int SCALE = 4;

    private static final int OVERSAMPLING = 3;
    private static final double HORIZON = 236;
    private static final double SHORE = 404;

    private final Noise clouds = new Noise(1);
    private final Noise stone = new Noise(2);
    private final Noise waves = new Noise(3);
    private final Noise wood = new Noise(4);
    private final Noise spread = new Noise(5);

    private SampleScene() {}

    /** The large picture, 768x512 RGB of 8 bits. */
    public static Image hr() {
        BufferedImage canvas =
                new BufferedImage(WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING, BufferedImage.TYPE_INT_RGB);
        SampleScene scene = new SampleScene();
        scene.background(canvas);
        Graphics2D g = canvas.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        g.scale(OVERSAMPLING, OVERSAMPLING);
        scene.lighthouse(g);
        scene.boat(g);
        scene.fence(g);
        scene.sign(g);
        scene.grass(g);
        g.dispose();
        return Bicubic.resize(rgb(canvas), WIDTH, HEIGHT, Bicubic.Convention.MIRRORED_DOUBLE);
    }

    /** The small picture, 192x128, made from the large one as benchmark pictures are. */
    public static Image lr() {
        return Degrade.apply(hr(), SCALE, Bicubic.Convention.CLAMPED_U8);
    }

    /** Writes {@code sample_hr.png} and {@code sample_lr.png} into the folder named first. */
    public static void main(String[] folder) {
        Path to = Path.of(folder.length == 0 ? "src/main/resources/io/acuity/sample" : folder[0]);
        ImageFile.write(hr(), to.resolve("sample_hr.png"));
        ImageFile.write(lr(), to.resolve("sample_lr.png"));
    }

    private void background(BufferedImage canvas) {
        int[] pixels = ((DataBufferInt) canvas.getRaster().getDataBuffer()).getData();
        int w = canvas.getWidth();
        IntStream.range(0, canvas.getHeight()).parallel().forEach(row -> {
            double y = (row + 0.5) / OVERSAMPLING;
            for (int column = 0; column < w; column++) {
                double x = (column + 0.5) / OVERSAMPLING;
                pixels[row * w + column] = ground(x, y);
            }
        });
    }

    private int ground(double x, double y) {
        if (y >= SHORE) {
            return planks(x, y);
        }
        if (y >= HORIZON) {
            double rock = 264 + 0.16 * x + 2.1 * Math.max(0, x - 168) + 15 * stone.rough(x / 26, 3, 4);
            return y > rock + 6 ? cliff(x, y, y - rock) : sea(x, y);
        }
        double near = HORIZON - 34 - 46 * spread.rough(x / 150 + 5, 1, 5) - 0.02 * x;
        double far =
                HORIZON - 74 - 150 * (0.3 + stone.rough(x / 170 + 2, 9, 6)) * Math.exp(-(x - 300) * (x - 300) / 90_000);
        if (y > near) {
            double leaf = stone.rough(x / 5, y / 4, 3);
            return mix(0x35503F, 0x6B8458, 0.5 + 0.5 * leaf - (y - near) / 160);
        }
        if (y > far) {
            double face = stone.rough((x + y) / 18, (y - 0.4 * x) / 12, 5);
            int bare = mix(0x57688C, 0x8C8FA8, 0.5 + 0.9 * face);
            boolean snow = y - far < 13 + 22 * stone.rough(x / 9, y / 14, 3)
                    && y < HORIZON - 84 + 16 * stone.rough(x / 16, 4, 4);
            return snow ? mix(0xF2EEF2, 0xB9C2DC, 0.35 + 0.9 * face) : mix(bare, 0xC9A998, (y - far) / 130);
        }
        return sky(x, y);
    }

    private int sky(double x, double y) {
        int clear = y < 120 ? mix(0x2F5D9B, 0x7FA9CF, y / 120) : mix(0x7FA9CF, 0xF7D2A4, (y - 120) / 116);
        double dx = (x - 548) / 1.15;
        double glow = Math.exp(-(dx * dx + (y - 150) * (y - 150)) / 6000);
        double sun = Math.clamp(15 - Math.hypot(x - 548, y - 142), 0, 1);
        int lit = mix(mix(clear, 0xFFEFC4, 0.8 * glow), 0xFFF9E6, sun);
        double cover = clouds.rough(x / 105, y / 34, 6) + 0.10 - Math.abs(y - 95) / 520;
        double shade = clouds.rough(x / 105, (y + 7) / 34, 6);
        return mix(lit, mix(0xFFFAF0, 0xA9A4B8, 0.5 + 1.4 * shade), Math.clamp(cover * 3.4, 0, 0.92));
    }

    private int sea(double x, double y) {
        double depth = (y - HORIZON) / (SHORE - HORIZON);
        double size = 2.2 + 16 * depth;
        double swell = waves.rough(x / (3.2 * size), 60 * StrictMath.log(1 + 5 * depth), 4);
        int water = mix(0x6E93AE, 0x1F4E63, depth);
        double path = Math.exp(-(x - 548) * (x - 548) / (900 + 5200 * depth));
        double sparkle = Math.clamp(4.5 * (swell - 0.06), 0, 1);
        int ripple = mix(water, 0xC9DCE0, Math.clamp(1.6 * swell, 0, 0.55));
        return mix(ripple, 0xFFE3AE, sparkle * path);
    }

    private int cliff(double x, double y, double below) {
        double layers = stone.rough(x / 34, (y + 0.25 * x) / 5, 5);
        double cracks = Math.abs(stone.rough(x / 13, y / 22, 4));
        int rock = mix(0x5B5048, 0xB09C82, 0.5 + 0.8 * layers);
        int cracked = mix(rock, 0x2D2926, Math.clamp(0.75 - 16 * cracks, 0, 0.6));
        return below < 16 + 7 * layers ? mix(0x4E6B35, 0x8DA352, 0.5 + stone.rough(x / 2, y / 4, 3)) : cracked;
    }

    private int planks(double x, double y) {
        // boards run to a point far behind, so they look as lying flat
        double away = (y - SHORE + 90) / 198;
        double board = (x - 384) / away / 44 + 20;
        int number = (int) Math.floor(board);
        double across = board - number;
        double grain = wood.rough(across * 9 + number * 31, y / 46 + number * 7, 5);
        double rings = StrictMath.sin(34 * across + 9 * wood.rough(across * 2 + number * 5, y / 70, 2));
        int tone = mix(0x7A5B3E, 0xB08D62, 0.5 + 0.45 * spread.at(number * 1.7, 0.5));
        int lined = mix(tone, 0x4A3423, Math.clamp(0.35 * grain + 0.16 * rings + 0.12, 0, 0.7));
        double gap = 0.035 / away;
        return across < gap || across > 1 - gap ? 0x1E1712 : lined;
    }

    private void lighthouse(Graphics2D g) {
        Path2D tower = polygon(96, 300, 106, 112, 142, 112, 152, 300);
        g.setColor(new Color(0xF3EDE2));
        g.fill(tower);
        g.setClip(tower);
        g.setColor(new Color(0xB5342B));
        for (int i = 0; i < 3; i++) {
            g.fill(new Rectangle2D.Double(90, 134 + 58 * i, 70, 29));
        }
        g.setStroke(new BasicStroke(0.5f));
        g.setColor(new Color(40, 30, 30, 105));
        for (int row = 0; row < 47; row++) {
            double y = 112 + 4 * row;
            g.draw(new Line2D.Double(90, y, 160, y));
            for (double x = 90 + (row % 2) * 4; x < 160; x += 8) {
                g.draw(new Line2D.Double(x, y, x, y + 4));
            }
        }
        for (int i = 0; i < 24; i++) { // the side away from the sun
            g.setColor(new Color(25, 30, 60, 7));
            g.fill(new Rectangle2D.Double(90, 100, 6 + 1.2 * i, 220));
        }
        g.setClip(null);
        g.setColor(new Color(0x2B2E38));
        g.fill(polygon(98, 112, 100, 106, 148, 106, 150, 112));
        g.fill(polygon(110, 74, 124, 56, 138, 74));
        g.setColor(new Color(0xFFE9A8));
        g.fill(new Rectangle2D.Double(112, 74, 24, 28));
        g.setColor(new Color(0x2B2E38));
        g.setStroke(new BasicStroke(0.9f));
        for (int i = 0; i <= 6; i++) {
            g.draw(new Line2D.Double(112 + 4 * i, 74, 112 + 4 * i, 102));
        }
        for (int i = 0; i <= 16; i++) {
            g.draw(new Line2D.Double(98 + 3.25 * i, 95, 98 + 3.25 * i, 106));
        }
        g.draw(new Line2D.Double(97, 95, 151, 95));
        g.draw(new Line2D.Double(97, 100, 151, 100));
        g.draw(new Line2D.Double(124, 56, 124, 38));
        g.fill(new Rectangle2D.Double(117, 268, 15, 32));
        for (int i = 0; i < 3; i++) {
            g.fill(new Rectangle2D.Double(121, 148 + 40 * i, 7, 11));
        }
    }

    private void boat(Graphics2D g) {
        g.setColor(new Color(30, 45, 60, 90));
        g.fill(new Ellipse2D.Double(318, 336, 150, 14));
        Path2D hull = new Path2D.Double();
        hull.moveTo(312, 306);
        hull.lineTo(474, 302);
        hull.quadTo(466, 338, 440, 343);
        hull.lineTo(344, 343);
        hull.quadTo(320, 338, 312, 306);
        g.setColor(new Color(0x16395C));
        g.fill(hull);
        g.setColor(new Color(0xF4F1E8));
        g.setStroke(new BasicStroke(2.2f));
        g.draw(new Line2D.Double(313, 311, 472, 307));
        write(g, "ACUITY 4X", 352, 321, 11, 1.7f);
        g.setColor(new Color(0x4A3222));
        g.setStroke(new BasicStroke(3));
        g.draw(new Line2D.Double(392, 305, 392, 92));
        g.setStroke(new BasicStroke(2));
        g.draw(new Line2D.Double(392, 284, 458, 280));
        sail(g, 0xFBF6E9, 397, 102, 454, 276, 397, 279);
        sail(g, 0xE9DFC9, 387, 112, 387, 288, 330, 292);
        g.setColor(new Color(0x2A2522));
        g.setStroke(new BasicStroke(0.6f));
        for (double[] rope : new double[][] {
            {392, 94, 312, 304},
            {392, 94, 474, 301},
            {392, 120, 352, 305},
            {392, 120, 432, 303},
            {392, 160, 366, 305},
            {392, 160, 418, 304}
        }) {
            g.draw(new Line2D.Double(rope[0], rope[1], rope[2], rope[3]));
        }
        for (int i = 0; i < 9; i++) {
            double y = 200 + 11 * i;
            double left = 392 - (y - 120) * 40 / 185;
            g.draw(new Line2D.Double(left, y, left + 14 - i * 0.8, y));
        }
        g.setColor(new Color(0xC8372D));
        g.fill(polygon(392, 92, 416, 97, 392, 103));
    }

    private void sail(Graphics2D g, int colour, double... corners) {
        Path2D cloth = polygon(corners);
        g.setColor(new Color(colour));
        g.fill(cloth);
        g.setClip(cloth);
        g.setStroke(new BasicStroke(0.5f));
        g.setColor(new Color(90, 80, 60, 110));
        for (int i = 0; i < 17; i++) {
            g.draw(new Line2D.Double(320, 104 + 12 * i, 460, 112 + 12 * i));
        }
        g.setClip(null);
    }

    private void fence(Graphics2D g) {
        g.setColor(new Color(0x3A2C20));
        for (int i = 0; i < 5; i++) {
            g.fill(new Rectangle2D.Double(196 + 62 * i, 352, 7, 68));
        }
        g.setStroke(new BasicStroke(2.4f));
        g.draw(new Line2D.Double(196, 360, 452, 360));
        g.draw(new Line2D.Double(196, 412, 452, 412));
        g.setClip(new Rectangle2D.Double(200, 361, 248, 50));
        g.setColor(new Color(0xD9D2C2));
        g.setStroke(new BasicStroke(0.7f));
        for (double x = 140; x < 460; x += 6.5) { // a net of wire
            g.draw(new Line2D.Double(x, 361, x + 50, 411));
            g.draw(new Line2D.Double(x + 50, 361, x, 411));
        }
        g.setClip(null);
    }

    private void sign(Graphics2D g) {
        g.setColor(new Color(0x3B2A1D));
        g.fill(new Rectangle2D.Double(512, 300, 8, 150));
        g.fill(new Rectangle2D.Double(716, 300, 8, 150));
        g.setColor(new Color(0x2C4438));
        g.fill(new Rectangle2D.Double(492, 270, 252, 140));
        g.setColor(new Color(0xF5EFDD));
        g.fill(new Rectangle2D.Double(497, 275, 242, 130));
        g.setColor(new Color(0x22303A));
        centred(g, "PORT ACUITY", 286, 22, 3.4f);
        centred(g, "HIGH WATER 06:42 - 19:05", 319, 10, 1.6f);
        centred(g, "LOW WATER 00:31 - 12:58", 337, 10, 1.6f);
        g.setColor(new Color(0xA33127));
        centred(g, "SPEED 3 KNOTS. KEEP TO THE RIGHT", 357, 7.5, 1.2f);
        g.setColor(new Color(0x22303A));
        centred(g, "54 19.4 N / 10 08.7 E   DEPTH 12 M", 373, 6, 0.95f);
        g.setStroke(new BasicStroke(0.8f));
        for (int i = 0; i <= 44; i++) { // a scale that grows finer to the right
            double x = 510 + 216 * (1 - StrictMath.pow(1 - i / 45.0, 1.7));
            g.draw(new Line2D.Double(x, 388, x, i % 5 == 0 ? 399 : 395));
        }
        g.draw(new Line2D.Double(510, 388, 726, 388));
    }

    private void grass(Graphics2D g) {
        for (int i = 0; i < 420; i++) {
            double x = 190 * (0.5 + 0.52 * spread.at(i * 1.37, 8)) - 6;
            double foot = 512 - 6 * (0.5 + 0.5 * spread.at(i * 2.1, 3));
            double length = (34 + 44 * (1 - x / 200)) * (0.75 + 0.4 * spread.at(i * 0.9, 21));
            double lean = 30 * spread.at(i * 1.9, 13);
            int tone = mix(0x2F4A1E, 0xA9BC5A, 0.5 + 0.6 * spread.at(i * 3.3, 33));
            g.setColor(new Color(tone));
            g.setStroke(new BasicStroke((float) (0.8 + 0.5 * spread.at(i * 1.1, 2))));
            g.draw(new QuadCurve2D.Double(x, foot, x + 0.2 * lean, foot - 0.6 * length, x + lean, foot - length));
        }
    }

    private static void centred(Graphics2D g, String text, double y, double height, float stroke) {
        write(g, text, 618 - Lettering.width(text, height) / 2, y, height, stroke);
    }

    private static void write(Graphics2D g, String text, double x, double y, double height, float stroke) {
        g.setStroke(new BasicStroke(stroke, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        g.draw(Lettering.strokes(text, x, y, height));
    }

    private static Path2D polygon(double... points) {
        Path2D path = new Path2D.Double();
        path.moveTo(points[0], points[1]);
        for (int i = 2; i < points.length; i += 2) {
            path.lineTo(points[i], points[i + 1]);
        }
        path.closePath();
        return path;
    }

    private static int mix(int from, int to, double share) {
        double t = Math.clamp(share, 0, 1);
        int mixed = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            double value = (from >> shift & 0xFF) * (1 - t) + (to >> shift & 0xFF) * t;
            mixed |= (int) (value + 0.5) << shift;
        }
        return mixed;
    }

    private static Image rgb(BufferedImage canvas) {
        int[] pixels = ((DataBufferInt) canvas.getRaster().getDataBuffer()).getData();
        byte[] samples = new byte[pixels.length * 3];
        for (int i = 0; i < pixels.length; i++) {
            samples[3 * i] = (byte) (pixels[i] >> 16);
            samples[3 * i + 1] = (byte) (pixels[i] >> 8);
            samples[3 * i + 2] = (byte) pixels[i];
        }
        return Image.of(canvas.getWidth(), canvas.getHeight(), 3, samples);
    }
}
