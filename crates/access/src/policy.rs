//! The policies: text, digest, and the question put to them.
//!
//! What is asked, and for whom, is [`crate::decide`]'s affair. Every policy is validated against the schema in
//! strict mode and goes by the id of its `@id` annotation, which is what a commit records.

use std::{collections::BTreeSet, fs, io, path::Path, str::FromStr as _};

use cedar_policy::{
    Authorizer, Decision, Effect, Entities, Policy, PolicyId, Request, Schema, ValidationMode, Validator,
};

const SCHEMA: &str = "cornerstone.cedarschema";

/// A set that decides nothing because it is not sound.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("read the policies in `{folder}`")]
    Read { folder: String, source: io::Error },
    #[error("parse the policy schema: {0}")]
    Schema(String),
    #[error("parse the policies of `{file}`: {problem}")]
    Policies { file: String, problem: String },
    #[error("a policy of `{file}` has no @id")]
    Unnamed { file: String },
    #[error("the policy id `{0}` stands twice")]
    Twice(String),
    #[error("validate the policies: {0}")]
    Invalid(String),
}

/// A validated set of policies. Validating takes much longer than cloning.
#[derive(Clone)]
pub struct PolicySet {
    schema: Schema,
    schema_text: String,
    policies_text: String,
    sha256: String,
    policies: cedar_policy::PolicySet,
    /// Without the forbids: tells a right role in a wrong place from a wrong role.
    permits: cedar_policy::PolicySet,
    /// The hierarchy of actions.
    actions: Entities,
    authorizer: Authorizer,
}

/// What the policies answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    /// The policies that determined it, in order.
    pub(crate) policy_ids: Vec<String>,
}

impl PolicySet {
    /// The set compiled into the binary.
    ///
    /// # Errors
    /// Never in a released binary: a test loads it.
    pub fn embedded() -> Result<Self, PolicyError> {
        Self::of(
            include_str!("../../../deploy/policies/cornerstone.cedarschema"),
            &[
                ("roles.cedar", include_str!("../../../deploy/policies/roles.cedar")),
                ("scope.cedar", include_str!("../../../deploy/policies/scope.cedar")),
            ],
        )
    }

