package io.hawser.lb.tls;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hawser.sysctl.net.HostName;
import io.netty.util.NetUtil;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The name that a member's certificate must be for (RFC 9525): a DNS name, or an address. Immutable.
 *
 * @param text the name in lower case, without a dot at the end
 */
record PeerName(String text) {
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    PeerName {
        text = HostName.canonical(text);
    }

    boolean isAddress() {
        return NetUtil.createByteArrayFromIpAddressString(text) != null;
    }

    byte[] bytes() {
        return text.getBytes(UTF_8);
    }

    /** Whether one of the certificate's alternative names is it; its common name counts for nothing (RFC 9525 2). */
    boolean isNameOf(X509Certificate certificate) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException _) {
            return false;
        }
        if (names == null) {
            return false;
        }
        byte[] address = NetUtil.createByteArrayFromIpAddressString(text);
        for (List<?> name : names) {
            String value = String.valueOf(name.get(1));
            boolean matches = address == null
                    ? name.get(0).equals(DNS_NAME) && matches(HostName.canonical(value), text)
                    : name.get(0).equals(IP_ADDRESS)
                            && Arrays.equals(address, NetUtil.createByteArrayFromIpAddressString(value));
            if (matches) {
                return true;
            }
        }
        return false;
    }

    /** Whether a pattern, whose first label may be a star, stands for a name; both in canonical form. */
    static boolean matches(String pattern, String name) {
        if (!pattern.startsWith("*.")) {
            return pattern.equals(name);
        }
        int dot = name.indexOf('.');
        return dot > 0 && name.substring(dot).equals(pattern.substring(1));
    }
}
