package io.acuity.data;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The segments of a JPEG file: frame header, colour coding and metadata, and the file without metadata for the decoder.
 *
 * @param header size and depth
 * @param colours how its components are to be understood
 * @param bare the file up to EOI without its APPn and COM segments
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record JpegSegments(ImageHeader header, Colours colours, Metadata metadata, byte[] bare) {
    static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    static final byte[] XMP = "http://ns.adobe.com/xap/1.0/\0".getBytes(StandardCharsets.ISO_8859_1);
    static final byte[] ICC = "ICC_PROFILE\0".getBytes(StandardCharsets.ISO_8859_1);
    static final byte[] PHOTOSHOP = "Photoshop 3.0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] JFIF = "JFIF\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] ADOBE = "Adobe".getBytes(StandardCharsets.ISO_8859_1);

    /** How components become colours. */
    enum Colours {
        GREY,
        RGB,
        YCC,
        CMYK,
        /** CMYK stored as 255 less ink, as Adobe's programs do. */
        INVERTED_CMYK,
        /** Luma, two chromas and black, all inverted. */
        YCCK
    }

    /** Size and depth alone. */
    static ImageHeader header(Source source) throws IOException {
        try (DataInputStream in = new DataInputStream(source.at(2))) {
            while (true) {
                int marker = marker(source, in);
                int length = in.readUnsignedShort() - 2;
                if (isFrame(marker)) {
                    return frame(source, marker, in.readNBytes(Math.max(0, length)));
                }
                if (length < 0 || marker == 0xDA) {
                    throw Headers.damaged(source, ImageFormat.JPEG, "it has no frame header");
                }
                in.skipNBytes(length);
            }
        } catch (EOFException e) {
            throw cut(source, e);
        }
    }

    /** Everything; throws unless the file is whole up to its end marker. */
    static JpegSegments read(Source source) throws IOException {
        byte[] file = source.all();
        ByteArrayOutputStream bare = new ByteArrayOutputStream(file.length);
        bare.write(file, 0, 2);
        Scan scan = new Scan();
        int at = 2;
        while (true) {
            while (at + 1 < file.length && (file[at] & 0xFF) == 0xFF && (file[at + 1] & 0xFF) == 0xFF) {
                at++; // fill bytes
            }
            if (at + 4 > file.length && !(at + 2 == file.length && (file[at + 1] & 0xFF) == 0xD9)) {
                throw cut(source, null);
            }
            if ((file[at] & 0xFF) != 0xFF) {
                throw Headers.damaged(source, ImageFormat.JPEG, "want a marker at byte " + at);
            }
            int marker = file[at + 1] & 0xFF;
            if (marker == 0xD9) {
                bare.write(file, at, 2);
                return scan.complete(source, bare.toByteArray());
            }
            int length = (file[at + 2] & 0xFF) << 8 | (file[at + 3] & 0xFF);
            int end = at + 2 + length;
            if (length < 2 || end > file.length) {
                throw cut(source, null);
            }
            if (marker == 0xDA) {
                end = afterScan(source, file, end);
            }
            scan.take(source, marker, file, at + 4, at + 2 + length);
            if (!(marker >= 0xE0 && marker <= 0xEF) && marker != 0xFE) {
                bare.write(file, at, end - at);
            }
            at = end;
        }
    }

    /** The place of the first marker after entropy-coded data. */
    private static int afterScan(Source source, byte[] file, int from) {
        for (int i = from; i + 1 < file.length; i++) {
            if (file[i] == (byte) 0xFF) {
                int next = file[i + 1] & 0xFF;
                if (next != 0 && next != 0xFF && !(next >= 0xD0 && next <= 0xD7)) {
                    return i;
                }
            }
        }
        throw cut(source, null);
    }

    private static ImageException cut(Source source, @Nullable Exception cause) {
        String reason = "this JPEG is cut off: want data up to its end marker, have only " + source.size() + " bytes";
        return cause == null
                ? new ImageException(source.name(), reason)
                : new ImageException(source.name(), reason, cause);
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private static int marker(Source source, DataInputStream in) throws IOException {
        if (in.readUnsignedByte() != 0xFF) {
            throw Headers.damaged(source, ImageFormat.JPEG, "want a marker before its frame header");
        }
        int marker = in.readUnsignedByte();
        while (marker == 0xFF) {
            marker = in.readUnsignedByte();
        }
        return marker;
    }

    private static ImageHeader frame(Source source, int marker, byte[] data) throws IOException {
        if (data.length < 6 || data.length < 6 + 3 * (data[5] & 0xFF)) {
            throw cut(source, null);
        }
        int depth = data[0] & 0xFF;
        int channels = data[5] & 0xFF;
        if (marker > 0xC2 || depth != 8 || channels == 2 || channels > 4 || channels < 1) {
            throw new ImageException(
                    source.name(),
                    "want a baseline or progressive JPEG of 8 bits and 1, 3 or 4 components, have process %d, %d bits, %d components"
                            .formatted(marker - 0xC0, depth, channels));
        }
        int height = (data[1] & 0xFF) << 8 | (data[2] & 0xFF);
        int width = (data[3] & 0xFF) << 8 | (data[4] & 0xFF);
        return new ImageHeader(ImageFormat.JPEG, width, height, channels, depth, 1);
    }

    /** What has been found so far. */
    private static final class Scan {
        private @Nullable ImageHeader header;
        private byte[] ids = {};
        private boolean scanned;
        private boolean jfif;
        private int adobe = -1; // the transform an Adobe segment names
        private byte @Nullable [] exif;
        private byte @Nullable [] xmp;
        private byte @Nullable [] iptc;
        private final TreeMap<Integer, byte[]> profile = new TreeMap<>();

        void take(Source source, int marker, byte[] file, int from, int end) throws IOException {
            if (isFrame(marker)) {
                byte[] data = Arrays.copyOfRange(file, from, end);
                header = frame(source, marker, data);
                ids = new byte[header.channels()];
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = data[6 + 3 * i];
                }
            }
            scanned |= marker == 0xDA;
            jfif |= marker == 0xE0 && starts(file, from, end, JFIF);
            if (marker == 0xE1 && starts(file, from, end, EXIF) && exif == null) {
                exif = Arrays.copyOfRange(file, from + EXIF.length, end);
            } else if (marker == 0xE1 && starts(file, from, end, XMP) && xmp == null) {
                xmp = Arrays.copyOfRange(file, from + XMP.length, end);
            } else if (marker == 0xE2 && starts(file, from, end, ICC) && end - from > ICC.length + 2) {
                profile.put(file[from + ICC.length] & 0xFF, Arrays.copyOfRange(file, from + ICC.length + 2, end));
            } else if (marker == 0xED && starts(file, from, end, PHOTOSHOP) && iptc == null) {
                iptc = ImageResource.find(Arrays.copyOfRange(file, from + PHOTOSHOP.length, end), ImageResource.IPTC);
            } else if (marker == 0xEE && starts(file, from, end, ADOBE) && end - from >= 12) {
                adobe = file[from + 11] & 0xFF;
            }
        }

        JpegSegments complete(Source source, byte[] bare) {
            if (header == null || !scanned) {
                throw Headers.damaged(source, ImageFormat.JPEG, "it ends before its picture begins");
            }
            ByteArrayOutputStream icc = new ByteArrayOutputStream();
            profile.values().forEach(icc::writeBytes);
            Metadata metadata = Metadata.of(icc.size() == 0 ? null : icc.toByteArray(), exif, xmp)
                    .withIptc(iptc);
            return new JpegSegments(header, colours(header.channels()), metadata, bare);
        }

        /** The rules of libjpeg. */
        private Colours colours(int channels) {
            if (channels == 1) {
                return Colours.GREY;
            }
            if (channels == 4) {
                return adobe == 2 ? Colours.YCCK : adobe >= 0 ? Colours.INVERTED_CMYK : Colours.CMYK;
            }
            if (jfif) {
                return Colours.YCC;
            }
            boolean named = ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B';
            return adobe == 0 || (adobe < 0 && named) ? Colours.RGB : Colours.YCC;
        }

        private static boolean starts(byte[] file, int from, int end, byte[] with) {
            return end - from >= with.length && Arrays.equals(file, from, from + with.length, with, 0, with.length);
        }
    }
}
