/** What the tests of several modules use: inputs, controls beside what a busy machine can spoil, and references from pages to tests. */
@NullMarked
package io.hawser.testkit;

import org.jspecify.annotations.NullMarked;
