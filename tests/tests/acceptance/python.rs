//! A ministry's own client, in another language, made from the published protos and nothing else.

use std::process::Command;

use acceptance::{Running, python, root};
use anyhow::{Result, ensure};

#[tokio::test]
async fn a_client_in_python_needs_only_the_published_protos() -> Result<()> {
    let running = Running::shared().await?;
    let mut walkthrough = Command::new(python()?);
    walkthrough.arg(root().join("tests/python/walkthrough.py"));
    walkthrough.args([running.api_url(), running.issuer_url()]);
    let output = tokio::process::Command::from(walkthrough).output().await?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{said}");
    assert!(said.ends_with("the walkthrough holds\n"), "{said}");
    Ok(())
}
