//! The limit on open descriptors.

use std::io;

use crate::failure::{Failure, Result};

/// What a process has open beside its connections.
const BESIDE: usize = 64;

fn limit() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call writes to what it is given.
    match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } {
        0 => Ok(limit),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Raises the limit, and says so when it is still too low for so many connections.
pub fn require_descriptors(connections: usize) -> Result<()> {
    let mut raised = limit()?;
    raised.rlim_cur = raised.rlim_max;
    // SAFETY: the call reads what it is given. What may not be raised stays as it is.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raised) };
    let (wanted, allowed) = (connections.saturating_add(BESIDE), limit()?.rlim_cur);
    if (wanted as u64) <= allowed {
        return Ok(());
    }
    let words = format!("{wanted} descriptors are wanted and {allowed} are allowed (ulimit -n)");
    Err(Failure::Refused(words))
}
