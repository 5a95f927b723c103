//! Against authorities that openssl plays.

use std::path::Path;
use std::process::Command;

use super::*;

const CONFIG: &str = "[req]
distinguished_name=dn
prompt=no
[dn]
CN=test
[root]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign
[plain]
basicConstraints=critical,CA:FALSE
[leaf]
extendedKeyUsage=critical,timeStamping
[loose]
extendedKeyUsage=timeStamping
[wide]
extendedKeyUsage=critical,timeStamping,codeSigning
[tsa]
default_tsa=one
[one]
serial=serial
signer_digest=sha256
default_policy=1.2.3.4
digests=sha256
ess_cert_id_alg=sha256
[old]
serial=serial
signer_digest=sha256
default_policy=1.2.3.4
digests=sha256
ess_cert_id_alg=sha1
";

fn openssl(at: &Path, words: &str) {
    let output = Command::new("openssl").args(words.split(' ')).current_dir(at).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with a root, an authority under it, and a request.
fn authority(key: &str, digest: [u8; 32]) -> Option<tempfile::TempDir> {
    Command::new("openssl").arg("version").output().ok()?;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("c"), CONFIG).unwrap();
    std::fs::write(at.join("serial"), "01\n").unwrap();
    std::fs::write(at.join("q"), super::super::timestamp::request(&digest)).unwrap();
    for name in ["root", "other"] {
        openssl(
            at,
            &format!(
                "req -x509 -newkey {key} -nodes -keyout {name}.key -out {name}.pem -days 30 -config c -extensions root -subj /CN={name}"
            ),
        );
    }
    leaf(at, key, "tsa", "leaf", "root");
    Some(folder)
}

fn leaf(at: &Path, key: &str, name: &str, extensions: &str, issuer: &str) {
    openssl(
        at,
        &format!(
            "req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -config c -subj /CN={name}"
        ),
    );
    openssl(
        at,
        &format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -out {name}.pem -days 20 -extfile c -extensions {extensions}"
        ),
    );
}

fn reply(at: &Path, more: &str) -> Vec<u8> {
    openssl(
        at,
        &format!("ts -reply -config c -queryfile q -signer tsa.pem -inkey tsa.key -out r {more}"),
    );
    std::fs::read(at.join("r")).unwrap()
}

fn pem(at: &Path, name: &str) -> Vec<Vec<u8>> {
    certificates(&std::fs::read(at.join(name)).unwrap()).unwrap()
}

const KEYS: [&str; 3] =
    ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-256", "ec -pkeyopt ec_paramgen_curve:P-384"];

macro_rules! folder {
    ($test:literal, $key:expr) => {
        match authority($key, [7; 32]) {
            Some(folder) => folder,
            None => {
                println!("skipped: {} (openssl is not installed)", $test);
                return;
            }
        }
    };
}

#[test]
fn what_an_authority_signed_leads_to_its_root_and_to_no_other() {
    for key in KEYS {
        let folder = folder!("what_an_authority_signed_leads_to_its_root", key);
        let at = folder.path();
        for how in ["-section one", "-section one -sha384", "-section one -sha512", "-section old"]
        {
            let stamp = reply(at, how);
            let found = check(&stamp, &pem(at, "root.pem")).unwrap();
            assert_eq!(found.by, "CN=tsa", "{key} {how}");
            assert_eq!(found.trusted, hex(&Sha256::digest(&pem(at, "root.pem")[0])));
            // The authority's own certificate may be trusted as it is.
            check(&stamp, &pem(at, "tsa.pem")).unwrap();
            let why = check(&stamp, &pem(at, "other.pem")).unwrap_err().to_string();
            assert!(why.contains("leads to CN=tsa"), "{why}");
        }
        // A digest that no longer binds.
        assert!(check(&reply(at, "-section one -sha1"), &pem(at, "root.pem")).is_err());
    }
}

#[test]
fn a_certificate_for_something_else_or_of_another_time_does_not_stamp() {
    let folder = folder!("a_certificate_for_something_else_does_not_stamp", KEYS[1]);
    let at = folder.path();
    for (name, extensions, fit) in
        [("a", "leaf", true), ("b", "loose", false), ("d", "wide", false), ("e", "plain", false)]
    {
        leaf(at, KEYS[1], name, extensions, "root");
        let der = &pem(at, &format!("{name}.pem"))[0];
        assert_eq!(stamps(&read(der).unwrap()).is_ok(), fit, "{extensions}");
    }
    // One that may not sign certificates vouches for nobody.
    leaf(at, KEYS[1], "f", "leaf", "a");
    let (root, a, f) = (pem(at, "root.pem"), pem(at, "a.pem"), pem(at, "f.pem"));
    let now = jiff::Timestamp::now();
    let pool: Vec<&[u8]> = vec![&root[0], &a[0], &f[0]];
    assert!(chain(&a[0], &pool, &root, now).is_ok());
    assert!(chain(&f[0], &pool, &root, now).is_err());
    for day in [-40, 40] {
        let then = now + jiff::SignedDuration::from_hours(24 * day);
        let why = chain(&a[0], &pool, &root, then).unwrap_err().to_string();
        assert!(why.contains("did not hold"), "{why}");
    }
}

#[test]
fn no_changed_byte_makes_another_moment_or_another_digest_pass() {
    let folder = folder!("no_changed_byte_makes_another_moment_pass", KEYS[1]);
    let at = folder.path();
    let whole = reply(at, "-section one");
    let (said, root) = (response(&whole).unwrap(), pem(at, "root.pem"));
    let mut passed = 0;
    for i in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[i] ^= 1 << bit;
            if check(&changed, &root).is_ok() {
                // Only what the signature does not cover, as the status text.
                assert_eq!(response(&changed).unwrap(), said, "byte {i}");
                passed += 1;
            }
        }
    }
    assert!(passed * 20 < whole.len() * 8, "{passed} of {} bits", whole.len() * 8);
    for cut in 0..whole.len() {
        assert!(check(&whole[..cut], &root).is_err());
    }
}
