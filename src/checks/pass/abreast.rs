//! Checks of one picture side by side.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// How many are at work at a time. Most use all cores for most of their work;
/// a second one fills the rest, and more would hold more copies of the picture
/// at once.
const ABREAST: usize = 2;

/// Calls `each` once with every item, begun in their order, [`ABREAST`] at a
/// time. `each` must not panic. Where the system gives no thread, this one does
/// all.
pub(super) fn abreast<T: Send>(items: Vec<T>, each: impl Fn(T) + Sync) {
    let waiting = Mutex::new(items.into_iter());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    // Not `while let`, which would hold the lock while an item is worked on.
    let work = || {
        loop {
            let Some(item) = next() else { break };
            each(item);
        }
    };
    thread::scope(|scope| {
        for _ in 1..ABREAST {
            let _ = thread::Builder::new().name("check".into()).spawn_scoped(scope, work);
        }
        work();
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn each_is_called_once_and_two_at_a_time() {
        let mut items = vec![0; 9];
        abreast(items.iter_mut().collect(), |item| *item += 1);
        assert_eq!(items, [1; 9]);
        // Would wait for ever if the second began only when the first is done.
        let both = Barrier::new(ABREAST);
        abreast(vec![(); ABREAST], |()| {
            both.wait();
        });
    }
}
