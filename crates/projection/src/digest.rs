//! A count and a digest over all commits seen: since lag alone does not show a skipped one, a view and its log are
//! compared by these.

use std::sync::Arc;

use event_log::{EventLog, Follower, Limit};

use crate::Failure;

/// How many commits, and SHA-256 in hex of the digest before followed by the hash of the body, both in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// How many.
    pub commits: u64,
    /// 64 zeros before the first.
    pub sha256: String,
}

impl Default for Digest {
    fn default() -> Self {
        Self { commits: 0, sha256: "0".repeat(64) }
    }
}

impl Digest {
    /// With one commit more.
    #[must_use]
    pub fn with(&self, body_sha256: &str) -> Self {
        let sha256 = codec::sha256_hex(format!("{}{body_sha256}", self.sha256).as_bytes());
        Self { commits: self.commits + 1, sha256 }
    }
}

/// The digest of the log itself up to a position, or up to its end.
///
/// # Errors
/// The log is not reachable, or has a gap.
pub async fn log_digest(log: Arc<dyn EventLog>, upto: u64) -> Result<Digest, Failure> {
    let mut follower = Follower::new(log, 0);
    let mut digest = Digest::default();
    while follower.position() < upto {
        let records = follower.poll(Limit::default()).await?;
        if records.is_empty() {
            break;
        }
        for record in records.iter().take_while(|record| record.position <= upto) {
            digest = digest.with(&codec::sha256_hex(&record.body));
        }
    }
    Ok(digest)
}
