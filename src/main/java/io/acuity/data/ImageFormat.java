package io.acuity.data;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** A picture format, known by the first bytes of a file when reading and by the end of the name when writing. */
public enum ImageFormat {
    PNG(true, "png", ""),
    JPEG(true, "jpg", "jpeg jpe jfif"),
    TIFF(true, "tif", "tiff"),
    BMP(true, "bmp", "dib"),
    GIF(false, "gif", ""),
    WEBP(false, "webp", "");

    /** How many bytes at the start of a file are enough to know its format. */
    static final int MAGIC_BYTES = 16;

    private final boolean writable;
    private final String extension;
    private final String others; // further ends of names, between blanks

    ImageFormat(boolean writable, String extension, String others) {
        this.writable = writable;
        this.extension = extension;
        this.others = " " + others + " ";
    }

    /** Whether {@link ImageFile} writes this format; it reads all of them. */
    public boolean writable() {
        return writable;
    }

    /** The usual end of a file name, without the dot. */
    public String extension() {
        return extension;
    }

    /** The format a file name ends with, in any letter case; {@code "jpg"} alone counts as well. */
    public static Optional<ImageFormat> ofName(String name) {
        String end = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        for (ImageFormat format : values()) {
            if (format.extension.equals(end) || format.others.contains(" " + end + " ")) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }

    /** The format that begins with these bytes. */
    public static Optional<ImageFormat> ofMagic(byte[] start) {
        String text = new String(start, 0, Math.min(start.length, MAGIC_BYTES), StandardCharsets.ISO_8859_1);
        if (text.startsWith("\u0089PNG\r\n\u001a\n")) {
            return Optional.of(PNG);
        } else if (text.startsWith("\u00ff\u00d8\u00ff")) {
            return Optional.of(JPEG);
        } else if (text.startsWith("II*\0") || text.startsWith("MM\0*")) {
            return Optional.of(TIFF);
        } else if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) {
            return Optional.of(GIF);
        } else if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
            return Optional.of(WEBP);
        } else if (text.startsWith("BM")) {
            return Optional.of(BMP);
        }
        return Optional.empty();
    }
}
