package io.acuity.data;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything a PNG file says beside its samples, gathered from all its chunks up to IEND without inflating the picture.
 *
 * @param header size and depth as stored
 * @param colourType PNG's colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
 * @param interlaced whether rows come in Adam7's seven passes
 * @param palette RGB triples of a palette picture
 * @param transparency the tRNS chunk
 * @param data where the first IDAT chunk begins
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record PngInfo(
        ImageHeader header,
        int colourType,
        boolean interlaced,
        byte @Nullable [] palette,
        byte @Nullable [] transparency,
        Metadata metadata,
        long data) {
    private static final byte[] XMP_KEYWORD = "XML:com.adobe.xmp\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final Set<String> PASSED_ON = Set.of("gAMA", "cHRM", "sRGB", "cICP", "pHYs", "tEXt", "zTXt");
    private static final Set<String> READ = Set.of("PLTE", "tRNS", "iCCP", "eXIf", "iTXt");

    /** Channels once palette and transparency are expanded. */
    int channels() {
        int colours = colourType == 0 || colourType == 4 ? 1 : 3;
        return colours + (colourType >= 4 || transparency != null ? 1 : 0);
    }

    /** Bits of a sample once expanded. */
    int bitDepth() {
        return header.bitDepth() == 16 ? 16 : 8;
    }

    /** Bits of a pixel as stored. */
    int storedBits() {
        return header.bitDepth() * header.channels();
    }

    /** The first chunk alone: size and depth. */
    static PngInfo header(Source source, Limits limits) throws IOException {
        try (DataInputStream in = new DataInputStream(source.at(8))) {
            return ofHeader(source.name(), new Chunk(in, source.name()), limits);
        } catch (EOFException e) {
            throw truncated(source, e);
        }
    }

    /** Walks the chunks to the end; throws unless the file is whole. */
    static PngInfo scan(Source source, Limits limits) throws IOException {
        Scan scan = new Scan();
        String name = source.name();
        try (DataInputStream in = new DataInputStream(source.at(8))) {
            PngInfo first = ofHeader(name, new Chunk(in, name), limits);
            long at = 8 + 12 + 13;
            long data = 0;
            while (true) {
                int length = Chunk.length(in, name);
                String type = Chunk.type(in);
                if (type.equals("IDAT")) {
                    data = data == 0 ? at : data;
                    in.skipNBytes(length + 4L);
                } else if (READ.contains(type) || PASSED_ON.contains(type)) {
                    scan.take(name, type, Chunk.data(in, name, type, length));
                } else if (type.equals("IEND")) {
                    Chunk.data(in, name, type, length);
                    break;
                } else if (Character.isUpperCase(type.charAt(0))) {
                    throw new ImageException(name, "this PNG needs the unknown chunk " + type + " to be understood");
                } else {
                    in.skipNBytes(length + 4L);
                }
                at += 12L + length;
            }
            if (data == 0) {
                throw new ImageException(name, "this PNG is damaged: it holds no picture data");
            }
            return scan.complete(name, first, data);
        } catch (EOFException e) {
            throw truncated(source, e);
        }
    }

    static ImageException truncated(Source source, @Nullable Exception cause) {
        String reason = "this PNG is cut off: want data up to IEND, have only " + source.size() + " bytes";
        return cause == null
                ? new ImageException(source.name(), reason)
                : new ImageException(source.name(), reason, cause);
    }

    private static PngInfo ofHeader(String name, Chunk chunk, Limits limits) throws IOException {
        if (!chunk.type.equals("IHDR") || chunk.data.length != 13) {
            throw new ImageException(name, "this PNG is damaged: want the header IHDR first, have " + chunk.type);
        }
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(chunk.data));
        int width = in.readInt();
        int height = in.readInt();
        int depth = in.readUnsignedByte();
        int colourType = in.readUnsignedByte();
        int compression = in.readUnsignedByte();
        int filter = in.readUnsignedByte();
        int interlace = in.readUnsignedByte();
        boolean known = switch (colourType) {
            case 0 -> Set.of(1, 2, 4, 8, 16).contains(depth);
            case 3 -> Set.of(1, 2, 4, 8).contains(depth);
            case 2, 4, 6 -> depth == 8 || depth == 16;
            default -> false;
        };
        if (!known || compression != 0 || filter != 0 || interlace > 1) {
            throw new ImageException(
                    name,
                    "this PNG is damaged: its header says colour type %d, depth %d, compression %d, filter %d, interlace %d"
                            .formatted(colourType, depth, compression, filter, interlace));
        }
        int channels = new int[] {1, 0, 3, 1, 2, 0, 4}[colourType];
        ImageHeader header = new ImageHeader(ImageFormat.PNG, width, height, channels, depth, 1);
        limits.check(name, header);
        return new PngInfo(header, colourType, interlace == 1, null, null, Metadata.NONE, 0);
    }

    /** One chunk with its check sum verified. */
    private static final class Chunk {
        final String type;
        final byte[] data;

        Chunk(DataInputStream in, String name) throws IOException {
            int length = length(in, name);
            type = type(in);
            data = data(in, name, type, length);
        }

        static int length(DataInputStream in, String name) throws IOException {
            int length = in.readInt();
            if (length < 0) {
                throw new ImageException(
                        name, "this PNG is damaged: a chunk claims " + Integer.toUnsignedLong(length) + " bytes");
            }
            return length;
        }

        static String type(InputStream in) throws IOException {
            byte[] type = in.readNBytes(4);
            if (type.length < 4) {
                throw new EOFException();
            }
            return new String(type, StandardCharsets.ISO_8859_1);
        }

        static byte[] data(DataInputStream in, String name, String type, int length) throws IOException {
            if (length > 4 * Limits.METADATA_BYTES) {
                throw new ImageException(name, "want at most 16 MB in a chunk " + type + ", have " + length + " bytes");
            }
            byte[] data = in.readNBytes(length);
            if (data.length < length) {
                throw new EOFException();
            }
            CRC32 crc = new CRC32();
            crc.update(type.getBytes(StandardCharsets.ISO_8859_1));
            crc.update(data);
            if ((int) crc.getValue() != in.readInt()) {
                throw new ImageException(name, "this PNG is damaged: the check sum of its chunk " + type + " is wrong");
            }
            return data;
        }
    }

    /** What has been found so far. */
    private static final class Scan {
        private byte @Nullable [] palette;
        private byte @Nullable [] transparency;
        private byte @Nullable [] icc;
        private byte @Nullable [] exif;
        private byte @Nullable [] xmp;
        private long passedOn;
        private final List<Metadata.PngChunk> chunks = new ArrayList<>();

        void take(String name, String type, byte[] data) {
            switch (type) {
                case "PLTE" -> palette = data;
                case "tRNS" -> transparency = data;
                case "iCCP" -> icc = profile(name, data);
                case "eXIf" -> exif = data;
                case "iTXt" -> text(name, data);
                default -> passOn(name, type, data);
            }
        }

        private void text(String name, byte[] data) {
            byte[] packet = packet(name, data);
            if (packet == null) {
                passOn(name, "iTXt", data);
            } else if (xmp == null) {
                xmp = packet;
            }
        }

        /** All chunks together have a limit too: a file may hold any number of them. */
        private void passOn(String name, String type, byte[] data) {
            passedOn += data.length + 12;
            if (passedOn > 4 * Limits.METADATA_BYTES) {
                throw new ImageException(name, "want at most 16 MB of texts and other notes, have more");
            }
            chunks.add(new Metadata.PngChunk(type, data));
        }

        PngInfo complete(String name, PngInfo first, long data) {
            if (first.colourType == 3 && (palette == null || palette.length % 3 != 0)) {
                throw new ImageException(name, "this PNG is damaged: a palette picture without a palette");
            }
            // a transparent colour is only meaningful for pictures without an alpha channel
            int wanted = first.colourType == 0 ? 2 : first.colourType == 2 ? 6 : 1;
            boolean useful = transparency != null && transparency.length >= wanted && first.colourType < 4;
            return new PngInfo(
                    first.header,
                    first.colourType,
                    first.interlaced,
                    palette,
                    useful ? transparency : null,
                    Metadata.of(icc, exif, xmp).withChunks(chunks),
                    data);
        }

        private static byte[] profile(String name, byte[] data) {
            int start = 0;
            while (start < data.length && data[start] != 0) {
                start++;
            }
            return inflate(name, "colour profile", data, start + 2);
        }

        private static byte @Nullable [] packet(String name, byte[] data) {
            if (data.length < XMP_KEYWORD.length + 4
                    || !Arrays.equals(data, 0, XMP_KEYWORD.length, XMP_KEYWORD, 0, XMP_KEYWORD.length)) {
                return null;
            }
            boolean deflated = data[XMP_KEYWORD.length] != 0;
            int at = XMP_KEYWORD.length + 2;
            for (int strings = 0; strings < 2; at++) { // language and translated keyword
                if (at >= data.length) {
                    return null;
                }
                strings += data[at] == 0 ? 1 : 0;
            }
            return deflated ? inflate(name, "XMP", data, at) : Arrays.copyOfRange(data, at, data.length);
        }

        private static byte[] inflate(String name, String what, byte[] data, int from) {
            int start = Math.min(from, data.length);
            try (InflaterInputStream in =
                    new InflaterInputStream(new ByteArrayInputStream(data, start, data.length - start))) {
                byte[] all = in.readNBytes(Limits.METADATA_BYTES + 1);
                if (all.length > Limits.METADATA_BYTES) {
                    throw new ImageException(name, "want at most 4 MB of " + what + ", have more");
                }
                return all;
            } catch (IOException e) {
                throw new ImageException(name, "this PNG is damaged: its " + what + " does not inflate", e);
            }
        }
    }
}
