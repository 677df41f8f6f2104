/** Numbers with a shape, and the tape that differentiates what was done to them. */
@NullMarked
package io.acuity.tensor;

import org.jspecify.annotations.NullMarked;
