/** Training: the configuration, the loop, checkpoints, the log. */
@NullMarked
package io.acuity.train;

import org.jspecify.annotations.NullMarked;
