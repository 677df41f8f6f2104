package io.acuity.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/** Pictures from and to {@link BufferedImage}; samples of 8 and 16 bits, grey, RGB and alpha go over unchanged. */
public final class BufferedImages {
    private BufferedImages() {}

    /**
     * The samples of a picture. Grey and RGB of 8 or 16 bits are taken as they are stored; palettes, packed pixels, other
     * depths, other colour spaces and multiplied alpha as what {@link BufferedImage#getRGB(int, int)} says, 8 bits sRGB.
     */
    public static Image of(BufferedImage picture) {
        return stored(picture) ? raw(picture) : converted(picture);
    }

    private static boolean stored(BufferedImage picture) {
        ColorModel model = picture.getColorModel();
        int type = picture.getRaster().getTransferType();
        int depth = type == DataBuffer.TYPE_BYTE ? 8 : type == DataBuffer.TYPE_USHORT ? 16 : 0;
        int kind = model.getColorSpace().getType();
        return model instanceof ComponentColorModel
                && !model.isAlphaPremultiplied()
                && (kind == ColorSpace.TYPE_GRAY || kind == ColorSpace.TYPE_RGB)
                && picture.getRaster().getNumBands() == model.getNumComponents()
                && depth > 0
                && model.getComponentSize(0) == depth;
    }

    private static Image raw(BufferedImage picture) {
        Raster raster = picture.getRaster();
        int bands = raster.getNumBands();
        int w = raster.getWidth();
        int depth = raster.getTransferType() == DataBuffer.TYPE_BYTE ? 8 : 16;
        Image image = Image.black(w, raster.getHeight(), bands, depth);
        int[] row = new int[w * bands];
        for (int y = 0, at = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, w, 1, row);
            for (int i = 0; i < row.length; i++, at++) {
                if (depth == 8) {
                    image.bytes()[at] = (byte) row[i];
                } else {
                    image.shorts()[at] = (short) row[i];
                }
            }
        }
        return image;
    }

    private static Image converted(BufferedImage picture) {
        boolean alpha = picture.getColorModel().hasAlpha();
        int w = picture.getWidth();
        Image image = Image.black(w, picture.getHeight(), alpha ? 4 : 3, 8);
        byte[] to = image.bytes();
        int[] row = new int[w];
        for (int y = 0, at = 0; y < picture.getHeight(); y++) {
            picture.getRGB(0, y, w, 1, row, 0, w);
            for (int pixel : row) {
                to[at++] = (byte) (pixel >> 16);
                to[at++] = (byte) (pixel >> 8);
                to[at++] = (byte) pixel;
                if (alpha) {
                    to[at++] = (byte) (pixel >>> 24);
                }
            }
        }
        return image;
    }

    /** A picture of the same samples: sRGB or grey, 8 or 16 bits; RGB of 8 bits has one of AWT's own types. */
    public static BufferedImage to(Image image) {
        int channels = image.channels();
        if (image.bitDepth() == 8 && channels >= 3) {
            return packed(image);
        }
        int kind = channels < 3 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB;
        int type = image.bitDepth() == 8 ? DataBuffer.TYPE_BYTE : DataBuffer.TYPE_USHORT;
        ColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(kind),
                image.hasAlpha(),
                false,
                image.hasAlpha() ? ColorModel.TRANSLUCENT : ColorModel.OPAQUE,
                type);
        DataBuffer samples = image.bitDepth() == 8
                ? new DataBufferByte(image.bytes().clone(), image.bytes().length)
                : new DataBufferUShort(image.shorts().clone(), image.shorts().length);
        int[] bands = new int[channels];
        for (int c = 0; c < channels; c++) {
            bands[c] = c;
        }
        WritableRaster raster = Raster.createInterleavedRaster(
                samples, image.width(), image.height(), image.width() * channels, channels, bands, null);
        return new BufferedImage(model, raster, false, null);
    }

    /** AWT draws its own types fastest; they hold colours backwards. */
    private static BufferedImage packed(Image image) {
        int channels = image.channels();
        int type = channels == 3 ? BufferedImage.TYPE_3BYTE_BGR : BufferedImage.TYPE_4BYTE_ABGR;
        BufferedImage picture = new BufferedImage(image.width(), image.height(), type);
        byte[] to = ((DataBufferByte) picture.getRaster().getDataBuffer()).getData();
        byte[] from = image.bytes();
        for (int i = 0; i < from.length; i += channels) {
            for (int c = 0; c < channels; c++) {
                to[i + c] = from[i + channels - 1 - c];
            }
        }
        return picture;
    }
}
