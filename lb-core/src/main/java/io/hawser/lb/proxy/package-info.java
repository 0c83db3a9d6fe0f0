/** Listeners, connections and the relay between client and member. */
@NullMarked
package io.hawser.lb.proxy;

import org.jspecify.annotations.NullMarked;
