package io.acuity.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Adobe's image resources, blocks in a JPEG's APP13 segments: {@code 8BIM}, a number, a name, a length, the data; name and data
 * end at an even byte (Adobe Photoshop File Formats Specification, "Image Resource Blocks"). Only the IPTC record is of interest
 * here: thumbnails, paths and sizes among them belong to the picture as it was.
 */
final class ImageResource {
    static final int IPTC = 0x0404;
    private static final byte[] SIGNATURE = "8BIM".getBytes(StandardCharsets.ISO_8859_1);
    private static final int HEAD = 4 + 2 + 2 + 4; // with an empty name

    private ImageResource() {}

    /** The data of a resource, or null when it is not among these blocks or they are damaged before it. */
    static byte @Nullable [] find(byte[] blocks, int number) {
        ByteBuffer in = ByteBuffer.wrap(blocks);
        byte[] signature = new byte[4];
        while (in.remaining() >= HEAD) {
            in.get(signature);
            int id = in.getShort() & 0xFFFF;
            int name = in.get() & 0xFF;
            int rest = name + (name + 1) % 2; // with its length byte an even number
            if (!Arrays.equals(signature, SIGNATURE) || in.remaining() < rest + 4) {
                return null;
            }
            in.position(in.position() + rest);
            int length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                return null;
            }
            if (id == number) {
                return Arrays.copyOfRange(blocks, in.position(), in.position() + length);
            }
            in.position(Math.min(in.limit(), in.position() + length + length % 2));
        }
        return null;
    }

    /** One block. */
    static byte[] of(int number, byte[] data) {
        return ByteBuffer.allocate(HEAD + data.length + data.length % 2)
                .put(SIGNATURE)
                .putShort((short) number)
                .putShort((short) 0)
                .putInt(data.length)
                .put(data)
                .array();
    }
}
