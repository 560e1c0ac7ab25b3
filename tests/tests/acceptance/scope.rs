//! A ministry's initiatives are its own, until the Center or an auditor asks.

use acceptance::{Running, given, reason};
use anyhow::Result;
use contract::portfolio::v1::ListInitiativesRequest;
use uuid::Uuid;

#[tokio::test]
async fn another_ministry_finds_nothing_there() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    let token = nurse.give(given::proposal(id, &unit)).await?.consistency_token;

    for stranger in ["teacher", "moe-lead", "moe-dg"] {
        let stranger = running.persona(stranger).await?;
        assert_eq!(reason(stranger.initiative(id, &token).await), "NOT_FOUND");
        let read = Some(contract::common::v1::ReadOptions { consistency_token: token.clone() });
        let all = stranger.list(ListInitiativesRequest { read, ..Default::default() }).await?;
        assert!(all.initiatives.iter().all(|row| row.ministry == "MOE"), "{:?}", all.initiatives);
    }
    let stranger = running.persona("moe-lead").await?;
    assert_eq!(reason(stranger.give(given::review(id)).await), "NOT_FOUND");
    assert_eq!(
        reason(stranger.give(given::review(Uuid::now_v7())).await),
        "NOT_FOUND",
        "what is elsewhere and what is nowhere look the same"
    );
    for reader in ["manager", "moh-lead", "moh-dg", "cog-pm", "board", "auditor"] {
        let reader = running.persona(reader).await?;
        let seen = reader.initiative(id, &token).await?.initiative;
        assert_eq!(seen.map(|row| row.initiative_id), Some(id.to_string()));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_seen_is_not_therefore_ones_own() -> Result<()> {
    let running = Running::shared().await?;
    let nurse = running.persona("nurse").await?;
    let (id, unit) = (Uuid::now_v7(), running.unit("MOHHOSP").await?);
    nurse.give(given::proposal(id, &unit)).await?;
    let manager = running.persona("manager").await?;
    assert_eq!(reason(manager.give(given::new_title(id, "כותרת של מישהו אחר")).await), "SCOPE_FORBIDDEN");
    let elsewhere = running.unit("MOE").await?;
    assert_eq!(reason(nurse.give(given::proposal(Uuid::now_v7(), &elsewhere)).await), "SCOPE_FORBIDDEN");
    Ok(())
}

#[tokio::test]
async fn only_auditors_stream_the_log_and_only_administrators_rebuild() -> Result<()> {
    let running = Running::shared().await?;
    for persona in ["nurse", "moh-dg", "cog-pm", "admin"] {
        let caller = running.persona(persona).await?;
        let streamed = caller.log().await.expect_err("not for them");
        let status = streamed.downcast::<tonic::Status>()?;
        assert_eq!(reason::<()>(Err(status)), "ROLE_FORBIDDEN", "{persona}");
    }
    let rebuild = contract::operations::v1::RebuildProjectionRequest { name: "portfolio".to_owned() };
    for persona in ["nurse", "cog-pm", "auditor"] {
        let caller = running.persona(persona).await?;
        let refused = caller.projections().rebuild_projection(rebuild.clone()).await;
        assert_eq!(reason(refused), "ROLE_FORBIDDEN", "{persona}");
    }
    Ok(())
}
