package io.hawser.lb.pem;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hawser.sysctl.files.FileReads;
import io.hawser.testkit.Seed;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Random;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists of any length and signature, and what no list is. */
class RevocationFileTest {
    private static final FileReads READS = FileReads.standard();
    private static final Date START = Date.from(Instant.parse("2026-01-01T00:00:00Z"));
    private static final Instant NEXT = Instant.parse("2049-12-31T23:59:59Z");

    @TempDir
    Path directory;

    private final List<RevocationList> open = new ArrayList<>();

    @AfterEach
    void everythingIsGivenBack() {
        open.forEach(RevocationList::close);
        assertEquals(0, RevocationList.inUse());
    }

    private static X509v2CRLBuilder builder() {
        return new X509v2CRLBuilder(
                        new X500Name("CN=an authority whose name is long enough for a length of two bytes "
                                + "as those of public authorities often are, OU=lists"),
                        START)
                .setNextUpdate(Date.from(NEXT));
    }

    private static KeyPair pair(String algorithm) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (algorithm.equals("RSA")) {
            generator.initialize(2048);
        }
        return generator.generateKeyPair();
    }

    private static String pem(byte[] der) {
        return "-----BEGIN X509 CRL-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END X509 CRL-----\n";
    }

    private static String signed(X509v2CRLBuilder builder, KeyPair pair, String algorithm) throws Exception {
        return pem(builder.build(new JcaContentSignerBuilder(algorithm).build(pair.getPrivate()))
                .getEncoded());
    }

    private static String signed(X509v2CRLBuilder builder) throws Exception {
        return signed(builder, pair("EC"), "SHA256withECDSA");
    }

    private Path file(String content) throws IOException {
        return Files.writeString(directory.resolve("list.pem"), content);
    }

    private List<RevocationList> load(Path file) throws IOException {
        List<RevocationList> lists = RevocationFile.load(READS, file);
        open.addAll(lists);
        return lists;
    }

    private static List<BigInteger> serials(int count, Random random) {
        List<BigInteger> serials = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            serials.add(new BigInteger(1 + random.nextInt(160), random));
        }
        return serials;
    }

    @ParameterizedTest
    @CsvSource({
        "RSA, SHA1withRSA",
        "RSA, SHA256withRSA",
        "RSA, SHA384withRSA",
        "RSA, SHA512withRSA",
        "EC, SHA256withECDSA",
        "EC, SHA384withECDSA",
        "EC, SHA512withECDSA",
        "Ed25519, Ed25519"
    })
    void aListIsSignedByOneKeyAndNoOther(String key, String algorithm) throws Exception {
        KeyPair signer = pair(key);
        X509v2CRLBuilder builder = builder().addCRLEntry(BigInteger.TEN, START, CRLReason.keyCompromise);
        String text = signed(builder, signer, algorithm);
        RevocationList list = load(file(text)).getFirst();
        assertTrue(list.isSignedBy(signer.getPublic()));
        for (String other : List.of("RSA", "EC", "Ed25519")) {
            assertFalse(list.isSignedBy(pair(other).getPublic()), other);
        }
        assertEquals(NEXT, list.nextUpdate());
        assertTrue(list.isCurrent(Instant.parse("2026-06-01T00:00:00Z")));
        assertFalse(list.isCurrent(NEXT.plus(Duration.ofHours(1))));
        assertFalse(list.isCurrent(START.toInstant().minus(Duration.ofHours(1))));
    }

    @Test
    void aChangedEntryBreaksTheSignature() throws Exception {
        KeyPair signer = pair("RSA");
        byte[] der = builder()
                .addCRLEntry(new BigInteger("1122334455667788", 16), START, CRLReason.unspecified)
                .build(new JcaContentSignerBuilder("SHA256withRSA").build(signer.getPrivate()))
                .getEncoded();
        for (int i = 0; i < der.length - 8; i++) {
            if (der[i] == 0x11 && der[i + 1] == 0x22 && der[i + 7] == (byte) 0x88) {
                der[i + 7]++;
            }
        }
        assertFalse(load(file(pem(der))).getFirst().isSignedBy(signer.getPublic()));
    }

    /** Of every length and in no order, also more than a heap would like; each is found, and nothing that is not there. */
    @Test
    void eachSerialNumberIsFoundAndNoOther() throws Exception {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        List<BigInteger> serials = serials(5_000, random);
        Collections.addAll(
                serials,
                BigInteger.ZERO,
                BigInteger.valueOf(127),
                BigInteger.valueOf(128),
                BigInteger.valueOf(255),
                BigInteger.valueOf(256),
                BigInteger.valueOf(-1),
                BigInteger.valueOf(-129),
                BigInteger.ONE.shiftLeft(159));
        X509v2CRLBuilder builder = builder();
        serials.forEach(serial -> builder.addCRLEntry(serial, START, CRLReason.keyCompromise));
        RevocationList list = load(file("# a comment\r\n" + signed(builder))).getFirst();
        assertEquals(serials.size(), list.size());
        for (BigInteger serial : serials) {
            assertTrue(list.revokes(serial), () -> serial + " of seed " + seed);
        }
        for (BigInteger serial : serials(5_000, random)) {
            assertEquals(serials.contains(serial), list.revokes(serial), () -> serial + " of seed " + seed);
        }
        assertFalse(list.revokes(BigInteger.ONE.shiftLeft(200)));
    }

    @Test
    void aListThatIsInUseIsKeptOnce() throws Exception {
        Path file = file(signed(builder()) + "between\n" + signed(builder()));
        List<RevocationList> first = load(file);
        List<RevocationList> second = load(file);
        assertEquals(2, first.size());
        assertSame(first.getFirst(), second.getFirst());
        assertSame(first.getLast(), second.getLast());
        assertEquals(2, RevocationList.inUse());
        second.forEach(RevocationList::close);
        open.removeAll(second);
        open.addAll(first);
        assertFalse(first.getFirst().revokes(BigInteger.ONE), "still in use by the first");
        open.clear();
        first.forEach(RevocationList::close);
    }

    private String refused(String content) throws IOException {
        Path file = file(content);
        String atCheck = assertThrows(UnusableListException.class, () -> RevocationFile.check(READS, file))
                .getMessage();
        assertEquals(
                atCheck,
                assertThrows(UnusableListException.class, () -> load(file)).getMessage());
        return atCheck;
    }

    @Test
    void whatCannotBeUsedIsRefusedInWords() throws Exception {
        String none = "it holds no revocation list in PEM (BEGIN X509 CRL)";
        assertEquals(none, refused(""));
        assertEquals(none, refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
        String good = signed(builder());
        String damaged = "revocation list 1 in it is damaged";
        assertEquals(damaged, refused(good.substring(0, good.length() / 2)));
        assertEquals(damaged, refused(good.substring(0, good.indexOf("-----END"))));
        int body = good.indexOf('\n') + 1;
        for (String foreign : List.of("=", "==", "QQ==", "*", "_", "\u00e4")) {
            assertEquals(damaged, refused(good.substring(0, body + 40) + foreign + good.substring(body + 40)));
        }
        assertEquals(
                1,
                RevocationFile.check(READS, file(good.replace("\n", " \t\r\n"))).size());
        assertEquals(damaged, refused(good.replace("-----END", "QUJD\n-----END")));
        assertEquals("revocation list 2 in it is damaged", refused(good + good.replaceFirst("\n[^\n]+\n", "\n")));
        assertEquals(damaged, refused("-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"));
        assertEquals(
                "revocation list 1 in it is a delta list, which cannot be used without its base: use a complete list",
                refused(signed(
                        builder().addExtension(Extension.deltaCRLIndicator, true, new CRLNumber(BigInteger.ONE)))));
        assertEquals(
                "revocation list 1 in it is an indirect list, or a list of attribute certificates",
                refused(signed(builder()
                        .addExtension(
                                Extension.issuingDistributionPoint,
                                true,
                                new IssuingDistributionPoint(null, false, false, null, true, false)))));
        assertEquals(
                "revocation list 1 in it has an unknown critical extension",
                refused(signed(builder()
                        .addExtension(new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1"), true, DERNull.INSTANCE))));
        assertEquals("it holds more than 64 revocation lists", refused(good.repeat(65)));
    }

    /** Nothing that is damaged is taken for a list by one pass and not by the other, or throws something else. */
    @Test
    void damagedFilesAreRefusedByCheckAndStartAlike() throws Exception {
        long seed = Seed.ofThisRun();
        Random random = new Random(seed);
        X509v2CRLBuilder builder = builder();
        serials(20, random).forEach(serial -> builder.addCRLEntry(serial, START, CRLReason.keyCompromise));
        byte[] der = builder.build(new JcaContentSignerBuilder("SHA256withECDSA")
                        .build(pair("EC").getPrivate()))
                .getEncoded();
        for (int i = 0; i < 500; i++) {
            byte[] damaged = der.clone();
            for (int j = random.nextInt(3); j >= 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Path file = file(pem(damaged));
            boolean isTaken = true;
            try {
                RevocationFile.check(READS, file);
            } catch (UnusableListException _) {
                isTaken = false;
            }
            if (isTaken) {
                load(file).forEach(RevocationList::size);
            } else {
                assertThrows(UnusableListException.class, () -> load(file), () -> "seed " + seed);
            }
        }
    }

    /** As many as are said to fit, written by hand because nothing else writes them without having them all in memory. */
    @Test
    void moreThanThereIsRoomForIsRefusedBeforeAnyIsKept() throws Exception {
        Path file = directory.resolve("large.pem");
        LargeList.write(file, 1_700_000, 20);
        String why = assertThrows(UnusableListException.class, () -> RevocationFile.check(READS, file))
                .getMessage();
        assertEquals(
                "it revokes 1700000 certificates, whose serial numbers take 34000000 bytes; there is room for 33554432",
                why);
        assertEquals(
                why, assertThrows(UnusableListException.class, () -> load(file)).getMessage());
    }

    @Test
    void aMillionFit() throws Exception {
        Path file = directory.resolve("large.pem");
        LargeList.write(file, 1_000_000, 20);
        RevocationList list = load(file).getFirst();
        assertEquals(1_000_000, list.size());
        assertTrue(list.revokes(LargeList.serial(0, 20)));
        assertTrue(list.revokes(LargeList.serial(999_999, 20)));
        assertFalse(list.revokes(LargeList.serial(1_000_000, 20)));
    }
}
