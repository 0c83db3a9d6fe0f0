package io.hawser.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test of what runs by the real clock, such as two nodes that wait for each other's advertisements. Where it fails and the machine itself was
 * in the way meanwhile, the try is discarded and another is made, as {@link Tries} does; whatever fails on a machine that was in time fails.
 * The test makes all that it needs itself: nothing is set up anew between its tries.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RealTimeExtension.class)
public @interface RealTime {}
