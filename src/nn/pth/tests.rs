//! Both layouts, written by PyTorch itself, and hostile variants of them.
//!
//! The two files were made with PyTorch 2.0.1:
//!
//! ```python
//! d = collections.OrderedDict()
//! d['a.weight'] = torch.arange(6, dtype=torch.float32).reshape(2, 3)
//! d['a.bias'] = torch.tensor([1.5, -2.0], dtype=torch.float16)
//! d['turned'] = d['a.weight'].t()[1:]
//! d['n'] = torch.tensor(7)
//! class Evil:
//!     def __reduce__(self): return (os.system, ('touch /tmp/evil',))
//! root = {'model': d, 'step': 3, 'rate': 0.5, 'name': 'x',
//!         'list': [torch.tensor([True, False]), None], 'evil': Evil()}
//! torch.save(root, file, _use_new_zipfile_serialization=not legacy)
//! ```
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

const ZIP: &str = "\
UEsDBAAACAgAAAAAAAAAAAAAAAAAAAAAAAAQABIAYXJjaGl2ZS9kYXRhLnBrbEZCDgBaWlpaWlpaWlpaWlpaWoACfXEAKF\
gFAAAAbW9kZWxxAWNjb2xsZWN0aW9ucwpPcmRlcmVkRGljdApxAilScQMoWAgAAABhLndlaWdodHEEY3RvcmNoLl91dGls\
cwpfcmVidWlsZF90ZW5zb3JfdjIKcQUoKFgHAAAAc3RvcmFnZXEGY3RvcmNoCkZsb2F0U3RvcmFnZQpxB1gBAAAAMHEIWA\
MAAABjcHVxCUsGdHEKUUsASwJLA4ZxC0sDSwGGcQyJaAIpUnENdHEOUnEPWAYAAABhLmJpYXNxEGgFKChoBmN0b3JjaApI\
YWxmU3RvcmFnZQpxEVgBAAAAMXESaAlLAnRxE1FLAEsChXEUSwGFcRWJaAIpUnEWdHEXUnEYWAYAAAB0dXJuZWRxGWgFKC\
hoBmgHaAhoCUsGdHEaUUsBSwJLAoZxG0sBSwOGcRyJaAIpUnEddHEeUnEfWAEAAABucSBoBSgoaAZjdG9yY2gKTG9uZ1N0\
b3JhZ2UKcSFYAQAAADJxImgJSwF0cSNRSwApKYloAilScSR0cSVScSZ1WAQAAABzdGVwcSdLA1gEAAAAcmF0ZXEoRz/gAA\
AAAAAAWAQAAABuYW1lcSlYAQAAAHhxKlgEAAAAbGlzdHErXXEsKGgFKChoBmN0b3JjaApCb29sU3RvcmFnZQpxLVgBAAAA\
M3EuaAlLAnRxL1FLAEsChXEwSwGFcTGJaAIpUnEydHEzUnE0TmVYBAAAAGV2aWxxNWNwb3NpeApzeXN0ZW0KcTZYDwAAAH\
RvdWNoIC90bXAvZXZpbHE3hXE4UnE5dS5QSwcIheldtVMCAABTAgAAUEsDBAAACAgAAAAAAAAAAAAAAAAAAAAAAAAOADEA\
YXJjaGl2ZS9kYXRhLzBGQi0AWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaAAAAAAAAgD\
8AAABAAABAQAAAgEAAAKBAUEsHCBeQ55EYAAAAGAAAAFBLAwQAAAgIAAAAAAAAAAAAAAAAAAAAAAAADgAsAGFyY2hpdmUv\
ZGF0YS8xRkIoAFpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWloAPgDAUEsHCDbV1ZQEAAAABAAAAF\
BLAwQAAAgIAAAAAAAAAAAAAAAAAAAAAAAADgBAAGFyY2hpdmUvZGF0YS8yRkI8AFpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa\
WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWgcAAAAAAAAAUEsHCHDW528IAAAACAAAAFBLAwQAAAgIAA\
AAAAAAAAAAAAAAAAAAAAAADgA8AGFyY2hpdmUvZGF0YS8zRkI4AFpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa\
WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaAQBQSwcIviPCWAIAAAACAAAAUEsDBAAACAgAAAAAAAAAAAAAAAAAAAAAAAAPAE\
EAYXJjaGl2ZS92ZXJzaW9uRkI9AFpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa\
WlpaWlpaWlpaWlozClBLBwjRnmdVAgAAAAIAAABQSwECAAAAAAgIAAAAAAAAheldtVMCAABTAgAAEAAAAAAAAAAAAAAAAA\
AAAAAAYXJjaGl2ZS9kYXRhLnBrbFBLAQIAAAAACAgAAAAAAAAXkOeRGAAAABgAAAAOAAAAAAAAAAAAAAAAAKMCAABhcmNo\
aXZlL2RhdGEvMFBLAQIAAAAACAgAAAAAAAA21dWUBAAAAAQAAAAOAAAAAAAAAAAAAAAAACgDAABhcmNoaXZlL2RhdGEvMV\
BLAQIAAAAACAgAAAAAAABw1udvCAAAAAgAAAAOAAAAAAAAAAAAAAAAAJQDAABhcmNoaXZlL2RhdGEvMlBLAQIAAAAACAgA\
AAAAAAC+I8JYAgAAAAIAAAAOAAAAAAAAAAAAAAAAABgEAABhcmNoaXZlL2RhdGEvM1BLAQIAAAAACAgAAAAAAADRnmdVAg\
AAAAIAAAAPAAAAAAAAAAAAAAAAAJIEAABhcmNoaXZlL3ZlcnNpb25QSwYGLAAAAAAAAAAeAy0AAAAAAAAAAAAGAAAAAAAA\
AAYAAAAAAAAAawEAAAAAAAASBQAAAAAAAFBLBgcAAAAAfQYAAAAAAAABAAAAUEsFBgAAAAAGAAYAawEAABIFAAAAAA==";
const OLD: &str = "\
gAKKCmz8nEb5IGqoUBkugAJN6QMugAJ9cQAoWBAAAABwcm90b2NvbF92ZXJzaW9ucQFN6QNYDQAAAGxpdHRsZV9lbmRpYW\
5xAohYCgAAAHR5cGVfc2l6ZXNxA31xBChYBQAAAHNob3J0cQVLAlgDAAAAaW50cQZLBFgEAAAAbG9uZ3EHSwR1dS6AAn1x\
AChYBQAAAG1vZGVscQFjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQIpUnEDKFgIAAAAYS53ZWlnaHRxBGN0b3JjaC5fdX\
RpbHMKX3JlYnVpbGRfdGVuc29yX3YyCnEFKChYBwAAAHN0b3JhZ2VxBmN0b3JjaApGbG9hdFN0b3JhZ2UKcQdYDgAAADk0\
MTc0MzM1MzYyNTkycQhYAwAAAGNwdXEJSwZOdHEKUUsASwJLA4ZxC0sDSwGGcQyJaAIpUnENdHEOUnEPWAYAAABhLmJpYX\
NxEGgFKChoBmN0b3JjaApIYWxmU3RvcmFnZQpxEVgOAAAAOTQxNzQzMzM3MTQxMjhxEmgJSwJOdHETUUsASwKFcRRLAYVx\
FYloAilScRZ0cRdScRhYBgAAAHR1cm5lZHEZaAUoKGgGaAdYDgAAADk0MTc0MzM1MzYyNTkycRpoCUsGTnRxG1FLAUsCSw\
KGcRxLAUsDhnEdiWgCKVJxHnRxH1JxIFgBAAAAbnEhaAUoKGgGY3RvcmNoCkxvbmdTdG9yYWdlCnEiWA4AAAA5NDE3NDMz\
NDEyNzY5NnEjaAlLAU50cSRRSwApKYloAilScSV0cSZScSd1WAQAAABzdGVwcShLA1gEAAAAcmF0ZXEpRz/gAAAAAAAAWA\
QAAABuYW1lcSpYAQAAAHhxK1gEAAAAbGlzdHEsXXEtKGgFKChoBmN0b3JjaApCb29sU3RvcmFnZQpxLlgOAAAAOTQxNzQz\
MzQxOTAwMzJxL2gJSwJOdHEwUUsASwKFcTFLAYVxMoloAilScTN0cTRScTVOZVgEAAAAZXZpbHE2Y3Bvc2l4CnN5c3RlbQ\
pxN1gPAAAAdG91Y2ggL3RtcC9ldmlscTiFcTlScTp1LoACXXEAKFgOAAAAOTQxNzQzMzM3MTQxMjhxAVgOAAAAOTQxNzQz\
MzQxMjc2OTZxAlgOAAAAOTQxNzQzMzQxOTAwMzJxA1gOAAAAOTQxNzQzMzUzNjI1OTJxBGUuAgAAAAAAAAAAPgDAAQAAAA\
AAAAAHAAAAAAAAAAIAAAAAAAAAAQAGAAAAAAAAAAAAAAAAAIA/AAAAQAAAQEAAAIBAAACgQA==";

