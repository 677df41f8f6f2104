/** One operation, one file: shapes, forward launch, and the backward launches it records. */
@NullMarked
package io.acuity.op;

import org.jspecify.annotations.NullMarked;
