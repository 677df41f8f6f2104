package io.acuity.fuzz;

import io.acuity.data.Image;
import io.acuity.data.ImageException;
import io.acuity.data.ImageFile;
import io.acuity.data.ImageFormat;
import io.acuity.data.Limits;
import io.acuity.data.Metadata;
import io.acuity.data.WriteOptions;
import io.acuity.serve.Parsers;
import io.acuity.train.ConfigException;
import io.acuity.train.ConfigFile;
import io.acuity.weights.Json;
import io.acuity.weights.PyTorchCheckpoint;
import io.acuity.weights.Safetensors;
import io.acuity.weights.StateDict;
import io.acuity.weights.TensorData;
import io.acuity.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Everything here that reads what others wrote. */
enum Target {
    PNG {
        @Override
        void parse(byte[] file) {
            picture(file);
        }

        @Override
        List<byte[]> seeds() {
            return pictures(ImageFormat.PNG);
        }
    },
    JPEG {
        @Override
        void parse(byte[] file) {
            picture(file);
        }

        @Override
        List<byte[]> seeds() {
            return pictures(ImageFormat.JPEG);
        }
    },
    TIFF {
        @Override
        void parse(byte[] file) {
            picture(file);
        }

        @Override
        List<byte[]> seeds() {
            return pictures(ImageFormat.TIFF);
        }
    },
    BMP {
        @Override
        void parse(byte[] file) {
            picture(file);
        }

        @Override
        List<byte[]> seeds() {
            return pictures(ImageFormat.BMP);
        }
    },
    /** GIF and WebP, which are only read; seeds are in the tree. */
    OTHERS {
        @Override
        void parse(byte[] file) {
            picture(file);
        }

        @Override
        List<byte[]> seeds() {
            return Fuzz.files("others");
        }
    },
    MULTIPART {
        @Override
        void parse(byte[] file) {
            Parsers.form(file);
        }

        @Override
        List<byte[]> seeds() {
            return texts(
                    "--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nabc\r\n--b--\r\n",
                    "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--b\r\n\r\n\r\n--b--",
                    "preamble\r\n--b\r\nA: b\r\n\r\n\r\n--b--\r\n");
        }
    },
    QUERY {
        @Override
        void parse(byte[] file) {
            Parsers.query(new String(file, StandardCharsets.UTF_8));
        }

        @Override
        List<byte[]> seeds() {
            return texts(
                    "scale=2.5&format=jpg&quality=90", "model=x&metadata=safe&background=FF0000", "self_ensemble=1");
        }
    },
    JSON {
        @Override
        void parse(byte[] file) {
            Json.parse(new String(file, StandardCharsets.UTF_8));
        }

        @Override
        List<byte[]> seeds() {
            return texts("{\"a\":[1,2.5e3,true,null,\"\\u00e9\\n\"],\"b\":{}}", "[[[[]]]]", "-0.0e-10");
        }
    },
    SAFETENSORS {
        @Override
        void parse(byte[] file) {
            for (TensorData tensor : Safetensors.parse("fuzz", MemorySegment.ofArray(file))
                    .tensors()
                    .values()) {
                tensor.floats();
            }
        }

        @Override
        List<byte[]> seeds() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try {
                Safetensors.write(out, StateDict.of(tensors()).withMetadata(Map.of("format", "pt")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return List.of(out.toByteArray());
        }
    },
    CHECKPOINT {
        @Override
        void parse(byte[] file) {
            for (TensorData tensor : PyTorchCheckpoint.parse("fuzz", MemorySegment.ofArray(file))
                    .tensors()
                    .values()) {
                tensor.floats();
            }
        }

        @Override
        List<byte[]> seeds() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try {
                PyTorchCheckpoint.write(out, StateDict.of(tensors()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return List.of(out.toByteArray());
        }
    },
    YAML {
        @Override
        void parse(byte[] file) {
            ConfigFile.parse(new String(file, StandardCharsets.UTF_8), "fuzz", List.of(), Map.of());
        }

        @Override
        List<byte[]> seeds() {
            return texts("name: x\nscale: 4\n", ConfigFile.template(), "a: &a [*a]\n", "a: !!java.lang.Thread []\n");
        }
    };

    private static final Limits LIMITS = new Limits(1_000_000, 1_000_000);

    /** Parses, or throws what {@link #expected} names. */
    abstract void parse(byte[] file);

    /** Good files, and some bad ones. */
    abstract List<byte[]> seeds();

    /** Whether a parser may refuse a file so. */
    boolean expected(Throwable refusal) {
        return refusal instanceof ImageException
                || refusal instanceof WeightsException
                || refusal instanceof ConfigException
                || (this == JSON && refusal instanceof IllegalArgumentException)
                || Parsers.isRefusal(refusal);
    }

    private static void picture(byte[] file) {
        ImageFile.header(file, "fuzz", LIMITS);
        ImageFile.read(file, "fuzz", LIMITS);
    }

    private static SequencedMap<String, TensorData> tensors() {
        SequencedMap<String, TensorData> tensors = new LinkedHashMap<>();
        tensors.put("a", TensorData.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
        tensors.put("b", TensorData.of(new float[] {7}, 1));
        return tensors;
    }

    private static List<byte[]> texts(String... texts) {
        List<byte[]> all = new ArrayList<>();
        for (String text : texts) {
            all.add(text.getBytes(StandardCharsets.UTF_8));
        }
        return all;
    }

    /** Small pictures of every depth and number of channels, with metadata. */
    private static List<byte[]> pictures(ImageFormat format) {
        List<byte[]> all = new ArrayList<>(Fuzz.files(format.extension()));
        for (int channels = 1; channels <= 4; channels++) {
            for (int depth : new int[] {8, 16}) {
                if (format == ImageFormat.BMP && (depth == 16 || channels == 2)) {
                    continue;
                }
                Image image = Image.black(5, 3, channels, depth)
                        .withMetadata(Metadata.of(
                                new byte[] {1, 2, 3},
                                new byte[] {'I', 'I', 42, 0, 8, 0, 0, 0, 0, 0},
                                "<x/>".getBytes(StandardCharsets.UTF_8)));
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                ImageFile.write(image, out, "seed", format, WriteOptions.DEFAULT);
                all.add(out.toByteArray());
            }
        }
        return all;
    }
}
