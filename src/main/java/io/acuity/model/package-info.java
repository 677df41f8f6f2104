/** Super-resolution networks. */
@NullMarked
package io.acuity.model;

import org.jspecify.annotations.NullMarked;
