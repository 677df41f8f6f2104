/** The HTTP service: pictures in, larger pictures out, with limits, a bounded queue and a page for the browser. */
@NullMarked
package io.acuity.serve;

import org.jspecify.annotations.NullMarked;
