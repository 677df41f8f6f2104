package io.acuity.device;

import io.acuity.device.cuda.StandIn;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/** One invocation for each device's name, and for {@link EveryPrecision} one for each of its precisions. */
final class DeviceInvocations implements TestTemplateInvocationContextProvider {
    private static final @Nullable String NAMED = System.getProperty("acuity.devices");
    private static final List<String> NAMES = List.of((NAMED == null ? "cpu,emu" : NAMED).split(","));
    private static final String STAND_IN = "cuda on stand-ins";

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return true;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        EveryDevice everyDevice = context.getRequiredTestMethod().getAnnotation(EveryDevice.class);
        boolean standIn = everyDevice == null
                ? context.getRequiredTestMethod()
                        .getAnnotation(EveryPrecision.class)
                        .standIn()
                : everyDevice.standIn();
        Stream<Invocation> plain = Stream.concat(
                        NAMES.stream(), NAMED == null && standIn ? Stream.of(STAND_IN) : Stream.empty())
                .map(name -> new Invocation(name, Precision.FP32));
        Stream<Invocation> half = NAMES.stream()
                .filter(name -> everyDevice == null && name.equals("emu"))
                .map(name -> new Invocation(name, Precision.BF16));
        return Stream.<TestTemplateInvocationContext>concat(plain, half);
    }

    private record Invocation(String name, Precision precision) implements TestTemplateInvocationContext {
        @Override
        public String getDisplayName(int index) {
            return precision == Precision.FP32 ? name : name + " " + precision.label();
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(new OpenDevice(name, precision));
        }
    }

    /** Opens the device when the test asks for it; closing it gives back all the memory the test took. */
    private static final class OpenDevice implements ParameterResolver, AfterEachCallback {
        private final String name;
        private final Precision precision;
        private @Nullable Device device;

        OpenDevice(String name, Precision precision) {
            this.name = name;
            this.precision = precision;
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Device.class;
        }

        @Override
        public Device resolveParameter(ParameterContext parameter, ExtensionContext context) {
            Device open = name.equals(STAND_IN) ? StandIn.open(precision) : Device.open(name, precision);
            device = open;
            return open;
        }

        @Override
        public void afterEach(ExtensionContext context) {
            if (device != null) {
                device.close();
            }
        }
    }
}
