/** Load on the HTTP service: an open-loop generator and the experiments made with it. */
@NullMarked
package io.acuity.benchmark.load;

import org.jspecify.annotations.NullMarked;
