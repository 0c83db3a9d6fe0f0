/** What PEM files hold (RFC 7468): one reader for who judges a configuration, who starts with it and who follows the files. */
@NullMarked
package io.hawser.lb.pem;

import org.jspecify.annotations.NullMarked;
