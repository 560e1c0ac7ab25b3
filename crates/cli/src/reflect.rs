//! Messages as the canonical JSON of protos, by the descriptors that the contract carries.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;

/// Every message and service.
pub(crate) static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(contract::DESCRIPTORS).expect("compiled with the contract"));

/// A message as JSON. Its full name is that of the protos, such as `cornerstone.common.v1.CommandReceipt`.
pub(crate) fn json(name: &str, message: &impl prost::Message) -> Value {
    let descriptor = POOL.get_message_by_name(name).expect("the name of a message of the contract");
    let bytes = message.encode_to_vec();
    let dynamic = DynamicMessage::decode(descriptor, bytes.as_slice()).expect("encoded from the same protos");
    serde_json::to_value(&dynamic).expect("messages have string keys")
}

#[cfg(test)]
mod tests {
    use contract::common::v1::{CommandReceipt, RecordedEvent};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_written_in_canonical_json() {
        let event =
            RecordedEvent { r#type: "InitiativeProposed".into(), schema: 1, ..RecordedEvent::default() };
        let receipt = CommandReceipt { version: 3, events: vec![event], ..CommandReceipt::default() };
        assert_eq!(
            json("cornerstone.common.v1.CommandReceipt", &receipt),
            json!({"version": "3", "events": [{"type": "InitiativeProposed", "schema": 1}]})
        );
    }
}
