package io.hawser.lb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The walls of ARCHITECTURE.md between modules and packages. */
class ArchitectureTest {
    private static JavaClasses product;

    @BeforeAll
    static void importProduct() {
        product = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.hawser");
    }

    @Test
    void onlyTheLinuxPackageCallsNativeCode() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.hawser.sysctl.linux..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jnr..", "com.kenai.jffi..", "java.lang.foreign..")
                .because("all libc goes through io.hawser.sysctl.linux, so that errno and ownership have one home"));
    }

    @Test
    void theVrrpEngineReadsNoClockAndDoesNoInputOrOutput() {
        check(noClasses()
                .that()
                .haveSimpleName("VrrpEngine")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.hawser.sysctl..", "java.nio.channels..", "java.io..", "org.slf4j..")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .because("the simulation and the daemon run the same engine"));
    }

    @Test
    void healthChecksKnowNettyAndHowToReadFiles() {
        check(noClasses()
                .that()
                .resideInAPackage("io.hawser.healthcheck..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.hawser.sysctl", "io.hawser.sysctl.linux..", "io.hawser.vrrp..", "io.hawser.lb.."));
    }

    @Test
    void vrrpKnowsTheKernelLayerOnly() {
        check(noClasses()
                .that()
                .resideInAPackage("io.hawser.vrrp..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.hawser.healthcheck..", "io.hawser.lb..", "io.netty.."));
    }

    @Test
    void theKernelLayerKnowsNobody() {
        check(noClasses()
                .that()
                .resideInAPackage("io.hawser.sysctl..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.hawser.vrrp..", "io.hawser.healthcheck..", "io.hawser.lb..", "io.netty.."));
    }

    @Test
    void onlyTheDaemonWiresEverythingTogether() {
        check(noClasses()
                .that()
                .resideInAnyPackage(
                        "io.hawser.lb.config..",
                        "io.hawser.lb.proxy..",
                        "io.hawser.lb.balance..",
                        "io.hawser.lb.tls..",
                        "io.hawser.lb.pem..",
                        "io.hawser.lb.admin..",
                        "io.hawser.lb.cli..",
                        "io.hawser.lb.setup..",
                        "io.hawser.lb.demo..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.hawser.lb.daemon..", "io.hawser.vrrp..", "io.hawser.healthcheck.."));
    }

    @Test
    void configurationAndBalancingAreFreeOfInputAndOutput() {
        check(noClasses()
                .that()
                .resideInAPackage("io.hawser.lb.balance..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "java.nio.channels.."));
    }

    @Test
    void tlsKnowsNoSocketAndNothingOfOurs() {
        check(noClasses()
                .that()
                .resideInAPackage("io.hawser.lb.tls..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.hawser.lb.proxy..",
                        "io.hawser.lb.balance..",
                        "io.hawser.lb.config..",
                        "io.hawser.lb.admin..",
                        "io.netty.channel..",
                        "java.nio.channels.."));
    }

    @Test
    void onlyTlsCallsTheTlsLibrary() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.hawser.lb.tls..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty.internal.tcnative..")
                .because("the memory rules of the library have one home"));
    }

    @Test
    void featurePackagesFormNoCycles() {
        check(slices().matching("io.hawser.lb.(*)..").should().beFreeOfCycles());
    }

    @Test
    void nothingIsCalledAfterItsLackOfPurpose() {
        check(classes()
                .that()
                .resideInAPackage("io.hawser..")
                .should()
                .haveNameNotMatching(".*(Manager|Helper|Utils?|Impl)$"));
    }

    private static void check(ArchRule rule) {
        rule.check(product);
    }
}
