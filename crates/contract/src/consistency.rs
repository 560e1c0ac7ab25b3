//! The consistency token: which log, and up to which position a reader must have come.
//!
//! Opaque to clients, not secret: URL-safe base64 of a version byte, the log id and the position.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

const VERSION: u8 = 1;

/// The token of a position.
pub fn token(log_id: Uuid, position: u64) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(log_id.as_bytes());
    bytes.extend(position.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The position of a token of this log; `None` for anything else.
pub fn position(log_id: Uuid, token: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (head, position) = bytes.split_at_checked(17)?;
    let ours = head[0] == VERSION && head[1..] == *log_id.as_bytes();
    ours.then_some(u64::from_be_bytes(position.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_log() {
        let (ours, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let issued = token(ours, u64::MAX - 1);
        assert_eq!(position(ours, &issued), Some(u64::MAX - 1));
        assert_eq!(position(other, &issued), None);
        for wrong in ["", "AAAA", "not base64 !", &issued[1..], &format!("{issued}AA")] {
            assert_eq!(position(ours, wrong), None, "{wrong}");
        }
    }
}
