//! How a run can end without a result, and the exit status of each way.

use std::fmt;
use std::io;

#[derive(Debug)]
pub enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// A check of the workload failed.
    Wrong(String),
    /// The cell is not possible in this profile.
    Unsupported(String),
    /// The machine refused something that it was asked for by way of another process, or would.
    Refused(String),
    System(io::Error),
}

pub type Result<T> = std::result::Result<T, Failure>;

/// What the machine may refuse: memory, threads, descriptors, ports.
const REFUSALS: [i32; 6] = [
    libc::EAGAIN,
    libc::ENOMEM,
    libc::EMFILE,
    libc::ENFILE,
    libc::ENOBUFS,
    libc::EADDRNOTAVAIL,
];

impl Failure {
    pub fn exit_status(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Wrong(_) => 3,
            Failure::Unsupported(_) => 4,
            Failure::Refused(_) => 5,
            Failure::System(error)
                if error
                    .raw_os_error()
                    .is_some_and(|code| REFUSALS.contains(&code)) =>
            {
                5
            }
            Failure::System(_) => 70,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(words) => write!(out, "{words}"),
            Failure::Wrong(words) => write!(out, "wrong result: {words}"),
            Failure::Unsupported(words) => write!(out, "not supported: {words}"),
            Failure::Refused(words) => write!(out, "refused: {words}"),
            Failure::System(error) => write!(out, "{error}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::System(error)
    }
}

/// Fails with both numbers unless they are equal.
pub fn require_equal(got: u64, wanted: u64, what: &str) -> Result<()> {
    if got == wanted {
        return Ok(());
    }
    Err(Failure::Wrong(format!("{what}: {got} instead of {wanted}")))
}
