/** Who is let in: networks, the count of each source, the limits of a listener and of the process. No I/O. */
@NullMarked
package io.hawser.lb.admission;

import org.jspecify.annotations.NullMarked;
