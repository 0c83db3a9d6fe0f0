/** The comparison with HAProxy: the same work through each proxy in turn, and what it cost. */
@NullMarked
package io.hawser.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
