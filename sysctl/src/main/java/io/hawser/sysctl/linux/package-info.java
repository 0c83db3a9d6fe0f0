/** Linux system calls through jnr-ffi: sockets, rtnetlink, scheduling, capabilities. The only importer of jnr. */
@NullMarked
package io.hawser.sysctl.linux;

import org.jspecify.annotations.NullMarked;
