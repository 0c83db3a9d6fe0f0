/** The one place where everything is wired together. */
@NullMarked
package io.hawser.lb.daemon;

import org.jspecify.annotations.NullMarked;
