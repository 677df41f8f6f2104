/** Pictures in memory and in files, MATLAB's bicubic, and sets of pictures to train and to evaluate on. */
@NullMarked
package io.acuity.data;

import org.jspecify.annotations.NullMarked;
