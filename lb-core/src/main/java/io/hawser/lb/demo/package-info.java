/** The demo: nodes, masters and a client in network namespaces. */
@NullMarked
package io.hawser.lb.demo;

import org.jspecify.annotations.NullMarked;
