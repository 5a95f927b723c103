//! Whether a time stamp is the work of an authority that the reader trusts:
//! its signature (RFC 5652, 5.4), the certificate it names for it (RFC 5035),
//! what that certificate may be used for (RFC 3161, 2.3), and the chain to a
//! certificate that the reader brought (RFC 5280, 6.1, without policies and
//! name constraints). Revocation is looked at where the reader brought lists
//! ([`super::revoked`]); where not, what is said of a stamp says so.
//!
//! All certificates must hold at the moment of the stamp. A certificate that
//! the reader brought is trusted as it is, root or not.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::der::{Der, EXPLICIT_0, EXPLICIT_1, IMPLICIT_0, INTEGER, OCTETS, OID, SEQUENCE, SET};
use super::print::hex;
use super::revoked;
use super::sign::blocks;
use super::timestamp::{TST_INFO, response, token};
use crate::{Error, Result};

/// 1.2.840.113549.1.9.3, .4: contentType, messageDigest (RFC 5652, 11)
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 1.2.840.113549.1.9.16.2.12, .47: signingCertificate, its second version
/// (RFC 5035, 5)
const CERTIFICATE_1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c];
const CERTIFICATE_2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
/// 2.16.840.1.101.3.4.2.1 to .3: SHA-256, SHA-384, SHA-512
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
/// 1.2.840.113549.1.1: .1 is the bare key, .11 to .13 with SHA-256 to SHA-512
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// 1.2.840.10045.4.3: .2 to .4 with SHA-256 to SHA-512
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];

/// Longest chain that is followed.
const LONGEST: usize = 8;
/// Shortest RSA key in bytes that is taken: 2048 bits (ETSI TS 119 312).
const SHORTEST: usize = 256;

/// Who signed a stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Subject of the certificate.
    pub by: String,
    /// SHA-256 of the brought certificate that its chain ends in.
    pub trusted: String,
    /// SHA-256 of the revocation lists that were looked at, one for each
    /// certificate below that one; `None` when none were brought.
    pub lists: Option<Vec<String>>,
}

impl Signed {
    /// In words.
    pub fn told(&self) -> String {
        let revoked = match &self.lists {
            None => "whether a certificate was revoked was not looked at: no revocation list given"
                .to_owned(),
            Some(lists) if lists.is_empty() => {
                "it is the given one itself, so no revocation list is about it".to_owned()
            }
            Some(lists) => {
                format!("not revoked according to the list(s) with SHA-256 {}", lists.join(", "))
            }
        };
        format!(
            "signed by {}, whose certificate leads to the given one with SHA-256 {}; {revoked}",
            self.by, self.trusted
        )
    }
}

/// What the reader brought to judge time stamps by.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Certificates to trust (DER); with none, no signature is judged.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists (DER); with none, revocation is not looked at.
    pub lists: Vec<Vec<u8>>,
}

/// A digest that signatures are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// That with `number` as the last part of its identifier.
    fn numbered(number: u8, first: u8) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .nth(usize::from(number.checked_sub(first)?))
    }

    fn named(oid: &[u8]) -> Option<Self> {
        Self::numbered(*oid.strip_prefix(SHA2)?.first()?, 1)
    }

    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// The certificates in `bytes`: PEM, one or more, or DER.
///
/// # Errors
/// [`crate::Error::Malformed`] when there is none, or one cannot be read.
pub fn certificates(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let found = blocks(bytes, "CERTIFICATE");
    for der in &found {
        read(der)?;
    }
    Ok(found)
}

pub(super) fn refused(why: impl Into<String>) -> Error {
    Error::malformed("time stamp", why)
}

/// That the stamp is read, and nobody who is trusted vouches for it.
pub(super) fn untrusted(why: impl ToString) -> Error {
    Error::compute("the time stamp is not vouched for", why)
}

fn read(der: &[u8]) -> Result<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(refused("a certificate that cannot be read")),
    }
}

