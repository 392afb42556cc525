//! What an open stream holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clients;
use crate::scenario::Scenario;

/// Events that have come on each of the open streams.
const EVENTS: usize = 20;

/// Bytes of an open stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PerStream {
    /// Allocated.
    pub(crate) heap: isize,
    /// Resident, with what the allocator keeps for itself.
    pub(crate) resident: isize,
}

/// Opens as many streams at the same time, each read in a task of its own that waits for more.
pub(crate) fn per_stream(name: &str, base_url: &str, streams: usize) -> PerStream {
    let runtime = crate::runtime();
    let client: Arc<dyn clients::Client> = Arc::from(clients::named(name, base_url));
    let (name, base_url) = (name.to_owned(), base_url.to_owned());
    let measured = async move {
        crate::cost::read(&*client, Scenario::new(EVENTS, 1)).await;
        // The next connections are made at once, as no stream of these ends.
        let _ = (name, base_url);
        let before = resident();
        COUNTING.store(true, Ordering::SeqCst);
        let seen = Arc::new(AtomicUsize::new(0));
        let model = Scenario::new(EVENTS, 1).staying_open().model();
        let mut tasks = JoinSet::new();
        for _ in 0..streams {
            let (client, seen, model) = (Arc::clone(&client), Arc::clone(&seen), model.clone());
            tasks.spawn(async move {
                let mut deltas = client.stream(&model).await;
                drop((client, model));
                while let Some(delta) = deltas.next().await {
                    seen.fetch_add(usize::from(delta > 0), Ordering::Relaxed);
                }
            });
        }
        let all_open = async {
            while seen.load(Ordering::Relaxed) < streams * EVENTS {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(60), all_open).await.unwrap();
        let streams = isize::try_from(streams).unwrap();
        let found = PerStream {
            heap: HEAP_BYTES.load(Ordering::SeqCst) / streams,
            resident: (resident() - before) / streams,
        };
        tasks.abort_all();
        found
    };
    runtime.block_on(runtime.spawn(measured)).unwrap()
}

/// The process's resident bytes; nothing where there is no `/proc`.
fn resident() -> isize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .and_then(|kilobytes| kilobytes.trim().parse::<isize>().ok())
        .map_or(0, |kilobytes| kilobytes * 1024)
}

static COUNTING: AtomicBool = AtomicBool::new(false);
static HEAP_BYTES: AtomicIsize = AtomicIsize::new(0);

/// The system's allocator, which counts what is allocated while counting is on.
#[derive(Debug)]
pub(crate) struct CountingAllocator;

fn count(allocated: usize, freed: usize) {
    if COUNTING.load(Ordering::Relaxed) {
        let change = allocated.cast_signed().wrapping_sub(freed.cast_signed());
        HEAP_BYTES.fetch_add(change, Ordering::Relaxed);
    }
}

#[expect(
    unsafe_code,
    reason = "an allocator is; each call is passed on as it came"
)]
// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}
