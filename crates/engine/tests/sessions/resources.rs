//! What the process takes from the system.

use std::fs;

/// Counted in the whole process: nothing else may run in it meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Resources {
    /// Memory that is resident, in KiB.
    resident: u64,
    mappings: usize,
    descriptors: usize,
}

/// What the allocator and the thread library may keep for the next time, in KiB and in mappings.
const KEPT_MEMORY: u64 = 8 << 10;
const KEPT_MAPPINGS: usize = 16;

impl Resources {
    /// What is taken now.
    pub fn now() -> Resources {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|line| line.trim().strip_suffix(" kB"));
        Resources {
            resident: resident.unwrap().parse().unwrap(),
            mappings: fs::read_to_string("/proc/self/maps")
                .unwrap()
                .lines()
                .count(),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        }
    }

    /// # Panics
    ///
    /// If more is taken now than was then.
    pub fn assert_no_more(self) {
        let now = Resources::now();
        println!("after warming up {self:?}, in the end {now:?}");
        assert!(
            now.resident <= self.resident + KEPT_MEMORY
                && now.mappings <= self.mappings + KEPT_MAPPINGS
                && now.descriptors <= self.descriptors,
            "something has leaked: {self:?} have become {now:?}"
        );
    }
}
