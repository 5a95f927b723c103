//! Time stamps of RFC 3161: a request is written to a file, whoever sends it
//! brings the response back as a file. Nothing here uses a network.
//!
//! The response is read far enough to know that it is about our digest and
//! what moment it gives. Whose it is, [`super::authority`] works out, with the
//! certificates that the reader trusts.

use serde::{Deserialize, Serialize};

use super::der::{
    BOOLEAN, Der, EXPLICIT_0, INTEGER, NULL, OCTETS, OID, SEQUENCE, SET, TIME, malformed, value,
};
use super::print::hex;
use crate::Result;

/// 2.16.840.1.101.3.4.2.1
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 1.2.840.113549.1.7.2, signedData (RFC 5652, 5.1)
const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4, id-ct-TSTInfo (RFC 3161, 2.4.2)
pub(super) const TST_INFO: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// What a time-stamp token says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// The moment, UTC, RFC 3339.
    pub time: String,
    /// Serial number of the token, hexadecimal.
    pub serial: String,
    /// The digest it is about, lower-case hexadecimal SHA-256.
    pub sha256: String,
}

/// A request for a stamp on the digest `sha256`; it asks for the authority's
/// certificate, so that the token can be verified on its own.
pub fn request(sha256: &[u8; 32]) -> Vec<u8> {
    let algorithm = value(SEQUENCE, &[value(OID, SHA256), value(NULL, &[])].concat());
    let imprint = value(SEQUENCE, &[algorithm, value(OCTETS, sha256)].concat());
    let parts = [value(INTEGER, &[1]), imprint, value(BOOLEAN, &[0xff])];
    value(SEQUENCE, &parts.concat())
}

/// The parts of a token (RFC 5652, 5.1).
pub(super) struct Token<'a> {
    /// TSTInfo, as the authority's digest covers it.
    pub info: &'a [u8],
    /// What stands after it: certificates, revocation lists, signers.
    pub rest: Der<'a>,
}

/// Reads a response.
///
/// # Errors
/// [`crate::Error::Malformed`] when it is no response, the authority refused,
/// or it is not about a SHA-256 digest.
pub fn response(bytes: &[u8]) -> Result<Stamped> {
    let mut octets = Der(token(bytes)?.info);
    let info = octets.enter(SEQUENCE)?;
    octets.end()?;
    read_info(info)
}

/// The token of a response.
pub(super) fn token(bytes: &[u8]) -> Result<Token<'_>> {
    let mut whole = Der(bytes);
    let mut response = whole.enter(SEQUENCE)?;
    whole.end()?;
    let mut status = response.enter(SEQUENCE)?;
    match status.take(INTEGER)? {
        // granted, grantedWithMods (RFC 3161, 2.4.2)
        [0 | 1] => {}
        other => return Err(malformed(format!("the authority refused: status {}", hex(other)))),
    }
    let mut token = response.enter(SEQUENCE)?;
    response.end()?;
    oid(&mut token, SIGNED, "signed data")?;
    let mut wrapped = token.enter(EXPLICIT_0)?;
    token.end()?;
    let mut signed = wrapped.enter(SEQUENCE)?;
    wrapped.end()?;
    signed.take(INTEGER)?;
    signed.take(SET)?;
    let mut content = signed.enter(SEQUENCE)?;
    oid(&mut content, TST_INFO, "a time stamp")?;
    let mut wrapped = content.enter(EXPLICIT_0)?;
    content.end()?;
    let info = wrapped.take(OCTETS)?;
    wrapped.end()?;
    Ok(Token { info, rest: signed })
}

/// TSTInfo (RFC 3161, 2.4.2), as far as the moment.
fn read_info(mut info: Der<'_>) -> Result<Stamped> {
    if info.take(INTEGER)? != [1] {
        return Err(malformed("a time stamp of an unknown version"));
    }
    info.take(OID)?;
    let mut imprint = info.enter(SEQUENCE)?;
    let mut algorithm = imprint.enter(SEQUENCE)?;
    oid(&mut algorithm, SHA256, "SHA-256")?;
    let digest = imprint.take(OCTETS)?;
    imprint.end()?;
    if digest.len() != 32 {
        return Err(malformed("a SHA-256 digest that has not 32 bytes"));
    }
    let serial = hex(info.take(INTEGER)?);
    let time = moment(info.take(TIME)?)?;
    Ok(Stamped { time, serial, sha256: hex(digest) })
}

fn oid(der: &mut Der<'_>, wanted: &[u8], name: &str) -> Result<()> {
    if der.take(OID)? == wanted { Ok(()) } else { Err(malformed(format!("it is not {name}"))) }
}

/// `YYYYMMDDhhmmss[.s…]Z` (RFC 3161, 2.4.2) as RFC 3339.
fn moment(text: &[u8]) -> Result<String> {
    let wrong = || malformed("a moment that is none");
    let text = std::str::from_utf8(text).map_err(|_| wrong())?;
    let body = text.strip_suffix('Z').ok_or_else(wrong)?;
    let (whole, part) = body.split_once('.').map_or((body, ""), |(a, b)| (a, b));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(part) {
        return Err(wrong());
    }
    let at = |from: usize, to: usize| whole.get(from..to).unwrap_or_default();
    let part = if part.is_empty() { String::new() } else { format!(".{part}") };
    let text = format!(
        "{}-{}-{}T{}:{}:{}{part}Z",
        at(0, 4),
        at(4, 6),
        at(6, 8),
        at(8, 10),
        at(10, 12),
        at(12, 14)
    );
    text.parse::<jiff::Timestamp>().map_err(|_| wrong())?;
    Ok(text)
}
