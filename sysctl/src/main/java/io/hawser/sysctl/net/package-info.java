/** Addresses in words: the one form in which every log line, answer and message writes them. */
@NullMarked
package io.hawser.sysctl.net;

import org.jspecify.annotations.NullMarked;
