//! `cornerstone call`: any rpc of the contract, from JSON to JSON.

use std::io::Read as _;

use futures::StreamExt as _;
use prost_reflect::{
    DynamicMessage, MessageDescriptor, MethodDescriptor,
    prost::{Message as _, bytes::Buf as _, bytes::BufMut as _},
};
use serde::de::DeserializeSeed as _;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};
use uuid::Uuid;

use crate::{connection::Session, failure::Failure, output::Output, reflect::POOL};

/// Calls any rpc of the contract, with JSON as protos write it
///
/// A command without a request id is given one. Answers that are streams are one message a line.
#[derive(Debug, clap::Args)]
pub struct Call {
    /// Such as InitiativeCommandService/DefineKpi, or with the package before it
    rpc: String,
    /// The request; `-` reads it from the standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    data: String,
}

impl Call {
    pub(crate) async fn run(self, session: &Session, output: &Output) -> Result<(), Failure> {
        let method = method(&self.rpc).ok_or_else(|| Failure::NoRpc(self.rpc.clone()))?;
        let mut data = self.data;
        if data == "-" {
            data.clear();
            let read = std::io::stdin().read_to_string(&mut data);
            read.map_err(|source| Failure::Read { path: "-".into(), source })?;
        }
        let (request, request_id) = request(&method.input(), &data)?;
        let refused = |status| Failure::Refused { status: Box::new(status), request_id: request_id.clone() };
        let service = method.parent_service().full_name();
        let mut client = Grpc::new(session.channel_of(service));
        client.ready().await.map_err(|e| refused(Status::unavailable(e.to_string())))?;
        let path: PathAndQuery =
            format!("/{service}/{}", method.name()).parse().expect("names of the contract make a path");
        let codec = Dynamic(method.output());
        if method.is_server_streaming() {
            let answer = client.server_streaming(Request::new(request), path, codec).await;
            let mut messages = answer.map_err(refused)?.into_inner();
            while let Some(message) = messages.next().await {
                let message = message.map_err(refused)?;
                output.line(&serde_json::to_string(&message).expect("string keys"));
                if output.is_closed() {
                    break;
                }
            }
        } else {
            let answer = client.unary(crate::connection::unary(request), path, codec).await;
            let answer = answer.map_err(refused)?.into_inner();
            output.value(&serde_json::to_value(&answer).expect("string keys"));
        }
        Ok(())
    }
}

/// By full or short name of the service; `.` and `/` both part service and method.
fn method(rpc: &str) -> Option<MethodDescriptor> {
    let (service, method) = rpc.trim_start_matches('/').rsplit_once(['/', '.'])?;
    let mut services =
        POOL.services().filter(|known| known.full_name() == service || known.name() == service);
    services.find_map(|service| service.methods().find(|known| known.name() == method))
}

/// The request, and its id when it is a command.
fn request(descriptor: &MessageDescriptor, data: &str) -> Result<(DynamicMessage, Option<String>), Failure> {
    let wrong = |problem: String| Failure::Data { message: descriptor.name().to_owned(), problem };
    let mut value: serde_json::Value = serde_json::from_str(data).map_err(|e| wrong(e.to_string()))?;
    let mut request_id = None;
    if descriptor.get_field_by_name("header").is_some() && value.is_object() {
        let header = &mut value["header"];
        if header.is_null() {
            *header = serde_json::json!({});
        }
        let given = header["requestId"].as_str().or(header["request_id"].as_str()).map(str::to_owned);
        let id = given.unwrap_or_else(|| Uuid::now_v7().to_string());
        if let Some(header) = header.as_object_mut() {
            header.remove("request_id");
            header.insert("requestId".to_owned(), id.clone().into());
        }
        request_id = Some(id);
    }
    let message = descriptor.clone().deserialize(value).map_err(|e| wrong(e.to_string()))?;
    Ok((message, request_id))
}

/// Messages that are known by their descriptor alone; answers are of the one inside.
struct Dynamic(MessageDescriptor);

struct DynamicDecoder(MessageDescriptor);

struct DynamicEncoder;

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = DynamicEncoder;
    type Decoder = DynamicDecoder;

    fn encoder(&mut self) -> DynamicEncoder {
        DynamicEncoder
    }

    fn decoder(&mut self) -> DynamicDecoder {
        DynamicDecoder(self.0.clone())
    }
}

impl Encoder for DynamicEncoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item.encode_to_vec());
        Ok(())
    }
}

impl Decoder for DynamicDecoder {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        let message = DynamicMessage::decode(self.0.clone(), bytes);
        message
            .map(Some)
            .map_err(|e| Status::internal(format!("an answer that is no {}: {e}", self.0.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rpc_is_found_by_either_name_of_its_service() {
        for rpc in [
            "InitiativeCommandService/StartReview",
            "cornerstone.portfolio.v1.InitiativeCommandService/StartReview",
            "/cornerstone.portfolio.v1.InitiativeCommandService/StartReview",
            "InitiativeCommandService.StartReview",
        ] {
            let found = method(rpc).map(|method| method.full_name().to_owned());
            let name = "cornerstone.portfolio.v1.InitiativeCommandService.StartReview";
            assert_eq!(found.as_deref(), Some(name), "{rpc}");
        }
        assert!(method("InitiativeCommandService/Nothing").is_none());
        assert!(method("StartReview").is_none());
    }

    #[test]
    fn a_command_is_given_a_request_id_and_unknown_fields_are_refused() {
        let descriptor = method("InitiativeCommandService/StartReview").unwrap().input();
        let (message, id) = request(&descriptor, r#"{"initiativeId":"7"}"#).unwrap();
        let json = serde_json::to_value(&message).unwrap();
        assert_eq!(json, serde_json::json!({"initiativeId": "7", "header": {"requestId": id.unwrap()}}));
        let (_, id) = request(&descriptor, r#"{"header":{"request_id":"5"}}"#).unwrap();
        assert_eq!(id.as_deref(), Some("5"));
        let wrong = request(&descriptor, r#"{"initiative":"7"}"#).unwrap_err();
        assert!(wrong.to_string().contains("StartReviewRequest"), "{wrong}");
        let descriptor = method("PortfolioQueryService/ListInitiatives").unwrap().input();
        assert_eq!(request(&descriptor, "{}").unwrap().1, None);
    }
}
