/** The PCL framework: samples, the embedding network that compares them, and what it learns from. */
@NullMarked
package io.acuity.contrast;

import org.jspecify.annotations.NullMarked;
