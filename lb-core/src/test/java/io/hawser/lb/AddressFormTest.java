package io.hawser.lb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LocalVariable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No address becomes text but by {@code AddressText}, so that each has one form, that of RFC 5952. */
class AddressFormTest {
    private static final String FORM = "io.hawser.sysctl.net.AddressText";
    private static final Set<String> ADDRESSES = Set.of(
            "Ljava/net/InetAddress;",
            "Ljava/net/Inet4Address;",
            "Ljava/net/Inet6Address;",
            "Ljava/net/InetSocketAddress;");
    private static final Set<String> TEXTS =
            Set.of("getHostAddress", "toString", "toAddressString", "toSocketAddressString");

    @Test
    void everyAddressIsWrittenInOneForm() throws Exception {
        List<String> found = new ArrayList<>();
        int looked = 0;
        for (JavaClass each : new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.hawser")) {
            if (!each.getName().equals(FORM)) {
                found.addAll(otherForms(each.reflect()));
                looked++;
            }
        }
        assertTrue(looked > 300, "looked at " + looked);
        assertEquals(List.of(), found);
    }

    @ParameterizedTest
    @ValueSource(classes = {Concatenated.class, Local.class, Asked.class})
    void findsWhatWritesAnother(Class<?> written) throws Exception {
        assertEquals(1, otherForms(written).size());
    }

    record Concatenated(java.net.InetAddress address) {
        String shown() {
            return "at " + address;
        }

        @Override
        public String toString() {
            return "";
        }
    }

    record Local(String name) {
        String shown(java.net.InetSocketAddress address) {
            return name + address;
        }
    }

    record Asked(java.net.InetAddress address) {
        @Override
        public String toString() {
            return address.getHostAddress();
        }
    }

    private static List<String> otherForms(Class<?> type) throws Exception {
        List<String> found = new ArrayList<>();
        String file = "/" + type.getName().replace('.', '/') + ".class";
        try (InputStream in = type.getResourceAsStream(file)) {
            ClassModel model = ClassFile.of().parse(in.readAllBytes());
            for (MethodModel method : model.methods()) {
                List<CodeElement> code =
                        method.code().map(CodeModel::elementList).orElse(List.of());
                CodeElement before = null;
                for (CodeElement element : code) {
                    if (isOtherForm(before, element, code)) {
                        found.add(type.getName() + "." + method.methodName());
                    }
                    before = element instanceof Instruction ? element : before;
                }
            }
        }
        return found;
    }

    private static boolean isOtherForm(@Nullable CodeElement before, CodeElement element, List<CodeElement> code) {
        if (!(element instanceof InvokeInstruction call)) {
            return false;
        }
        String owner = call.owner().asInternalName();
        // What is added to a string is asked for its text by this.
        boolean isAdded = owner.equals("java/lang/String") && call.name().equalsString("valueOf");
        return isAdded
                ? before != null && isAddress(before, code)
                : TEXTS.contains(call.name().stringValue())
                        && (ADDRESSES.contains("L" + owner + ";") || owner.equals("io/netty/util/NetUtil"));
    }

    private static boolean isAddress(CodeElement pushed, List<CodeElement> code) {
        return switch (pushed) {
            case InvokeInstruction call ->
                ADDRESSES.contains(call.typeSymbol().returnType().descriptorString());
            case FieldInstruction field -> ADDRESSES.contains(field.type().stringValue());
            case LoadInstruction local ->
                code.stream()
                        .anyMatch(each -> each instanceof LocalVariable variable
                                && variable.slot() == local.slot()
                                && ADDRESSES.contains(variable.type().stringValue()));
            default -> false;
        };
    }
}
