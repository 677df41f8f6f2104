/** How parameters move: Adam, exponential moving average, learning-rate schedules. */
@NullMarked
package io.acuity.optim;

import org.jspecify.annotations.NullMarked;
