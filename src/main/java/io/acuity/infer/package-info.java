/** Upscaling pictures with a trained network: exact tiles, self-ensemble, bounded memory. */
@NullMarked
package io.acuity.infer;

import org.jspecify.annotations.NullMarked;