fn files() -> [Vec<u8>; 2] {
    [ZIP, OLD].map(|text| STANDARD.decode(text).unwrap())
}

#[test]
fn both_layouts_give_the_same_tensors_and_run_nothing() {
    for (bytes, format) in files().iter().zip(["PyTorch (zip)", "PyTorch (legacy pickle)"]) {
        assert!(is(bytes));
        let checkpoint = read(bytes).unwrap();
        assert_eq!(checkpoint.format, format);
        let expected: [(&str, &[usize], &[f32]); 5] = [
            ("list.0", &[2], &[1.0, 0.0]),
            ("model.a.bias", &[2], &[1.5, -2.0]),
            ("model.a.weight", &[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
            ("model.n", &[], &[7.0]),
            // A view: the transpose without its first row.
            ("model.turned", &[2, 2], &[1.0, 4.0, 2.0, 5.0]),
        ];
        let found: Vec<_> = checkpoint
            .arrays
            .iter()
            .map(|(name, a)| (name.as_str(), a.shape.as_slice(), a.values.as_slice()))
            .collect();
        assert_eq!(found, expected, "{format}");
        // Named, not called: pickle names the module of `os` on this system.
        assert_eq!(checkpoint.ignored, ["posix.system"]);
    }
}

#[test]
fn whatever_the_bytes_are_nothing_panics() {
    for bytes in files() {
        for end in 0..bytes.len() {
            let _ = read(&bytes[..end]);
        }
        for at in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut other = bytes.clone();
                other[at] ^= change;
                let _ = read(&other);
            }
        }
    }
}

