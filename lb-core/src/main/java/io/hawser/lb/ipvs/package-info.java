/** The kernel's own balancer (IPVS) as a data path: what its table should be, and the way there. No I/O. */
@NullMarked
package io.hawser.lb.ipvs;

import org.jspecify.annotations.NullMarked;
