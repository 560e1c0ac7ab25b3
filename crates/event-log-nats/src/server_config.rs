//! The configuration of one nats-server: accounts, users and what each may do, durable writes.
//!
//! A pure function from values to text; writing the file and starting the server is done by whoever runs one
//! (`test-kit`, `cornerstone dev`, `deploy/up`). The rights are the ones the log's immutability rests on: the
//! stream's own flags stop neither its deletion nor an update that evicts.

use std::{net::SocketAddr, path::PathBuf};

use uuid::Uuid;

use crate::{AUDITOR, STREAM, api_prefix};

/// One server, alone or a node of a cluster.
#[derive(Clone)]
pub struct ServerConfig {
    /// Unique within the cluster; it stands in health reasons.
    pub name: String,
    /// Where clients connect.
    pub client: SocketAddr,
    /// Where the monitoring endpoint answers; keep it on a private address.
    pub monitor: SocketAddr,
    pub store_dir: PathBuf,
    /// The most that all streams of this server may hold, in bytes. Provision the log with less (about 80 %):
    /// a full stream refuses an append cleanly, a full server steps down.
    pub store_bytes_max: u64,
    pub passwords: Passwords,
    pub cluster: Option<Cluster>,
    /// Encrypts the connections of clients and, both sides proving who they are, those between nodes. Only
    /// servers on loopback go without.
    pub tls: Option<Tls>,
}

/// The certificate of a server, its key, and the authority that signed those of its peers: PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
    pub ca: PathBuf,
}

/// The place of a node in its cluster.
#[derive(Clone)]
pub struct Cluster {
    pub name: String,
    pub listen: SocketAddr,
    /// The `listen` addresses of all nodes; this one may be among them.
    pub routes: Vec<SocketAddr>,
    /// Shared by the nodes. Without it any process that reaches the port could join and pass by every right.
    pub password: String,
}

/// The users of the log and their passwords, which are never printed.
#[derive(Clone)]
pub struct Passwords {
    /// Creates the stream and writes the genesis commit.
    pub provisioner: String,
    /// Appends, and asks the leader.
    pub command: String,
    /// Reads, from any replica.
    pub reader: String,
    /// Reads, from an account of its own.
    pub auditor: String,
    /// May do anything with the log's account: backup, restore, leader step-down. Absent but for such work.
    pub operator: Option<String>,
}

impl Passwords {
    /// Fresh random passwords of 122 bits, no operator.
    pub fn random() -> Self {
        let fresh = || Uuid::new_v4().simple().to_string();
        Self { provisioner: fresh(), command: fresh(), reader: fresh(), auditor: fresh(), operator: None }
    }
}

/// The text of the server's configuration file. It holds the passwords: write it readable to its owner only.
pub fn render(config: &ServerConfig) -> String {
    let ServerConfig { name, client, monitor, store_dir, store_bytes_max, passwords, cluster, tls } = config;
    format!(
        "server_name: {name}\nlisten: {client}\nhttp: {monitor}\nmax_payload: 1048576\n{tls}\n\
         # An acknowledged commit is on the disk: the default flushes every two minutes.\n\
         jetstream {{\n  store_dir: {store}\n  sync_interval: always\n  max_file_store: {store_bytes_max}\n  \
         max_memory_store: 67108864\n}}\n\n{accounts}{cluster}",
        name = quoted(name),
        client = quoted(&client.to_string()),
        monitor = quoted(&monitor.to_string()),
        store = quoted(&store_dir.display().to_string()),
        tls = tls.as_ref().map_or_else(String::new, render_tls),
        accounts = accounts(passwords),
        cluster = cluster.as_ref().map_or_else(String::new, |cluster| render_cluster(cluster, tls.as_ref())),
    )
}

fn accounts(passwords: &Passwords) -> String {
    let [direct_get, info, message_get, create, update] =
        ["DIRECT.GET", "STREAM.INFO", "STREAM.MSG.GET", "STREAM.CREATE", "STREAM.UPDATE"]
            .map(|call| api("log", call));
    let mut users = vec![
        user(
            "provisioner",
            &passwords.provisioner,
            &[&create, &update, &info, &message_get, "cs.log.genesis.*"],
        ),
        user("command", &passwords.command, &["cs.>", &direct_get, &message_get, &info]),
        user("reader", &passwords.reader, &[&direct_get, &info]),
    ];
    users.extend(
        passwords
            .operator
            .as_ref()
            .map(|password| format!("{{ user: operator, password: {} }}", quoted(password))),
    );
    let (audit_get, audit_info) = (api(AUDITOR, "DIRECT.GET"), api(AUDITOR, "STREAM.INFO"));
    let auditor = user(AUDITOR, &passwords.auditor, &[&audit_get, &audit_info]);
    format!(
        "accounts {{\n  LOG {{\n    jetstream: enabled\n    users: [\n      {users}\n    ]\n    exports: [\n      \
         {{ service: {direct_get}, response_type: stream, accounts: [AUDIT] }}\n      \
         {{ service: {info}, accounts: [AUDIT] }}\n    ]\n  }}\n  \
         AUDIT {{\n    users: [\n      {auditor}\n    ]\n    imports: [\n      \
         {{ service: {{ account: LOG, subject: {direct_get} }}, to: {audit_get} }}\n      \
         {{ service: {{ account: LOG, subject: {info} }}, to: {audit_info} }}\n    ]\n  }}\n}}\n",
        users = users.join("\n      "),
        direct_get = quoted(&direct_get),
        info = quoted(&info),
        audit_get = quoted(&audit_get),
        audit_info = quoted(&audit_info),
    )
}

/// The subject of a call about the stream, as a user spells it.
fn api(user: &str, call: &str) -> String {
    format!("{}.{call}.{STREAM}", api_prefix(user))
}

/// A user who may publish to these subjects, and receive nothing but answers to its own requests.
fn user(name: &str, password: &str, publish: &[&str]) -> String {
    let publish: Vec<String> = publish.iter().map(|subject| quoted(subject)).collect();
    format!(
        "{{ user: {name}, password: {password}, permissions: {{ publish: {{ allow: [{publish}] }}, \
         subscribe: {{ allow: [{inbox}] }} }} }}",
        password = quoted(password),
        publish = publish.join(", "),
        inbox = quoted(&format!("{}.>", crate::inbox_prefix(name))),
    )
}

fn render_tls(Tls { cert, key, ca }: &Tls) -> String {
    let [cert, key, ca] = [cert, key, ca].map(|path| quoted(&path.display().to_string()));
    format!("tls {{ cert_file: {cert}, key_file: {key}, ca_file: {ca} }}\n")
}

fn render_cluster(cluster: &Cluster, tls: Option<&Tls>) -> String {
    let routes: Vec<String> = cluster
        .routes
        .iter()
        .map(|route| quoted(&format!("nats://route:{}@{route}", cluster.password)))
        .collect();
    format!(
        "\ncluster {{\n  name: {name}\n  listen: {listen}\n  \
         authorization {{ user: route, password: {password} }}\n  {tls}routes: [\n    {routes}\n  ]\n}}\n",
        name = quoted(&cluster.name),
        listen = quoted(&cluster.listen.to_string()),
        password = quoted(&cluster.password),
        tls = tls.map_or_else(String::new, render_tls),
        routes = routes.join("\n    "),
    )
}

/// The server's strings know JSON's escapes, and inside quotes no variables.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
