//! Ed25519 signatures (RFC 8032) on a seal's manifest. The key is a file that
//! the user keeps, as `openssl genpkey -algorithm ed25519` writes it, and
//! OpenSSL verifies what is written here:
//! `openssl pkeyutl -verify -rawin -pubin -inkey public.pem -sigfile manifest.sig -in manifest-sha256.txt`.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::der::{Der, INTEGER, OCTETS, OID, SEQUENCE, value};
use crate::{Error, Result};

/// 1.3.101.112 (RFC 8410, 3)
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// BIT STRING
const BITS: u8 = 0x03;
/// Largest key file that is read.
const LONGEST: u64 = 1 << 16;

/// The private key in the PEM file at `path`.
///
/// # Errors
/// [`Error::Unreadable`] when it holds no Ed25519 key (PKCS #8, without a
/// password).
pub fn key(path: &Path) -> Result<SigningKey> {
    let size = std::fs::metadata(path).map_err(|e| Error::io(path, e))?.len();
    if size > LONGEST {
        return Err(Error::unreadable(path, "is too long for a key"));
    }
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
    let why =
        "holds no Ed25519 key without a password (openssl genpkey -algorithm ed25519 makes one)";
    let der = unpem(&text, "PRIVATE KEY").ok_or_else(|| Error::unreadable(path, why))?;
    let seed = private(&der).map_err(|e| Error::unreadable(path, format!("{why}: {e}")))?;
    Ok(SigningKey::from_bytes(&seed))
}

/// OneAsymmetricKey (RFC 8410, 7): version, algorithm, the seed as an octet
/// string in an octet string.
fn private(der: &[u8]) -> Result<[u8; 32]> {
    let mut whole = Der(der);
    let mut key = whole.enter(SEQUENCE)?;
    whole.end()?;
    key.take(INTEGER)?;
    let mut algorithm = key.enter(SEQUENCE)?;
    if algorithm.take(OID)? != ED25519 {
        return Err(Error::malformed("key", "of another algorithm"));
    }
    let mut inner = key.enter(OCTETS)?;
    let seed = inner.take(OCTETS)?;
    seed.try_into().map_err(|_| Error::malformed("key", "not of 32 bytes"))
}

/// The signature on `manifest`, and the public key as PEM.
pub fn sign(key: &SigningKey, manifest: &[u8]) -> ([u8; 64], String) {
    let algorithm = value(SEQUENCE, &value(OID, ED25519));
    let bits = [&[0][..], key.verifying_key().as_bytes()].concat();
    let der = value(SEQUENCE, &[algorithm, value(BITS, &bits)].concat());
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
    (key.sign(manifest).to_bytes(), pem)
}

/// Whether `signature` by the key in `pem` is on `manifest`. Weak keys are
/// refused.
pub fn verify(pem: &str, signature: &[u8], manifest: &[u8]) -> Result<()> {
    let wrong = |why: &str| Error::malformed("signature", why);
    let der = unpem(pem, "PUBLIC KEY").ok_or_else(|| wrong("the public key is none"))?;
    let mut whole = Der(&der);
    let mut key = whole.enter(SEQUENCE)?;
    whole.end()?;
    if key.enter(SEQUENCE)?.take(OID)? != ED25519 {
        return Err(wrong("the public key is of another algorithm"));
    }
    let bits = key.take(BITS)?.strip_prefix(&[0]).and_then(|b| b.try_into().ok());
    let bits: [u8; 32] = bits.ok_or_else(|| wrong("the public key has not 32 bytes"))?;
    let key = VerifyingKey::from_bytes(&bits).map_err(|_| wrong("the public key is no point"))?;
    let signature = Signature::from_slice(signature).map_err(|_| wrong("it has not 64 bytes"))?;
    key.verify_strict(manifest, &signature)
        .map_err(|_| wrong("it is not this key's on this manifest"))
}

/// The bytes between the lines of a PEM (RFC 7468).
fn unpem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let body = text.split_once(&begin)?.1.split_once(&end)?.0;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(body).ok()
}

/// Every block of that label in a PEM file, or the file itself where it has none: it
/// is DER then. A block that is no Base64 comes back empty.
pub(super) fn blocks(bytes: &[u8], label: &str) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let begin = format!("-----BEGIN {label}-----");
    if !text.contains(&begin) {
        return vec![bytes.to_vec()];
    }
    let parts = text.split(&begin).skip(1).map(|part| format!("{begin}{part}"));
    parts.map(|part| unpem(&part, label).unwrap_or_default()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn the_signature_of_the_standard_comes_back_and_another_does_not() {
        let seed = [
            0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11,
            0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed,
            0x4f, 0xb8, 0xa6, 0xfb,
        ];
        let (signature, pem) = sign(&SigningKey::from_bytes(&seed), &[0x72]);
        assert!(signature.starts_with(&[0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8]));
        verify(&pem, &signature, &[0x72]).unwrap();
        assert!(verify(&pem, &signature, &[0x73]).is_err());
        assert!(verify(&pem, &signature[..63], &[0x72]).is_err());
        let mut changed = signature;
        changed[3] ^= 1;
        assert!(verify(&pem, &changed, &[0x72]).is_err());
        let key = [
            value(INTEGER, &[0]),
            value(SEQUENCE, &value(OID, ED25519)),
            value(OCTETS, &value(OCTETS, &seed)),
        ];
        assert_eq!(private(&value(SEQUENCE, &key.concat())).unwrap(), seed);
        assert!(private(&[0x30, 0]).is_err());
    }
}
