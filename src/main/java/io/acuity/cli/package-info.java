/** The command line: {@link io.acuity.cli.Acuity} and one class a verb. Nothing imports this package. */
@NullMarked
package io.acuity.cli;

import org.jspecify.annotations.NullMarked;
