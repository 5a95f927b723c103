//! Files written by h5py, and hostile variants of them.
//!
//! Made with h5py 3.16.0, then compressed, since most of them is empty:
//!
//! ```python
//! f = h5py.File('t.h5', 'w')
//! f.create_dataset('a/b/kernel:0', data=np.arange(6, dtype='<f4').reshape(2, 3))
//! f.create_dataset('a/bias:0', data=np.array([1.5, -2], dtype='<f8'))
//! f.create_dataset('c', data=np.array([0.5], dtype='<f2'))
//! f.attrs['note'] = 'x'
//! f.create_dataset('text', data=np.array([b'ab']))
//!
//! g = h5py.File('new.h5', 'w', libver='latest')
//! g.create_dataset('layers/conv/vars/0', data=np.arange(24, dtype='<f4').reshape(4, 6),
//!                  chunks=(2, 3), compression='gzip', shuffle=True)
//! g.create_dataset('layers/conv/vars/1', data=np.array([1.5, -2], dtype='>f8'))
//! g.create_dataset('optimizer/iterations', data=np.int64(7))
//!
//! h = h5py.File('loop.h5', 'w')
//! h.create_dataset('a/k', data=np.arange(2, dtype='<f4'))
//! h['a/loop'] = h['/a']
//! ```
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use std::collections::BTreeMap;
use std::io::Read;

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::read::ZlibDecoder;

use super::*;

const FILE: &str = "\
eNrtmD9PwkAYxu9aGwpCgPgHNTEyupgwMBgXMIoyGDHq4CgYEo0GjTK4yVg3R0ZGR+MncPQjODr6Edyw571He1UUcVD0+Z\
Hm5XrHFZ577uVtL4vLK7HIVIQJbJsNsQTz0yacOb2t+ncpcooOxWtDnTdf+ybofILmv07pn9/eLBTE6HYAdZ1HS8YJBv4j\
xcLihog71E5TvDf0cWWKexTr1fO635/zX7wuf315vkuSf4umbO9bvfn3Kaz8D+Bfz0+OpY+rqHhQPlvIeL7N93ndrfXSss\
jBtto3pp6vgz5W/myOfzyv+v72P0nI3fLARki2T8K95YF8lHTDlkAe8PnpKqyPO6ye1qpHIgPo+/V7ecDo+G42pM8b9LHK\
A84Y1kzPA5bUjKv2rIyGPKHKEUqrb9qmu+JiZDI949baspJJ2Sx1Qf2Wu0Ki3zDkhDY5xORO7P0K+PxH9ZC+4h1fZYbhkf\
5p5OQWz7tHwz1atN2fczTgjs2XK9AJAAAA+Kt1pazzONfrSuNNHZmj2ivPssMs2zY/qyNbMb3CVzgDpQcP3Bd5esRJowSL\
WCwS/7Suvonpyv5OPdTzhuDz9SjdEQq9Rt1fVTuuV0V70tUpQavMfU8c/Lo50977r+st9RzhUrnu+t520beJTQ8AAC6rS6\
U17vtbDubb4FOehzg0AwAAAAAAAAAABo0X+Rt7qQ==";

/// Of the newer layout, with chunks, compression and the other byte order.
const NEW: &str = "\
eNrr9HBx4+WS4mLm4GCAgf9QkAcVMoCKz7rH/8jfwyWIiaGCSQhZIQxwMTEwMjCwCTIAKbacxMrUouLNUL1sIiBBzvyCkszczK\
rUokssUAltBlIAk0emFDFO4AfZxpKcn1dmxgjV6spAHSBd4xlHvBPKEouKd1LbCX3Rby2JcQIPyAmMBjZM0DiA8A2PMUPNsSDf\
CRdtTr4AOwFoIKMKMGKYGBlhUcoGpdH5zCIMjIIK8lBxBQZxDgbxeiCLFehaZm5uMQZGJiaQwxnBKhjhLA4hsBpmRiZmFmYuD5\
jr2xgGCbidZeTh5ujhwsAowgXzcwrUlYrKqze5Obo4MTDC3Q3NVeJIJohjEdODiokgiTlhEWvpn9MKjwmgBDAiGJlg2QU55BXt\
oVY7MJhwM5j8Z4aGPBcofJkZw6BmC8AM3sAw5MA+NbFbxGQMUVDy4sosSS1KLMnMzysOZYUaYE+xE+SvrpkMjw4WSBQw8zAwCn\
AwwIMfOdjTOFBSBQPDCYZhA7J/CJQwjILBDCrikhMcmHh52OUMDG5YW1hYMDGIizAngoUZ2ttYmbjY+Pj4+vr6GMT+MbtAhRta\
OI3FLJoYGWTPstiDxRqa2vpEpctAYqpvWfntf0BMPwC1hR1KAwCPJLTz";

