//! Hides lengths: a text becomes four bytes of length, its bytes and zeros, up to the next of 32, 64, 128, 256, ...
//! An erased name then no longer shows through how long it was.

use secrecy::zeroize::Zeroizing;

const LENGTH_BYTES: usize = 4;
const PADDED_BYTES_MIN: usize = 32;
/// With base64 and the tag this is about 350 KB, which still fits a commit body of 512 KiB.
const PADDED_BYTES_MAX: usize = 256 * 1024;

/// The longest text that can be sealed, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = PADDED_BYTES_MAX - LENGTH_BYTES;

/// `None` when the text is longer than [`TEXT_BYTES_MAX`].
pub(crate) fn pad(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let length = u32::try_from(text.len()).ok().filter(|_| text.len() <= TEXT_BYTES_MAX)?;
    let mut padded = Zeroizing::new(vec![0; padded_length(text.len())]);
    let (head, body) = padded.split_at_mut(LENGTH_BYTES);
    head.copy_from_slice(&length.to_be_bytes());
    body[..text.len()].copy_from_slice(text.as_bytes());
    Some(padded)
}

/// `None` unless the bytes are what [`pad`] makes of some text: no second spelling of one text is accepted.
pub(crate) fn unpad(padded: &[u8]) -> Option<&str> {
    let (head, body) = padded.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*head)).ok()?;
    let (text, rest) = body.split_at_checked(length)?;
    let exact = padded.len() == padded_length(length) && rest.iter().all(|byte| *byte == 0);
    if exact { std::str::from_utf8(text).ok() } else { None }
}

fn padded_length(text_bytes: usize) -> usize {
    (LENGTH_BYTES + text_bytes).next_power_of_two().max(PADDED_BYTES_MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_show_only_as_powers_of_two() {
        let lengths = [0, 1, 28, 29, 60, 61, 124, 125, 252, 253, TEXT_BYTES_MAX]
            .map(|bytes| pad(&"a".repeat(bytes)).map(|padded| padded.len()));
        assert_eq!(lengths, [32, 32, 32, 64, 64, 128, 128, 256, 256, 512, 262_144].map(Some));
    }

    #[test]
    fn a_text_over_the_limit_is_not_padded() {
        assert_eq!(pad(&"a".repeat(TEXT_BYTES_MAX + 1)), None);
    }

    #[test]
    fn only_the_one_spelling_of_a_text_is_read() {
        let padded = pad("דנה").unwrap();
        let mut other_rest = padded.to_vec();
        other_rest[31] = 1;
        let mut other_length = padded.to_vec();
        other_length[3] = 200;
        let longer: Vec<u8> = padded.iter().copied().chain([0; 32]).collect();
        let mut half_letter = padded.to_vec();
        half_letter[3] = 5;
        half_letter[9] = 0;
        for wrong in [other_rest, other_length, longer, half_letter, Vec::new(), vec![0; 3]] {
            assert_eq!(unpad(&wrong), None, "{wrong:?}");
        }
        assert_eq!(unpad(&padded), Some("דנה"));
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in ".{0,300}") {
            let padded = pad(&text).unwrap();
            prop_assert!(padded.len().is_power_of_two() && padded.len() >= PADDED_BYTES_MIN);
            prop_assert_eq!(unpad(&padded), Some(text.as_str()));
        }

        #[test]
        fn whatever_is_read_is_the_only_spelling_of_it(text in "[א-ת]{0,20}", at in 0_usize..32, flip in 1_u8..) {
            let mut bytes = pad(&text).unwrap().to_vec();
            bytes[at] ^= flip;
            if let Some(other) = unpad(&bytes) {
                prop_assert_ne!(other, &text);
                prop_assert_eq!(&*pad(other).unwrap(), &bytes);
            }
        }
    }
}
