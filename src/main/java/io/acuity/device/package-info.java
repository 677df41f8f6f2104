/** Memory and work on one processor: buffers, kernels found by name, launches. */
@NullMarked
package io.acuity.device;

import org.jspecify.annotations.NullMarked;
