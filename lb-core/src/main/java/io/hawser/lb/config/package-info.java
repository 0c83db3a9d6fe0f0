/** The configuration file: YAML with positions, validation, immutable records. */
@NullMarked
package io.hawser.lb.config;

import org.jspecify.annotations.NullMarked;
