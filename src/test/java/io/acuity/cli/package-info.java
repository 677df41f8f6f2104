@NullMarked
package io.acuity.cli;

import org.jspecify.annotations.NullMarked;
