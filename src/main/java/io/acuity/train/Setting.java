package io.acuity.train;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One key of the configuration, written once, at the record component that holds it. Parsing, validation, suggestions for
 * misspelt keys, the written-back file and the documentation all come from here. On a component whose type is a record it names
 * a section.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Setting {
    /** A default that says: there is none, the user must give a value. */
    String REQUIRED = "<required>";

    /** The last part of the key's path, as in the file. */
    String key();

    /** The default as it would stand in the file; lists separated by commas; empty for an empty list or no text. */
    String value() default "";

    /** Least number, for each element of a list. */
    double min() default Double.NEGATIVE_INFINITY;

    /** Greatest number, for each element of a list. */
    double max() default Double.POSITIVE_INFINITY;

    /** All texts that are allowed; empty: any. */
    String[] choices() default {};

    /** How many elements a list must have; negative: any number. */
    int count() default -1;

    /** EDSR's name for the key, which overrides on the command line may use. */
    String alias() default "";

    /** The environment variable that overrides the file. */
    String environment() default "";

    /** What the value means, in one line. */
    String doc();
}
