//! Kills at random moments, and a supervisor that starts again whatever is down.

use std::time::{Duration, Instant};

use acceptance::{Deployment, Part};
use anyhow::Result;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

/// Between two kills: short enough to hit starts and recoveries, long enough that commands get through.
const CALM_MS: std::ops::Range<u64> = 200..1800;
/// How long something stays down.
const DOWN_MS: std::ops::Range<u64> = 0..900;

/// Kills one or two parts at a time, every part at least once, until the time is over.
#[expect(clippy::print_stdout, reason = "the schedule is what a failure is explained with")]
pub(super) async fn rage(deployment: &mut Deployment, seed: u64, limit: Duration) -> Result<()> {
    let mut chance = StdRng::seed_from_u64(seed);
    let start = Instant::now();
    let mut unhurt = Part::ALL.to_vec();
    while start.elapsed() < limit || !unhurt.is_empty() {
        // The random moment is the point of this test; nothing is waited for here.
        tokio::time::sleep(Duration::from_millis(chance.random_range(CALM_MS))).await;
        let mut victims = vec![*Part::ALL.choose(&mut chance).expect("there are parts")];
        if chance.random_bool(0.3) {
            victims.extend(Part::ALL.choose(&mut chance));
        }
        if start.elapsed() > limit {
            victims.clone_from(&unhurt);
        }
        println!("{:>6} ms: kill {victims:?}", start.elapsed().as_millis());
        for victim in &victims {
            deployment.kill9(*victim)?;
            unhurt.retain(|part| part != victim);
        }
        tokio::time::sleep(Duration::from_millis(chance.random_range(DOWN_MS))).await;
        // What gave up because of a victim is started again too, as a supervisor would.
        for part in victims.into_iter().chain(Part::ALL) {
            deployment.restart(part).await?;
        }
    }
    Ok(())
}