/// A legacy file around the pickle `object`, without storages.
fn bare(object: &[u8]) -> Vec<u8> {
    [LEGACY, b"\x80\x02M\xe9\x03.\x80\x02}.", object, b"\x80\x02]."].concat()
}

/// A legacy file around the pickle `object`, with one storage of two floats.
fn around(object: &[u8]) -> Vec<u8> {
    let mut file = bare(object);
    file.truncate(file.len() - 4);
    file.extend(b"\x80\x02]X\x01\x00\x00\x000a.");
    file.extend(2u64.to_le_bytes());
    file.extend([1.0f32, 2.0].iter().flat_map(|v| v.to_le_bytes()));
    file
}

/// The pickle of `{'x': tensor}` with the given numbers, each an instruction.
fn tensor(offset: &[u8], shape: &[u8], stride: &[u8]) -> Vec<u8> {
    let parts: [&[u8]; 9] = [
        b"\x80\x02}X\x01\x00\x00\x00xctorch._utils\n_rebuild_tensor_v2\n(",
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000",
        b"X\x03\x00\x00\x00cpuK\x02NtQ",
        offset,
        shape,
        b"\x85",
        stride,
        b"\x85\x89}tRs",
        b".",
    ];
    parts.concat()
}

#[test]
fn views_stay_inside_their_storage_and_within_the_files_size() {
    let values = |offset: &[u8], shape: &[u8], stride: &[u8]| {
        let checkpoint = read(&around(&tensor(offset, shape, stride)));
        checkpoint.map(|c| c.arrays.get("x").map(|a| a.values.clone()).unwrap_or_default())
    };
    assert_eq!(values(b"K\x00", b"K\x02", b"K\x01").unwrap(), [1.0, 2.0]);
    assert_eq!(values(b"K\x01", b"K\x01", b"K\x01").unwrap(), [2.0]);
    assert_eq!(values(b"K\x01", b"K\x03", b"K\x00").unwrap(), [2.0; 3]);
    let most = b"J\xff\xff\xff\x7f";
    let negative = b"J\xff\xff\xff\xff";
    for (offset, shape, stride) in [
        (&b"K\x01"[..], &b"K\x02"[..], &b"K\x01"[..]),
        (b"K\x00", b"K\x02", b"K\x02"),
        (negative, b"K\x01", b"K\x01"),
        (b"K\x00", negative, b"K\x01"),
        (b"K\x00", most, b"K\x00"),
        (b"K\x00", b"K\x02", most),
    ] {
        assert!(values(offset, shape, stride).is_err(), "{offset:?} {shape:?} {stride:?}");
    }
}

#[test]
fn nesting_without_end_ends() {
    // A tuple in a tuple, two million deep.
    let mut deep = b"\x80\x02)".to_vec();
    deep.extend(std::iter::repeat_n(0x85, 2_000_000));
    deep.push(b'.');
    assert!(read(&bare(&deep)).is_ok_and(|c| c.arrays.is_empty()));
    // A list that holds itself a thousand times.
    let mut own = b"\x80\x02]q\x00(".to_vec();
    own.extend(b"h\x00".repeat(1000));
    own.extend(b"e.");
    assert!(matches!(read(&bare(&own)), Err(Error::Limit { .. })));
}

#[test]
fn pickled_modules_are_read_by_their_parts() {
    // An object of class `m.Net` with the state {'_modules': {'conv': {'x': tensor}}}.
    let inner = tensor(b"K\x00", b"K\x02", b"K\x01");
    let object = [
        b"\x80\x02cm\nNet\n)\x81}X\x08\x00\x00\x00_modules}X\x04\x00\x00\x00conv",
        // Without its protocol and its end.
        &inner[2..inner.len() - 1],
        b"ssb.",
    ]
    .concat();
    let checkpoint = read(&around(&object)).unwrap();
    assert_eq!(checkpoint.arrays.keys().collect::<Vec<_>>(), ["conv.x"]);
    assert_eq!(checkpoint.ignored, ["m.Net"]);
}
