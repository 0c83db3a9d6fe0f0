/** The command line. */
@NullMarked
package io.hawser.lb.cli;

import org.jspecify.annotations.NullMarked;
