//! What is found by words: made in the database from the rows that it already has.

use uuid::Uuid;

use crate::{Batch, Error, error::doing};

impl Batch {
    /// Makes the titles, summaries, tags and numbers of initiatives findable as they now stand.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn index_initiatives(&mut self, initiative_ids: &[Uuid]) -> Result<(), Error> {
        if initiative_ids.is_empty() {
            return Ok(());
        }
        let remove = "DELETE FROM initiative_search WHERE initiative_id = ANY($1)";
        let index = "INSERT INTO initiative_search
            SELECT i.initiative_id,
                   he_vector(concat_ws(' ', title->>'he', title->>'en', title->>'ar'),
                             concat_ws(' ', summary->>'he', summary->>'en', summary->>'ar',
                                       array_to_string(tags, ' '))),
                   he_norm(concat_ws(' ', title->>'he', title->>'en', title->>'ar',
                                     array_to_string(tags, ' '), number, source_key))
              FROM initiative i JOIN initiative_card USING (initiative_id)
             WHERE i.initiative_id = ANY($1)";
        doing("index initiatives", async {
            sqlx::query(remove).bind(initiative_ids).execute(self.connection()).await?;
            sqlx::query(index).bind(initiative_ids).execute(self.connection()).await
        })
        .await
        .map(|_| ())
    }
}
