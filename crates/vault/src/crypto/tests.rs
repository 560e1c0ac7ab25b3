//! Published known answers, transcribed, through the very functions the vault calls.

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

/// RFC 5869, appendices A.1 to A.3: the first 32 bytes of each output, which is all the vault takes.
#[test]
fn hkdf_gives_the_published_answers() {
    let ikm = [0x0b; 22];
    let sequence = |range: std::ops::Range<u8>| range.collect::<Vec<u8>>();
    let cases = [
        (
            bytes("000102030405060708090a0b0c"),
            ikm.to_vec(),
            bytes("f0f1f2f3f4f5f6f7f8f9"),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        ),
        (
            sequence(0x60..0xb0),
            sequence(0x00..0x50),
            (0xb0..=0xff).collect(),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
        ),
        (
            NO_SALT.to_vec(),
            ikm.to_vec(),
            Vec::new(),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
        ),
    ];
    for (salt, ikm, info, okm) in cases {
        assert_eq!(hex::encode(derive::<_, Derived>(&salt, &ikm, &info, HKDF_SHA256).0), okm);
    }
}

/// Test cases 13, 14 and 16 of the GCM specification: ciphertext and tag.
#[test]
fn aes_256_gcm_gives_the_published_answers() {
    let zeros = |count: usize| "00".repeat(count);
    let cases = [
        (zeros(32), zeros(12), String::new(), String::new(), "530f8afbc74536b9a963b4f1c4cb738b".to_owned()),
        (
            zeros(32),
            zeros(12),
            zeros(16),
            String::new(),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919".to_owned(),
        ),
        (
            "feffe9928665731c6d6a8f9467308308".repeat(2),
            "cafebabefacedbaddecaf888".to_owned(),
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
                .to_owned(),
            "feedfacedeadbeeffeedfacedeadbeefabaddad2".to_owned(),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
             76fc6ece0f4e1768cddf8853bb2d551b"
                .to_owned(),
        ),
    ];
    for (key, nonce, plain, bound_to, encrypted) in cases {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes(&key)).unwrap());
        let [nonce, plain, bound_to] = [nonce, plain, bound_to].map(|hex| bytes(&hex));
        let made = encrypt(&key, nonce.clone().try_into().unwrap(), &bound_to, &plain);
        assert_eq!(hex::encode(&made), encrypted);
        assert_eq!(decrypt(&key, &nonce, &bound_to, &made).as_deref(), Some(&plain));
    }
}

#[test]
fn a_changed_bit_anywhere_does_not_decrypt() {
    let key = SecretKey::random().aead_key(b"test");
    let made = encrypt(&key, [7; NONCE_BYTES], b"place", b"text");
    for bit in 0..made.len() * 8 {
        let mut changed = made.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(decrypt(&key, &[7; NONCE_BYTES], b"place", &changed), None, "bit {bit}");
    }
    for short in 0..made.len() {
        assert_eq!(decrypt(&key, &[7; NONCE_BYTES], b"place", &made[..short]), None, "{short} bytes");
    }
    assert_eq!(decrypt(&key, &[7; 11], b"place", &made), None);
}

#[test]
fn keys_are_exactly_32_bytes() {
    let lengths = [0, 31, 32, 33].map(|length| SecretKey::copy_of(&vec![1; length]).is_some());
    assert_eq!(lengths, [false, false, true, false]);
}

#[test]
fn framed_parts_do_not_run_into_each_other() {
    assert_eq!(framed(&[b"ab", b""]), [0, 0, 0, 2, b'a', b'b', 0, 0, 0, 0]);
    assert_ne!(framed(&[b"ab", b"c"]), framed(&[b"a", b"bc"]));
}