/// Checks that the response in `bytes` is signed by an authority whose chain
/// of certificates ends in one that is trusted, and that none of them was
/// revoked as far as lists were brought.
///
/// # Errors
/// [`crate::Error::Malformed`] when it cannot be read so far;
/// [`crate::Error::Compute`], saying what does not hold.
pub fn check(bytes: &[u8], trust: &Trust) -> Result<Signed> {
    let trusted = &trust.certificates;
    let stamp = response(bytes)?;
    let moment: jiff::Timestamp =
        stamp.time.parse().map_err(|_| refused("a moment that is none"))?;
    let token = token(bytes)?;
    let (embedded, mut signers) = parts(token.rest)?;
    let mut signer = signers.enter(SEQUENCE)?;
    // RFC 3161, 2.4.2: no other signature than the authority's.
    signers.end()?;
    let signer = Signer::read(&mut signer)?;
    let pool: Vec<&[u8]> = embedded.into_iter().chain(trusted.iter().map(Vec::as_slice)).collect();
    let own = pool.iter().copied().find(|der| read(der).is_ok_and(|c| signer.is(&c)));
    let own = own.ok_or_else(|| {
        untrusted("the certificate of the signature is neither in the token nor among those given")
    })?;
    signer.covers(token.info, own)?;
    let certificate = read(own)?;
    let signed = signer.signed();
    verify(certificate.public_key().raw, signer.algorithm, signer.hash, &signed, signer.signature)
        .map_err(|why| untrusted(format!("the signature on the stamp: {why}")))?;
    stamps(&certificate)?;
    let links = chain(own, &pool, trusted, moment)?;
    let looked = !trust.lists.is_empty();
    let lists = looked.then(|| unrevoked(&links, trust, moment)).transpose()?;
    let end = links.last().copied().unwrap_or(own);
    Ok(Signed { by: certificate.subject().to_string(), trusted: hex(&Sha256::digest(end)), lists })
}

/// The certificates in a token, and the set of its signers.
fn parts(mut rest: Der<'_>) -> Result<(Vec<&[u8]>, Der<'_>)> {
    let mut found = Vec::new();
    if rest.next() == Some(EXPLICIT_0) {
        let mut all = rest.enter(EXPLICIT_0)?;
        while all.next().is_some() {
            found.push(all.whole()?);
        }
    }
    if rest.next() == Some(EXPLICIT_1) {
        rest.any()?;
    }
    let signers = rest.enter(SET)?;
    rest.end()?;
    Ok((found, signers))
}

/// A signature and what it says of itself (RFC 5652, 5.3).
struct Signer<'a> {
    /// Issuer and serial number of the certificate, or its key's identifier.
    who: Who<'a>,
    hash: Hash,
    /// Content of the set of signed attributes.
    attributes: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
}

enum Who<'a> {
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    Key(&'a [u8]),
}

impl<'a> Signer<'a> {
    fn read(der: &mut Der<'a>) -> Result<Self> {
        der.take(INTEGER)?;
        let who = if der.next() == Some(IMPLICIT_0) {
            Who::Key(der.take(IMPLICIT_0)?)
        } else {
            let mut name = der.enter(SEQUENCE)?;
            Who::Issued { issuer: name.whole()?, serial: name.take(INTEGER)? }
        };
        let named = der.enter(SEQUENCE)?.take(OID)?;
        let hash = Hash::named(named)
            .ok_or_else(|| refused("its digest is not SHA-256, SHA-384 or SHA-512"))?;
        let attributes = der.take(EXPLICIT_0)?;
        let algorithm = der.enter(SEQUENCE)?.take(OID)?;
        let signature = der.take(OCTETS)?;
        Ok(Self { who, hash, attributes, algorithm, signature })
    }

    fn is(&self, certificate: &X509Certificate<'_>) -> bool {
        match self.who {
            Who::Issued { issuer, serial } => {
                certificate.issuer().as_raw() == issuer && certificate.raw_serial() == serial
            }
            Who::Key(key) => certificate.extensions().iter().any(|e| {
                use x509_parser::extensions::ParsedExtension::SubjectKeyIdentifier;
                matches!(e.parsed_extension(), SubjectKeyIdentifier(id) if id.0 == key)
            }),
        }
    }