/// A group that holds itself.
const LOOP: &str = "\
eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KOjhR+TD5BCjNCKU7oPQKJpg4I1hOAiouCDUfXV1IkKsrSPV/NACz5wErhOZgGAUjEX\
i4OgaA6AgoH5ZKTzChqktES48eFNoLSr1MWNKvBzOEn8FKXPq14EB19ygY2ekXlp46WFHVZUPpnPz8AuR07ECmvcF+/i6gNAwr\
NxWY0fIHWjoeBbjKAVZImDHC+JAYZGSECMCKIRjNDJQHyQgqyAPrVHDIM4hzMIjXQ+VZgTECkmdiYmKE1GsQ85gZGzix13Qdgy\
o8IOmKCe5KDXb86gVG0x8e0GAPAERWSR4=";

fn file() -> Vec<u8> {
    unpacked(FILE)
}

fn unpacked(file: &str) -> Vec<u8> {
    let packed = STANDARD.decode(file).unwrap();
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn arrays_are_read_with_their_paths() {
    let bytes = file();
    assert!(is(&bytes));
    let found = read(&bytes).unwrap().arrays;
    let array =
        |shape: &[usize], values: &[f32]| Array { shape: shape.to_vec(), values: values.to_vec() };
    let expected = BTreeMap::from([
        ("a/b/kernel:0".to_owned(), array(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])),
        ("a/bias:0".to_owned(), array(&[2], &[1.5, -2.0])),
        ("c".to_owned(), array(&[1], &[0.5])),
    ]);
    assert_eq!(found, expected);
    let counted = (0..24u8).map(f32::from).collect::<Vec<_>>();
    let expected = BTreeMap::from([
        ("layers/conv/vars/0".to_owned(), array(&[4, 6], &counted)),
        ("layers/conv/vars/1".to_owned(), array(&[2], &[1.5, -2.0])),
    ]);
    assert_eq!(read(&unpacked(NEW)).unwrap().arrays, expected);
}

#[test]
fn whatever_the_bytes_are_nothing_panics() {
    for bytes in [file(), unpacked(NEW)] {
        mutated(&bytes);
    }
}

fn mutated(bytes: &[u8]) {
    for end in (0..bytes.len()).step_by(7) {
        let _ = read(&bytes[..end]);
    }
    // Where there is something to break.
    let filled = bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(at, _)| at);
    for at in filled.collect::<Vec<_>>() {
        for value in [0, 1, 0x7f, 0xff] {
            for next in 0..3 {
                let mut other = bytes.to_vec();
                if let Some(byte) = other.get_mut(at + next) {
                    *byte = value;
                }
                let _ = read(&other);
            }
        }
    }
}

#[test]
fn what_leads_back_to_itself_ends() {
    let mut bytes = file();
    // The first child of the root's tree becomes the tree itself.
    let tree = bytes.windows(4).position(|four| four == b"TREE").unwrap();
    bytes[tree + 32..tree + 40].copy_from_slice(&(tree as u64).to_le_bytes());
    assert!(read(&bytes).is_err());
    let error = read(&unpacked(LOOP)).unwrap_err().to_string();
    assert!(error.contains("twice"), "{error}");
}
