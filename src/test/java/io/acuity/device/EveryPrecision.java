package io.acuity.device;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * As {@link EveryDevice}, and once more on each device that has it in {@link Precision#BF16}: for operations whose kernels have that
 * form.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(DeviceInvocations.class)
public @interface EveryPrecision {
    /** As {@link EveryDevice#standIn}. */
    boolean standIn() default false;
}
