//! Whether a certificate was revoked, as lists say that the reader brought
//! (RFC 5280, 5 and 6.3): whole lists by the issuer itself. What is revoked is
//! judged as RFC 3161, 4 has it for time stamps.

use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::{CertificateRevocationList, RevokedCertificate};
use x509_parser::x509::ReasonCode;

use super::authority::{algorithm_hash, refused, untrusted, verify};
use super::print::hex;
use super::sign::blocks;
use crate::Result;

/// Reasons for which a stamp made before the revocation stays good: the key was
/// not compromised (RFC 3161, 4, item 1). A revocation that gives no reason, or
/// another, takes all stamps with it.
const HARMLESS: [ReasonCode; 4] = [
    ReasonCode::Unspecified,
    ReasonCode::AffiliationChanged,
    ReasonCode::Superseded,
    ReasonCode::CessationOfOperation,
];

/// The revocation lists in `bytes`: PEM, one or more, or DER.
///
/// # Errors
/// [`crate::Error::Malformed`] when there is none, or one cannot be read.
pub fn lists(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let found = blocks(bytes, "X509 CRL");
    for der in &found {
        read(der)?;
    }
    Ok(found)
}

fn read(der: &[u8]) -> Result<CertificateRevocationList<'_>> {
    let list = match CertificateRevocationList::from_der(der) {
        Ok(([], list)) => list,
        _ => return Err(refused("a revocation list that cannot be read")),
    };
    // Lists of a part, of changes alone, or on behalf of others say so in
    // extensions that are critical (RFC 5280, 5.2.4, 5.2.5, 5.3.3).
    let partial = list.extensions().iter().any(|e| e.critical)
        || list.iter_revoked_certificates().any(|r| r.extensions().iter().any(|e| e.critical));
    if partial {
        return Err(refused("a revocation list of another kind than a whole one by the issuer"));
    }
    Ok(list)
}

/// Checks that no list says that `certificate`, issued by `issuer`, could not
/// vouch for what was signed at `moment`. Gives the digest of the list.
///
/// # Errors
/// [`crate::Error::Compute`] when it was revoked, or no list tells;
/// [`crate::Error::Malformed`] when a list cannot be read.
pub fn check(
    certificate: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    all: &[Vec<u8>],
    moment: jiff::Timestamp,
) -> Result<String> {
    let who = certificate.subject().to_string();
    let mut why = format!("no revocation list by {} was given", issuer.subject());
    for der in all {
        let list = read(der)?;
        if list.issuer().as_raw() != issuer.subject().as_raw() {
            continue;
        }
        if !signed(&list, issuer) {
            why =
                format!("the revocation list in the name of {} is not signed by it", list.issuer());
            continue;
        }
        if list.next_update().is_some_and(|next| next.timestamp() < moment.as_second()) {
            why = format!(
                "the revocation list by {} had expired when the stamp was made",
                list.issuer()
            );
            continue;
        }
        let own = |r: &&RevokedCertificate<'_>| r.raw_serial() == certificate.raw_serial();
        if list.iter_revoked_certificates().find(own).is_some_and(|r| takes_along(r, moment)) {
            return Err(untrusted(format!("the certificate of {who} was revoked")));
        }
        return Ok(hex(&Sha256::digest(der)));
    }
    Err(untrusted(format!("whether the certificate of {who} was revoked is not known: {why}")))
}

/// Whether a stamp of `moment` falls with the revocation.
fn takes_along(revoked: &RevokedCertificate<'_>, moment: jiff::Timestamp) -> bool {
    let harmless = revoked.reason_code().is_some_and(|(_, reason)| HARMLESS.contains(&reason));
    !harmless || revoked.revocation_date.timestamp() <= moment.as_second()
}

fn signed(list: &CertificateRevocationList<'_>, issuer: &X509Certificate<'_>) -> bool {
    let may = issuer.key_usage().is_ok_and(|u| u.is_none_or(|u| u.value.crl_sign()));
    let algorithm = list.signature_algorithm.algorithm.as_bytes();
    may && algorithm_hash(algorithm).is_some_and(|hash| {
        let signature = &list.signature_value.data;
        let key = issuer.public_key().raw;
        verify(key, algorithm, hash, list.tbs_cert_list.as_ref(), signature).is_ok()
    })
}
