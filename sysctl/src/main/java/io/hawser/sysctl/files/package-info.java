/** Reading files that others write, so that none of them can hold up or fill up this process. */
@NullMarked
package io.hawser.sysctl.files;

import org.jspecify.annotations.NullMarked;