    /// The schema and every `*.cedar` file of a folder, in the order of their names.
    ///
    /// # Errors
    /// When a file cannot be read, or the set is not sound.
    pub fn load(folder: &Path) -> Result<Self, PolicyError> {
        let unreadable = |source| PolicyError::Read { folder: folder.display().to_string(), source };
        let schema = fs::read_to_string(folder.join(SCHEMA)).map_err(unreadable)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "cedar") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, fs::read_to_string(&path).map_err(unreadable)?));
            }
        }
        files.sort();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Self::of(&schema, &files)
    }

    fn of(schema_text: &str, files: &[(&str, &str)]) -> Result<Self, PolicyError> {
        let schema = Schema::from_str(schema_text).map_err(|e| PolicyError::Schema(e.to_string()))?;
        let mut policies = cedar_policy::PolicySet::new();
        for (file, text) in files {
            for policy in named(file, text)? {
                let id = policy.id().to_string();
                policies.add(policy).map_err(|_twice| PolicyError::Twice(id))?;
            }
        }
        let validation = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        if !validation.validation_passed_without_warnings() {
            return Err(PolicyError::Invalid(validation.to_string()));
        }
        let policies_text: String = files.iter().map(|(_, text)| *text).collect();
        let sha256 = codec::sha256_hex(format!("{schema_text}\0{policies_text}").as_bytes());
        let actions = schema.action_entities().map_err(|e| PolicyError::Schema(e.to_string()))?;
        let permits = policies.policies().filter(|policy| policy.effect() == Effect::Permit).cloned();
        let permits = cedar_policy::PolicySet::from_policies(permits).expect("ids are unique in a subset");
        let schema_text = schema_text.to_owned();
        let authorizer = Authorizer::new();
        Ok(Self { schema, schema_text, policies_text, sha256, policies, permits, actions, authorizer })
    }

    /// Lower-case hex SHA-256 of the schema's text, a zero byte, and the text of each file in name order.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The Cedar schema's text.
    pub fn schema_text(&self) -> &str {
        &self.schema_text
    }

    /// The text of all policy files, in the order of their names.
    pub fn policies_text(&self) -> &str {
        &self.policies_text
    }

    /// The names of the actions, groups included.
    pub fn actions(&self) -> BTreeSet<String> {
        self.schema.actions().map(|action| action.id().unescaped().to_owned()).collect()
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(crate) fn action_entities(&self) -> &Entities {
        &self.actions
    }

    /// All policies decide.
    pub(crate) fn ask(&self, request: &Request, entities: &Entities) -> Answer {
        self.answer(&self.policies, request, entities)
    }

    /// Whether the role would do, wherever it is exercised.
    pub(crate) fn role_permits(&self, request: &Request, entities: &Entities) -> bool {
        self.answer(&self.permits, request, entities).allowed
    }

    fn answer(&self, set: &cedar_policy::PolicySet, request: &Request, entities: &Entities) -> Answer {
        let response = self.authorizer.is_authorized(request, set, entities);
        let diagnostics = response.diagnostics();
        let mut policy_ids: Vec<String> = diagnostics.reason().map(ToString::to_string).collect();
        policy_ids.sort();
        // A policy that fails is skipped: a failed forbid would open what it closes.
        let sound = diagnostics.errors().next().is_none();
        Answer { allowed: sound && response.decision() == Decision::Allow, policy_ids }
    }

    #[cfg(test)]
    pub(crate) fn without(mut self, id: &str) -> Self {
        let id = PolicyId::new(id);
        self.policies.remove_static(id.clone()).unwrap();
        if self.permits.policy(&id).is_some() {
            self.permits.remove_static(id).unwrap();
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn ids(&self, effect: Effect) -> Vec<String> {
        let policies = self.policies.policies().filter(|policy| policy.effect() == effect);
        let mut ids: Vec<String> = policies.map(|policy| policy.id().to_string()).collect();
        ids.sort();
        ids
    }
}

/// The policies of a file, by the ids of their annotations instead of their order.
fn named(file: &str, text: &str) -> Result<Vec<Policy>, PolicyError> {
    let file = file.to_owned();
    let parsed = cedar_policy::PolicySet::from_str(text)
        .map_err(|e| PolicyError::Policies { file: file.clone(), problem: e.to_string() })?;
    let rename = |policy: &Policy| {
        let id = policy.annotation("id").ok_or_else(|| PolicyError::Unnamed { file: file.clone() })?;
        Ok(policy.new_id(PolicyId::new(id)))
    };
    parsed.policies().map(rename).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_set_is_the_one_that_is_deployed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/policies");
        let (loaded, embedded) = (PolicySet::load(&folder).unwrap(), PolicySet::embedded().unwrap());
        assert_eq!(loaded.sha256(), embedded.sha256());
        assert_eq!(loaded.policies, embedded.policies);
        let recorded = format!("{}\0{}", loaded.schema_text(), loaded.policies_text());
        assert_eq!(codec::sha256_hex(recorded.as_bytes()), loaded.sha256());
    }

    #[test]
    fn a_set_that_is_not_sound_is_refused() {
        let schema = "entity Role; entity Person in [Role] = { government: Bool };\n\
            action Go appliesTo { principal: [Person], resource: [Role], context: { may: Bool } };";
        let problem = |policy: &str| match PolicySet::of(schema, &[("a.cedar", policy)]) {
            Ok(_) => "none".to_owned(),
            Err(e) => e.to_string(),
        };
        let go = |rest: &str| format!("permit (principal, action == Action::\"Go\", resource) {rest};");
        assert_eq!(problem(&format!("@id(\"go\") {}", go("when { context.may }"))), "none");
        assert_eq!(problem(&go("")), "a policy of `a.cedar` has no @id");
        let twice = format!("@id(\"go\") {0} @id(\"go\") {0}", go(""));
        assert_eq!(problem(&twice), "the policy id `go` stands twice");
        let unknown = format!("@id(\"go\") {}", go("when { context.must }"));
        assert!(problem(&unknown).starts_with("validate the policies"), "{}", problem(&unknown));
        assert!(problem("permit (").starts_with("parse the policies of `a.cedar`"));
    }
}
