package io.acuity.model;

import static io.acuity.tensor.Numbers.uniform;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.acuity.device.Device;
import io.acuity.tensor.ParameterSet;
import io.acuity.tensor.Shape;
import io.acuity.tensor.Tape;
import io.acuity.tensor.Tensor;
import io.acuity.weights.WeightsException;
import java.lang.reflect.Proxy;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files we write, run by ONNX Runtime: the same numbers, at sizes that the file does not name. */
class OnnxExportTest {
    private static final float TOLERANCE = 1e-4f;

    @TempDir
    Path folder = Path.of("");

    /** Of two forms of picture in one session. */
    private void check(Network network) throws OrtException {
        Path file = folder.resolve("model.onnx");
        OnnxExport.write(file, network, Map.of("acuity.arch", network.architecture()));
        try (OrtEnvironment environment = OrtEnvironment.getEnvironment();
                OrtSession session = environment.createSession(file.toString())) {
            assertThat(session.getMetadata().getCustomMetadata()).containsEntry("acuity.arch", network.architecture());
            int channels = network instanceof Vdsr ? 1 : 3;
            for (Shape shape : new Shape[] {new Shape(2, channels, 5, 7), new Shape(1, channels, 12, 9)}) {
                float[] image = uniform(shape.elements(), 3);
                float[] want = ours(network, shape, image);
                float[] have = theirs(environment, session, shape, image);
                assertThat(have).hasSameSizeAs(want);
                for (int i = 0; i < want.length; i++) {
                    assertThat(Math.abs(have[i] - want[i]))
                            .as("%s, number %d", shape, i)
                            .isLessThan(TOLERANCE);
                }
            }
        }
        network.parameters().close();
    }

    private static float[] ours(Network network, Shape shape, float[] image) {
        try (Tape tape = Tape.inference(network.parameters().device())) {
            Tensor x = tape.input(shape);
            x.set(image);
            Tensor y = network instanceof Vdsr vdsr ? vdsr.luma(tape, x) : network.forward(tape, x);
            return y.toArray();
        }
    }

    private static float[] theirs(OrtEnvironment environment, OrtSession session, Shape shape, float[] image)
            throws OrtException {
        long[] sizes = {shape.n(), shape.c(), shape.h(), shape.w()};
        String input = session.getInputNames().iterator().next();
        try (OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(image), sizes);
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            FloatBuffer numbers = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] values = new float[numbers.remaining()];
            numbers.get(values);
            return values;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void edsr(int scale) throws OrtException {
        try (Device device = Device.open("cpu")) {
            check(Edsr.create(device, new Edsr.Options(3, 16, scale == 3 ? 0.1f : 1f, scale), 4));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void rcan(int scale) throws OrtException {
        try (Device device = Device.open("cpu")) {
            check(Rcan.create(device, new Rcan.Options(2, 2, 16, 4, scale == 3 ? 1f : 255f, scale), 4));
        }
    }

    /** At range 255 each layer takes the one least like it whole, at range 1 a mixture. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void han(int scale) throws OrtException {
        try (Device device = Device.open("cpu")) {
            check(HanTest.attentive(device, new Rcan.Options(2, 2, 16, 4, scale == 4 ? 255f : 1f, scale)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void imdn(int scale) throws OrtException {
        try (Device device = Device.open("cpu")) {
            check(Imdn.create(device, new Imdn.Options(2, 16, 4, scale), 4));
        }
    }

    @Test
    void vdsr() throws OrtException {
        try (Device device = Device.open("cpu")) {
            check(Vdsr.create(device, new Vdsr.Options(5, 16, 2), 4));
        }
    }

    /** The shipped network at full size. */
    @Test
    void theShippedModel() throws OrtException {
        try (Device device = Device.open("cpu")) {
            check(Models.open(Models.DEFAULT, device));
        }
    }

    @Test
    void refusesNetworksThatHaveNoFormInOnnx() {
        ParameterSet none = new ParameterSet();
        Network strange = (Network) Proxy.newProxyInstance(
                Network.class.getClassLoader(),
                new Class<?>[] {Network.class},
                (_, method, _) -> switch (method.getName()) {
                    case "architecture" -> "nlsn";
                    case "hyperParameters" -> Map.of();
                    case "parameters" -> none;
                    default -> method.getReturnType() == float.class ? (Object) 1f : 2;
                });
        assertThatThrownBy(() -> OnnxExport.write(folder.resolve("n.onnx"), strange, Map.of()))
                .isInstanceOf(WeightsException.class)
                .hasMessageContaining("have nlsn, whose attention has no form there");
        assertThat(folder.resolve("n.onnx")).doesNotExist();
    }
}
