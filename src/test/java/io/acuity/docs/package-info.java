/** Programs that make the documentation's pictures. */
@NullMarked
package io.acuity.docs;

import org.jspecify.annotations.NullMarked;
