package io.acuity.device;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs a test method that takes a {@link Device} once on each device, opened before and closed after.
 *
 * <p>The devices are those of the system property {@code acuity.devices}, {@code cpu,emu} when it is not set.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(DeviceInvocations.class)
public @interface EveryDevice {
    /** Whether to run on a CUDA device whose driver is a stand-in too, where no devices are named by the property. */
    boolean standIn() default false;
}
