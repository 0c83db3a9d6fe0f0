/** Kernel preparation: sysctls, kernel modules and IPVS, with what was changed and why. */
@NullMarked
package io.hawser.sysctl;

import org.jspecify.annotations.NullMarked;
