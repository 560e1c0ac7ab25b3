#!/usr/bin/env python3
"""Checks a dump of the log without any code of the product: what is stored, and nothing else, is the evidence.

    verify_log.py DUMP        needs Python 3.9 and the package `cryptography`

The dump is JSON Lines, one commit a line, complete from position 1: position, subject, stored_at, headers,
body_b64. Exit codes: 0 sound; 2 not a dump; 10 a position is missing or out of order; 11 a subject is wrong;
12 a body is not in its canonical form; 13 a hash in a chain is wrong; 14 versions have a gap; 15 a signature
is wrong; 16 a key is not enrolled; 17 the digest of a command is wrong; 18 the genesis is wrong.
"""
import base64
import hashlib
import json
import re
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DUMP, POSITION, SUBJECT, FORM, HASH, VERSION, SIGNATURE, KEY, COMMAND, GENESIS = 2, 10, 11, 12, 13, 14, 15, 16, 17, 18

# The keys of a body in their fixed order; those with a question mark may be absent.
ORDER = {
    "": "format commit_id stream version prev_sha256? prev_position? command actor authority recorded_at "
        "effective_on correlation_id causation_id? traceparent? classification framework_version policies "
        "decider facts salt events",
    "command": "id type sha256 data",
    "actor": "person? system? role unit? on_behalf_of?",
    "authority": "basis grant? delegation? import? policy_set_sha256? policy_ids position",
    "policies": "policy_id version",
    "decider": "name version",
    "events": "id type schema data sealed?",
    "sealed": "key_id nonce ciphertext",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
DAY = re.compile(r"20\d\d-\d\d-\d\d")
DECIMAL = re.compile(r"0|[1-9]\d*")
HEX = re.compile(r"[0-9a-f]{64}")
TOKENS = re.compile(r"cs\.([a-z0-9_]+)\.([a-z0-9_]+)\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class Unsound(Exception):
    def __init__(self, code, problem):
        super().__init__(problem)
        self.code = code


def need(holds, code, problem):
    if not holds:
        raise Unsound(code, problem)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def canonical(value):
    """The only way a value may be written: no white space, UTF-8 as it is, control characters as \\u00xx."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def unique(pairs):
    keys = [key for key, _ in pairs]
    need(len(keys) == len(set(keys)), FORM, f"a key is repeated among {keys}")
    need(all(value is not None for _, value in pairs), FORM, "null is written, absent is meant")
    return dict(pairs)


def no_float(text):
    raise Unsound(FORM, f"{text} is not an integer")


def parse(body):
    try:
        text = body.decode("utf-8")
        commit = json.loads(text, object_pairs_hook=unique, parse_float=no_float, parse_constant=no_float)
    except ValueError as error:
        raise Unsound(FORM, f"the body is not JSON: {error}") from None
    need(isinstance(commit, dict), FORM, "the body is not an object")
    need(canonical(commit) == body, FORM, "the body is not written canonically")
    return commit


def in_order(value, name):
    """An object has the keys of its kind, in their order, and no others."""
    need(isinstance(value, dict), FORM, f"`{name or 'the body'}` is not an object")
    order = ORDER[name].split()
    required = [key for key in order if not key.endswith("?")]
    order = [key.rstrip("?") for key in order]
    need(list(value) == [key for key in order if key in value], FORM, f"keys {list(value)} of `{name}`")
    need(all(key in value for key in required), FORM, f"a key of `{name}` is absent: {list(value)}")


def check_form(commit):
    in_order(commit, "")
    for name in ("command", "actor", "authority", "decider"):
        in_order(commit[name], name)
    for policy in commit["policies"]:
        in_order(policy, "policies")
    need(commit["format"] == 1 and commit["events"], FORM, "not a commit of format 1 with events")
    for event in commit["events"]:
        in_order(event, "events")
        for sealed in event.get("sealed", {}).values():
            in_order(sealed, "sealed")
    need(TIME.fullmatch(commit["recorded_at"]), FORM, f"recorded_at {commit['recorded_at']}")
    need(DAY.fullmatch(commit["effective_on"]), FORM, f"effective_on {commit['effective_on']}")
    need(HEX.fullmatch(commit["command"]["sha256"]), FORM, "the command's digest is not hex")
    positions = [commit["authority"]["position"], commit.get("prev_position", "0")]
    need(all(isinstance(p, str) and DECIMAL.fullmatch(p) for p in positions), FORM, f"positions {positions}")
    need(len(base64.b64decode(commit["salt"], validate=True)) == 16, FORM, "the salt is not 16 bytes")


class Log:
    """What is known of the log so far."""

    def __init__(self):
        self.position, self.events, self.log_id = 0, 0, None
        self.keys, self.heads = {}, {}

    def accept(self, line):
        position, subject = line["position"], line["subject"]
        headers, body = line["headers"], base64.b64decode(line["body_b64"], validate=True)
        need(position == self.position + 1, POSITION, f"it follows position {self.position}")
        self.position = position
        tokens = TOKENS.fullmatch(subject)
        need(tokens and set(tokens[3]) != set("0-"), SUBJECT, f"`{subject}` is not cs.<area>.<aggregate>.<uuid>")
        commit = parse(body)
        check_form(commit)
        need(commit["stream"] == subject, SUBJECT, f"the body names the stream `{commit['stream']}`")
        need(commit["commit_id"] == headers["Nats-Msg-Id"], SUBJECT, "headers and body name different commits")
        self.check_chain(position, subject, commit, body)
        command = commit["command"]
        need(sha256(canonical(command["data"])) == command["sha256"], COMMAND, "the command's digest is wrong")
        if position == 1:
            self.open(tokens, commit)
        self.check_signature(subject, commit, headers, body)
        if tokens[1] == "reference" and tokens[2] == "writer_key":
            self.learn(commit)
        self.events += len(commit["events"])

    def check_chain(self, position, subject, commit, body):
        version, previous, digest = self.heads.get(subject, (0, None, None))
        need(commit["version"] == version + 1, VERSION, f"version {commit['version']} follows {version}")
        need(commit.get("prev_position") == previous, HASH, f"it names position {commit.get('prev_position')}")
        need(commit.get("prev_sha256") == digest, HASH, "it names another hash of the commit before")
        self.heads[subject] = (version + len(commit["events"]), str(position), sha256(body))

    def open(self, tokens, commit):
        event = commit["events"][0]
        need((tokens[1], tokens[2]) == ("log", "genesis"), GENESIS, "position 1 is not the genesis")
        need(event["type"] == "LogOpened" and event["data"]["log_id"] == tokens[3], GENESIS, "no log is opened")
        self.log_id = tokens[3]
        self.enrol(event["data"]["writer_key"])

    def enrol(self, public_key):
        raw = base64.b64decode(public_key, validate=True)
        key_id = sha256(raw)[:16]
        self.keys[key_id] = Ed25519PublicKey.from_public_bytes(raw)
        return key_id

    def learn(self, commit):
        for event in commit["events"]:
            if event["type"] == "WriterKeyEnrolled":
                key_id = self.enrol(event["data"]["public_key"])
                need(key_id == event["data"]["key_id"], KEY, f"the enrolled key is {key_id}")
            elif event["type"] == "WriterKeyRevoked":
                self.keys.pop(event["data"]["key_id"], None)

    def check_signature(self, subject, commit, headers, body):
        key = self.keys.get(headers["Cs-Key"])
        need(key, KEY, f"the key {headers['Cs-Key']} is not enrolled")
        lines = ("cornerstone-commit-v1", self.log_id, subject, commit["commit_id"],
                 commit.get("prev_position", "0"), sha256(body))
        try:
            signature = base64.b64decode(headers["Cs-Signature"], validate=True)
            key.verify(signature, "".join(f"{line}\n" for line in lines).encode())
        except (InvalidSignature, ValueError):
            raise Unsound(SIGNATURE, "the signature is wrong") from None


def main(path):
    log, number = Log(), 0
    try:
        with open(path, encoding="utf-8", newline="\n") as dump:
            for number, text in enumerate(dump, 1):
                log.accept(json.loads(text))
        need(log.position, DUMP, "the dump is empty")
    except Unsound as unsound:
        print(f"line {number}: {unsound}", file=sys.stderr)
        return unsound.code
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"line {number}: not a dump: {error!r}", file=sys.stderr)
        return DUMP
    print(f"sound: log {log.log_id}, {log.position} commits, {log.events} events, {len(log.heads)} aggregates")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]) if len(sys.argv) == 2 else (print(__doc__) or DUMP))
