/** Model files: named tensors as plain bytes, read strictly and written completely or not at all. */
@NullMarked
package io.acuity.weights;

import org.jspecify.annotations.NullMarked;
