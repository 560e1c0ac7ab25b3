//! What every rpc has in common, so that whoever has used one has used all. Names, comments and zero values
//! are `buf lint`'s affair.

use contract::{DESCRIPTORS, reasons};
use prost::Message as _;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
    field_descriptor_proto::Type,
};

use crate::repository::{files, read};

struct Rpc {
    service: String,
    method: MethodDescriptorProto,
    request: DescriptorProto,
    response: DescriptorProto,
}

fn rpcs() -> Vec<Rpc> {
    let files = FileDescriptorSet::decode(DESCRIPTORS).unwrap().file;
    let message = |full_name: &str| -> DescriptorProto {
        let found = files.iter().find_map(|file| {
            let name = full_name.strip_prefix(&format!(".{}.", file.package()))?;
            file.message_type.iter().find(|message| message.name() == name)
        });
        found.unwrap_or_else(|| panic!("{full_name} is not declared")).clone()
    };
    let services = files.iter().flat_map(|file| &file.service);
    let rpcs: Vec<Rpc> = services
        .flat_map(|service| service.method.iter().map(move |method| (service.name(), method)))
        .map(|(service, method)| Rpc {
            service: service.to_owned(),
            method: method.clone(),
            request: message(method.input_type()),
            response: message(method.output_type()),
        })
        .collect();
    assert!(rpcs.len() > 30, "the protos were not found");
    rpcs
}

/// `name: type` of a field, as far as conventions speak of it.
fn field(message: &DescriptorProto, number: i32) -> String {
    let found = message.field.iter().find(|field| field.number() == number);
    found.map(describe).unwrap_or_default()
}

fn named(message: &DescriptorProto, name: &str) -> String {
    message.field.iter().find(|field| field.name() == name).map(describe).unwrap_or_default()
}

fn describe(field: &FieldDescriptorProto) -> String {
    let kind = match field.r#type() {
        Type::Message => field.type_name().rsplit('.').next().unwrap_or_default().to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    format!("{}: {kind}", field.name())
}

#[test]
fn a_command_has_a_header_and_an_id_and_answers_with_a_receipt() {
    for rpc in rpcs().into_iter().filter(|rpc| rpc.service.ends_with("CommandService")) {
        let name = rpc.method.name();
        assert_eq!(field(&rpc.request, 1), "header: CommandHeader", "{name}");
        assert!(field(&rpc.request, 2).ends_with("_id: string"), "{name}: {}", field(&rpc.request, 2));
        assert_eq!(field(&rpc.response, 1), "receipt: CommandReceipt", "{name}");
        assert!(!rpc.method.client_streaming() && !rpc.method.server_streaming(), "{name} streams");
    }
}

#[test]
fn a_query_takes_a_consistency_token_and_says_as_of_when_it_is_true() {
    let queries = rpcs().into_iter().filter(|rpc| rpc.service.ends_with("QueryService"));
    for rpc in queries.filter(|rpc| !rpc.method.server_streaming()) {
        assert_eq!(field(&rpc.request, 1), "read: ReadOptions", "{}", rpc.method.name());
        assert_eq!(field(&rpc.response, 1), "as_of: AsOf", "{}", rpc.method.name());
    }
}

#[test]
fn a_list_that_pages_does_so_like_every_other() {
    let paged = |rpc: &Rpc| {
        let asks = rpc.request.field.iter().any(|field| field.name().contains("page"));
        asks || rpc.response.field.iter().any(|field| field.name().contains("page"))
    };
    let names = rpcs().into_iter().filter(paged).map(|rpc| {
        let name = rpc.method.name().to_owned();
        assert_eq!(named(&rpc.request, "page_size"), "page_size: int32", "{name}");
        assert_eq!(named(&rpc.request, "page_token"), "page_token: string", "{name}");
        assert_eq!(named(&rpc.response, "next_page_token"), "next_page_token: string", "{name}");
        name
    });
    assert!(names.collect::<Vec<_>>().contains(&"ListInitiatives".to_owned()));
}

#[test]
fn a_stream_can_be_resumed() {
    for rpc in rpcs().into_iter().filter(|rpc| rpc.method.server_streaming()) {
        let by_token = named(&rpc.request, "resume_token") == "resume_token: string"
            && named(&rpc.response, "resume_token") == "resume_token: string";
        let by_position = named(&rpc.request, "from_position") == "from_position: uint64"
            && named(&rpc.response, "position") == "position: uint64";
        assert!(by_token || by_position, "{}", rpc.method.name());
    }
}

#[test]
fn a_reason_that_a_comment_names_exists() {
    let mut unknown = Vec::new();
    for path in files().into_iter().filter(|path| path.extension().is_some_and(|e| e == "proto")) {
        let text = read(&path);
        let comments = text.lines().filter_map(|line| line.trim().strip_prefix("//")?.split_once("Refused:"));
        for (_, names) in comments {
            let words = names.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            let shouted = words.filter(|word| word.len() > 3 && *word == word.to_ascii_uppercase());
            let missing = shouted.filter(|word| reasons::find(word).is_none());
            unknown.extend(missing.map(|word| format!("{}: {word}", path.display())));
        }
    }
    assert_eq!(unknown, [""; 0]);
}
