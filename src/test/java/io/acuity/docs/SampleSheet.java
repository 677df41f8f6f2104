package io.acuity.docs;

import io.acuity.data.Bicubic;
import io.acuity.data.Image;
import io.acuity.data.ImageFile;
import io.acuity.data.SampleScene;
import io.acuity.device.Device;
import io.acuity.infer.Upscaler;
import io.acuity.metric.Pixels;
import io.acuity.metric.Protocol;
import io.acuity.model.Models;
import io.acuity.model.Network;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Draws the picture of README: parts of the sample scene at low resolution, enlarged by a bicubic, by a model, and as they are.
 *
 * <pre>{@code
 * ./acuity java io.acuity.docs.SampleSheet docs/images/sample.png [MODEL]
 * }</pre>
 */
public final class SampleSheet {
    private static final int SCALE = SampleScene.SCALE;
    private static final Bicubic.Convention CONVENTION = Bicubic.Convention.CLAMPED_U8;

    /** Top-left corners of the parts shown, (x, y) in the large scene: the lighthouse, the boat, the sign. */
    private static final int[][] PARTS = {{28, 28}, {280, 84}, {492, 260}};

    /** Of a part, in pixels. */
    private static final int SIDE = 240;

    private static final int GAP = 8;
    private static final int LABEL = 28;
    private static final Color INK = new Color(0x33, 0x33, 0x33);

    private record Column(String label, Image picture) {}

    private SampleSheet() {}

    /** Arguments: the PNG to write, and a model's name or file (the default one without). */
    public static void main(String[] arguments) {
        if (arguments.length < 1 || arguments.length > 2) {
            System.err.println("SampleSheet: want OUT.png [MODEL], have " + arguments.length + " arguments");
            System.exit(2);
        }
        String model = arguments.length > 1 ? arguments[1] : Models.DEFAULT;
        ImageFile.write(sheet(columns(SampleScene.hr(), model)), Path.of(arguments[0]));
    }

    private static List<Column> columns(Image hr, String model) {
        Image lr = SampleScene.lr();
        Image bicubic = Bicubic.enlarge(lr, SCALE, CONVENTION);
        Image ours = upscaled(lr, model);
        return List.of(
                new Column("a quarter of the size", enlargedByPixels(lr)),
                new Column("bicubic, " + decibels(hr, bicubic), bicubic),
                new Column("Acuity, " + decibels(hr, ours), ours),
                new Column("original", hr));
    }

    private static Image upscaled(Image lr, String model) {
        try (Device device = Device.open("cpu")) {
            Network network = Models.open(model, device);
            if (network.scale() != SCALE) {
                throw new IllegalArgumentException("model: want scale " + SCALE + ", have " + network.scale());
            }
            try (Upscaler upscaler = new Upscaler(network, Upscaler.Options.automatic())) {
                return upscaler.upscale(lr);
            } finally {
                network.parameters().close();
            }
        }
    }

    private static String decibels(Image hr, Image sr) {
        double psnr = Protocol.RCAN.score(pixels(hr), pixels(sr), SCALE).psnrY();
        return String.format(Locale.ROOT, "%.2f dB", psnr);
    }

    private static Pixels pixels(Image image) {
        return Pixels.of(image.width(), image.height(), image.channels(), image.bytes());
    }

    private static Image enlargedByPixels(Image lr) {
        Image large = Image.black(lr.width() * SCALE, lr.height() * SCALE, 3, 8);
        for (int y = 0, to = 0; y < large.height(); y++) {
            for (int x = 0; x < large.width(); x++) {
                for (int c = 0; c < 3; c++, to++) {
                    large.bytes()[to] = (byte) lr.sample(x / SCALE, y / SCALE, c);
                }
            }
        }
        return large;
    }

    private static Image sheet(List<Column> columns) {
        int width = columns.size() * (SIDE + GAP) - GAP;
        BufferedImage canvas =
                new BufferedImage(width, PARTS.length * (SIDE + GAP) + LABEL, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = canvas.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, canvas.getWidth(), canvas.getHeight());
        graphics.setColor(INK);
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 17));
        for (int column = 0; column < columns.size(); column++) {
            int left = column * (SIDE + GAP);
            for (int row = 0; row < PARTS.length; row++) {
                int[] corner = PARTS[row];
                Image part = columns.get(column).picture().crop(corner[0], corner[1], SIDE, SIDE);
                draw(part, canvas, left, row * (SIDE + GAP));
            }
            graphics.drawString(columns.get(column).label(), left + 2, canvas.getHeight() - 8);
        }
        graphics.dispose();
        return picture(canvas);
    }

    private static void draw(Image part, BufferedImage canvas, int left, int top) {
        for (int y = 0; y < part.height(); y++) {
            for (int x = 0; x < part.width(); x++) {
                int rgb = part.sample(x, y, 0) << 16 | part.sample(x, y, 1) << 8 | part.sample(x, y, 2);
                canvas.setRGB(left + x, top + y, rgb);
            }
        }
    }

    private static Image picture(BufferedImage canvas) {
        byte[] samples = new byte[canvas.getWidth() * canvas.getHeight() * 3];
        for (int y = 0, to = 0; y < canvas.getHeight(); y++) {
            for (int x = 0; x < canvas.getWidth(); x++) {
                int rgb = canvas.getRGB(x, y);
                samples[to++] = (byte) (rgb >> 16);
                samples[to++] = (byte) (rgb >> 8);
                samples[to++] = (byte) rgb;
            }
        }
        return Image.of(canvas.getWidth(), canvas.getHeight(), 3, samples);
    }
}
