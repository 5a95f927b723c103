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
keyUsage=critical,keyCertSign,cRLSign
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
[ca]
default_ca=own
[own]
database=index
crlnumber=number
default_md=sha256
default_crl_days=5
certificate=root.pem
private_key=root.key
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

fn trust(at: &Path, name: &str) -> Trust {
    Trust { certificates: pem(at, name), lists: Vec::new() }
}

/// The list that `issuer` signs of what was revoked so far.
fn list(at: &Path, issuer: &str) -> Vec<Vec<u8>> {
    let words = format!("ca -gencrl -config c -cert {issuer}.pem -keyfile {issuer}.key -out l");
    openssl(at, &words);
    revoked::lists(&std::fs::read(at.join("l")).unwrap()).unwrap()
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
            let found = check(&stamp, &trust(at, "root.pem")).unwrap();
            assert_eq!(found.by, "CN=tsa", "{key} {how}");
            assert_eq!(found.trusted, hex(&Sha256::digest(&pem(at, "root.pem")[0])));
            // The authority's own certificate may be trusted as it is.
            check(&stamp, &trust(at, "tsa.pem")).unwrap();
            let why = check(&stamp, &trust(at, "other.pem")).unwrap_err().to_string();
            assert!(why.contains("leads to CN=tsa"), "{why}");
        }
        // A digest that no longer binds.
        assert!(check(&reply(at, "-section one -sha1"), &trust(at, "root.pem")).is_err());
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
    let (said, root) = (response(&whole).unwrap(), trust(at, "root.pem"));
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

#[test]
fn what_was_revoked_falls_as_far_as_the_reason_says() {
    for key in KEYS {
        let folder = folder!("what_was_revoked_falls_as_far_as_the_reason_says", key);
        let at = folder.path();
        std::fs::write(at.join("index"), "").unwrap();
        std::fs::write(at.join("number"), "01\n").unwrap();
        let stamp = reply(at, "-section one");
        let with = |lists: Vec<Vec<u8>>| {
            let certificates = pem(at, "root.pem");
            check(&stamp, &Trust { certificates, lists }).map_err(|e| e.to_string())
        };
        assert!(with(Vec::new()).unwrap().told().contains("was not looked at"), "{key}");
        // Nothing is revoked, and the list is named.
        let clean = list(at, "root");
        let found = with(clean.clone()).unwrap();
        assert_eq!(found.lists, Some(vec![hex(&Sha256::digest(&clean[0]))]), "{key}");
        assert!(found.told().contains("not revoked according to"));
        // One changed bit, or another's list, tells nothing.
        let mut changed = clean.clone();
        let last = changed[0].len() - 1;
        changed[0][last] ^= 1;
        assert!(with(changed).unwrap_err().contains("is not signed by it"));
        let other = with(list(at, "other")).unwrap_err();
        assert!(other.contains("no revocation list by CN=root was given"), "{other}");
        // Later than the stamp: it stays good but for a lost key or no reason.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        for (reason, good) in [
            ("-crl_reason superseded", true),
            ("-crl_reason cessationOfOperation", true),
            ("-crl_reason keyCompromise", false),
            ("-crl_reason certificateHold", false),
            ("", false),
        ] {
            std::fs::write(at.join("index"), "").unwrap();
            openssl(at, format!("ca -config c -revoke tsa.pem {reason}").trim_end());
            let found = with(list(at, "root"));
            assert_eq!(found.is_ok(), good, "{key} {reason}: {found:?}");
            assert!(good || found.unwrap_err().contains("CN=tsa was revoked"));
        }
    }
}

#[test]
fn a_list_is_held_against_the_moment_and_read_whole() {
    let folder = folder!("a_list_is_held_against_the_moment_and_read_whole", KEYS[1]);
    let at = folder.path();
    std::fs::write(at.join("index"), "").unwrap();
    std::fs::write(at.join("number"), "01\n").unwrap();
    openssl(at, "ca -config c -revoke tsa.pem -crl_reason superseded");
    let (tsa, root) = (&pem(at, "tsa.pem")[0], &pem(at, "root.pem")[0]);
    let (tsa, root) = (read(tsa).unwrap(), read(root).unwrap());
    let lists = list(at, "root");
    let now = jiff::Timestamp::now();
    let in_days = |days: i64| {
        let then = now + jiff::SignedDuration::from_hours(24 * days);
        revoked::check(&tsa, &root, &lists, then).map_err(|e| e.to_string())
    };
    assert!(in_days(-1).is_ok(), "before it was revoked");
    assert!(in_days(1).unwrap_err().contains("was revoked"));
    assert!(in_days(6).unwrap_err().contains("had expired"));
    // A list of changes alone is not taken for a whole one.
    let config = std::fs::read_to_string(at.join("c")).unwrap();
    let delta = "crl_extensions=delta\n[delta]\n2.5.29.27=critical,DER:02:01:01\n";
    std::fs::write(at.join("c"), config + delta).unwrap();
    openssl(at, "ca -gencrl -config c -cert root.pem -keyfile root.key -out d");
    let why = revoked::lists(&std::fs::read(at.join("d")).unwrap()).unwrap_err().to_string();
    assert!(why.contains("of another kind"), "{why}");
    assert!(revoked::lists(b"no list").is_err());
    for cut in 0..lists[0].len() {
        assert!(revoked::lists(&lists[0][..cut]).is_err());
    }
}
