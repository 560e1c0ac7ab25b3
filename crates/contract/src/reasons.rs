//! The one table of reasons: gRPC code, Hebrew and English text of every refusal and failure.
//!
//! To add one: a line here, and for a refusal of the business the same name in `domain::Reason`; a test
//! compares the two. `{name}` stands for a parameter of the reason.

use tonic::Code;

/// A reason as clients see it.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    pub name: &'static str,
    pub code: Code,
    pub he: &'static str,
    pub en: &'static str,
}

/// The reason of a name.
pub fn find(name: &str) -> Option<&'static Reason> {
    REASONS.iter().find(|reason| reason.name == name)
}

macro_rules! reasons {
    ($($code:ident { $($name:literal: $he:literal, $en:literal;)* })*) => {
        /// Every reason, permission first, then arguments, then state, then failures: the order in which the
        /// first of several is chosen.
        pub const REASONS: &[Reason] = &[
            $($(Reason { name: $name, code: Code::$code, he: $he, en: $en },)*)*
        ];
    };
}

reasons! {
    Unauthenticated {
        "UNAUTHENTICATED": "הקורא אינו מזוהה", "the caller is not identified: send a bearer token of a trusted issuer";
        "TOKEN_EXPIRED": "תוקף האסימון פג", "the token has expired: fetch a new one";
        "TOKEN_AUDIENCE": "האסימון נועד לשירות אחר", "the token is meant for another audience";
    }
    PermissionDenied {
        "ROLE_FORBIDDEN": "התפקיד אינו מורשה לפעולה {command}", "no role held today may call {command}";
        "SCOPE_FORBIDDEN": "הפריט אינו בתחום הסמכות", "the item is outside the caller's scope";
        "SOD_PROPOSER_REVIEWER": "מציע אינו יכול להכריע בהצעתו, וערעור נידון בידי בודק אחר", "a proposer may not decide on the own proposal, and an appeal goes to another reviewer";
        "SOD_OWNER_ASSESSOR": "בעל היוזמה אינו יכול להעריך אותה", "the owner may not assess the own initiative";
        "SOD_ADMIN_DECISION": "מנהל מערכת אינו יכול להחזיק בתפקיד מכריע", "an administrator may not hold a deciding role";
        "SOD_SELF": "אדם אינו יכול לעשות זאת לעצמו", "nobody may do this for themselves";
        "UMBRELLA_REQUIRED": "המרכז רשאי לעצור יוזמה רק מכוח מטרייה שהתקבלה", "the Center may stop an initiative only under an accepted umbrella that grants it";
        "IMPORT_GRANT_REQUIRED": "נדרשת הרשאת ייבוא", "an integration grant that allows import is required";
    }
    InvalidArgument {
        "VALIDATION_REQUIRED": "שדה חובה", "the field is required";
        "VALIDATION_LENGTH": "האורך חייב להיות בין {min} ל-{max}, ניתנו {actual}", "the length must be {min} to {max}, it is {actual}";
        "VALIDATION_RANGE": "הערך מחוץ לתחום {min} עד {max}", "the value is outside {min} to {max}";
        "VALIDATION_FORMAT": "המבנה שגוי: נדרש {expected}", "not in the form of {expected}";
        "VALIDATION_ENUM_UNSPECIFIED": "יש לבחור ערך", "a value must be chosen";
        "VALIDATION_BIDI": "תווי כיווניות אסורים כאן", "control characters of text direction are not allowed here";
        "VALIDATION_URL": "נדרשת כתובת https", "an https address is required";
        "VALIDATION_DATE_ORDER": "סדר התאריכים שגוי", "the dates are in the wrong order";
        "VALIDATION_DUPLICATE": "ערך חוזר", "a value is repeated";
        "VALIDATION_PERSONAL_DATA": "הטקסט כולל {kind}; פרטים אישיים אינם נכתבים בשדה זה", "the text contains {kind}; personal data does not belong in this field";
        "REFERENCE_UNKNOWN": "ההפניה אינה מוכרת או אינה בתוקף", "the reference is unknown or not in force";
        "FACET_WEIGHTS_SUM": "סכום משקלי הפנים חייב להיות 10000, הוא {actual}", "the facet weights must sum to 10000, they sum to {actual}";
        "FILTER_INVALID": "המסנן אינו תקין: {problem}", "the filter is not valid: {problem}";
        "ORDER_INVALID": "המיון אינו תקין: {problem}", "the order is not valid: {problem}";
        "PAGE_TOKEN_INVALID": "אסימון העמוד אינו שייך לשאילתה זו", "the page token does not belong to this query: start from the first page";
        "CONSISTENCY_TOKEN_INVALID": "אסימון העקביות אינו תקין", "the consistency token is not valid: send it as a receipt gave it";
        "RESUME_TOKEN_INVALID": "אסימון ההמשך אינו שייך לשאילתה זו", "the resume token does not belong to this stream: start anew";
    }
    NotFound {
        "NOT_FOUND": "לא נמצא", "not found";
        "PROJECTION_UNKNOWN": "אין תצוגה בשם {name}", "there is no view named {name}";
    }
    AlreadyExists {
        "ALREADY_EXISTS": "כבר קיים", "it exists already";
        "COMMAND_ID_REUSED": "מזהה הבקשה שימש כבר לבקשה אחרת", "the request id was used for another request: send a new one";
    }
    FailedPrecondition {
        "STATE_FORBIDS": "המצב {state} אינו מאפשר זאת; אפשר: {allowed_commands}", "the state {state} does not allow it; it allows: {allowed_commands}";
        "EXPECTED_VERSION_REQUIRED": "החלטה אנושית מחייבת ציון הגרסה שנראתה", "a human decision must name the version seen: send expected_version";
        "NOTHING_CHANGED": "דבר לא השתנה", "nothing would change";
        "REVIEW_ROUNDS_EXCEEDED": "מוצו {max} סבבי תיקונים", "the {max} rounds of changes are used up";
        "CLASSIFICATION_INCOMPLETE": "הסיווג חסר", "the classification is incomplete: reclassify first";
        "FEEDBACK_TOO_SHORT": "המשוב חייב להכיל {min} עד {max} תווים, הוא מכיל {actual}", "the feedback must have {min} to {max} characters, it has {actual}";
        "SIMILAR_REQUIRED": "יש לציין את היוזמה הדומה", "the similar initiative must be named";
        "APPEAL_WINDOW_CLOSED": "חלפו {days} ימים, ניתן לערער בתוך {max}", "{days} days have passed, an appeal is possible within {max}";
        "APPEAL_ALREADY_USED": "ניתן לערער פעם אחת", "an appeal is possible once";
        "PIA_REQUIRED": "נדרשת הפניה לתסקיר השפעה על הפרטיות", "the reference of a privacy impact assessment is required";
        "KPI_NO_CHANGE": "היעד זהה לבסיס", "target and baseline are the same";
        "KPI_DIRECTION": "היעד אינו בכיוון המדד", "the target is not in the indicator's direction";
        "KPI_LIMIT": "יש כבר {max} מדדים", "there are {max} indicators already";
        "KPI_BASELINE_LOCKED": "הבסיס ננעל במדידה הראשונה", "the baseline is locked since the first measurement";
        "KPI_UNKNOWN": "אין מדד כזה", "there is no such indicator";
        "MEASUREMENT_EXISTS": "יש כבר מדידה ליום זה; יש לתקן אותה", "there is a measurement for that day: correct it instead";
        "MEASUREMENT_UNKNOWN": "אין מדידה ליום זה", "there is no measurement for that day";
        "GATE_NOT_MET": "תנאי המעבר חסרים: {gates}", "the gates of the next stage are not met: {gates}";
        "EVIDENCE_DOC_REQUIRED": "רמת ראיות זו מחייבת מסמך", "this level of evidence requires a document";
        "ROLLOUT_WITHOUT_EVIDENCE": "פריסה מחייבת הכרעת SCALE על פיילוט, או נימוק של מנכ\"ל", "a roll-out needs a pilot's verdict SCALE, or a director general's rationale";
        "LEARNING_REQUIRED": "יש לתאר מה נלמד, {min} תווים לפחות", "what was learnt must be told in at least {min} characters";
        "ADOPTION_STATEMENT_REQUIRED": "נדרש אימוץ או נימוק להיעדרו", "an adoption, or the reason for none, is required";
        "ORG_DATE_OVERLAP": "התאריך מוקדם מ-{last}", "the date lies before {last}, from which the present holds";
        "ORG_TARGET_INACTIVE": "יחידת היעד אינה פעילה", "the target unit is not active";
        "ORG_CYCLE": "היחידה לא תהיה חלק מעצמה", "a unit cannot become part of itself";
        "DELEGATION_TOO_LONG": "אצילה נמשכת {days_max} ימים לכל היותר", "a delegation lasts at most {days_max} days";
        "DELEGATION_CHAIN": "סמכות שנאצלה אינה נאצלת שוב", "delegated authority is not delegated again";
    }
    Aborted {
        "VERSION_CONFLICT": "הגרסה היא {current_version}; יש לקרוא שוב ולהחליט", "the version is {current_version}: read again and decide";
        "CONCURRENT_APPEND": "פקודות אחרות הקדימו; יש לנסות שוב באותו מזהה", "other commands came first: retry with the same request id";
    }
    ResourceExhausted {
        "COMMIT_TOO_LARGE": "הרשומה גדולה מ-{max} בתים", "the commit would have more than {max} bytes";
        "REQUEST_TOO_LARGE": "הבקשה גדולה מ-{max} בתים", "the request has more than {max} bytes";
        "TOO_MANY_REQUESTS": "יותר מדי בקשות בו-זמנית", "too many requests at once: retry after a while";
        "STREAM_TOO_SLOW": "הקורא איטי מהזרם", "the reader is slower than the stream: resume with the last token";
    }
    DeadlineExceeded {
        "DEADLINE_EXCEEDED": "חלף הזמן שהוקצב", "the deadline has passed; a command may have been recorded: retry with the same request id";
    }
    Unavailable {
        "LOG_UNAVAILABLE": "היומן אינו זמין", "the log is not available: retry with the same request id";
        "LOG_REFUSES_WRITES": "היומן אינו מקבל רישומים: {problem}", "the log accepts no writes: {problem}";
        "OUTCOME_UNKNOWN": "תוצאת הפקודה אינה ידועה; יש לנסות שוב באותו מזהה", "the outcome is not known: retry with the same request id";
        "AUTHORITY_BEHIND": "נתוני ההרשאות מתעכבים", "the roles in force are not known recently enough: retry";
        "READ_MODEL_BEHIND": "התצוגה טרם הגיעה למיקום המבוקש", "the view has not reached the position asked for: retry";
        "READ_MODEL_UNAVAILABLE": "התצוגה אינה זמינה", "the view is not available: retry";
        "VAULT_UNAVAILABLE": "הכספת אינה זמינה", "the vault is not available: retry with the same request id";
        "STREAM_ROTATED": "הזרם הסתיים; יש להמשיך מהאסימון האחרון", "the stream ended: resume with the last token";
        "SHUTTING_DOWN": "השירות נסגר; יש לנסות שוב", "the service is shutting down: retry";
    }
    DataLoss {
        "LOG_DAMAGED": "היומן פגום במיקום {position}", "the log is damaged at position {position}";
        "LOG_REGRESSED": "היומן נסוג", "the log has gone back behind what was read before";
    }
    Internal {
        "INTERNAL": "תקלה פנימית", "internal error";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_named_once_and_speaks_both_languages() {
        for (at, reason) in REASONS.iter().enumerate() {
            assert_eq!(
                REASONS.iter().position(|other| other.name == reason.name),
                Some(at),
                "{}",
                reason.name
            );
            let named = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            assert!(reason.name.len() <= 63 && reason.name.chars().all(named), "{}", reason.name);
            assert!(reason.he.chars().any(|c| ('א'..='ת').contains(&c)), "{}", reason.name);
            let parameters = |text: &str| -> Vec<String> {
                let mut found: Vec<String> =
                    text.split('{').skip(1).filter_map(|p| p.split('}').next()).map(str::to_owned).collect();
                found.sort();
                found
            };
            assert_eq!(parameters(reason.he), parameters(reason.en), "{}", reason.name);
        }
    }
}