    /// The bytes under the signature: the attributes as a SET (RFC 5652, 5.4).
    fn signed(&self) -> Vec<u8> {
        super::der::value(SET, self.attributes)
    }

    /// The one value of the attribute `oid`.
    fn attribute(&self, oid: &[u8]) -> Result<Option<Der<'a>>> {
        let mut all = Der(self.attributes);
        let mut found = None;
        while all.next().is_some() {
            let mut one = all.enter(SEQUENCE)?;
            if one.take(OID)? == oid {
                if found.is_some() {
                    return Err(refused("a signed attribute that stands there twice"));
                }
                found = Some(one.enter(SET)?);
            }
        }
        Ok(found)
    }

    /// Whether what is signed is `info`, and names `certificate` as its own.
    fn covers(&self, info: &[u8], certificate: &[u8]) -> Result<()> {
        let missing = |what| refused(format!("no signed attribute says {what}"));
        let mut kind = self.attribute(CONTENT_TYPE)?.ok_or_else(|| missing("what is signed"))?;
        if kind.take(OID)? != TST_INFO {
            return Err(refused("the signature is about something else than a time stamp"));
        }
        let mut digest = self.attribute(MESSAGE_DIGEST)?.ok_or_else(|| missing("the digest"))?;
        if digest.take(OCTETS)? != self.hash.of(info) {
            return Err(refused("the digest under the signature is not that of the time stamp"));
        }
        let same = if let Some(mut named) = self.attribute(CERTIFICATE_2)? {
            let mut first = named.enter(SEQUENCE)?.enter(SEQUENCE)?.enter(SEQUENCE)?;
            let hash = if first.next() == Some(SEQUENCE) {
                Hash::named(first.enter(SEQUENCE)?.take(OID)?)
            } else {
                // DEFAULT (RFC 5035, 4)
                Some(Hash::Sha256)
            };
            let named = first.take(OCTETS)?;
            hash.is_some_and(|hash| hash.of(certificate) == named)
        } else {
            let mut named =
                self.attribute(CERTIFICATE_1)?.ok_or_else(|| missing("whose certificate it is"))?;
            let mut first = named.enter(SEQUENCE)?.enter(SEQUENCE)?.enter(SEQUENCE)?;
            // SHA-1 is what the first version has; it only tells certificates
            // apart here, the signature itself is not made with it.
            first.take(OCTETS)?
                == sha1::Digest::finalize(sha1::Digest::chain_update(
                    <sha1::Sha1 as sha1::Digest>::new(),
                    certificate,
                ))
                .as_slice()
        };
        if same { Ok(()) } else { Err(refused("the signature names another certificate")) }
    }
}

/// Whether `certificate` may stamp: for that and nothing else, and critically
/// so (RFC 3161, 2.3).
fn stamps(certificate: &X509Certificate<'_>) -> Result<()> {
    let usage = certificate.extended_key_usage().ok().flatten();
    let only = usage.is_some_and(|usage| {
        let v = usage.value;
        let others = v.any
            || v.server_auth
            || v.client_auth
            || v.code_signing
            || v.email_protection
            || v.ocsp_signing
            || !v.other.is_empty();
        usage.critical && v.time_stamping && !others
    });
    if only {
        Ok(())
    } else {
        Err(untrusted("the certificate of the signature is not one for time stamps alone"))
    }
}

/// The lists that were looked at for each of `links` but the trusted last.
fn unrevoked(links: &[&[u8]], trust: &Trust, moment: jiff::Timestamp) -> Result<Vec<String>> {
    let pairs = links.iter().zip(links.iter().skip(1));
    pairs
        .map(|(own, above)| revoked::check(&read(own)?, &read(above)?, &trust.lists, moment))
        .collect()
}

