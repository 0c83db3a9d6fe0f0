/** What a new node needs before it runs: its configuration from a few answers, and a static pod for it. */
@NullMarked
package io.hawser.lb.setup;

import org.jspecify.annotations.NullMarked;
