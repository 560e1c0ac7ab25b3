//! Bindings from `proto/`, without `protoc`, and the glue that follows from the protos' conventions:
//! an `Enumeration` per enum, a `CommandRequest` per command, and one adapter per `…CommandService`.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, ServiceDescriptorProto};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo names OUT_DIR")?);
    let descriptors = protox::compile(&files, [&root])?;
    fs::write(out.join("descriptors.binpb"), descriptors.encode_to_vec())?;
    fs::write(out.join("glue.rs"), glue(&descriptors.file)?)?;
    tonic_prost_build::configure()
        .build_transport(false)
        .include_file("modules.rs")
        .compile_fds(descriptors)?;
    Ok(())
}

fn collect(folder: &PathBuf, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

fn glue(files: &[FileDescriptorProto]) -> Result<String, Box<dyn Error>> {
    let mut code = String::new();
    for file in files.iter().filter(|file| file.package().starts_with("cornerstone.")) {
        let module = format!("crate::{}", file.package().replace('.', "::"));
        for declared in &file.enum_type {
            enumeration(&mut code, &format!("{module}::{}", declared.name()), declared)?;
        }
        for message in &file.message_type {
            let scope = format!("{module}::{}", snake(message.name()));
            for declared in &message.enum_type {
                enumeration(&mut code, &format!("{scope}::{}", declared.name()), declared)?;
            }
        }
        for service in file.service.iter().filter(|s| s.name().ends_with("CommandService")) {
            commands(&mut code, &module, service, &file.message_type)?;
        }
    }
    Ok(code)
}

fn enumeration(code: &mut String, path: &str, declared: &EnumDescriptorProto) -> std::fmt::Result {
    let prefix = format!("{}_", snake(declared.name()).to_uppercase());
    writeln!(
        code,
        "impl crate::Enumeration for {path} {{\n    const PREFIX: &'static str = {prefix:?};\n    \
         fn full_name(self) -> &'static str {{ self.as_str_name() }}\n    \
         fn of_full_name(name: &str) -> Option<Self> {{ Self::from_str_name(name) }}\n}}"
    )
}

/// A command's request has the header as field 1 and its aggregate's id as field 2; its response the receipt.
fn commands(
    code: &mut String,
    module: &str,
    service: &ServiceDescriptorProto,
    messages: &[DescriptorProto],
) -> Result<(), Box<dyn Error>> {
    let (mut bounds, mut methods) = (String::new(), String::new());
    for method in &service.method {
        let rpc = method.name();
        let (request, response) = (format!("{module}::{rpc}Request"), format!("{module}::{rpc}Response"));
        let message = messages.iter().find(|m| m.name() == format!("{rpc}Request"));
        let field = |number| message.and_then(|m| m.field.iter().find(|f| f.number() == number));
        let (Some(header), Some(id)) = (field(1), field(2)) else {
            return Err(format!("{rpc}Request has no header and id as fields 1 and 2").into());
        };
        if header.name() != "header" || !id.name().ends_with("_id") {
            return Err(format!("{rpc}Request: field 1 is the header, field 2 the aggregate's id").into());
        }
        let id = id.name();
        writeln!(
            code,
            "impl crate::CommandRequest for {request} {{\n    type Response = {response};\n    \
             const NAME: &'static str = {rpc:?};\n    const ID_FIELD: &'static str = {id:?};\n    \
             fn header(&self) -> Option<&crate::cornerstone::common::v1::CommandHeader> {{ self.header.as_ref() }}\n    \
             fn aggregate_id(&self) -> &str {{ &self.{id} }}\n}}\n\
             impl From<crate::cornerstone::common::v1::CommandReceipt> for {response} {{\n    \
             fn from(receipt: crate::cornerstone::common::v1::CommandReceipt) -> Self {{ Self {{ receipt: Some(receipt) }} }}\n}}"
        )?;
        write!(bounds, "{}crate::Handles<{request}>", if bounds.is_empty() { "" } else { " + " })?;
        writeln!(
            methods,
            "    async fn {}(&self, request: tonic::Request<{request}>) -> Result<tonic::Response<{response}>, tonic::Status> {{\n        \
             crate::Handles::handle(&self.0, request).await\n    }}",
            snake(rpc)
        )?;
    }
    let name = service.name();
    writeln!(
        code,
        "#[tonic::async_trait]\nimpl<H: {bounds} + Send + Sync + 'static> {module}::{}_server::{name} for crate::Commands<H> {{\n{methods}}}",
        snake(name)
    )?;
    Ok(())
}

fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in camel.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