/// The chain from `own` to a trusted certificate, both included.
fn chain<'a>(
    own: &'a [u8],
    pool: &[&'a [u8]],
    trusted: &[Vec<u8>],
    moment: jiff::Timestamp,
) -> Result<Vec<&'a [u8]>> {
    let mut at = own;
    let mut links = Vec::new();
    for _ in 0..LONGEST {
        let certificate = read(at)?;
        let validity = certificate.validity();
        let held = validity.not_before.timestamp()..=validity.not_after.timestamp();
        if !held.contains(&moment.as_second()) {
            return Err(untrusted(format!(
                "the certificate of {} did not hold at the moment of the stamp",
                certificate.subject()
            )));
        }
        links.push(at);
        if trusted.iter().any(|der| der == at) {
            return Ok(links);
        }
        let issuer = pool
            .iter()
            .copied()
            .filter(|der| *der != at)
            .find(|der| read(der).is_ok_and(|issuer| issued(&certificate, &issuer)));
        at = issuer.ok_or_else(|| {
            untrusted(format!("no certificate that was given leads to {}", certificate.subject()))
        })?;
    }
    Err(untrusted("a chain of more certificates than are followed"))
}

/// Whether `certificate` is signed by the key of `issuer`, and `issuer` may.
fn issued(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let may = issuer.basic_constraints().ok().flatten().is_some_and(|b| b.value.ca)
        && issuer.key_usage().is_ok_and(|u| u.is_none_or(|u| u.value.key_cert_sign()));
    let algorithm = certificate.signature_algorithm.algorithm.as_bytes();
    let hash = algorithm_hash(algorithm);
    may && certificate.issuer().as_raw() == issuer.subject().as_raw()
        && hash.is_some_and(|hash| {
            let signed = certificate.tbs_certificate.as_ref();
            let signature = &certificate.signature_value.data;
            verify(issuer.public_key().raw, algorithm, hash, signed, signature).is_ok()
        })
}

/// The digest that a signature algorithm names.
pub(super) fn algorithm_hash(algorithm: &[u8]) -> Option<Hash> {
    let rsa = algorithm.strip_prefix(RSA).map(|n| (n, 11));
    let (n, first) = rsa.or_else(|| algorithm.strip_prefix(ECDSA).map(|n| (n, 2)))?;
    Hash::numbered(*n.first()?, first)
}

/// Whether `signature` is that of the key `public` (SubjectPublicKeyInfo) on
/// `signed`.
pub(super) fn verify(
    public: &[u8],
    algorithm: &[u8],
    hash: Hash,
    signed: &[u8],
    signature: &[u8],
) -> Result<(), &'static str> {
    let wrong = "it is not that of this key on these bytes";
    let digest = hash.of(signed);
    // Where the algorithm names a digest too, it is the same.
    let agrees =
        |rest: &[u8], first: u8| matches!(rest, [n] if Hash::numbered(*n, first) == Some(hash));
    if let Some(rest) = algorithm.strip_prefix(RSA) {
        if rest != [1] && !agrees(rest, 11) {
            return Err("its algorithm is not one that is known here");
        }
        let key = rsa::RsaPublicKey::from_public_key_der(public).map_err(|_| "its key is none")?;
        if rsa::traits::PublicKeyParts::size(&key) < SHORTEST {
            return Err("its key is shorter than 2048 bits");
        }
        let scheme = match hash {
            Hash::Sha256 => rsa::Pkcs1v15Sign::new::<Sha256>(),
            Hash::Sha384 => rsa::Pkcs1v15Sign::new::<Sha384>(),
            Hash::Sha512 => rsa::Pkcs1v15Sign::new::<Sha512>(),
        };
        return key.verify(scheme, &digest, signature).map_err(|_| wrong);
    }
    if !algorithm.strip_prefix(ECDSA).is_some_and(|rest| agrees(rest, 2)) {
        return Err("its algorithm is not one that is known here (RSA PKCS #1 v1.5 or ECDSA)");
    }
    if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_der(public) {
        let mark = p256::ecdsa::Signature::from_der(signature).map_err(|_| wrong)?;
        return key.verify_prehash(&digest, &mark).map_err(|_| wrong);
    }
    let key = p384::ecdsa::VerifyingKey::from_public_key_der(public)
        .map_err(|_| "its key is on no curve that is known here (P-256, P-384)")?;
    let mark = p384::ecdsa::Signature::from_der(signature).map_err(|_| wrong)?;
    key.verify_prehash(&digest, &mark).map_err(|_| wrong)
}

#[cfg(test)]
#[path = "authority_tests.rs"]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
