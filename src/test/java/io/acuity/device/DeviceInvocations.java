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

/** One invocation for each device's name. */
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
        EveryDevice wanted = context.getRequiredTestMethod().getAnnotation(EveryDevice.class);
        Stream<String> standIn = NAMED == null && wanted.standIn() ? Stream.of(STAND_IN) : Stream.empty();
        return Stream.concat(NAMES.stream(), standIn).map(Invocation::new);
    }

    private record Invocation(String name) implements TestTemplateInvocationContext {
        @Override
        public String getDisplayName(int index) {
            return name;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(new OpenDevice(name));
        }
    }

    /** Opens the device when the test asks for it; closing it gives back all the memory the test took. */
    private static final class OpenDevice implements ParameterResolver, AfterEachCallback {
        private final String name;
        private @Nullable Device device;

        OpenDevice(String name) {
            this.name = name;
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Device.class;
        }

        @Override
        public Device resolveParameter(ParameterContext parameter, ExtensionContext context) {
            Device open = name.equals(STAND_IN) ? StandIn.open() : Device.open(name);
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
