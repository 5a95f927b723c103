//! A limit on the memory that items take side by side.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Lets items begin while there is room for one more. One alone may always
/// begin, however large it is.
pub struct Gate {
    limit: Option<u64>,
    inside: Mutex<Inside>,
    left: Condvar,
}

#[derive(Default)]
struct Inside {
    /// Items under way.
    items: u64,
    /// The most that one of those so far seems to have taken.
    each: u64,
}

/// An item under way.
pub struct Entered<'a>(&'a Gate);

impl Gate {
    /// With a limit in bytes, or none.
    pub fn new(limit: Option<u64>) -> Self {
        Self { limit, inside: Mutex::default(), left: Condvar::new() }
    }

    /// Waits until there is room.
    pub fn enter(&self) -> Entered<'_> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(limit) = self.limit {
            let resident = resident().unwrap_or(0);
            if let Some(each) = resident.checked_div(inside.items) {
                inside.each = inside.each.max(each);
            }
            // What has just begun may still grow to what others took.
            let expected = resident.max(inside.each * inside.items) + inside.each;
            if inside.items == 0 || expected <= limit {
                break;
            }
            let wait = self.left.wait_timeout(inside, Duration::from_millis(200));
            inside = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        inside.items += 1;
        Entered(self)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut inside = self.0.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.items -= 1;
        self.0.left.notify_one();
    }
}

/// Bytes of memory that this process holds; `None` where nothing tells.
pub fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Bytes that may be taken: three quarters of what is free now.
pub fn most() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024 / 4 * 3)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn without_room_items_go_one_at_a_time_and_all_go() {
        for (limit, most_at_once) in [(Some(1), 1), (None, 4)] {
            let gate = Gate::new(limit);
            let (now, highest, done) =
                (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        let _entered = gate.enter();
                        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(60));
                        now.fetch_sub(1, Ordering::SeqCst);
                        done.fetch_add(1, Ordering::SeqCst);
                    });
                }
            });
            assert_eq!((highest.into_inner(), done.into_inner()), (most_at_once, 4));
        }
    }
}
