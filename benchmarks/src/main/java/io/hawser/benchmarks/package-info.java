/** Benchmarks of the paths that decide. */
@NullMarked
package io.hawser.benchmarks;

import org.jspecify.annotations.NullMarked;
