/** Parameters and the calls that use them. */
@NullMarked
package io.acuity.nn;

import org.jspecify.annotations.NullMarked;
