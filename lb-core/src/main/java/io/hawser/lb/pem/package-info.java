/** What PEM files (RFC 7468) and files of ticket keys hold: one reader for who judges a configuration, who starts with it and who follows the files. */
@NullMarked
package io.hawser.lb.pem;

import org.jspecify.annotations.NullMarked;
